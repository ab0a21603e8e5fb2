"""What looks wrong with a programme's terms: sentences that warn and refuse nothing. Pure.

Sources: mission REF-06 (floor), REF-08 (steps), BUD-01 and BUD-02 (cost band and where its LTV comes from), COM-04.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any, Final, NamedTuple

from waconsole.invites.exposure import dearest
from waconsole.invites.rewards import COUPON
from waconsole.invites.terms import NO_POOLS, Terms
from waconsole.invites.terms_words import INVITEE
from waconsole.members.model import folded
from waconsole.money import Money, rounded

TYPED, OBSERVED = "typed", "observed"
_Z: Final = Fraction(196, 100)  # the normal distribution's two-sided 95 %
_SCALE: Final = 10**6


class Ltv(NamedTuple):
    """What a buyer brings: typed by somebody, or the mean of `n` buyers with its 95 % interval (minor units)."""

    source: str
    mean: Fraction
    currency: str
    n: int | None = None
    low: Fraction | None = None
    high: Fraction | None = None

    def money(self, minor: Fraction) -> Money:
        """Minor units as an amount, half-even."""
        return Money(rounded(minor), self.currency)

    def said(self) -> str:
        """`500.00 HKD (typed)`, `480.00 HKD (mean of 112 buyers, 95 % between 440.00 HKD and 520.00 HKD)`."""
        if self.low is None or self.high is None:
            return f"{self.money(self.mean)} ({self.source if self.n is None else f'{self.n} buyer'})"
        between = f"95 % between {self.money(self.low)} and {self.money(self.high)}"
        return f"{self.money(self.mean)} (mean of {self.n} buyers, {between})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The policies a programme is held against; shares are of one. `floor` None: none in force."""

    steps_max: int
    floor: Money | None
    band_low: Fraction
    band_high: Fraction


def observed(spent: list[int], currency: str) -> Ltv | None:
    """The mean of what each buyer spent net of refunds (minor units), with its interval from two buyers on; None for none."""
    n = len(spent)
    if not n:
        return None
    mean = Fraction(sum(spent), n)
    if n < 2:
        return Ltv(OBSERVED, mean, currency, n)
    variance = sum((one - mean) ** 2 for one in spent) / (n - 1)
    error = Fraction(isqrt(int(variance / n * _SCALE**2)), _SCALE) * _Z
    return Ltv(OBSERVED, mean, currency, n, max(mean - error, Fraction(0)), mean + error)


def band(
    terms: Terms, bounds: Bounds, ltv: Ltv | None, pools: Mapping[str, Money | None] = NO_POOLS
) -> dict[str, Any] | None:
    """What an acquired friend costs at most against what one may: the LTV's band, for both ends of its interval.

    None where nobody knows the LTV, or nothing is spent in its currency.
    """
    dear = dearest(terms, pools)
    if ltv is None or dear is None or dear.currency != ltv.currency:
        return None
    ends = [end for end in (ltv.low, ltv.high) if end is not None]
    return {
        "ltv": ltv.money(ltv.mean).as_json(),
        "source": ltv.source,
        "n": ltv.n,
        "interval": [ltv.money(end).as_json() for end in ends] or None,
        "band": [ltv.money(ltv.mean * share).as_json() for share in (bounds.band_low, bounds.band_high)],
        "band_of_interval": [
            [ltv.money(end * share).as_json() for share in (bounds.band_low, bounds.band_high)]
            for end in ends
        ]
        or None,
        "cost": ltv.money(dear.cost).as_json(),
        "at": dear.number,
        "over": dear.cost > ltv.mean * bounds.band_high,
    }


def warnings(
    terms: Terms,
    bounds: Bounds,
    ltv: Ltv | None,
    pools: Mapping[str, Money | None] = NO_POOLS,
    worths: Mapping[str, Money | None] = NO_POOLS,
) -> list[str]:
    """Every warning of a programme's terms, as sentences.

    `pools` are the pools there are, with what a code costs; `worths` what a code of each is worth, both by folded name.
    """
    found = []
    if not terms.slots:
        found.append("It gives nothing: set reward.each, reward.N or invitee.each.")
    if len(terms.steps) > bounds.steps_max:
        found.append(f"It asks for {len(terms.steps)} steps, and people give up after {bounds.steps_max}.")
    found += _floor(terms, bounds.floor, worths)
    if terms.cap is not None and terms.top > terms.cap:
        found.append(
            f"Its cap is {terms.cap} invitees and its top rung is at {terms.top}: nobody reaches it."
        )
    found += _dear(terms, bounds, ltv, pools)
    if not terms.disclosure:
        found.append(
            "It does not tell friends of the incentive: set disclosure, like 'I get a reward when you order.'"
        )
    missing = dict.fromkeys(
        one.pool for _, one in terms.slots if one.kind == COUPON and folded(one.pool) not in pools
    )
    found += [
        f"There is no pool of coupons {pool} yet: `waconsole coupons import` fills one." for pool in missing
    ]
    return found


def _floor(terms: Terms, floor: Money | None, worths: Mapping[str, Money | None]) -> list[str]:
    found = []
    for slot, reward in terms.slots:
        face = reward.face or worths.get(folded(reward.pool))
        if floor is None or face is None or face.currency != floor.currency or face.minor >= floor.minor:
            continue
        name = "invitee.each" if slot == INVITEE else f"reward.{slot}"
        found.append(f"{name} is worth {face}, under the floor of {floor}: few would share for it.")
    return found


def _dear(terms: Terms, bounds: Bounds, ltv: Ltv | None, pools: Mapping[str, Money | None]) -> list[str]:
    dear, shown = dearest(terms, pools), band(terms, bounds, ltv, pools)
    if ltv is None or dear is None or shown is None or not shown["over"]:
        return []
    low, high = (ltv.money(ltv.mean * share) for share in (bounds.band_low, bounds.band_high))
    may = f"the band of {low} to {high} for an LTV of {ltv.said()}"
    return [f"A friend costs {ltv.money(dear.cost)} after {dear.number} of them, dearer than {may}."]
