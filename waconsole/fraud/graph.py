"""Rings: the strongly connected parts of the graph of invites. Pure.

People without an inviter or without an invitee stand in no ring. They are peeled off round by round, whole columns at
a time; what is left (a few thousand of a million edges) is small enough for Tarjan's algorithm (SIAM J. Comput. 1972),
without recursion. A large part that everybody reaches from everybody is taken out first, forwards and backwards from
one person (Fleischer, Hendrickson, Pinar 2000).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

PEEL_ROUNDS_MAX: Final = 64  # a long chain would take a round a step: Tarjan takes it in one go
CORE_SMALL_MAX: Final = 20_000  # edges: below, Tarjan alone is quicker
REACH_ROUNDS_MAX: Final = 128
PARTS_TAKEN_MAX: Final = 8

Column = NDArray[np.int64]
Index = NDArray[np.int32] | NDArray[np.int64]


def rings(referrers: Column, invitees: Column) -> list[list[int]]:
    """Every strongly connected part of two or more people, each sorted, by its first person.

    The columns are people's ids (small whole numbers, not below 0), one edge a place; an edge may come twice, or lead
    back to where it began.
    """
    if not len(referrers):
        return []
    count = int(max(referrers.max(), invitees.max())) + 1
    apart = referrers != invitees
    width = np.int32 if count < np.iinfo(np.int32).max else np.int64
    core = peeled(referrers[apart].astype(width), invitees[apart].astype(width), count)
    found: list[list[int]] = []
    for _ in range(PARTS_TAKEN_MAX):
        if len(core[0]) <= CORE_SMALL_MAX:
            break
        core, part = _without_a_part(*core, count)
        if len(part) > 1:
            found.append(part.tolist())
        elif not len(part):
            break
    found += strong_parts(core[0].tolist(), core[1].tolist())
    return sorted(found)


def peeled(sources: Index, targets: Index, count: int) -> tuple[Index, Index]:
    """The edges left when people without an edge in or without one out are dropped, again and again."""
    for _ in range(PEEL_ROUNDS_MAX):
        reached, leads = np.zeros(count, bool), np.zeros(count, bool)
        reached[targets] = True
        leads[sources] = True
        kept = reached[sources] & leads[targets]
        if kept.all():
            break
        sources, targets = sources[kept], targets[kept]
    return sources, targets


def _without_a_part(sources: Index, targets: Index, count: int) -> tuple[tuple[Index, Index], Index]:
    """The core without the part of its best connected person, and that part; nothing where the walk is too long."""
    ties = np.bincount(sources, minlength=count) * np.bincount(targets, minlength=count)
    pivot = int(ties.argmax())
    ahead, behind = (
        _reach(pivot, sources, targets, count),
        _reach(pivot, targets, sources, count),
    )
    if ahead is None or behind is None:
        return (sources, targets), np.empty(0, np.int64)
    inside = ahead & behind
    kept = ~(inside[sources] | inside[targets])
    return peeled(sources[kept], targets[kept], count), np.flatnonzero(inside)


def _reach(start: int, sources: Index, targets: Index, count: int) -> NDArray[np.bool_] | None:
    """Everybody who is reached from `start`; None where it takes too many rounds."""
    seen = np.zeros(count, bool)
    seen[start] = True
    for _ in range(REACH_ROUNDS_MAX):
        new = targets[seen[sources] & ~seen[targets]]
        if not len(new):
            return seen
        seen[new] = True
    return None


def strong_parts(sources: Sequence[int], targets: Sequence[int]) -> list[list[int]]:
    """The strongly connected parts of two or more, by Tarjan's algorithm, each sorted."""
    onward: dict[int, list[int]] = {}
    for source, target in zip(sources, targets, strict=True):
        onward.setdefault(source, []).append(target)
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    waiting: set[int] = set()
    parts: list[list[int]] = []
    for root, first in onward.items():
        if root in order:
            continue
        walk = [(root, iter(first))]
        order[root] = low[root] = len(order)
        stack.append(root)
        waiting.add(root)
        while walk:
            here, rest = walk[-1]
            for there in rest:
                if there not in order:
                    order[there] = low[there] = len(order)
                    stack.append(there)
                    waiting.add(there)
                    walk.append((there, iter(onward.get(there, ()))))
                    break
                if there in waiting:
                    low[here] = min(low[here], order[there])
            else:
                walk.pop()
                if walk:
                    above = walk[-1][0]
                    low[above] = min(low[above], low[here])
                if low[here] == order[here]:
                    part = _unstacked(stack, waiting, here)
                    if len(part) > 1:
                        parts.append(sorted(part))
    return parts


def _unstacked(stack: list[int], waiting: set[int], until: int) -> list[int]:
    part: list[int] = []
    while not part or part[-1] != until:
        part.append(stack.pop())
    waiting.difference_update(part)
    return part
