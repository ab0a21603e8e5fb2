"""A fair lock beside the ledger file: consoles and bulk work take turns.

SQLite's own lock is not fair: next to one bulk writer an interactive writer waited up to 3 s.
`flock` on a side file is released by the kernel when a process dies. A second side file tells a
bulk writer whether somebody waits, so that it may end its chunk early.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

from waconsole.database import failures

_MODE: Final = 0o600


class TurnLock:
    """One writer at a time over all processes; `somebody_waits` is the bulk writer's courtesy."""

    def __init__(self, ledger: Path) -> None:
        """`ledger` is the database file; the side files stand beside it. Raises OSError."""
        self._turn = os.open(f"{ledger}-turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
        self._queue = os.open(f"{ledger}-queue", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)

    def take(self) -> None:
        """Wait for the turn."""
        try:
            fcntl.flock(self._turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(self._queue, fcntl.LOCK_SH)
            try:
                fcntl.flock(self._turn, fcntl.LOCK_EX)
            finally:
                fcntl.flock(self._queue, fcntl.LOCK_UN)

    def give_back(self) -> None:
        """Let the next writer in."""
        fcntl.flock(self._turn, fcntl.LOCK_UN)

    def somebody_waits(self) -> bool:
        """Whether another process waits for the turn; costs two system calls."""
        try:
            fcntl.flock(self._queue, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        fcntl.flock(self._queue, fcntl.LOCK_UN)
        return False

    def close(self) -> None:
        """Close the side files; a held turn is given back by the kernel."""
        os.close(self._turn)
        os.close(self._queue)


def turn_of(path: Path) -> TurnLock:
    """The side files, and the ledger itself if it is absent, closed to everybody else."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.close(descriptor)
        return TurnLock(path)
    except OSError as error:
        raise failures.os_in_words(error, path) from error
