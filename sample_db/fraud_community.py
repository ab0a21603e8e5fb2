"""A made-up community in the making: people, who brings whom, what they order and send back. One seed, one community."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

HOUR, DAY = 3_600, 86_400
MINIMUM: Final = 19_900  # of the programme, in minor units of HKD
DAYS: Final = 120  # that all of it lies back


@dataclass
class Person:
    """Somebody: phone, a phone they had before, what they bear."""

    phone: str
    former: str = ""
    address: str = ""
    payment: str = ""
    device: str = ""


@dataclass(frozen=True)
class Planted:
    """A pattern: its people, `others` who lent themselves to it, and whether all that is fraud."""

    kind: str
    is_fraud: bool
    phones: tuple[str, ...]
    others: tuple[str, ...] = ()


@dataclass
class Community:
    """Everything that is planted: people, invites (who, whom, when), orders (id, who, when, minor), refunds."""

    seed: int
    now: int
    dice: random.Random
    people: list[Person] = field(default_factory=list)
    invites: list[tuple[Person, Person, int]] = field(default_factory=list)
    orders: list[tuple[str, Person, int, int]] = field(default_factory=list)
    refunds: list[tuple[str, int, int]] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)
    share: float = 0.0  # of invites that are fraud, by honest ones

    def person(self, **words: str) -> Person:
        """Somebody new, with a device and a payment handle of their own unless it is said otherwise."""
        number = len(self.people)
        own = {"address": f"{number} Nathan Road", "payment": f"card-{number}", "device": f"phone-{number}"}
        one = Person(f"+8526{number:07}", **{**own, **words})
        self.people.append(one)
        return one

    def at(self, *, least: int = 20) -> int:
        """An instant at random, at least `least` days ago."""
        return self.now - self.dice.randrange(least * DAY, DAYS * DAY)

    def order(self, who: Person, at: int, minor: int, *, back: float = 0.0) -> None:
        """An order; with a chance of `back` all of it is sent back some days later."""
        if at >= self.now:
            return
        name = f"S{self.seed % 10_000}-{len(self.orders)}"
        self.orders.append((name, who, at, minor))
        if self.dice.random() < back:
            self.refunds.append((name, min(at + self.dice.randrange(DAY, 10 * DAY), self.now - 1), minor))

    def invite(self, who: Person, whom: Person, at: int) -> None:
        """One brings another."""
        self.invites.append((who, whom, min(at, self.now - HOUR)))

    def note(
        self, kind: str, people: Sequence[Person], *, is_fraud: bool, others: Sequence[Person] = ()
    ) -> None:
        """Write down what was planted."""
        phones, more = tuple(one.phone for one in people), tuple(one.phone for one in others)
        self.planted.append(Planted(kind, is_fraud, phones, more))

    def amount(self) -> int:
        """What an honest order comes to: anything, bundles just at the minimum among it."""
        if self.dice.random() < 0.08:
            return MINIMUM
        return max(2_000, int(self.dice.lognormvariate(10.3, 0.7)))
