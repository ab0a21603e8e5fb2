"""A rule while it is composed: how many it names, how many each of its conditions does, who came and who left.

Everything is asked within one transaction and one instant, so that the numbers of one answer agree with each other.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Final

from waconsole.clock import DAY
from waconsole.database.connection import Row, Transaction
from waconsole.errors import WaconsoleError
from waconsole.query.explain import Shown
from waconsole.query.tree import All, Comparison, Form, Leaf, Node, leaves, written
from waconsole.segments import service_asking, store_segments
from waconsole.segments.outline import Line, lines_of
from waconsole.segments.service_asking import Asking, Question, leaf_question
from waconsole.segments.store_segments import Version

if TYPE_CHECKING:
    from waconsole.segments.service_columns_then import PreviewColumns

SAMPLE: Final = 12
THEN: Final = "then"
"""What is kept of the instant a day ago, which moves as now does."""
PEOPLE_MAX: Final = 5_000
PERSONAL: Final = {"lang": "language", "zone": "timezone"}
"""Conditions whose value stands in a member's own row."""

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class CountedLine:
    """A line and how many it names alone; `so_far`: how many it and all above it name, where all of them must hold."""

    line: Line
    count: int
    so_far: int | None


@dataclass(frozen=True, slots=True)
class Counted:
    """A rule counted: exact, of `of` members, in `ms` of the engine. `changes_at` as in `Matches`, in microseconds UTC."""

    text: str
    tree: Node
    count: int
    of: int
    ms: float
    lines: tuple[CountedLine, ...]
    changes_at: int | None


