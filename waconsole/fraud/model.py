"""Nouns of suspicion: what was found, the rules that found it, and the evidence. Pure.

People are member ids of the row that stands for the person, instants whole seconds UTC.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from waconsole.query.weigh import Measure

RING, CHAIN, VELOCITY, SELF, MULE, EXISTING, PATTERN = (
    "ring",
    "chain",
    "velocity",
    "self_referral",
    "mule",
    "existing_customer",
    "pattern",
)
KINDS: Final = (RING, CHAIN, VELOCITY, SELF, MULE, EXISTING, PATTERN)
# Of these an item is about the people it began with; a ring or a chain that grows is still the same item.
GROWING: Final = frozenset({RING, CHAIN})
REFERRER, INVITEE = "referrer", "invitee"
EVIDENCE_MAX: Final = 120  # rows of one signal that are shown; all of them count
STAMP_LETTERS: Final = 16


class Evidence(NamedTuple):
    """One fact a signal rests on: its row, and when it happened. `kind` is invite, order, refund or member."""

    kind: str
    id: int
    at: int
    says: str


class Counted(NamedTuple):
    """What a measure came to: how many, of how many, and what tells of it (a sentence and its evidence), if anything."""

    number: int
    of: int = 1
    tells: Callable[[], tuple[str, list[Evidence]]] | None = None


NO_VALUE: Final = Counted(0, 0)


class Rule(NamedTuple):
    """A policy of signals in force: its name, version and fields."""

    name: str
    version: int
    fields: Mapping[str, Any]

    def number(self, name: str) -> int:
        """A whole number of the rule. Raises KeyError where it has none of that name."""
        return int(self.fields[name])

    @property
    def weight(self) -> int:
        """What it adds; below zero it speaks for the people."""
        return self.number("weight")


class Signal(NamedTuple):
    """One reason for suspicion, or against it (a weight below zero), with what it rests on."""

    rule: str
    version: int
    weight: int
    says: str
    evidence: tuple[Evidence, ...]


@dataclass(slots=True)
class Finding:
    """What a sweep found: people, the invites that hang on it, its signals, and whom it freezes at once.

    `anchor` are the people the item is named after; `facts` everything it rests on, as (kind, row id). `freezes_at` is
    when somebody did what freezes them (microseconds UTC, event time). `given` is what a sweep has counted of it already.
    """

    kind: str
    anchor: tuple[int, ...]
    members: list[tuple[int, str]]
    invites: tuple[int, ...]
    facts: frozenset[tuple[str, int]]
    happened_at: int
    signals: list[Signal] = field(default_factory=list)
    freezes: tuple[int, ...] = ()
    freezes_at: int = 0
    given: Mapping[Measure, Counted] = field(default_factory=dict, repr=False)

    @property
    def weight(self) -> int:
        """Of its signals less its counter-signals."""
        return sum(one.weight for one in self.signals)

    def tells(self) -> tuple[str, list[Evidence]]:
        """What its kind's own signal says, and the evidence."""
        return self.signals[0].says, list(self.signals[0].evidence)

    @property
    def people(self) -> list[int]:
        """Everybody it names, in the order they are drawn."""
        return [member for member, _ in self.members]


def stamp_of(facts: Iterable[tuple[str, int]]) -> str:
    """What the evidence is, in short: how many facts, and which."""
    words = sorted(f"{kind} {row}" for kind, row in facts)
    sha = hashlib.sha256("\n".join(words).encode()).hexdigest()[:STAMP_LETTERS]
    return f"{len(words)}:{sha}"


def has_grown(before: str, now: str) -> bool:
    """Whether the evidence of one stamp holds something that the one before did not."""
    if before == now:
        return False
    counts = [one.partition(":")[0] for one in (before, now)]
    return not all(count.isdigit() for count in counts) or int(counts[1]) >= int(counts[0])


def review_ref(kind: str, member_refs: Sequence[str]) -> str:
    """The ref of an item: of its kind and the people it is named after, whatever their order."""
    words = "\x1f".join((kind, *sorted(member_refs)))
    return "r-" + hashlib.sha256(words.encode()).hexdigest()[:12]
