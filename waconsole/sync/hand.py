"""What was answered and could not be written yet: kept in hand while the ledger takes nothing, and written again.

A full disk, a lock of another program: they pass, and an answer that was lost meanwhile would leave a message
unknown that WhatsApp has named. Nothing new is taken until what is in hand is written, so it stays few.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from waconsole.errors import WaconsoleError
from waconsole.sync.flying import Landed

AGAIN_SECONDS: Final = 0.5
# What the engine calls the faults that pass. All else (a rule of the ledger's own) would say the same again.
_PASSING: Final = (
    "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_BUSY", "SQLITE_LOCKED",
    "SQLITE_NOMEM", "SQLITE_PROTOCOL",
)  # fmt: skip
KEPT: Final = (
    "What WhatsApp has answered is kept in hand and written as soon as that goes; nothing is sent until then."
)


@dataclass(slots=True)
class Hand:
    """The answers of one run that are not written; `is_failing` says that the last try to write came to nothing.

    `patience` is how many seconds of waiting are left to a run that is to end by itself.
    """

    patience: float
    landed: Landed = field(default_factory=list)
    is_failing: bool = False

    def written(self, count: int) -> None:
        """The first `count` of them are."""
        del self.landed[:count]
        self.is_failing = False

    def failed(self, error: WaconsoleError, *, once: bool, end_by: float) -> str:
        """Keep what is in hand after a try that failed; answers what to say, once for each time it begins.

        Raises the error when it will not pass, when a run that is to end by itself has waited long enough, or at
        `end_by` (by the loop's clock; 0: we were not asked to end).
        """
        is_late = bool(end_by) and asyncio.get_running_loop().time() >= end_by
        if not _passes(error) or is_late or (once and self.patience <= 0):
            raise error
        begins, self.is_failing = not self.is_failing, True
        self.patience -= AGAIN_SECONDS
        return f"{error} {KEPT}" if begins and not once else ""


def _passes(error: WaconsoleError) -> bool:
    name = getattr(error.__cause__, "sqlite_errorname", "") or ""
    return name.startswith(_PASSING)
