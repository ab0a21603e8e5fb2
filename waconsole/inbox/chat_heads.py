"""The head of a line in a chat export: its shape, the pattern of one file, and the instant it says.

Pure. A head is `[date, time] ` (iPhone) or `date, time - ` (Android), with the date in any order and with
any of `.` `/` `-` or the Korean, Chinese and Japanese year, month and day signs; the time may stand first.
One file is written by one phone at one moment, so all its heads have one `Shape`; text that looks
like a head of another shape is part of a message.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from typing import Final, NamedTuple

from waconsole.inbox.chat_clock import MARKS, PERIOD, hour_of

HOURS_CACHED_MAX: Final = 50_000
_SECOND: Final = 1_000_000
MINUTES: Final = {f"{minute:02d}": minute * 60 * _SECOND for minute in range(60)}
"""Microseconds of the minutes, by their text."""

SECONDS: Final = {"": 0} | {f"{second:02d}": second * _SECOND for second in range(60)}
_GAP: Final = rf"[\s{MARKS}]*"
_JOINTS: Final = (
    "à",
    "às",
    "a las",
    "um",
    "om",
    "kl.",
    "kl",
    "в",
    "о",
    "at",
    "alle ore",
    "alle",
    "ob",
    "u",
)  # a word
_JOINT: Final = "|".join(re.escape(word) for word in _JOINTS)
_NUMBER: Final = re.compile(r"\d+")
_LETTER: Final = re.compile(r"[^\W\d_]")
_PERIOD: Final = re.compile(PERIOD)
_LEAD: Final = rf"^[{MARKS}\s]*"


class Shape(NamedTuple):
    """How the heads of one file are written; two heads of one file differ only in their numbers."""

    bracketed: bool
    time_first: bool
    first: str  # between the first two numbers of the date
    second: str
    tail: str  # after the date: "", "." or a day sign
    gaps: bool  # spaces or marks inside the date
    year_digits: tuple[int, int]  # of the first and the last number: (4, 2), (2, 4) or (2, 2)
    comma: str
    joint: str  # a word between date and time ("à")
    seconds: bool


def _date(names: bool) -> str:
    name = "?P<{}>".format if names else (lambda _: "?:")
    return (
        rf"({name('a')}\d{{1,4}}){_GAP}({name('first')}[./-]|년|年){_GAP}\d{{1,2}}{_GAP}"
        rf"({name('second')}[./-]|월|月){_GAP}({name('c')}\d{{1,4}})(?:[{MARKS}]*({name('tail')}\.|일|日))?"
    )


@cache  # made when a head is looked for: who knows the shape of the file's own needs none of the four
def _any(bracketed: bool, time_first: bool) -> re.Pattern[str]:
    """The pattern of a head of any shape, with the parts a `Shape` is made of."""
    day = rf"(?P<date>{_date(names=True)})"
    time = (
        rf"(?P<before>{PERIOD})?{_GAP}\d{{1,2}}\s?[:.٫h時시点點]\s?\d{{2}}[分분]?(?P<sec>[:.]\d{{2}})?"
        rf"(?:{_GAP}(?P<after>{PERIOD}))?"
    )
    joint = rf"(?:[{MARKS}]*(?P<comma>[,،]))?{_GAP}(?:(?P<joint>{_JOINT})\s)?"
    stamp = f"{time}{joint}{day}" if time_first else f"{day}{joint}{_GAP}{time}"
    return re.compile(
        _LEAD + (rf"\[{_GAP}{stamp}{_GAP}\]" if bracketed else rf"{stamp}{_GAP}\s[-–—](?:\s|$)")
    )


class Found(NamedTuple):
    """A head found without knowing the file: its shape, its date text and where its day's part stands."""

    shape: Shape
    date: str
    period: str  # "", "before" or "after"


