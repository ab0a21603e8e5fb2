"""A first look at a whole chat export: how its heads are written and in which order its dates stand.

Pure; one streaming pass. The rule for the order of the date:

1. A year of four digits, or a Korean, Chinese or Japanese year sign, says where the year stands. Two-digit
   years stand last (the CLDR short dates put them first in Korean, `25. 3. 28.`, which its dots show,
   and in Basque), so year-first is tried for them only when no other order is possible.
2. An order under which a head is no day of the calendar is impossible, unless twenty times as many
   heads fit this order and no other (a head quoted inside a message does not overrule the file).
3. Of the possible orders, one under which the days never go back, while they do under all the others.
4. When all possible orders give every head the same day, the question has no meaning: either is right.

Otherwise the file does not decide: `survey` raises Refused and names `--date-order`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from waconsole.errors import Refused
from waconsole.inbox.chat_dialect import Dialects, dialects
from waconsole.inbox.chat_heads import Found, Shape, day_of, find_head, head_pattern

DECISIVE_RATIO: Final = 20
HEADLESS_LINES_MAX: Final = 10_000
WRITERS_MAX: Final = 100_000
DATES_CACHED_MAX: Final = 20_000
SAMPLES_MAX: Final = 1_000
OTHER_CLOCK_SHARE: Final = 0.05
OTHER_CLOCK_HEADS_MIN: Final = 10
NOT_A_CHAT: Final = (
    "This is not a WhatsApp chat export: no line begins with a date and a time;"
    " export the chat on the phone (“Export chat”) and import that .txt or .zip."
)


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first look found; `read_chat` needs it."""

    head: re.Pattern[str]  # groups as in chat_heads.head_pattern
    shape: Shape
    order: str  # dmy, mdy or ymd
    twelve_hour: bool
    dialects: tuple[str, ...]  # every shipped language, the likeliest first
    writers: frozenset[str]  # raw senders who wrote something WhatsApp did not mark as its own
    heads: int
    lines: int
    first_line: int  # of the first head


class _Evidence:
    """What the dates seen so far say for and against each order."""

    def __init__(self, orders: tuple[str, ...]) -> None:
        self.orders = orders
        self.heads = 0
        self.impossible = dict.fromkeys(orders, 0)
        self.alone = dict.fromkeys(orders, 0)
        self.backwards = dict.fromkeys(orders, 0)
        self._last = dict.fromkeys(orders, 0)
        # A two-digit year almost never stands first: that reading contests no other.
        self._rivals = [order for order in orders if len(orders) < 3 or order != "ymd"]
        self._known: dict[str, dict[str, int]] = {}

    def days(self, text: str) -> dict[str, int]:
        """The ordinal day of `text` under each order that makes a day of it."""
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= DATES_CACHED_MAX:
                self._known.clear()
            found = {order: day_of(text, order) for order in self.orders}
            known = self._known[text] = {order: day.toordinal() for order, day in found.items() if day}
        return known

    def add(self, text: str, times: int, *, new_day: bool) -> None:
        """Count `times` heads with the date `text`; `new_day` when the head before had another."""
        days = self.days(text)
        if not days and len(self.orders) > 1:
            return  # no date in any order, so it is no head
        self.heads += times
        for order in self.orders:
            day = days.get(order)
            if day is None:
                self.impossible[order] += times
                continue
            if not any(rival in days for rival in self._rivals if rival != order):
                self.alone[order] += times
            if new_day:
                self.backwards[order] += day < self._last[order]
                self._last[order] = day

    def possible(self) -> list[str]:
        """The orders that rule 2 leaves; year-first with two digits only when rule 1 needs it."""
        left = [
            order for order in self.orders if self.impossible[order] * DECISIVE_RATIO <= self.alone[order]
        ]
        others = [order for order in left if order != "ymd"]
        if len(self.orders) < 3 or not others or len(others) == len(left):
            return left
        late = all(self.backwards[order] for order in others) and not self.backwards["ymd"]
        return ["ymd"] if late else others

    def same_days(self, orders: list[str]) -> bool:
        """Whether all dates kept mean the same day under each of `orders`."""
        return all(
            len({days[order] for order in orders if order in days}) <= 1 for days in self._known.values()
        )


