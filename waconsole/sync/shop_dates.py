"""Dates as shops write them, read in the shop's zone.

`20/11/2026` and `11/20/2026` are told apart by the file itself: a day above 12 anywhere settles all of
it. Where nothing does, the order is asked for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

from waconsole import clock
from waconsole.errors import Refused

ORDERS: Final = ("dmy", "mdy")
EPOCH_DIGITS: Final = {10: clock.SECOND, 13: 1000}  # seconds, milliseconds
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS_KEPT_MAX: Final = 20_000

_TIME: Final = (
    r"(?:[T,\s]\s*(?:(?P<ampm1>[ap])\.?m\.?\s*)?(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"\s*(?:(?P<ampm>[ap])\.?\s?m\.?)?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
_NUMERIC: Final = re.compile(
    r"(?P<one>\d{1,2})(?P<mark>[/.\-])(?P<two>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})" + _TIME, re.I
)
_YEAR_FIRST: Final = re.compile(
    r"(?P<year>\d{4})(?P<mark>[/.\-年])(?P<two>\d{1,2})[/.\-月](?P<one>\d{1,2})日?" + _TIME, re.I
)
_COMPACT: Final = re.compile(r"(?P<year>(?:19|20)\d{2})(?P<two>\d{2})(?P<one>\d{2})" + _TIME, re.I)
_NAMED: Final = re.compile(
    r"(?:[a-z]{3,9}\.?,\s*)?(?:(?P<one>\d{1,2})(?:st|nd|rd|th|er|\.)?\s+(?:de\s+)?(?P<month>[^\W\d]{3,10})\.?|(?P<month2>[^\W\d]{3,10})\.?\s+(?P<one2>\d{1,2})(?:st|nd|rd|th)?)"
    r",?\s+(?:de\s+)?(?P<year>\d{4})" + _TIME,
    re.I,
)
# The first letters that tell the months apart in English, French, German, Spanish, Portuguese and Italian.
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        ("jan gen ene", "feb fev fév", "mar mär", "apr avr abr", "may mai mag", "jun juin giu", "jul juil lug",
         "aug aou aoû ago", "sep set", "oct okt ott out", "nov", "dec dez déc dic"), 1,
    )
    for name in names.split()
}  # fmt: skip


class Dates:
    """Reads the dates of one file. Its order of day and month is settled when the first date needs it."""

    def __init__(self, zone: tzinfo, order: str | None = None) -> None:
        """`zone` is the shop's; `order` one of `ORDERS` when the operator said it."""
        self.zone, self.order = zone, order
        self._midnights: dict[str, int] = {}

    def instant(self, text: str) -> int:
        """Microseconds UTC, in whole seconds. Raises Refused for what is no date, Unsettled while the order is open."""
        try:
            return self._at(
                datetime.fromisoformat(text.replace(" UTC", "Z")) if text[4:5] == "-" else self._read(text)
            )
        except (ValueError, OverflowError):
            pass
        try:
            return self._at(self._read(text))
        except (ValueError, OverflowError):
            raise Refused(f"{text!r} is no date: write it like 2026-11-20T09:12:00Z.") from None

    def midnight(self, day: str) -> int:
        """The UTC midnight of an ISO date. Raises ValueError for what is none."""
        found = self._midnights.get(day)
        if found is None:
            found = clock.instant(datetime.fromisoformat(day).replace(tzinfo=UTC))
            if len(self._midnights) < _DAYS_KEPT_MAX:
                self._midnights[day] = found
        return found

    def _at(self, when: datetime) -> int:
        if when.tzinfo is None:
            when = when.replace(tzinfo=self.zone)
        at = (when - _EPOCH) // timedelta(seconds=1)
        return at * clock.SECOND

    def _read(self, text: str) -> datetime:
        plain = " ".join(unicodedata.normalize("NFKC", text).split())
        if plain.isascii() and plain.isdigit() and (unit := EPOCH_DIGITS.get(len(plain))):
            return clock.moment(int(plain) * unit)
        for pattern in (_YEAR_FIRST, _NUMERIC, _COMPACT, _NAMED):
            if found := pattern.fullmatch(plain):
                return self._made(found)
        raise ValueError(text)

    def _made(self, found: re.Match[str]) -> datetime:
        part = found.groupdict()
        one, year = int(part.get("one") or part["one2"]), int(part["year"])
        name = part.get("month") or part.get("month2")
        if name:
            month = _MONTHS.get(name.casefold()[:4]) or _MONTHS[_known(name)]
        else:
            month = int(part["two"])
            if found.re is _NUMERIC and part["mark"] != ".":
                one, month = self._ordered(one, month)
        if year < 100:
            year += 2000
        hour, zone = int(part["hour"] or 0), part["zone"]
        if half := (part["ampm"] or part["ampm1"]):
            if not 1 <= hour <= 12:
                raise ValueError(found.string)
            hour = hour % 12 + 12 * (half.casefold() == "p")
        return datetime(
            year, month, one, hour, int(part["minute"] or 0), int(part["second"] or 0), tzinfo=_zone(zone)
        )

    def _ordered(self, one: int, two: int) -> tuple[int, int]:
        """(day, month) of two numbers before a year."""
        if self.order is None:
            if one == two:
                return one, two
            raise Unsettled
        return (one, two) if self.order == "dmy" else (two, one)


class Unsettled(Exception):
    """A date needs to know whether the day or the month comes first."""


def _known(name: str) -> str:
    short = name.casefold()[:3]
    if short not in _MONTHS:
        raise ValueError(name)
    return short


def _zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text.upper() in ("Z", "UTC", "GMT"):
        return UTC
    span = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-span if text[0] == "-" else span)


def settled(texts: Iterable[str], name: str) -> str:
    """`dmy` or `mdy`, by the dates of a whole file. Raises Refused when they tell nothing, or both."""
    day_first = month_first = ""
    for text in texts:
        found = _NUMERIC.fullmatch(text.strip())
        if found and found["mark"] != ".":
            one, two = int(found["one"]), int(found["two"])
            if one > 12 >= two:
                day_first = day_first or text
            elif two > 12 >= one:
                month_first = month_first or text
    if day_first and month_first:
        raise Refused(
            f"{name} writes the day first ({day_first}) and the month first ({month_first}): say --date-order."
        )
    if not day_first and not month_first:
        raise Refused(
            f"{name} does not tell whether its dates are day/month or month/day: say --date-order dmy or mdy."
        )
    return "dmy" if day_first else "mdy"
