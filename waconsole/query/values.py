"""What a query compares with: numbers, spans, shares, amounts, moments, and windows of time. Pure.

Windows and ages are exact spans of seconds, never calendar days; both ends of a window belong,
and nothing after `now` counts. Days and weeks by name begin at local midnight.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Final

from waconsole import clock
from waconsole.clock import DAY, HOUR, MINUTE, SECOND

UNITS: Final = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
WINDOW_UNITS: Final = {"h": HOUR, "d": DAY}
WINDOW_WORDS: Final = ("ever", "today", "this_week", "this_month")
MOMENT_WORDS: Final = ("now", "today", "yesterday", "this_week", "this_month")
EARLIEST: Final = -(1 << 62)

_NUMBER: Final = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,6})?")
_SPAN: Final = re.compile(r"([0-9]{1,6})([smhdw])", re.IGNORECASE)
_SHARE: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)%")
_AMOUNT: Final = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?)\s*([A-Z]{3})")
_TIMES: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)x\s+avg", re.IGNORECASE)
_MOMENT: Final = re.compile(rf"({'|'.join(MOMENT_WORDS)})(?:-([0-9]{{1,6}})([smhdw]))?", re.IGNORECASE)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WINDOW: Final = re.compile(r"([0-9]{1,6})([hd])", re.IGNORECASE)
_SINCE: Final = re.compile(r"since\s+([0-9]{4}-[0-9]{2}-[0-9]{2})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Number:
    """`2` or `1.5`."""

    value: Decimal

    def __str__(self) -> str:
        return plain(self.value)


@dataclass(frozen=True, slots=True)
class Duration:
    """`36h`: a count of seconds, minutes, hours, days of 86,400 s, or weeks."""

    count: int
    unit: str

    @property
    def microseconds(self) -> int:
        """How long it is."""
        return self.count * UNITS[self.unit]

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"


@dataclass(frozen=True, slots=True)
class Share:
    """`70%`."""

    percent: Decimal

    def __str__(self) -> str:
        return f"{plain(self.percent)}%"


@dataclass(frozen=True, slots=True)
class Amount:
    """`199 HKD`: major units of a currency."""

    value: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{plain(self.value)} {self.currency}"


@dataclass(frozen=True, slots=True)
class Times:
    """`2x avg`: so many times the mean over everybody."""

    factor: Decimal

    def __str__(self) -> str:
        return f"{plain(self.factor)}x avg"


@dataclass(frozen=True, slots=True)
class Never:
    """It has not happened: infinitely long ago."""

    def __str__(self) -> str:
        return "never"


@dataclass(frozen=True, slots=True)
class Moment:
    """A day (`2026-11-20`, `today`, `today-7d`) or an instant (`now-2h`, `2026-11-20T10:00`), as written.

    `-7d` after a day goes back by days of the calendar, `-2h` by hours, to an instant.
    """

    written: str

    def bounds(self, now: int, zone: tzinfo) -> tuple[int, int]:
        """Its first instant, and the first instant after it: a day is as long as it is, an instant a second."""
        found = _MOMENT.fullmatch(self.written)
        if found is None:
            return _written_bounds(self.written, zone)
        word, count, unit = found.groups()
        back = int(count) * UNITS[unit] if count else 0
        if word == "now":
            start = now - now % SECOND - back
            return start, start + SECOND
        day = clock.moment(_begin(word, now, zone), zone).date()
        if not back:
            return _midnight(day, zone), _midnight(_after(word, day), zone)
        if unit in _DAY_UNITS:
            day -= timedelta(days=back // DAY)
            return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
        start = _midnight(day, zone) - back
        return start, start + SECOND

    def __str__(self) -> str:
        return self.written


@dataclass(frozen=True, slots=True)
class Name:
    """A word, or text in quotes."""

    text: str

    def __str__(self) -> str:
        return self.text


Operand = Number | Duration | Share | Amount | Times | Never | Moment | Name
_DAY_UNITS: Final = ("d", "w")
YEARS: Final = range(1900, 3000)
DAYS_BACK_MAX: Final = 400_000


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time up to now, as written: `30d`, `24h`, `ever`, `today`, `since 2026-11-01`."""

    written: str

    @property
    def is_nothing(self) -> bool:
        """Whether it is a span of no length."""
        found = _WINDOW.fullmatch(self.written)
        return found is not None and int(found[1]) == 0

    def bounds(self, now: int, zone: tzinfo) -> tuple[int, int]:
        """Its first and its last instant in microseconds UTC; both belong to it. The last is now, in whole seconds."""
        end = now - now % SECOND
        if self.written == "ever":
            return EARLIEST, end
        if found := _WINDOW.fullmatch(self.written):
            return end - int(found[1]) * WINDOW_UNITS[found[2].casefold()], end
        if found := _SINCE.fullmatch(self.written):
            return _midnight(date.fromisoformat(found[1]), zone), end
        return _begin(self.written, now, zone), end

    def __str__(self) -> str:
        return self.written


