"""Say a command the way a shell would, in this process, and see what came of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from waconsole.__main__ import main


@dataclass(frozen=True)
class Said:
    """The exit code and both streams of one command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        assert self.out.count("\n") == 1
        assert self.out.endswith("\n")
        document: dict[str, Any] = json.loads(self.out)
        return document


Say = Callable[..., Said]


@contextmanager
def handed_in(lines: Sequence[str]) -> Iterator[list[str]]:
    """The options that hand in passphrases, a line each, from an open file; none without lines."""
    if not lines:
        yield []
        return
    reading, writing = os.pipe()
    try:
        os.write(writing, "".join(f"{line}\n" for line in lines).encode())
        os.close(writing)
        yield ["--passphrase-fd", str(reading)]
    finally:
        os.close(reading)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], ledger_path: Path) -> Iterator[Say]:
    """`say("find", "is:unread")` on this test's own ledger; `ledger=None` names none.

    `handed` are the lines of `--passphrase-fd`: who acts, then whom a command asks for.
    """
    before = os.umask(0o077)

    def said(*words: str, ledger: Path | None = ledger_path, handed: str | tuple[str, ...] = ()) -> Said:
        capsys.readouterr()
        lines = (handed,) if isinstance(handed, str) else handed
        with handed_in(lines) as options:
            code = main([*(["--ledger", str(ledger)] if ledger else []), *words, *options])
        out, err = capsys.readouterr()
        return Said(code, out, err)

    yield said
    os.umask(before)
