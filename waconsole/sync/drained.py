"""What one run of the queue did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Drained:
    """What one run sent: how many were accepted, became unknown, failed; and why it ended with some left, if so.

    `reason` is `""`, `offline`, `number` (WhatsApp let the number stand still) or `busy` (another
    drain has it).
    """

    sent: int = 0
    unknown: int = 0
    failed: int = 0
    reason: str = ""
