"""Lines of an order, of which each order counts once. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

import numpy as np

from waconsole.segments.aggregates_strips import Strip
from waconsole.segments.columns import Numbers

ONCE: Final = "once"


def is_once(numbers: Numbers) -> bool:
    """Whether none of these numbers, which are not below zero, comes twice."""
    seen = np.zeros(int(numbers.max(initial=0)) + 1, np.bool_)
    seen[numbers] = True
    return int(np.count_nonzero(seen)) == numbers.size


def are_apart(spans: Iterable[tuple[int, int]]) -> bool:
    """Whether no two of these spans have a number in common."""
    ordered = sorted(spans)
    return all(one[1] < other[0] for one, other in pairwise(ordered))


def once_each(strips: list[Strip]) -> list[Strip]:
    """Lines, each order once."""
    last = max((int(strip.column("order").max()) for strip in strips if strip.size), default=0)
    seen = np.zeros(last + 1, np.bool_)
    for strip in strips:
        seen[strip.column("order")] = True
    if np.count_nonzero(seen) == sum(strip.size for strip in strips):
        return strips
    seen[:] = False
    place = np.empty(last + 1, np.int32)
    found = []
    for strip in strips:
        order = strip.column("order")
        here = np.arange(order.size, dtype=np.int32)
        place[order[::-1]] = here[::-1]  # of an order's lines the first stays
        first = (place[order] == here) & ~seen[order]
        seen[order] = True
        found.append(strip.only(first))
    return [strip for strip in found if strip.size]
