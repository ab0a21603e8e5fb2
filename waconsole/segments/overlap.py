"""How much segments have in common. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True, slots=True)
class Shared:
    """Two segments: how many are in both, and in one of them at least."""

    a: str
    b: str
    both: int
    either: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """How large each is, how many are in no other, what pairs share, how many are in all of them and in any."""

    counts: Mapping[str, int]
    only: Mapping[str, int]
    pairs: Sequence[Shared]
    everywhere: int
    anywhere: int


def overlap(sets: Mapping[str, frozenset[int]]) -> Overlap:
    """What these have in common, by name."""
    others = {
        name: frozenset().union(*(one for other, one in sets.items() if other != name)) for name in sets
    }
    return Overlap(
        {name: len(one) for name, one in sets.items()},
        {name: len(one - others[name]) for name, one in sets.items()},
        [Shared(a, b, len(sets[a] & sets[b]), len(sets[a] | sets[b])) for a, b in combinations(sets, 2)],
        len(frozenset.intersection(*sets.values())) if sets else 0,
        len(frozenset().union(*sets.values())),
    )
