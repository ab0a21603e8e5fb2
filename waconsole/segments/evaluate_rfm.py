"""Recency, frequency and money of all members at once: exact scores by exact ranks, or by fixed points. Pure.

A score is 1 + floor(5 x members strictly lower / members who ordered). More than k fifths are strictly lower than a
value exactly when it is above the value at that place of the order, so four order statistics are all that is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from waconsole.clock import SECOND
from waconsole.query.fields import Asked
from waconsole.segments import rfm
from waconsole.segments.aggregates import Timeline
from waconsole.segments.columns import FIRST, Numbers, bounded
from waconsole.segments.evaluate_ages import Found
from waconsole.segments.evaluate_exact import Values
from waconsole.segments.evaluate_facts import Facts, When
from waconsole.segments.evaluate_measures import changes_at, currency_asked, earliest, spent
from waconsole.segments.fields import RFM
from waconsole.segments.masks import Flags

Scores = NDArray[np.int8]
NO_SCORE: Final = 0
COUNTED_BITS: Final = 16
COUNTED_MAX: Final = 1 << COUNTED_BITS
"""So many values are counted, each or near ones together, which is quicker than putting all in order."""


def scores(values: Numbers, has: Flags) -> Scores:
    """The score of everybody who has a value, `NO_SCORE` of the others."""
    found = has.astype(np.int8)
    some = values[has]
    if not some.size:
        return found
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
    above = np.subtract(some, low, dtype=np.int64) >> ((high - low).bit_length() - COUNTED_BITS)
    below = np.cumsum(np.bincount(above))
    found = []
    for place in wanted:
        which = int(np.searchsorted(below, place, side="right"))
        near = some[above == which]
        nth = place - (int(below[which - 1]) if which else 0)
        found.append(int(np.partition(near, nth)[nth]))
    return found


def by_points(values: Numbers, has: Flags, points: Sequence[int]) -> Scores:
    """The score of everybody who has a value: 1, and one more for each point that is reached."""
    found = has.astype(np.int8)
    for point in points:
        found += has & (values >= point)
    return found


def _cutting(when: When) -> rfm.Cutting:
    found: rfm.Cutting = when.known.get(RFM, rfm.PLAIN)
    return found


def _scores(facts: Facts, key: str, timeline: Timeline, asked: Asked, when: When) -> Scores:
    cutting = _cutting(when)
    points: Sequence[int] = cutting.frequency
    if key == "r":
        points = [bounded(when.second - span // SECOND) for span in cutting.recency]
    places = timeline.places(*when.bounds(asked.window))
    name = (timeline.serial, key, places, tuple(points))
    kept = facts.kept.of(name)
    if kept is not None:
        return kept
    counts = timeline.counts(places)
    has = counts > 0
    values = _latest(timeline, when) if key == "r" else counts
    found = by_points(values, has, points) if points else scores(values, has)
    facts.kept.keep(name, found)
    return found


def _changes_at(timeline: Timeline, asked: Asked, when: When, *, with_recency: bool) -> int | None:
    """When scores can next be others by themselves: a window moves, or an order becomes older than a point of recency."""
    spans = [span // SECOND for span in _cutting(when).recency] if with_recency else []
    older = [
        timeline.next_after(timeline.places(when.second - span, when.second), span, when.second)
        for span in spans
    ]
    return earliest(changes_at(timeline, asked, when), *older)


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
        money = _cutting(when).money
        points = _cutting(when).money_in(currency_asked(facts, asked, when)) if money else ()
        found = by_points(net, has, points) if points else scores(net, has)
        return Values(found.astype(np.int64), has=has, changes_at=changes)
    orders_of_all = facts.timeline("order")
    found = _scores(facts, key, orders_of_all, asked, when)
    changes = _changes_at(orders_of_all, asked, when, with_recency=key == "r")
    return Values(found.astype(np.int64), has=found > NO_SCORE, changes_at=changes)


def layer(facts: Facts, asked: Asked, when: When) -> Found:
    """Who belongs to a layer, or does not."""
    timeline = facts.timeline("order")
    r, f = (_scores(facts, key, timeline, asked, when) for key in ("r", "f"))
    name = asked.value
    flags = r == NO_SCORE if name == rfm.NEVER else _in_layer(r, f, name, _cutting(when).layers)
    changes = _changes_at(timeline, asked, when, with_recency=True)
    return (flags if asked.sign == "=" else ~flags), changes


def _in_layer(r: Scores, f: Scores, name: str, cuts: rfm.Cuts) -> Flags:
    """The first layer that fits is a member's; what fits none is the rest."""
    left, found = r != NO_SCORE, np.zeros(r.size, np.bool_)
    for one in cuts:
        fits = left & (r >= one.r_min) & (r <= one.r_max) & (f >= one.f_min) & (f <= one.f_max)
        if one.name == name:
            found |= fits
        left &= ~fits
    return left if name == rfm.REST else found
