"""Recency, frequency and money of all members at once: exact scores by exact ranks. Pure.

A score is 1 + floor(5 x members strictly lower / members who ordered). More than k fifths are strictly lower than a
value exactly when it is above the value at that place of the order, so four order statistics are all that is needed.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from waconsole.query.fields import Asked
from waconsole.segments import rfm
from waconsole.segments.aggregates import Timeline
from waconsole.segments.columns import FIRST, Numbers
from waconsole.segments.evaluate_ages import Found
from waconsole.segments.evaluate_exact import Values
from waconsole.segments.evaluate_facts import Facts, When
from waconsole.segments.evaluate_measures import changes_at, spent
from waconsole.segments.fields import RFM
from waconsole.segments.masks import Flags

Scores = NDArray[np.int8]
NO_SCORE: Final = 0
COUNTED_MAX: Final = 1 << 16
"""Up to here the values are so few that counting each is quicker than putting them in order."""


def scores(values: Numbers, has: Flags) -> Scores:
    """The score of everybody who has a value, `NO_SCORE` of the others."""
    some = values[has]
    found = np.zeros(values.size, np.int8)
    if not some.size:
        return found
    found[has] = 1
    for edge in _edges(some):
        found += has & (values > edge)
    return found


def _edges(some: Numbers) -> list[int]:
    """The values that have to be exceeded for a score of 2, 3, 4 and 5."""
    wanted = [-(-rank * some.size // rfm.SCORE_MAX) - 1 for rank in range(1, rfm.SCORE_MAX)]
    wanted = [place for place in wanted if place < some.size]
    low, high = int(some.min()), int(some.max())
    if high - low < COUNTED_MAX:
        below = np.cumsum(np.bincount(some - low))
        return [int(np.searchsorted(below, place, side="right")) + low for place in wanted]
    return [int(one) for one in np.partition(some, wanted)[wanted]]


def _scores(facts: Facts, key: str, timeline: Timeline, asked: Asked, when: When) -> Scores:
    places = timeline.places(*when.bounds(asked.window))
    kept = facts.kept.of((timeline.serial, key, places))
    if kept is not None:
        return kept
    counts = timeline.counts(places)
    has = counts > 0
    found = scores(_latest(timeline, when) if key == "r" else counts, has)
    facts.kept.keep((timeline.serial, key, places), found)
    return found


def _latest(timeline: Timeline, when: When) -> Numbers:
    """When each ordered last up to now: that is the latest of any window they ordered within."""
    return timeline.latest(timeline.places(FIRST, when.second))


def score(facts: Facts, asked: Asked, when: When) -> Values:
    """`rfm_r`, `rfm_f` or `rfm_m`."""
    assert asked.field is not None
    key = asked.field.name[-1]
    if key == "m":
        net, orders, changes = spent(facts, asked, when)
        has = orders() > 0
        return Values(scores(net, has).astype(np.int64), has=has, changes_at=changes)
    orders_of_all = facts.timeline("order")
    found = _scores(facts, key, orders_of_all, asked, when)
    return Values(
        found.astype(np.int64), has=found > NO_SCORE, changes_at=changes_at(orders_of_all, asked, when)
    )


def layer(facts: Facts, asked: Asked, when: When) -> Found:
    """Who belongs to a layer, or does not."""
    timeline = facts.timeline("order")
    r, f = (_scores(facts, key, timeline, asked, when) for key in ("r", "f"))
    cuts: rfm.Cuts = when.known.get(RFM, rfm.FIRST)
    name = asked.value
    flags = r == NO_SCORE if name == rfm.NEVER else _in_layer(r, f, name, cuts)
    return (flags if asked.sign == "=" else ~flags), changes_at(timeline, asked, when)


def _in_layer(r: Scores, f: Scores, name: str, cuts: rfm.Cuts) -> Flags:
    """The first layer that fits is a member's; what fits none is the rest."""
    left, found = r != NO_SCORE, np.zeros(r.size, np.bool_)
    for one in cuts:
        fits = left & (r >= one.r_min) & (r <= one.r_max) & (f >= one.f_min) & (f <= one.f_max)
        if one.name == name:
            found |= fits
        left &= ~fits
    return left if name == rfm.REST else found
