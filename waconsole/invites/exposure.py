"""The most a programme can cost: every friend qualifies, every rung and every cap is reached. Pure.

Source: mission BUD-06; the ladder of REF-04 comes to 118.00 HKD for each referrer, as REF-05 has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from waconsole.invites.rewards import Reward
from waconsole.invites.terms import NO_POOLS, Terms, cost_of, rewards_for
from waconsole.invites.terms_words import EACH, INVITEE
from waconsole.money import Money


class Share(NamedTuple):
    """What one slot comes to for one referrer: `times` rewards of `unit` each; None where nobody said what one costs.

    `times` is None where nothing bounds it.
    """

    slot: str
    reward: Reward
    times: int | None
    unit: Money | None

    @property
    def cost(self) -> Money | None:
        """What they cost together."""
        if self.unit is None or self.times is None:
            return None
        return Money(self.unit.minor * self.times, self.unit.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """The worst case of a programme's terms in money: for one referrer, for the `referrers` who take part, for everybody.

    What is over the budget is judged by those who take part (one at least): a programme nobody was told of yet is
    not held against a whole address book, and the budget itself is a limit in the books.

    `per_referrer` and `total` are None where there is no end to it (no cap) or nothing is spent in money; `is_endless`
    says which. `unsaid` are the slots of which nobody said what one costs.
    """

    shares: tuple[Share, ...]
    referrers: int
    everybody: int
    currency: str | None
    per_referrer: Money | None
    budget: Money | None
    is_endless: bool
    unsaid: tuple[str, ...]

    @property
    def total(self) -> Money | None:
        """The worst case for those who take part."""
        return self._times(self.referrers)

    @property
    def if_everybody(self) -> Money | None:
        """The worst case if everybody who could refer took part."""
        return self._times(self.everybody)

    def _times(self, people: int) -> Money | None:
        if self.per_referrer is None:
            return None
        return Money(self.per_referrer.minor * people, self.per_referrer.currency)

    @property
    def is_over(self) -> bool:
        """Whether the worst case is more than the budget; a programme without a budget is over none."""
        if self.budget is None:
            return False
        total = self.total
        return self.is_endless or (total is not None and total.minor > self.budget.minor)

    def as_json(self) -> dict[str, Any]:
        """As it is shown, and kept with the step it was shown for."""
        return {
            "referrers": self.referrers,
            "currency": self.currency,
            "slots": [
                {
                    "slot": one.slot,
                    "reward": str(one.reward),
                    "times": one.times,
                    "unit_cost": _json(one.unit),
                    "cost": _json(one.cost),
                }
                for one in self.shares
            ],
            "per_referrer": _json(self.per_referrer),
            "worst_case": _json(self.total),
            "everybody": self.everybody,
            "if_everybody": _json(self.if_everybody),
            "budget": _json(self.budget),
            "endless": self.is_endless,
            "over_budget": self.is_over,
            "unsaid": list(self.unsaid),
        }


def _json(money: Money | None) -> dict[str, int | str] | None:
    return None if money is None else money.as_json()


def exposure(
    terms: Terms, referrers: int, pools: Mapping[str, Money | None] = NO_POOLS, *, everybody: int = 0
) -> Exposure:
    """The worst case under `terms` when `referrers` people (one at least) reach their cap; `pools` as in `cost_of`."""
    shares = _shares(terms, pools)
    costs = [one.cost for one in shares if one.cost is not None]
    endless = any(one.times is None for one in shares if one.unit is None or one.unit.minor)
    currency = terms.currency or next((one.currency for one in costs), None)
    same = [one for one in costs if one.currency == currency]
    known = bool(same) and not endless
    return Exposure(
        shares=shares,
        referrers=max(referrers, 1),
        everybody=max(everybody, referrers, 1),
        currency=currency,
        per_referrer=Money(sum(one.minor for one in same), str(currency)) if known else None,
        budget=terms.budget,
        is_endless=endless,
        unsaid=tuple(one.slot for one in shares if one.unit is None),
    )


def _shares(terms: Terms, pools: Mapping[str, Money | None]) -> tuple[Share, ...]:
    """Every slot at the cap. A rung beyond the cap is reached by nobody."""
    found = []
    if terms.each is not None:
        found.append(Share(EACH, terms.each, terms.cap, cost_of(terms, EACH, terms.each, pools)))
    for number, _ in terms.rungs:
        for slot, reward in rewards_for(terms, number):
            if slot != EACH:
                found.append(Share(slot, reward, 1, cost_of(terms, slot, reward, pools)))
    if terms.invitee is not None:
        found.append(Share(INVITEE, terms.invitee, terms.cap, cost_of(terms, INVITEE, terms.invitee, pools)))
    return tuple(found)


class Dearest(NamedTuple):
    """The number of counted invites at which one of them costs most on average, and what it costs then."""

    number: int
    cost: Fraction
    currency: str


def dearest(terms: Terms, pools: Mapping[str, Money | None] = NO_POOLS) -> Dearest | None:
    """Where along the ladder an acquired friend is dearest, in minor units; None where nothing is spent in money."""
    currency = exposure(terms, 1, pools).currency
    if currency is None:
        return None
    every = sum(
        cost.minor
        for slot, reward in ((EACH, terms.each), (INVITEE, terms.invitee))
        if reward is not None and (cost := cost_of(terms, slot, reward, pools)) is not None
        if cost.currency == currency
    )
    spent, found = 0, Dearest(1, Fraction(every), currency)
    for number, _ in terms.rungs:
        for slot, reward in rewards_for(terms, number):
            cost = cost_of(terms, slot, reward, pools)
            if slot != EACH and cost is not None and cost.currency == currency:
                spent += cost.minor
        if Fraction(spent, number) + every > found.cost:
            found = Dearest(number, Fraction(spent, number) + every, currency)
    return found if found.cost else None
