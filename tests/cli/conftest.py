"""Say a command the way a shell would, in this process, and see what came of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
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


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], ledger_path: Path) -> Iterator[Say]:
    """`say("find", "is:unread")` on this test's own ledger; `ledger=None` names none."""
    before = os.umask(0o077)

    def said(*words: str, ledger: Path | None = ledger_path) -> Said:
        capsys.readouterr()
        code = main([*(["--ledger", str(ledger)] if ledger else []), *words])
        out, err = capsys.readouterr()
        return Said(code, out, err)

    yield said
    os.umask(before)
