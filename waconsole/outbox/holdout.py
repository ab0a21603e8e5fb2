"""The share of members nobody sends marketing to, so that there is something to compare with. Pure.

It holds for all segments alike and sticks: whoever is in a share of 5 % is also in one of 10 %.
"""

from __future__ import annotations

from typing import Final
from zlib import crc32

PLACES: Final = 10_000  # a share is read to a hundredth of a percent
_SEED: Final = crc32(b"holdout")


def place_of(ref: str) -> int:
    """Where a member stands between 0 and `PLACES`, by their ref: the same in every copy of a ledger."""
    return crc32(ref.encode(), _SEED) * PLACES >> 32


def is_held_out(ref: str, percent: float) -> bool:
    """Whether the member of this ref is in a share of so many percent."""
    return place_of(ref) < round(percent * PLACES / 100)