@dataclass(frozen=True, slots=True)
class Moved:
    """Who came into a rule and who left it since an instant, as ids in ascending order."""

    since: int
    came: Sequence[int]
    left: Sequence[int]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many a saved segment holds and held at an instant before; `why` says why it cannot be asked."""

    count: int | None
    before: int | None
    why: str = ""


def counted(
    tx: Transaction, engine: PreviewColumns, text: str, asking: Asking, *, clock: Clock = perf_counter
) -> Counted:
    """Count a rule and each of its lines. Raises QueryError, Refused."""
    from waconsole.segments.masks import count as bits_set

    question = service_asking.read(tx, text, asking)
    engine.refresh(tx)
    begun = clock()
    found = engine.matches(tx, question)
    count = found.count
    ms = (clock() - begun) * 1000
    is_all = isinstance(question.tree, All)
    lines: list[CountedLine] = []
    above = engine.population
    for line in lines_of(question.tree):
        bits = engine.matches(tx, leaf_question(question, line.node)).bits
        so_far = None
        if is_all and line.depth == 0:
            above = above & bits
            so_far = bits_set(above)
        lines.append(CountedLine(line, bits_set(bits), so_far))
    return Counted(text, question.tree, count, engine.everybody, ms, tuple(lines), found.changes_at)


def moved(tx: Transaction, engine: PreviewColumns, text: str, asking: Asking, since: int) -> Moved:
    """Who came and left since an instant, by what is known now and the segments saved now. Raises QueryError, Refused."""
    import numpy as np

    now = engine.members(tx, service_asking.read(tx, text, asking))
    with engine.aside(THEN if asking.now - since == DAY else since):
        then = engine.members(
            tx, service_asking.read(tx, text, replace(asking, now=since, saved_at=asking.now))
        )
    came, left = np.setdiff1d(now, then, assume_unique=True), np.setdiff1d(then, now, assume_unique=True)
    return Moved(since, came.tolist(), left.tolist())


def between(tx: Transaction, engine: PreviewColumns, before: str, after: str, asking: Asking) -> Moved:
    """Who would come and leave if a rule said something else, at one instant. Raises QueryError, Refused."""
    import numpy as np

    old = engine.members(tx, service_asking.read(tx, before, asking))
    new = engine.members(tx, service_asking.read(tx, after, asking))
    came, left = np.setdiff1d(new, old, assume_unique=True), np.setdiff1d(old, new, assume_unique=True)
    return Moved(asking.now, came.tolist(), left.tolist())


def tally(tx: Transaction, engine: PreviewColumns, version: Version, asking: Asking, since: int) -> Tally:
    """How many a saved segment holds, and held at `since` by its rule of now."""
    if version.is_list:
        count = len(store_segments.listed_ids(tx, version.members))
        return Tally(count, count if version.saved_at <= since else None)
    try:
        count = engine.count(tx, service_asking.read(tx, version.rule, asking))
        with engine.aside(THEN):
            then = replace(asking, now=since, saved_at=asking.now)
            before = engine.count(tx, service_asking.read(tx, version.rule, then))
    except WaconsoleError as refusal:
        return Tally(None, None, str(refusal))
    return Tally(count, before)


def rule_of(version: Version) -> str:
    """What a saved segment is composed from: its rule; a list is named."""
    return version.rule or written(Form("segment", version.name))


@dataclass(frozen=True, slots=True)
class Sampled:
    """Somebody a rule names, drawn by a seed, with the value of each condition: as an explanation shows it, else yes or no."""

    person: Row
    values: tuple[Shown, ...]
    names: tuple[str, ...]
    """What each value is of: `orders`, with its window where several conditions are of that field; `tag:vip`."""


def sample(
    tx: Transaction, engine: PreviewColumns, text: str, asking: Asking, *, seed: int = 0, size: int = SAMPLE
) -> list[Sampled]:
    """Some of whom a rule names; the same seed draws the same. Raises QueryError, Refused."""
    question = service_asking.read(tx, text, asking)
    ids = engine.members(tx, question)
    places = random.Random(seed).sample(range(len(ids)), min(size, len(ids)))
    people = store_segments.people(tx, [int(ids[place]) for place in places])
    asked = list(leaves(question.tree))
    columns = [_values(tx, engine, question, leaf, people) for leaf in asked]
    names = _names(asked)
    return [
        Sampled(row, tuple(values[place] for values in columns), names) for place, row in enumerate(people)
    ]


def _names(asked: Sequence[Leaf]) -> tuple[str, ...]:
    fields = [one.field.casefold() for one in asked if isinstance(one, Comparison)]

    def name(leaf: Leaf) -> str:
        if isinstance(leaf, Comparison):
            is_only = fields.count(leaf.field.casefold()) == 1
            return leaf.field if is_only else written(leaf).partition(f" {leaf.sign} ")[0]
        if isinstance(leaf, Form) and leaf.field.casefold() in PERSONAL:
            return leaf.field
        return written(leaf)

    return tuple(map(name, asked))


def _values(
    tx: Transaction, engine: PreviewColumns, question: Question, leaf: Leaf, people: Sequence[Row]
) -> list[Shown]:
    from waconsole.segments.evaluate_facts import NotHeld

    if isinstance(leaf, Form) and (column := PERSONAL.get(leaf.field.casefold())) is not None:
        return [row[column] for row in people]
    ids = [int(row["id"]) for row in people]
    try:
        return engine.values(tx, question, leaf, ids)
    except NotHeld:
        return [bool(one) for one in engine.mask(tx, leaf_question(question, leaf))[ids]]


@dataclass(frozen=True, slots=True)
class Shared:
    """A saved segment: how many it holds, and how many of them the rule names too."""

    version: Version
    count: int
    both: int


def shared(
    tx: Transaction, engine: PreviewColumns, text: str, asking: Asking, *, but: str = ""
) -> list[Shared]:
    """What a rule has in common with every saved segment `but` itself (folded); those that cannot be asked are left out."""
    import numpy as np

    mine = engine.members(tx, service_asking.read(tx, text, asking))
    found: list[Shared] = []
    for version in store_segments.in_force(tx, now=asking.now):
        if version.folded == but:
            continue
        try:
            ids = engine.members(tx, service_asking.read(tx, rule_of(version), asking))
        except WaconsoleError:
            continue
        found.append(Shared(version, len(ids), len(np.intersect1d(mine, ids, assume_unique=True))))
    return sorted(found, key=lambda one: (-one.both, one.version.folded))


def both(tx: Transaction, engine: PreviewColumns, text: str, other: Version, asking: Asking) -> Sequence[int]:
    """The ids that a rule and a saved segment both name."""
    import numpy as np

    mine = engine.members(tx, service_asking.read(tx, text, asking))
    theirs = engine.members(tx, service_asking.read(tx, rule_of(other), asking))
    found: list[int] = np.intersect1d(mine, theirs, assume_unique=True).tolist()
    return found


def matching(tx: Transaction, engine: PreviewColumns, text: str, asking: Asking) -> Sequence[int]:
    """The ids a rule names. Raises QueryError, Refused."""
    found: list[int] = engine.members(tx, service_asking.read(tx, text, asking)).tolist()
    return found


__all__ = [
    "Counted", "CountedLine", "Moved", "Sampled", "Shared", "Tally", "between", "both", "counted", "matching", "moved", "rule_of", "sample",
    "shared", "tally",
]  # fmt: skip
