"""The demo: the console on a private copy of the sample ledger, with a WhatsApp of its own; gone afterwards."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from waconsole import clock
from waconsole.console.demo_road import road
from waconsole.console.demo_sample import copy_sample
from waconsole.console.launch import SIGNALS, open_console, said_on_stderr
from waconsole.settings import Settings

PREFIX: Final = "waconsole-demo-"
EXIT_BY_SIGNAL: Final = 128


def run(settings: Settings, *, now: int | None, read_only: bool, operator: str | None) -> int:
    """Open the demo at `now` (None: the machine's time); answers the exit code."""

    def work() -> int:
        with private_folder() as folder:
            ledger = sample_in(folder, now=now)
            ours = road(settings, folder, now=now)
            return open_console(
                ledger, ours.settings, now=now, read_only=read_only, operator=operator, demo=True, beside=ours.syncing
            )  # fmt: skip

    try:
        return said_on_stderr(work)
    except _Ended as ended:
        return EXIT_BY_SIGNAL + ended.number


def sample_in(folder: Path, *, now: int | None) -> Path:
    """The sample community of the hour of `now`, in a ledger in `folder`."""
    anchor = clock.now() if now is None else now
    ledger = folder / "ledger.db"
    copy_sample(anchor - anchor % clock.HOUR, ledger)
    return ledger


class _Ended(BaseException):
    """A signal came while there was no screen yet to hear it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def private_folder() -> Iterator[Path]:
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
