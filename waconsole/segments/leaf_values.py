"""What a condition comes to for a few members, from columns: what an explanation shows of each, without asking the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from waconsole.clock import SECOND
from waconsole.query.explain import Shown, shown_value
from waconsole.query.fields import Asked
from waconsole.query.values import Never, Share, Times
from waconsole.segments.aggregates import Timeline
from waconsole.segments.evaluate import AGES, SCORES
from waconsole.segments.evaluate_ages import AGES as TIMELINES
from waconsole.segments.evaluate_exact import Values
from waconsole.segments.evaluate_facts import Facts, NotHeld, When
from waconsole.segments.evaluate_measures import MEASURES
from waconsole.segments.evaluate_rfm import score
from waconsole.segments.masks import Flags


def values(facts: Facts, asked: Asked, when: When, ids: Sequence[int]) -> list[Shown]:
    """The value of each of these members, as an explanation shows it. Raises NotHeld for what columns hold no value of."""
    field = asked.field
    if field is None or field.is_form:
        raise NotHeld
    if field.name in AGES:
        return [shown_value(asked, one) for one in _ages(facts, asked, when, ids)]
    measure = score if field.name in SCORES else MEASURES.get(field.name)
    if measure is None or isinstance(asked.operand, Never):
        raise NotHeld
    found = measure(facts, asked, when)
    return [shown_value(asked, _value(found, asked, one)) for one in ids]


def _value(found: Values, asked: Asked, member: int) -> Any:
    if found.has is not None and not found.has[member]:
        return None
    value = int(found.value[member])
    if found.per is None:
        return value
    per = int(found.per[member])
    if not per:
        return None
    if isinstance(asked.operand, Times):
        return value / per * found.all_per / found.all_value if found.all_value else None
    return value / per * (100 if isinstance(asked.operand, Share) else 1)


def _ages(facts: Facts, asked: Asked, when: When, ids: Sequence[int]) -> list[int | None]:
    assert asked.field is not None
    which, _, what = asked.field.name.partition("_")
    wanted = np.zeros(facts.size, np.bool_)
    wanted[[one for one in ids if one < facts.size]] = True
    at = _instants(TIMELINES[what](facts, asked), wanted, when.second, last=which == "last")
    return [None if one not in at else (when.second - at[one]) * SECOND for one in ids]


def _instants(timeline: Timeline, wanted: Flags, now: int, *, last: bool) -> dict[int, int]:
    """When each of them last (or first) did it, up to now, in seconds of a column."""
    found: dict[int, int] = {}
    for strip in timeline.strips:
        stop = int(np.searchsorted(strip.at, now, "right"))  # rows lie in order of time
        places = np.flatnonzero(wanted[strip.who[:stop]])
        for place in places if last else places[::-1]:
            member, at = int(strip.who[place]), int(strip.at[place])
            known = found.get(member)
            if known is None or (at > known if last else at < known):
                found[member] = at
    return found
