"""One drain per number at a time, whoever runs it: a lock the kernel gives back when its holder dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

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
