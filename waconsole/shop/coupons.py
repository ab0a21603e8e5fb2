"""Coupons as a shop hands them over: the codes of a file, and what a pool says of each. Pure: no clock, no SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from waconsole.clock import DAY
from waconsole.errors import Refused
from waconsole.money import POINTS, Money, parse, parse_rate

FREE, ISSUED, REDEEMED, EXPIRED, WITHDRAWN = "free", "issued", "redeemed", "expired", "withdrawn"
REINSTATED: Final = "reinstated"
STATES: Final = (FREE, ISSUED, REDEEMED, EXPIRED, WITHDRAWN)
CODE_LENGTH_MAX: Final = 64
NAME_LENGTH_MAX: Final = 60
CODES_MAX: Final = 1_000_000
DAYS_MAX: Final = 3_650
_ODD: Final = re.compile(r"[\s,;]|[^\x20-\x7e\u00a1-\U0010ffff]")


class Pool(NamedTuple):
    """A pool: `face` is what one of its codes is worth as told (`50.00 HKD`, `20 %`), `cost_minor` what it costs us."""

    id: int
    name: str
    face: str
    currency: str
    cost_minor: int
    valid_days: int
    operator_id: int
    added_at: int

    @property
    def cost(self) -> Money | None:
        """What a code costs us; its face value where nobody said, None where that is no amount."""
        if self.cost_minor:
            return Money(self.cost_minor, self.currency)
        return self.worth

    @property
    def worth(self) -> Money | None:
        """What a code is worth in money; None for a share, and where nobody said."""
        return None if not self.face or "%" in self.face else parse(self.face)


class Coupon(NamedTuple):
    """A code of a pool and where it stands; instants in microseconds UTC."""

    id: int
    pool_id: int
    code: str
    state: str
    member_id: int | None
    source: str
    issued_at: int | None
    expires_at: int | None
    redeemed_at: int | None
    order_reference: str
    added_at: int


class Said(NamedTuple):
    """What a file's import says of its pool; empty where it says nothing."""

    face: str
    currency: str
    cost_minor: int
    valid_days: int | None


def said_of(face: str | None, cost: str | None, valid_days: int | None, *, days_max: int) -> Said:
    """What `--face`, `--cost` and `--valid-days` say. Raises Refused, in words.

    `days_max` is the policy's: no code is valid for longer.
    """
    if valid_days is not None and not 0 < valid_days <= days_max:
        raise Refused(
            f"A code is valid for 1 to {days_max} days: `promotion.code_days_max` is the policy that says so."
        )
    worth, currency = "", ""
    if face:
        if "%" in face:
            share = parse_rate(face)
            if not 0 < share <= 1:
                raise Refused("A coupon takes off more than 0 % and at most 100 %.")
            worth = " ".join(face.replace("%", " %").split())
        else:
            amount = _amount(face)
            worth, currency = str(amount), amount.currency
    spent = None if not cost else _amount(cost)
    if spent is not None and currency and spent.currency != currency:
        raise Refused(f"A code worth {worth} does not cost {spent}: say both in one currency.")
    return Said(worth, spent.currency if spent else currency, spent.minor if spent else 0, valid_days)


def _amount(text: str) -> Money:
    amount = parse(text)
    if amount.minor <= 0 or amount.currency == POINTS:
        raise Refused(f"{text.strip()!r} is not more than nothing.")
    return amount


def name_of(text: str) -> str:
    """A pool's name. Raises Refused."""
    name = " ".join(text.split())
    if not name or len(name) > NAME_LENGTH_MAX or not name.isprintable():
        raise Refused(f"A pool's name has 1 to {NAME_LENGTH_MAX} printable signs.")
    return name


class Line(NamedTuple):
    """A line of a file of codes: the code, or why it is none."""

    line: int
    code: str
    refusal: str


def read_codes(lines: Iterable[str]) -> Iterator[Line]:
    """One code a line, the first line is 1; empty lines are passed over. Raises Refused beyond `CODES_MAX`."""
    count = 0
    for number, text in enumerate(lines, 1):
        code = text.strip().removeprefix("\ufeff").strip()
        if not code:
            continue
        count += 1
        if count > CODES_MAX:
            raise Refused(f"A file has at most {CODES_MAX:,} codes: split it.")
        if len(code) > CODE_LENGTH_MAX:
            yield Line(number, "", f"A code has at most {CODE_LENGTH_MAX} signs.")
        elif _ODD.search(code) or not code.isprintable():
            yield Line(number, "", "A code has no spaces, commas, semicolons or signs that are not shown.")
        else:
            yield Line(number, code, "")


def codes_in(text: str) -> list[str]:
    """The codes of an order line's coupon: a shop may tell several, parted by commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def expires_at(issued_at: int, valid_days: int, days_max: int) -> int:
    """Until when a code that is issued at an instant is valid: never longer than the policy allows."""
    return issued_at + min(valid_days, days_max) * DAY
