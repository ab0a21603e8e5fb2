"""A rule's tree over columns: each leaf as bits, the tree as bits of its leaves. Pure.

A leaf that columns do not know is asked of whoever reads the rows. What a leaf came to holds until one of the facts
it asked changes, or the second at which its own windows can next give another answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Final

from waconsole.query.fields import Asked
from waconsole.query.tree import All, AnyOf, Leaf, Node, Not
from waconsole.segments import evaluate_ages, evaluate_rfm
from waconsole.segments.evaluate_exact import compared
from waconsole.segments.evaluate_facts import Facts, NotHeld, When
from waconsole.segments.evaluate_measures import MEASURES, whether
from waconsole.segments.masks import Bits, Flags

LAYER: Final = "rfm_layer"
SCORES: Final = frozenset({"rfm_r", "rfm_f", "rfm_m"})
AGES: Final = frozenset(f"{which}_{what}" for which in ("first", "last") for what in evaluate_ages.AGES)


@dataclass(frozen=True, slots=True)
class LeafBits:
    """Who meets a leaf, and the second from which on that is to be asked again; None: not before a fact changes."""

    bits: Bits
    changes_at: int | None


def leaf_flags(facts: Facts, asked: Asked, when: When) -> tuple[Flags, int | None]:
    """Who meets a leaf, by member id, and when that can next change by itself. Raises NotHeld."""
    field = asked.field
    if field is None:
        raise NotHeld
    if field.is_form:
        state = evaluate_ages.STATES.get((field.name, asked.value))
        if state is None:
            raise NotHeld
        return state(facts, when)
    if field.name in AGES:
        return evaluate_ages.age(facts, asked, when)
    if field.name == LAYER:
        return evaluate_rfm.layer(facts, asked, when)
    if (found := whether(facts, asked, when)) is not None:
        return found
    measure = evaluate_rfm.score if field.name in SCORES else MEASURES.get(field.name)
    if measure is None:
        raise NotHeld
    values = measure(facts, asked, when)
    return compared(values, asked), values.changes_at


class Evaluation:
    """One evaluation of one tree: `everybody` are the members; `leaf` answers each leaf."""

    def __init__(self, everybody: Bits, leaf: Callable[[Leaf], LeafBits]) -> None:
        """Nothing is worked out yet."""
        self._everybody, self._leaf = everybody, leaf
        self.changes_at: int | None = None

    def bits(self, tree: Node) -> Bits:
        """The members who match."""
        return self._of(tree) & self._everybody

    def _of(self, node: Node) -> Bits:
        match node:
            case Not(part):
                return ~self._of(part)
            case All(()):
                return self._everybody
            case All(parts):
                return reduce(and_, map(self._of, parts))
            case AnyOf(parts):
                return reduce(or_, map(self._of, parts))
        found = self._leaf(node)
        if found.changes_at is not None and (self.changes_at is None or found.changes_at < self.changes_at):
            self.changes_at = found.changes_at
        return found.bits