def window_of(text: str) -> Window | None:
    """The window that `text` says, or None."""
    word = " ".join(text.casefold().split())
    if word in WINDOW_WORDS or _WINDOW.fullmatch(word):
        return Window(word)
    found = _SINCE.fullmatch(word)
    return Window(word) if found and _is_day(found[1]) else None


def operand_of(text: str, *, quoted: bool = False) -> Operand:
    """What `text` is by its form alone; a name when it has none of the others, or stands in quotes."""
    if not quoted:
        if text.casefold() == "never":
            return Never()
        if _NUMBER.fullmatch(text):
            return Number(Decimal(text))
        if found := _SPAN.fullmatch(text):
            return Duration(int(found[1]), found[2].casefold())
        if found := _SHARE.fullmatch(text):
            return Share(Decimal(found[1]))
        if found := _AMOUNT.fullmatch(text):
            return Amount(Decimal(found[1]), found[2])
        if found := _TIMES.fullmatch(text):
            return Times(Decimal(found[1]))
    if moment := moment_of(text):
        return moment
    return Name(text)


def moment_of(text: str) -> Moment | None:
    """The day or instant that `text` says, or None."""
    if found := _MOMENT.fullmatch(text):
        is_far = found[2] and int(found[2]) * UNITS[found[3].casefold()] > DAYS_BACK_MAX * DAY
        return None if is_far else Moment(text.casefold())
    if not _DAY.match(text):
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return Moment(text) if when.year in YEARS else None


def plain(value: Decimal) -> str:
    """A decimal without exponent and without zeros at its end."""
    shown = f"{value:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).year in YEARS
    except ValueError:
        return False


def _written_bounds(written: str, zone: tzinfo) -> tuple[int, int]:
    if _DAY.fullmatch(written):
        day = date.fromisoformat(written)
        return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    when = datetime.fromisoformat(written)
    start = clock.instant(when if when.tzinfo else when.replace(tzinfo=zone))
    start -= start % SECOND
    return start, start + SECOND


def _begin(word: str, now: int, zone: tzinfo) -> int:
    """The local midnight at which today, yesterday, this week (Monday) or this month began."""
    day = clock.moment(now, zone).date()
    if word == "yesterday":
        day -= timedelta(days=1)
    elif word == "this_week":
        day -= timedelta(days=day.weekday())
    elif word == "this_month":
        day = day.replace(day=1)
    return _midnight(day, zone)


def _after(word: str, day: date) -> date:
    """The day after the day, week or month that `word` means and that begins with `day`."""
    if word == "this_month":
        return (day + timedelta(days=31)).replace(day=1)
    return day + timedelta(days=7 if word == "this_week" else 1)


def _midnight(day: date, zone: tzinfo) -> int:
    return clock.instant(datetime(day.year, day.month, day.day, tzinfo=zone))