def find_head(line: str) -> Found | None:
    """The head `line` begins with, whatever its shape, or None."""
    bracket = line.lstrip(" \u200e\u200f\u202a\ufeff")[:1] == "["
    for time_first in (False, True):
        if match := _any(bracket, time_first).match(line):
            part = match.group
            first, last = len(part("a")), len(part("c"))
            if (first == 4 and last == 4) or 3 in (first, last):
                continue
            shape = Shape(
                bracket,
                time_first,
                part("first"),
                part("second"),
                part("tail") or "",
                re.search(rf"[\s{MARKS}]", part("date")) is not None,
                (4 if first == 4 else 2, 4 if last == 4 else 2),
                part("comma") or "",
                part("joint") or "",
                part("sec") is not None,
            )
            return Found(
                shape, part("date"), "before" if part("before") else "after" if part("after") else ""
            )
    return None


def head_pattern(shape: Shape, periods: frozenset[str]) -> re.Pattern[str]:
    """The pattern of the heads of one file.

    `periods` says where its clock writes the part of the day: any of "", "before", "after". Groups: the
    text up to the hour (the whole stamp when the time stands first), the date, minute, second,
    the part of the day after the time, and the rest of the line; absent ones are "".
    """
    gap = _GAP if shape.gaps else ""
    numbers = [rf"\d{{{4 if digits == 4 else '1,2'}}}" for digits in shape.year_digits]
    tail = rf"[{MARKS}]*{re.escape(shape.tail)}" if shape.tail else ""
    day = (
        rf"{numbers[0]}{gap}{re.escape(shape.first)}{gap}\d{{1,2}}{gap}"
        rf"{re.escape(shape.second)}{gap}{numbers[1]}{tail}"
    )
    joint = (rf"[{MARKS}]*{shape.comma}" if shape.comma else "") + _GAP
    joint += rf"{re.escape(shape.joint)}\s+" if shape.joint else ""
    before = rf"{PERIOD}{_GAP}" if "before" in periods else ""
    before = f"(?:{before})?" if before and len(periods) > 1 else before
    after = rf"{_GAP}{PERIOD}" if "after" in periods else ""
    after = f"((?:{after})?)" if len(periods) > 1 else f"({after})"
    separator = r"\s?[:.٫h時시点點]\s?"
    second = r"[:.](\d\d)" if shape.seconds else r"[分분]?()"
    if shape.time_first:
        plain = second.replace("(", "").replace(")", "")
        stamp = rf"({before}\d{{1,2}}{separator}\d\d{plain}{after[1:-1]}{joint}({day}))()()()"
    else:
        stamp = rf"(({day}){joint}{before}\d{{1,2}}){separator}(\d\d){second}{after}"
    if shape.bracketed:
        return re.compile(rf"[{MARKS}\s]*\[{_GAP}{stamp}{_GAP}\] ?(.*)", re.DOTALL)
    return re.compile(rf"[{MARKS}\s]*{stamp}{_GAP}\s[-–—](?:\s|$)(.*)", re.DOTALL)


def day_of(text: str, order: str) -> date | None:
    """The day the date `text` means when its numbers stand in `order`, or None when there is none.

    Two-digit years are of this century: the first chat was exported after 2009.
    """
    numbers = [int(number) for number in _NUMBER.findall(text)]
    if len(numbers) != 3:
        return None
    year, month, day = (numbers[order.index(part)] for part in "ymd")
    try:
        return date(year if year > 99 else 2000 + year, month, day)
    except ValueError:
        return None


