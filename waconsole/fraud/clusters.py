"""Clusters: who hangs together by what they share, an address, a payment handle or a device. Pure.

Everybody with a key is tied to its first bearer (a star, not all pairs), and the stars are put together by letting
each person take the smallest person in reach until nothing changes.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

ROUNDS_MAX: Final = 64  # what is known reaches twice as far each round

Column = NDArray[np.int64]


def stars(people: Column, keys: Column) -> tuple[Column, Column]:
    """Edges from each person to the first bearer of the same key; a key below 1 is none."""
    borne = keys > 0
    people, keys = people[borne], keys[borne]
    order = np.argsort(keys, kind="stable")
    people, keys = people[order], keys[order]
    first = np.ones(len(keys), bool)
    first[1:] = keys[1:] != keys[:-1]
    heads = np.maximum.accumulate(np.where(first, np.arange(len(keys)), 0))
    return people[~first], people[heads[~first]]


def smallest_in_reach(ones: Column, others: Column, count: int) -> Column:
    """For each of `count` people the smallest person they hang together with, over any number of edges.

    Each edge hooks the greater end to the smaller; then everybody follows their hook to its end, and edges whose ends
    now hang at two go another round. Of several hooks of one person any will do: the other edges come round again.
    """
    width = np.int32 if count < np.iinfo(np.int32).max else np.int64
    least_of = np.arange(count, dtype=width)
    left, right = ones.astype(width), others.astype(width)
    lower, upper = np.minimum(left, right), np.maximum(left, right)
    hooked = np.zeros(count, bool)
    for _ in range(ROUNDS_MAX):
        if not len(lower):
            break
        least_of[upper] = lower
        hooked[upper] = True
        here = np.flatnonzero(hooked).astype(width)
        to = least_of[here]
        while len(here):
            further = least_of[to]
            moves = further != to
            here, to = here[moves], further[moves]
            least_of[here] = to
        left, right = least_of[lower], least_of[upper]
        apart = np.flatnonzero(left != right)
        left, right = left[apart], right[apart]
        lower, upper = np.minimum(left, right), np.maximum(left, right)
    return least_of.astype(np.int64)
