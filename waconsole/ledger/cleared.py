"""What has not cleared: a pending transfer older than its purpose allows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from waconsole.clock import DAY

DEFAULT: Final = "other"
NOBODY: Final = "nobody"


def allowed_days(purpose: str, days: Mapping[str, int]) -> int:
    """How many days a pending transfer of this purpose may stay open, by policy (`ledger.clearing`)."""
    return days.get(purpose, days.get(DEFAULT, 0))


def is_late(purpose: str, pended_at: int, days: Mapping[str, int], *, now: int) -> bool:
    """Whether it should have been posted, voided or expired by now."""
    return now - pended_at > allowed_days(purpose, days) * DAY
