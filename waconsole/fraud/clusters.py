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
    """For each of `count` people the smallest person they hang together with, over any number of edges."""
    least_of = np.arange(count, dtype=np.int64)
    for _ in range(ROUNDS_MAX):
        left, right = least_of[ones], least_of[others]
        apart = left != right
        if not apart.any():
            break
        left, right, ones, others = left[apart], right[apart], ones[apart], others[apart]
        np.minimum.at(least_of, np.maximum(left, right), np.minimum(left, right))
        while True:
            further = least_of[least_of]
            if np.array_equal(further, least_of):
                break
            least_of = further
    return least_of


def clusters(ones: Column, others: Column, count: int, *, least: int = 2) -> list[list[int]]:
    """The groups of at least `least` people who hang together, each sorted, by its first person."""
    if not len(ones):
        return []
    least_of = smallest_in_reach(ones, others, count)
    sizes = np.bincount(least_of, minlength=count)
    members = np.flatnonzero(sizes[least_of] >= max(least, 2))
    members = members[np.argsort(least_of[members], kind="stable")]
    owners = least_of[members]
    cuts = np.flatnonzero(owners[1:] != owners[:-1]) + 1
    return [part.tolist() for part in np.split(members, cuts)] if len(members) else []
