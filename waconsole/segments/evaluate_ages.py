"""How long ago somebody first or last did something, and the states made of that. Pure.

An age is never worked out: `last_push > 36h` is to have no push in the last 36 hours, a slice of the timeline.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from waconsole.clock import DAY, SECOND
from waconsole.query.fields import Asked
from waconsole.query.values import Duration, Never
from waconsole.segments.aggregates import Timeline
from waconsole.segments.columns import FIRST
from waconsole.segments.evaluate_facts import Facts, When
from waconsole.segments.evaluate_measures import changes_at, clicked, earliest, ordered
from waconsole.segments.fields import DORMANT_DAYS, NEW_DAYS, SILENT_DAYS
from waconsole.segments.masks import Flags

Found = tuple[Flags, int | None]
"""Who meets a leaf, and the second at which that can next change by itself."""
LONG_AGO: Final = FIRST

AGES: Final[Mapping[str, Callable[[Facts, Asked], Timeline]]] = {
    "order": ordered,
    "click": clicked,
    "cart": lambda facts, _: facts.timeline("cart"),
    "push": lambda facts, _: facts.sent(),
    "inbound": lambda facts, _: facts.heard(),
}


def age(facts: Facts, asked: Asked, when: When) -> Found:
    """Who meets a comparison of `first_order`, `last_push` and the like."""
    assert asked.field is not None
    which, _, what = asked.field.name.partition("_")
    timeline = AGES[what](facts, asked)
    now = when.second
    if isinstance(asked.operand, Never):
        ever = timeline.any(timeline.places(LONG_AGO, now))
        return (~ever if asked.sign == "=" else ever), changes_at(timeline, asked, when)
    assert isinstance(asked.operand, Duration)
    span = asked.operand.microseconds // SECOND
    of = _last if which == "last" else _first
    flags = of(timeline, asked.sign, now, now - span)
    return flags, _age_changes_at(timeline, now, span)


def _age_changes_at(timeline: Timeline, now: int, span: int) -> int | None:
    """When somebody's age next crosses the span, either side of it, or something new begins to count."""
    return earliest(
        timeline.next_after(timeline.places(now - span, now), span - 1, now),
        timeline.next_after(timeline.places(now - span, now), span, now),
    )


def _last(timeline: Timeline, sign: str, now: int, edge: int) -> Flags:
    """The last one is at `now` - age: younger than the span when there is one after the edge. Never is older than all."""
    if sign in ("<", ">="):
        since = timeline.any(timeline.places(edge + 1, now))
        return since if sign == "<" else ~since
    if sign in ("<=", ">"):
        since = timeline.any(timeline.places(edge, now))
        return since if sign == "<=" else ~since
    same = timeline.any(timeline.places(edge, min(edge, now))) & ~timeline.any(timeline.places(edge + 1, now))
    return same if sign == "=" else ~same


def _first(timeline: Timeline, sign: str, now: int, edge: int) -> Flags:
    """The first one is older than the span when there is one before the edge. Never is older than all."""
    ever = timeline.any(timeline.places(LONG_AGO, now))
    before = timeline.any(timeline.places(LONG_AGO, min(edge - 1, now)))
    if sign in ("<=", ">"):
        young = ever & ~before
        return young if sign == "<=" else ~young
    at = timeline.any(timeline.places(edge, min(edge, now)))
    if sign in ("<", ">="):
        young = ever & ~before & ~at
        return young if sign == "<" else ~young
    same = at & ~before
    return same if sign == "=" else ~same


def new(facts: Facts, when: When) -> Found:
    """Whose first order was within the last days."""
    timeline, span = facts.timeline("order"), NEW_DAYS * DAY // SECOND
    return _first(timeline, "<=", when.second, when.second - span), _age_changes_at(
        timeline, when.second, span
    )


def dormant(facts: Facts, when: When) -> Found:
    """Whose last order was so many days ago: both ends belong."""
    timeline = facts.timeline("order")
    young, old = (days * DAY // SECOND for days in DORMANT_DAYS)
    now = when.second
    flags = timeline.any(timeline.places(now - old, now - young)) & ~timeline.any(
        timeline.places(now - young + 1, now)
    )
    return flags, earliest(_age_changes_at(timeline, now, young), _age_changes_at(timeline, now, old))


def silent(facts: Facts, when: When) -> Found:
    """From whom nothing came in the last days."""
    span, now = SILENT_DAYS * DAY // SECOND, when.second
    acted = np.zeros(facts.size, np.bool_)
    changes: int | None = None
    for timeline in (facts.timeline("click"), facts.timeline("cart"), facts.timeline("order"), facts.heard()):
        places = timeline.places(now - span, now)
        acted |= timeline.any(places)
        changes = earliest(changes, timeline.next_after(places, span, now))
    return ~acted, changes


def referred(facts: Facts, when: When) -> Found:
    """Whom an invite at or before now names as invitee."""
    timeline = facts.timeline("invite.invitee")
    places = timeline.places(LONG_AGO, when.second)
    return timeline.any(places), timeline.next_after(places, None, when.second)


STATES: Final[Mapping[tuple[str, str], Callable[[Facts, When], Found]]] = {
    ("is", "new"): new,
    ("is", "dormant"): dormant,
    ("is", "silent"): silent,
    ("is", "referred"): referred,
}
