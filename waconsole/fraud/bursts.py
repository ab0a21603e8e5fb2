"""Bursts: who made too many attempts in too short a span, by when they were made. Pure.

A phone that tells of sixty old attempts at once made none of them at once: only event time counts (mission FRD-03,
FRD-04).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.int64]


def hasty(referrers: Column, invited: Column, *, attempts: int, seconds: int) -> dict[int, Column]:
    """Who made `attempts` of them whose last is less than `seconds` after the first, and the places of those attempts.

    All attempts of every such span count, each once, in the order they were made.
    """
    if len(referrers) < attempts or attempts < 1:
        return {}
    often = np.bincount(referrers) >= attempts
    places = np.flatnonzero(often[referrers])
    if len(places) < attempts:
        return {}
    places = places[np.lexsort((places, invited[places], referrers[places]))]
    who, at = referrers[places], invited[places]
    last = attempts - 1
    first_of_span = np.flatnonzero(
        (who[last:] == who[: len(who) - last]) & (at[last:] - at[: len(at) - last] < seconds)
    )
    if not len(first_of_span):
        return {}
    # A span is `attempts` places long: +1 where one begins, -1 behind its end.
    edges = np.zeros(len(places) + 1, np.int64)
    np.add.at(edges, first_of_span, 1)
    np.add.at(edges, first_of_span + attempts, -1)
    inside = np.cumsum(edges[:-1]) > 0
    kept, owners = places[inside], who[inside]
    cuts = np.flatnonzero(owners[1:] != owners[:-1]) + 1
    return {int(referrers[part[0]]): part for part in np.split(kept, cuts)}


def most_within(at: Column, seconds: int) -> tuple[int, int]:
    """The most instants that lie within less than `seconds`, and where the first of them stands; `at` is sorted."""
    if not len(at):
        return 0, 0
    ends = np.searchsorted(at, at + seconds, side="left")
    counts = ends - np.arange(len(at))
    best = int(counts.argmax())
    return int(counts[best]), best
