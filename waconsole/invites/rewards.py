"""What a programme gives: one reward as an operator types it, as policy keeps it and as a member reads it. Pure.

`cashback 8.00 HKD` · `coupon POOL` · `coupon 50.00 HKD from POOL` · `points 50` · `membership 7d` · `trial 7d` ·
`sample 8.00 HKD` · `product 60.00 HKD full size` · `service 30.00 HKD consultation`. The amount of a sample, a product
or a service is what one costs us; a member never reads it. Sources: mission REF-04, REF-07, REF-13, REF-21.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from waconsole.errors import Refused
from waconsole.money import POINTS, Money, parse, parse_rate

CASHBACK, COUPON, GIVEN_POINTS = "cashback", "coupon", "points"
MEMBERSHIP, TRIAL = "membership", "trial"
SAMPLE, PRODUCT, SERVICE = "sample", "product", "service"
KINDS: Final = (COUPON, MEMBERSHIP, GIVEN_POINTS, SAMPLE, PRODUCT, SERVICE, TRIAL, CASHBACK)
DAYS: Final = "days"
DAYS_MAX: Final = 3_650
POINTS_MAX: Final = 1_000_000_000
WORDS_LENGTH_MAX: Final = 120
_LIKE: Final = "cashback 8.00 HKD, coupon POOL, points 50, membership 7d, sample 8.00 HKD"
_DAYS: Final = re.compile(r"([0-9]{1,6})\s*(?:d|days?)?")
_FROM: Final = re.compile(r"(.+?)\s+from\s+(.+)", re.S)
_AMOUNT: Final = re.compile(r"(\S*\d\S*(?:\s+[A-Za-z]{3}(?=\s|$))?)(?:\s+(.*))?", re.S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """One reward: `amount_minor` of `currency` is its face value (ISO 4217, `points`, `days`; 0 of "" has none).

    `cost` is what one costs us where its own words say so; `pool` whose coupons are given, `off` what a coupon of no
    amount takes off (`20 %`), `what` which product or service.
    """

    kind: str
    amount_minor: int = 0
    currency: str = ""
    cost: Money | None = None
    pool: str = ""
    off: str = ""
    what: str = ""

    @property
    def face(self) -> Money | None:
        """Its face value in money; None for points, days and what has none."""
        if not self.currency or self.currency in (POINTS, DAYS):
            return None
        return Money(self.amount_minor, self.currency)

    @property
    def is_divisible(self) -> bool:
        """Whether a part of it can be given: money, points and days can; a code, a thing or a slot cannot."""
        return self.kind in (CASHBACK, GIVEN_POINTS, MEMBERSHIP, TRIAL)

    def __str__(self) -> str:
        """As it is typed; `parse_reward` reads it."""
        if self.kind == GIVEN_POINTS:
            return f"points {self.amount_minor}"
        if self.kind in (MEMBERSHIP, TRIAL):
            return f"{self.kind} {self.amount_minor}d"
        if self.kind == COUPON:
            worth = str(self.face) if self.face is not None else self.off
            return f"coupon {worth} from {self.pool}" if worth else f"coupon {self.pool}"
        amount = self.face if self.kind == CASHBACK else self.cost
        return " ".join(part for part in (self.kind, str(amount or ""), self.what) if part)

    def told(self) -> str:
        """As a member or a list reads it: `8.00 HKD`, `50 points`, `coupon 50.00 HKD`, `7 days of membership`."""
        if self.kind == CASHBACK:
            return str(self.face)
        if self.kind == GIVEN_POINTS:
            return f"{self.amount_minor} points"
        if self.kind in (MEMBERSHIP, TRIAL):
            return f"{self.amount_minor} {'day' if self.amount_minor == 1 else 'days'} of {self.kind}"
        if self.kind == COUPON:
            return f"coupon {self.face if self.face is not None else self.off}".strip()
        return f"{self.kind}: {self.what}" if self.what else self.kind


def parse_reward(text: str) -> Reward:
    """Read a reward as it is typed. Raises Refused, in words, for what is none."""
    words = " ".join(text.split())
    kind, _, rest = words.partition(" ")
    kind, rest = kind.casefold(), rest.strip()
    if kind not in KINDS:
        raise Refused(f"{words!r} is no reward: write one like {_LIKE}.")
    if len(rest) > WORDS_LENGTH_MAX or not rest.isprintable():
        raise Refused(f"A reward has at most {WORDS_LENGTH_MAX} printable signs after its kind.")
    if kind == CASHBACK:
        amount = _money(rest, f"A cashback is an amount, like cashback 8.00 HKD, not {rest!r}.")
        return Reward(kind=kind, amount_minor=amount.minor, currency=amount.currency)
    if kind == GIVEN_POINTS:
        return Reward(kind=kind, amount_minor=_points(rest), currency=POINTS)
    if kind in (MEMBERSHIP, TRIAL):
        return Reward(kind=kind, amount_minor=_days(kind, rest), currency=DAYS)
    return _coupon(rest) if kind == COUPON else _thing(kind, rest)


def _money(text: str, sentence: str) -> Money:
    try:
        amount = parse(text)
    except Refused:
        raise Refused(sentence) from None
    if amount.minor <= 0 or amount.currency == POINTS:
        raise Refused(sentence)
    return amount


def _points(rest: str) -> int:
    number = rest.removesuffix("points").strip()
    if not re.fullmatch(r"[0-9]{1,10}", number) or not 0 < int(number) <= POINTS_MAX:
        raise Refused(f"Points are a whole number from 1 to {POINTS_MAX:,}, like points 50, not {rest!r}.")
    return int(number)


def _days(kind: str, rest: str) -> int:
    found = _DAYS.fullmatch(rest)
    if found is None or not 0 < int(found[1]) <= DAYS_MAX:
        raise Refused(f"A {kind} is 1 to {DAYS_MAX:,} days, like {kind} 7d, not {rest!r}.")
    return int(found[1])


def _coupon(rest: str) -> Reward:
    if not rest:
        raise Refused("A coupon comes from a pool: write coupon POOL, or coupon 50.00 HKD from POOL.")
    found = _FROM.fullmatch(rest)
    if found is None:
        return Reward(kind=COUPON, pool=rest)
    worth, pool = found.groups()
    if "%" in worth:
        share = parse_rate(worth)
        if not 0 < share <= 1:
            raise Refused(f"A coupon takes off more than 0 % and at most 100 %, not {worth!r}.")
        return Reward(kind=COUPON, pool=pool, off=_percent(share))
    amount = _money(worth, f"A coupon is worth an amount or a share, like 50.00 HKD or 20 %, not {worth!r}.")
    return Reward(kind=COUPON, pool=pool, amount_minor=amount.minor, currency=amount.currency)


def _percent(share: Fraction) -> str:
    percent = share * 100
    if percent.denominator == 1:
        return f"{percent.numerator} %"
    return f"{float(percent):.9f}".rstrip("0") + " %"


def _thing(kind: str, rest: str) -> Reward:
    """A sample, a product or a service: what it costs first, then its words; either may be left out."""
    found = _AMOUNT.fullmatch(rest)
    if found is not None:
        try:
            cost = parse(found[1])
        except Refused:
            cost = None
        if cost is not None and cost.minor >= 0 and cost.currency != POINTS:
            return Reward(kind=kind, cost=cost if cost.minor else None, what=found[2] or "")
        if kind == SAMPLE:
            raise Refused(f"A sample says what one costs, like sample 8.00 HKD, not {rest!r}.")
    return Reward(kind=kind, what=rest)
