"""What a send would cost, lose and take: as far as it is known. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, sqrt
from statistics import NormalDist
from typing import Final

from waconsole.errors import Refused

ANYWHERE: Final = "*"
NOTHING: Final = "none"
PREFIX_DIGITS_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class Prices:
    """A price list in one currency: what one message costs in major units, by (prefix of the number, category)."""

    currency: str
    prices: Mapping[tuple[str, str], Fraction]

    def of(self, phone: str | None, category: str) -> Fraction | None:
        """What one message costs to that number; None: not known."""
        for length in range(PREFIX_DIGITS_MAX + 1, 1, -1):
            found = self.prices.get(((phone or "")[:length], category))
            if found is not None:
                return found
        return self.prices.get((ANYWHERE, category))


def price_list(text: str) -> Prices | None:
    """Read `EUR; +33 marketing 0.0859; * utility 0.01`; None for `none`. Raises Refused."""
    parts = [one.split() for one in text.split(";") if one.strip() and text.strip() != NOTHING]
    if not parts:
        return None
    (head, *rows) = parts
    if len(head) != 1 or not rows:
        raise Refused("A price list is a currency, then prices: EUR; +33 marketing 0.0859; * utility 0.01")
    found: dict[tuple[str, str], Fraction] = {}
    for row in rows:
        try:
            prefix, category, price = row
            value = Fraction(price)
        except (ValueError, ZeroDivisionError):
            raise Refused(f"{' '.join(row)} is no price: write it like +33 marketing 0.0859.") from None
        if value < 0 or not (prefix == ANYWHERE or (prefix[0] == "+" and prefix[1:].isdecimal())):
            raise Refused(f"{' '.join(row)} is no price: write it like +33 marketing 0.0859.")
        found[prefix, category.casefold()] = value
    return Prices(head[0].upper(), found)


def cost_minor(phones: Sequence[str | None], category: str, prices: Prices, digits: int) -> tuple[int, int]:
    """(what these messages cost in whole minor units, rounded up; how many have no price)."""
    total, unknown = Fraction(0), 0
    kept: dict[str, Fraction | None] = {}
    for phone in phones:
        key = (phone or "")[: PREFIX_DIGITS_MAX + 1]
        if key not in kept:
            kept[key] = prices.of(phone, category)
        price = kept[key]
        if price is None:
            unknown += 1
        else:
            total += price
    return ceil(total * 10**digits), unknown


def interval(hits: int, of: int, percent: float) -> tuple[float, float] | None:
    """Wilson's interval of a share (E. B. Wilson, 1927); None where nothing was seen."""
    if not of:
        return None
    z = NormalDist().inv_cdf(0.5 + percent / 200)
    share = hits / of
    centre = share + z * z / (2 * of)
    spread = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    below = 1 + z * z / of
    return max((centre - spread) / below, 0.0), min((centre + spread) / below, 1.0)


def mean_interval(values: Sequence[int], percent: float) -> tuple[float, float, float] | None:
    """(mean, low, high) by the normal law; None for fewer than two values, of which nothing can be said."""
    n = len(values)
    if n < 2:
        return None
    mean = sum(values) / n
    variance = sum((one - mean) ** 2 for one in values) / (n - 1)
    spread = NormalDist().inv_cdf(0.5 + percent / 200) * sqrt(variance / n)
    return mean, mean - spread, mean + spread


def seconds(messages: int, per_second: float, *, day_max: int | None, day_seconds: int) -> float:
    """How long it takes: at the permitted rate, and no more people in a moving day than a portfolio may reach."""
    at_rate = messages / per_second
    if day_max is None or messages <= day_max:
        return at_rate
    whole, rest = divmod(messages - 1, day_max)
    return whole * day_seconds + (rest + 1) / per_second
