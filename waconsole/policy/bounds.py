"""Hold what was measured against a policy: exactly, by its comparator, and not at all below its least sample. Pure."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final

from waconsole import money
from waconsole.errors import Refused
from waconsole.money import Money

PERCENT: Final = "percent"
MONEY: Final = "money"
COMPARATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def share(value: Mapping[str, Any]) -> Fraction:
    """A policy in percent as a share of one: 40 is 2/5."""
    return Fraction(str(value["value"])) / 100


def amount(value: Mapping[str, Any]) -> Money:
    """A policy of money as an amount."""
    return money.parse(value["value"])


def bound(value: Mapping[str, Any]) -> Fraction | Money:
    """What a policy's number is compared as: an amount, a share of one, or the number."""
    if value.get("unit") == MONEY:
        return amount(value)
    return share(value) if value.get("unit") == PERCENT else Fraction(str(value["value"]))


def holds(
    value: Mapping[str, Any], measured: Fraction | int | Money, sample: int | None = None
) -> bool | None:
    """Whether `measured` stands to the policy's number as its comparator says: `measured > 40 %`.

    None where the sample is smaller than the policy asks for: there is nothing to say yet. A share is measured as a
    share of one. Raises Refused where amounts are of two currencies: nothing is converted.
    """
    compare = COMPARATORS[value["comparator"]]
    if "sample_min" in value and (sample is None or sample < value["sample_min"]):
        return None
    wanted = bound(value)
    if isinstance(wanted, Money) or isinstance(measured, Money):
        if not (isinstance(wanted, Money) and isinstance(measured, Money)):
            raise Refused(f"{measured} and {wanted} cannot be compared: one is an amount, the other is none.")
        if wanted.currency != measured.currency:
            raise Refused(f"{measured} is not in {wanted.currency}, and nothing is converted.")
        return compare(measured.minor, wanted.minor)
    return compare(Fraction(measured), wanted)
