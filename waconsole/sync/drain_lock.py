"""One drain per number at a time, whoever runs it: a lock the kernel gives back when its holder dies."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

BUSY_SECONDS_MAX: Final = 30.0  # what `--once` waits for another drain to do the work
ONCE_LOOK_SECONDS: Final = 0.1
LOOK_SECONDS: Final = 0.5
_MODE: Final = 0o600


class DrainLock:
    """The side file `<ledger>.drain-<number ref>`. Two in one process shut each other out as well."""

    def __init__(self, ledger: Path, number_ref: str) -> None:
        """`ledger` is the database file. Raises OSError when the side file cannot be made."""
        self._file = os.open(f"{ledger}.drain-{number_ref}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)

    def take(self) -> bool:
        """Take the number, if nobody else has it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Give it back."""
        os.close(self._file)

    async def wait(
        self, has_work: Callable[[], Awaitable[bool]], *, once: bool, stop: Callable[[], bool]
    ) -> str:
        """Take the number, waiting for whoever has it; answers `""` when it is ours.

        `done` where the other did the work meanwhile, `busy` where it is still at it: when we are to end, and for
        `once` after a while.
        """
        waited = 0.0
        while not self.take():
            works = await has_work()
            if stop() or (once and (not works or waited >= BUSY_SECONDS_MAX)):
                return "busy" if works else "done"
            await asyncio.sleep(ONCE_LOOK_SECONDS if once else LOOK_SECONDS)
            waited += ONCE_LOOK_SECONDS
        return ""
