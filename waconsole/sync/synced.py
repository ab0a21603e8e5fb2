"""What syncing came to: what was sent and what came in, and one sentence on what was left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from waconsole.sync.drained import Drained
from waconsole.sync.process import Processed


@dataclass(slots=True)
class Synced:
    """What both roads did; `trouble` is one sentence on why something was left, `said` one on what else was done."""

    sent: int = 0
    unknown: int = 0
    failed: int = 0
    received: int = 0
    processed: int = 0
    quarantined: int = 0
    trying: int = 0
    trouble: str = field(default="", compare=False)
    said: str = field(default="", compare=False)

    def came_in(self, done: Processed) -> None:
        """Count what was taken apart."""
        self.received += done.received
        self.processed += done.processed
        self.quarantined += done.quarantined
        self.trying += done.trying

    def went_out(self, done: Drained) -> None:
        """Count what was sent, and say why a run left something."""
        self.sent += done.sent
        self.unknown += done.unknown
        self.failed += done.failed
        self.trouble = " ".join(done.said) or TROUBLES[done.reason] or self.trouble


TROUBLES: Final = {
    "": "",
    "offline": "WhatsApp cannot be reached: what is queued waits, and is sent when it can.",
    "number": "WhatsApp takes nothing from our number: `waconsole outbox list --state held`, and see to its token.",
    "busy": "Another sync is sending at this moment.",
    "paused": "Sending is paused: `waconsole numbers list` says why, `waconsole outbox resume` lets it go on.",
}