class HeadClock:
    """Turns the parts of a head into an instant; answers are kept per date and hour."""

    def __init__(self, order: str, zone: tzinfo, *, time_first: bool) -> None:
        self._order = order
        self._zone = zone
        self._time_first = time_first
        self.hours: dict[str, int | None] = {}
        """The instant each hour begins, by its text; None when `at` must be asked."""
        self._days: dict[str, date] = {}
        self._midnights: dict[str, int | None] = {}
        self._clocks: dict[str, int | None] = {}

    def at(self, hour_text: str, date_text: str, minute: str, second: str, period: str) -> int | None:
        """Microseconds UTC, or None when the numbers are no date or no time (then it is no head).

        The file's clock is read in the zone; an hour that came twice is taken the first time.
        """
        key = hour_text + period
        try:
            base = self.hours[key]
        except KeyError:
            base = self._hour(key, hour_text, date_text, period)
        if base is None:
            return self._exact(hour_text, date_text, minute, second, period)
        if self._time_first:
            return base
        minutes = int(minute)
        seconds = int(second) if second else 0
        if minutes > 59 or seconds > 59:
            return None
        return base + (minutes * 60 + seconds) * _SECOND

    def _hour(self, key: str, hour_text: str, date_text: str, period: str) -> int | None:
        """The instant an hour begins, kept; None when minutes must be asked one by one."""
        if len(self.hours) >= HOURS_CACHED_MAX:
            self.hours.clear()
        if self._time_first:
            base = self._exact(hour_text, date_text, "", "", period)
        else:
            midnight = self._midnight(date_text)
            hour = self._hour_of(hour_text.replace(date_text, " ", 1), period)
            base = None if midnight is None or hour is None else midnight + hour * 3600 * _SECOND
        self.hours[key] = base
        return base

    def _midnight(self, date_text: str) -> int | None:
        """The instant a day begins, kept; None when it is no day or its clocks are changed."""
        try:
            return self._midnights[date_text]
        except KeyError:
            pass
        if len(self._midnights) >= HOURS_CACHED_MAX:
            self._midnights.clear()
        instant: int | None = None
        if (day := self._day(date_text)) is not None:
            begins = datetime(day.year, day.month, day.day)
            ends = begins.replace(hour=23, minute=59, second=59)
            if begins.replace(tzinfo=self._zone).utcoffset() == ends.replace(tzinfo=self._zone).utcoffset():
                instant = self._instant(begins)
        self._midnights[date_text] = instant
        return instant

    def _day(self, date_text: str) -> date | None:
        """The day of a date, kept."""
        day = self._days.get(date_text)
        if day is None:
            day = day_of(date_text, self._order)
            if day is None:
                return None
            if len(self._days) >= HOURS_CACHED_MAX:
                self._days.clear()
            self._days[date_text] = day
        return day

    def _hour_of(self, clock: str, period: str) -> int | None:
        """The hour of a head without its date, kept: there are few of them."""
        key = clock + period
        try:
            return self._clocks[key]
        except KeyError:
            pass
        if len(self._clocks) >= HOURS_CACHED_MAX:
            self._clocks.clear()
        number = _NUMBER.search(clock)
        if number is not None and not period and _LETTER.search(clock) and (found := _PERIOD.search(clock)):
            period = found.group()
        hour = None if number is None else hour_of(int(number.group()), period)
        self._clocks[key] = hour
        return hour

    def _local(self, hour_text: str, date_text: str, period: str) -> datetime | None:
        """The wall clock at the beginning of the hour, without a zone."""
        day = self._day(date_text)
        hour = None if day is None else self._hour_of(hour_text.replace(date_text, " ", 1), period)
        return None if day is None or hour is None else datetime(day.year, day.month, day.day, hour)

    def _exact(self, hour_text: str, date_text: str, minute: str, second: str, period: str) -> int | None:
        """The instant of one head, without help from the kept hours."""
        start = self._local(hour_text, date_text, period)
        if start is None:
            return None
        if self._time_first:
            numbers = _NUMBER.findall(hour_text.replace(date_text, " "))
            minute, second = numbers[1], numbers[2] if len(numbers) > 2 else ""
        minutes, seconds = int(minute), int(second) if second else 0
        if minutes > 59 or seconds > 59:
            return None
        return self._instant(start.replace(minute=minutes, second=seconds))

    def _instant(self, wall: datetime) -> int:
        """A wall clock time of the zone as microseconds UTC."""
        try:
            elapsed = wall.replace(tzinfo=self._zone) - datetime(1970, 1, 1, tzinfo=UTC)
        except OverflowError:
            elapsed = wall.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        return (elapsed.days * 86_400 + elapsed.seconds) * _SECOND
