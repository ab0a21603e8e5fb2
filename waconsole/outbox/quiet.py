"""Quiet hours: until when is it too early or too late to write to somebody? Pure."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from waconsole import clock
from waconsole.errors import Refused

_HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
ZONES_KEPT_MAX: Final = 1_000


def hours(words: str) -> tuple[time, time]:
    """`21:00-09:00` as the hours it begins (in) and ends (out). Raises Refused."""
    found = _HOURS.fullmatch(words)
    if found is None:
        raise Refused(f"{words!r} are no hours: write them like 21:00-09:00.")
    first, second, third, fourth = map(int, found.groups())
    return time(first, second), time(third, fourth)


@lru_cache(maxsize=ZONES_KEPT_MAX)
def zone(*names: str) -> ZoneInfo:
    """The first of these zones that is known, else UTC."""
    for name in names:
        try:
            return ZoneInfo(name)
        except (ValueError, OSError, KeyError):  # empty, or no such zone here
            continue
    return ZoneInfo("UTC")


def quiet_until(now: int, where: ZoneInfo, begins: time, ends: time) -> int | None:
    """When the quiet hours end that `now` is in; None outside of them. The same hour twice: there are none."""
    local = clock.moment(now, where)
    at = local.time().replace(tzinfo=None)
    crosses = begins > ends
    inside = (at >= begins or at < ends) if crosses else begins <= at < ends
    if not inside:
        return None
    day = local.date() + timedelta(days=1 if crosses and at >= begins else 0)
    return max(clock.instant(datetime.combine(day, ends, where)), now + clock.SECOND)