def _orders(shape: Shape, date_order: str | None, date: str) -> tuple[str, ...]:
    """The orders the shape leaves open, the likelier first."""
    if shape.year_digits[0] == 4 or shape.first in "년年":
        possible: tuple[str, ...] = ("ymd",)
    elif shape.year_digits[1] == 4:
        possible = ("dmy", "mdy")
    elif shape.tail == "." and shape.gaps:
        possible = ("ymd",)
    else:
        possible = ("dmy", "mdy", "ymd")
    if date_order is None:
        return possible
    if date_order not in possible and 4 in shape.year_digits:
        raise Refused(
            f"--date-order {date_order} does not fit this file: the year of {date} stands elsewhere."
        )
    return (date_order,)


def _decide(evidence: _Evidence, date_order: str | None, date: str, line: int) -> str:
    """The order of the file's dates by the rule above."""
    if not evidence.heads:
        raise Refused(NOT_A_CHAT)
    if date_order is not None:
        if evidence.impossible[date_order] * 2 > evidence.heads:
            raise Refused(f"--date-order {date_order} does not fit this file: line {line} says {date}.")
        return date_order
    possible = evidence.possible()
    if len(possible) > 1 and not evidence.same_days(possible):
        forwards = [order for order in possible if not evidence.backwards[order]]
        possible = forwards if len(forwards) == 1 else possible
        if len(possible) > 1:
            raise Refused(
                f"The dates of this file can be read in more than one order (line {line} says {date}):"
                " say which with --date-order dmy, --date-order mdy or --date-order ymd."
            )
    if not possible:
        raise Refused(
            f"The dates of this file fit no single order (line {line} says {date}):"
            " say which one holds with --date-order dmy, --date-order mdy or --date-order ymd."
        )
    return possible[0]


def survey(lines: Iterable[str], *, date_order: str | None = None) -> Survey:
    """Look at a whole export once: the shape of its heads, date order, clock, likely languages, writers.

    Raises Refused, in one sentence, for what is no chat export and for dates that do not decide.
    """
    numbered = enumerate(lines, 1)
    first_line = 0
    found: Found | None = None
    line = ""
    for first_line, line in numbered:
        found = find_head(line)
        if found is not None or first_line >= HEADLESS_LINES_MAX:
            break
    if found is None:
        raise Refused(NOT_A_CHAT)
    look = _Look(found, line, date_order)
    last_line = first_line
    for number, line in numbered:
        look.at(line)
        last_line = number
    return look.result(first_line, last_line, date_order)


class _Look:
    """The state of one survey after its first head."""

    def __init__(self, found: Found, line: str, date_order: str | None) -> None:
        self.found = found
        self.periods = Counter({found.period: 1})
        self.pattern = head_pattern(found.shape, frozenset((found.period,)))
        self.match = self.pattern.match
        self.evidence = _Evidence(_orders(found.shape, date_order, found.date))
        self.writers: set[str] = set()
        self.known: Dialects = dialects()
        self.votes: Counter[str] = Counter()
        self.samples = 0
        self.heads = 0
        self.run = 0
        self.date = ""
        self.at(line)

    def at(self, line: str) -> None:
        """Take one line into account."""
        match = self.match(line)
        if match is None:
            if (
                line[:1] in "[0123456789\u200e\u200f"
                and (found := find_head(line))
                and found.shape == self.found.shape
            ):
                self.periods[found.period] += 1
            return
        date, rest = match.group(2, 6)
        self.heads += 1
        if date == self.date:
            self.run += 1
        else:
            if self.run > 1:
                self.evidence.add(self.date, self.run - 1, new_day=False)
            self.evidence.add(date, 1, new_day=True)
            self.date = date
            self.run = 1
        sender, colon, body = rest.partition(": ")
        if not colon or body[:1] in "<\u200e":
            if self.samples < SAMPLES_MAX:
                self.samples += 1
                self.votes.update(self.known.likely(body if colon else rest))
        elif len(self.writers) < WRITERS_MAX:
            self.writers.add(sender)

    def result(self, first_line: int, lines: int, date_order: str | None) -> Survey:
        """The finished survey."""
        if self.run > 1:
            self.evidence.add(self.date, self.run - 1, new_day=False)
        order = _decide(self.evidence, date_order, self.found.date, first_line)
        enough = max(OTHER_CLOCK_SHARE * sum(self.periods.values()), OTHER_CLOCK_HEADS_MIN)
        periods = frozenset(period for period, count in self.periods.items() if count >= enough)
        periods |= {self.found.period}
        ranked = sorted(self.known.names, key=lambda name: -self.votes[name])
        return Survey(
            head=head_pattern(self.found.shape, periods),
            shape=self.found.shape,
            order=order,
            twelve_hour=periods != {""},
            dialects=tuple(ranked),
            writers=frozenset(self.writers),
            heads=self.heads,
            lines=lines,
            first_line=first_line,
        )
