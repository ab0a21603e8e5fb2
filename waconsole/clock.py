"""The only place that asks the machine for the time.

Instants are whole microseconds since 1970 in UTC (`int`). Event times are floored to whole
seconds once, when a fact enters the house.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, tzinfo
from typing import Final

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

ISO_LETTERS: Final = len("2026-11-20T09:12:00")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> int:
    """The present instant, in microseconds UTC."""
    return time.time_ns() // 1000


def moment(at: int, zone: tzinfo = UTC) -> datetime:
    """`at` (microseconds UTC) as an aware datetime in `zone`."""
    return datetime.fromtimestamp(at // SECOND, zone).replace(microsecond=at % SECOND)


def instant(when: datetime) -> int:
    """An aware datetime as microseconds UTC."""
    elapsed = when - _EPOCH
    return (elapsed.days * 86_400 + elapsed.seconds) * SECOND + elapsed.microseconds


def iso(at: int) -> str:
    """`at` as ISO 8601 in UTC with `Z`, to whole seconds: 2026-11-20T09:12:00Z."""
    return f"{moment(at - at % SECOND).isoformat()[:ISO_LETTERS]}Z"


def parse_iso(text: str) -> int:
    """An ISO 8601 instant as microseconds UTC; without an offset it is read as UTC.

    Raises ValueError when `text` is not ISO 8601.
    """
    when = datetime.fromisoformat(text)
    return instant(when if when.tzinfo else when.replace(tzinfo=UTC))


def span_words(span: int) -> str:
    """A span of microseconds in at most four characters: `40s`, `3m`, `2h`, `12d`, `14w`, `3y`."""
    if span < MINUTE:
        return f"{max(span // SECOND, 0)}s"
    if span < HOUR:
        return f"{span // MINUTE}m"
    if span < 2 * DAY:
        return f"{span // HOUR}h"
    if span < 100 * DAY:
        return f"{span // DAY}d"
    if span < 700 * DAY:
        return f"{span // (7 * DAY)}w"
    return f"{span // (365 * DAY)}y"
