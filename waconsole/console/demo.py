"""The demo: the console on a private copy of the sample ledger, which is gone afterwards.

The sample is built once for each hour and kept in the cache; every demo works on a copy of its own.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import platformdirs

import waconsole
from waconsole import clock
from waconsole.console.launch import SIGNALS, open_console, said_on_stderr
from waconsole.errors import Permanent
from waconsole.settings import Settings

PREFIX: Final = "waconsole-demo-"
EXIT_BY_SIGNAL: Final = 128


def run(settings: Settings, *, now: int | None, read_only: bool, operator: str | None) -> int:
    """Open the demo at `now` (None: the machine's time); answers the exit code."""

    def work() -> int:
        anchor = clock.now() if now is None else now
        anchor -= anchor % clock.HOUR
        with _private_folder() as folder:
            ledger = folder / "ledger.db"
            _copy(anchor, ledger)
            return open_console(ledger, settings, now=now, read_only=read_only, operator=operator, demo=True)

    try:
        return said_on_stderr(work)
    except _Ended as ended:
        return EXIT_BY_SIGNAL + ended.number


class _Ended(BaseException):
    """A signal came while there was no screen yet to hear it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def _private_folder() -> Iterator[Path]:
    """A folder of our own (0700) that is gone afterwards, also when a signal ends us."""

    def end(number: int, _frame: object) -> None:
        raise _Ended(number)

    before = {number: signal.signal(number, end) for number in SIGNALS}
    try:
        with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
            yield Path(folder)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _copy(anchor: int, ledger: Path) -> None:
    """Put the sample at `anchor` to `ledger`, from the cache where it can be kept."""
    try:
        kept = _cache()
    except OSError:
        _builder()(ledger, anchor=anchor)
        return
    name = f"sample-{waconsole.__version__}-{sqlite3.sqlite_version}-{anchor // clock.HOUR}.db"
    sample = kept / name
    if not sample.exists():
        _build(sample, anchor)
    shutil.copyfile(sample, ledger)
    os.chmod(ledger, 0o600)


def _cache() -> Path:
    folder = platformdirs.user_cache_path("waconsole")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(folder)
    return folder


def _build(sample: Path, anchor: int) -> None:
    """Build the sample beside its place and move it there whole; samples of other hours go."""
    print("Building the sample community, once for this hour …", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(dir=sample.parent, prefix="sample-") as folder:
        built = Path(folder) / "ledger.db"
        _builder()(built, anchor=anchor)
        os.replace(built, sample)
    for other in sample.parent.glob("sample-*.db"):
        if other != sample:
            other.unlink(missing_ok=True)


def _builder() -> Callable[..., None]:
    """The sample's own script: beside the house in the source tree, inside it in a wheel."""
    try:
        from sample_db.ledger import build
    except ModuleNotFoundError:
        inside = str(Path(waconsole.__file__).parent)
        if not (Path(inside) / "sample_db").is_dir():
            raise Permanent(
                "The sample is missing from this installation: install waconsole again."
            ) from None
        # At the end: nothing of ours may stand before a module of that name elsewhere.
        sys.path.append(inside)
        try:
            from sample_db.ledger import build
        finally:
            sys.path.remove(inside)
    return build
