"""Hours in which people read: when the next of them begins where somebody lives. Pure.

A window is written in local time. On the night a clock is set forward an hour that does not exist is left out; on the
night it is set back, an hour that comes twice begins with the first and ends with the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Any, Final

from waconsole.clock import instant, moment
from waconsole.errors import Refused

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LOOKED_DAYS: Final = 8


@dataclass(frozen=True, slots=True)
class Hours:
    """Days of the week from 0 (Monday), and spans of local time; one that ends before it begins ends the day after."""

    days: frozenset[int]
    spans: tuple[tuple[time, time], ...]


def hours_of(value: Mapping[str, Any]) -> Hours:
    """The hours of a preset: `days = ["Tue"]` (else every day) and `hours = "10:00-11:00, 20:00-21:00"`. Raises Refused."""
    named: Sequence[str] = value.get("days") or DAYS
    try:
        days = frozenset(DAYS.index(one) for one in named)
        spans = tuple(
            (time.fromisoformat(begin.strip()), time.fromisoformat(end.strip()))
            for begin, _, end in (part.partition("-") for part in str(value["hours"]).split(","))
        )
    except (KeyError, ValueError):
        raise Refused('A send window has hours like "10:00-11:00", and days like ["Tue"] or none.') from None
    return Hours(days, spans)


def next_within(now: int, zone: tzinfo, hours: Hours) -> int:
    """The earliest instant not before `now` that lies within these hours there."""
    today = moment(now, zone).date()
    found: list[int] = []
    for back in range(-1, LOOKED_DAYS + 1):
        day = today + timedelta(days=back)
        if day.weekday() not in hours.days:
            continue
        for begin, end in hours.spans:
            last = day if end > begin else day + timedelta(days=1)
            starts = instant(datetime.combine(day, begin, zone))
            ends = instant(datetime.combine(last, end, zone))
            if now < ends and starts < ends:
                found.append(max(starts, now))
    return min(found)
