"""What a way of coming in brings and costs, from real rows: joins, leavers, orders, cost per join. Pure.

Every figure keeps what it was divided by; nothing is converted between currencies (mission INV-04, INV-07 to INV-10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from waconsole.money import Money, rounded
from waconsole.policy.bounds import holds

COUPONS, REWARDS, MESSAGES, COSTS = "coupons", "rewards", "messages", "costs"
PERCENT_DIGITS: Final = 2
BELOW, WITHIN, ABOVE = "below", "within", "above"


@dataclass(frozen=True, slots=True)
class Part:
    """A share with what it is of; `percent` is None over nothing."""

    numerator: int
    denominator: int

    def as_json(self) -> dict[str, Any]:
        """The share in percent to two digits, half-even, beside its counts."""
        percent = None
        if self.denominator:
            hundredths = rounded(Fraction(self.numerator * 10_000, self.denominator))
            percent = hundredths / 100
        return {"numerator": self.numerator, "denominator": self.denominator, "percent": percent}


@dataclass(slots=True)
class Channel:
    """The rows of one way of coming in; see `report` for what each figure counts."""

    name: str
    attempts: int = 0
    people: int = 0
    joins: int = 0
    leavers: Part = Part(0, 0)
    orders: int = 0
    buyers: int = 0
    costs: list[tuple[str, Money]] = field(default_factory=list)
    unpriced: int = 0

    def totals(self) -> dict[str, int]:
        """What it cost, in minor units by currency."""
        found: dict[str, int] = {}
        for _, amount in self.costs:
            found[amount.currency] = found.get(amount.currency, 0) + amount.minor
        return dict(sorted(found.items()))

    def costs_per_join(self) -> list[tuple[Money, int]]:
        """(what one join cost, half-even; the sum in minor units) of each currency; nothing where nobody came."""
        if not self.joins:
            return []
        return [
            (Money(rounded(Fraction(minor, self.joins)), currency), minor)
            for currency, minor in self.totals().items()
        ]


def verdict(minor: int, joins: int, currency: str, low: Money, high: Money) -> str | None:
    """Where the cost of a join lies in the target, exactly; None in another currency, or where nobody came."""
    if not joins or currency != low.currency or currency != high.currency:
        return None
    each = Fraction(minor, joins)
    return BELOW if each < low.minor else ABOVE if each > high.minor else WITHIN


def too_few(channels: Sequence[Channel], least: int) -> str:
    """A sentence when people come in by fewer ways than is good; empty otherwise. Nameless ways do not count."""
    used = sum(bool(one.name and one.joins) for one in channels)
    if used >= least:
        return ""
    ways = "1 channel" if used == 1 else f"{used} channels"
    return f"People come in by {ways}; {least} make a group safer against the loss of one (groups.entry_channels_min)."


def rate_verdict(one: Channel, low: Mapping[str, Any], high: Mapping[str, Any]) -> str | None:
    """Where the share of people who came lies in the band of two policies; None under their least sample."""
    if not one.people:
        return None
    rate = Fraction(one.joins, one.people)
    is_enough, is_plausible = holds(low, rate, one.people), holds(high, rate, one.people)
    if is_enough is False:
        return BELOW
    if is_plausible is False:
        return ABOVE
    return WITHIN if is_enough and is_plausible else None


def advice(one: Channel, low: Money, high: Money, conversion: Mapping[str, Any]) -> list[str]:
    """What speaks for another incentive or another target of a channel (INV-10)."""
    name, said = one.name or "no channel", []
    for each, minor in one.costs_per_join():
        if verdict(minor, one.joins, each.currency, low, high) == ABOVE:
            said.append(f"{name}: {each} for one who came, above {high} (groups.join_cost_high).")
    if one.joins and holds(conversion, Fraction(one.buyers, one.joins), one.joins):
        said.append(
            f"{name}: {one.buyers} of {one.joins} who came ordered, too few (groups.join_conversion_low)."
        )
    return said


def document(one: Channel, target: Mapping[str, Money], rate: str | None) -> dict[str, Any]:
    """One channel as JSON; `rate` is where its joins lie in the band."""
    low, high = target["low"], target["high"]
    return {
        "channel": one.name,
        "attempts": one.attempts,
        "people": one.people,
        "joins": one.joins,
        "join_rate": {**Part(one.joins, one.people).as_json(), "verdict": rate},
        "costs": [{"what": what, "amount": amount.as_json()} for what, amount in one.costs],
        "cost": [Money(minor, currency).as_json() for currency, minor in one.totals().items()],
        "cost_per_join": [
            {
                "amount": each.as_json(),
                "numerator_minor": minor,
                "denominator": one.joins,
                "verdict": verdict(minor, one.joins, each.currency, low, high),
            }
            for each, minor in one.costs_per_join()
        ],
        "target": {"low": low.as_json(), "high": high.as_json()},
        "messages_without_price": one.unpriced,
        "first_week_leavers": one.leavers.as_json(),
        "orders": one.orders,
        "buyers": Part(one.buyers, one.joins).as_json(),
    }
