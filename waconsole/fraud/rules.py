"""The rules of suspicion in force, and what programmes ask of an order. Pure."""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from waconsole.clock import SECOND
from waconsole.fraud import whens
from waconsole.fraud.model import KINDS, Rule
from waconsole.money import Money
from waconsole.query.weigh import Exact, Weighed

SIGNAL, COUNTER = "fraud.signal.", "fraud.counter."
ATTEMPTS, SPAN, MINIMUM = "fraud.velocity_attempts", "fraud.velocity_seconds", "fraud.minimum_order"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in force by name; when each of them speaks is compiled once."""

    by_name: Mapping[str, Rule]
    _whens: dict[str, Weighed] = field(default_factory=dict, init=False, repr=False, compare=False)
    _speaking: dict[str, list[tuple[Rule, Weighed]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def signal(self, name: str) -> Rule:
        """The rule of a signal."""
        return self.by_name[SIGNAL + name]

    def counter(self, name: str) -> Rule:
        """The rule of a counter-signal."""
        return self.by_name[COUNTER + name]

    def when(self, rule: Rule) -> Weighed:
        """When a rule speaks. Raises QueryError for a text that nobody could have set."""
        found = self._whens.get(rule.name)
        if found is None:
            name = last_word(rule.name)
            found = self._whens[rule.name] = whens.when(name, rule.fields, (self.attempts - 1, self.seconds))
        return found

    def speaking(self, prefix: str) -> list[tuple[Rule, Weighed]]:
        """The rules with that prefix that make no kind by themselves and when they speak, those known by name first."""
        found = self._speaking.get(prefix)
        if found is None:
            rules = [
                rule
                for name, rule in self.by_name.items()
                if name.startswith(prefix)
                and (word := name.removeprefix(prefix)) not in KINDS
                and whens.text_of(word, rule.fields)
            ]
            rules.sort(key=lambda rule: (whens.place_of(last_word(rule.name)), rule.name))
            found = self._speaking[prefix] = [(rule, self.when(rule)) for rule in rules]
        return found

    def haste_asked(self, name: str) -> tuple[int, int]:
        """From how many attempts on within less than how many seconds a rule looks at somebody: as its `when` asks."""
        asked = self.when(self.signal(name)).least("burst_rate")
        (span,), attempts = next(iter(asked.items()), ((self.seconds * SECOND,), self.attempts))
        return attempts, int(span // SECOND)

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


NO_MINIMUMS: Final = Minimums({}, None)


def last_word(name: str) -> str:
    """A rule's name as it is typed: `ring` of `fraud.signal.ring`."""
    return name.rpartition(".")[2]


def is_near(minor: int, currency: str, minimum: Money | None, *, percent: Exact) -> bool:
    """Whether an amount is within `percent` of the minimum, both ends in; never where there is none."""
    if minimum is None or minimum.currency != currency or minimum.minor <= 0:
        return False
    return abs(minor - minimum.minor) * 100 <= minimum.minor * percent
