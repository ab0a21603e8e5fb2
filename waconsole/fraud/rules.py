"""The rules of suspicion in force, and what programmes ask of an order. Pure."""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from dataclasses import dataclass

from waconsole.fraud.model import Rule
from waconsole.money import Money

SIGNAL, COUNTER = "fraud.signal.", "fraud.counter."
ATTEMPTS, SPAN, MINIMUM = "fraud.velocity_attempts", "fraud.velocity_seconds", "fraud.minimum_order"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in force by name, and the minimum order where a programme says none."""

    by_name: Mapping[str, Rule]

    def signal(self, name: str) -> Rule:
        """The rule of a signal."""
        return self.by_name[SIGNAL + name]

    def counter(self, name: str) -> Rule:
        """The rule of a counter-signal."""
        return self.by_name[COUNTER + name]

    @property
    def attempts(self) -> int:
        """The first number of attempts that is too many."""
        rule = self.by_name[ATTEMPTS]
        return rule.number("value") + int(rule.fields.get("comparator", ">") == ">")

    @property
    def seconds(self) -> int:
        """Too many attempts lie less than this apart."""
        rule = self.by_name[SPAN]
        return rule.number("value") + int(rule.fields.get("comparator", "<") == "<=")

    @property
    def haste(self) -> Rule:
        """The rule that names haste: how many attempts are too many."""
        return self.by_name[ATTEMPTS]


class Minimums:
    """What a programme asks of a first order, by when it was made; the ledger's own minimum where it says nothing."""

    def __init__(
        self, versions: Mapping[int, list[tuple[int, Money | None]]], otherwise: Money | None
    ) -> None:
        """`versions` of each programme are (from which second, minimum), the oldest first."""
        self._versions = versions
        self._otherwise = otherwise

    def at(self, programme: int, second: int) -> Money | None:
        """The minimum in force then; before the first version its own."""
        versions = self._versions.get(programme, [])
        if not versions:
            return self._otherwise
        place = bisect.bisect_right([one[0] for one in versions], second)
        return versions[max(place - 1, 0)][1] or self._otherwise


def is_near(minor: int, currency: str, minimum: Money | None, *, percent: int) -> bool:
    """Whether an amount is within `percent` of the minimum, both ends in; never where there is none."""
    if minimum is None or minimum.currency != currency or minimum.minor <= 0:
        return False
    return abs(minor - minimum.minor) * 100 <= minimum.minor * percent
