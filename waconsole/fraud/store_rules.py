"""What the rules of suspicion say now, and what the programmes ask of an order. Reads only."""

from __future__ import annotations

import bisect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from waconsole import money
from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.fraud.model import Rule
from waconsole.money import Money
from waconsole.policy import store as policy

SIGNAL, COUNTER = "fraud.signal.", "fraud.counter."
ATTEMPTS, SPAN, MINIMUM = "fraud.velocity_attempts", "fraud.velocity_seconds", "fraud.minimum_order"
PROGRAMME: Final = "invites.programme."
PROGRAMMES_MAX: Final = 100_000


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in force, by name; `attempts` is how many make haste where the last is before `seconds` are over."""

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
        return rule.number("value") + (rule.fields.get("comparator", ">") == ">")

    @property
    def seconds(self) -> int:
        """The attempts lie less than this apart."""
        rule = self.by_name[SPAN]
        return rule.number("value") + (rule.fields.get("comparator", "<") == "<=")


def rules(tx: Transaction, *, now: int) -> Rules:
    """The rules in force at `now`."""
    found = policy.all_in_force(tx, "fraud.", now=now)
    return Rules({name: Rule(name, version, value) for name, value, version in found})


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


def minimums(tx: Transaction, *, now: int) -> Minimums:
    """What every programme asked of an order, in all its versions up to `now`."""
    names = {row["name"].casefold(): row["id"] for row in _programmes(tx)}
    found: dict[int, list[tuple[int, Money | None]]] = {}
    for one in policy.versions_beginning(tx, PROGRAMME):
        programme = names.get(one.name.removeprefix(PROGRAMME).casefold())
        if programme is not None and one.valid_from <= now:
            found.setdefault(programme, []).append(
                (one.valid_from // SECOND, _minimum(json.loads(one.value)))
            )
    for versions in found.values():
        versions.sort(key=lambda version: version[0])
    value, _ = policy.in_force(tx, MINIMUM, now=now)
    return Minimums(found, money.parse(value["value"]))


def _programmes(tx: Transaction) -> list[tuple[int, str]]:
    return tx.rows("SELECT id, name FROM known_programme ORDER BY id LIMIT :limit", {"limit": PROGRAMMES_MAX})  # type: ignore[return-value]


def _minimum(value: Mapping[str, object]) -> Money | None:
    text = value.get("minimum")
    if not isinstance(text, str):
        return None
    try:
        return money.parse(text)
    except Refused:
        return None
