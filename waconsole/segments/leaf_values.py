"""What a condition comes to for a few members, from columns: what an explanation shows of each, without asking the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from waconsole.clock import SECOND
from waconsole.query.explain import Shown, shown_value
from waconsole.query.fields import Asked
from waconsole.query.values import Never, Share, Times
from waconsole.segments.aggregates import Timeline
from waconsole.segments.columns import FIRST, Numbers
from waconsole.segments.evaluate import AGES, SCORES
from waconsole.segments.evaluate_ages import AGES as TIMELINES
from waconsole.segments.evaluate_exact import Values
from waconsole.segments.evaluate_facts import Facts, NotHeld, When
from waconsole.segments.evaluate_measures import MEASURES
from waconsole.segments.evaluate_rfm import score
from waconsole.segments.masks import Ids

NEVER: Final = np.iinfo(np.int32).max


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


def measures(facts: Facts, asked: Asked, when: When, ids: Ids) -> list[float | int | None]:
    """The bare value of each of these members, as `service_values` has it. Raises NotHeld."""
    field = asked.field
    if field is None or field.is_form:
        raise NotHeld
    if field.name in AGES:
        return list(_ages(facts, asked, when, ids))
    measure = score if field.name in SCORES else MEASURES.get(field.name)
    if measure is None or isinstance(asked.operand, Never):
        raise NotHeld
    found = measure(facts, asked, when)
    if found.per is not None:
        return [_value(found, asked, one) for one in ids.tolist()]
    numbers: list[float | int | None] = found.value[ids].tolist()
    if found.has is not None:
        numbers = [one if has else None for one, has in zip(numbers, found.has[ids].tolist(), strict=True)]
    return numbers


def _ages(facts: Facts, asked: Asked, when: When, ids: Sequence[int] | Ids) -> list[int | None]:
    assert asked.field is not None
    which, _, what = asked.field.name.partition("_")
    timeline = TIMELINES[what](facts, asked)
    if which == "last":
        at = timeline.latest(timeline.places(FIRST, when.second))[np.asarray(ids, np.int64)].tolist()
        return [None if one == FIRST else (when.second - one) * SECOND for one in at]
    first = _firsts(timeline, facts.size, when.second)[np.asarray(ids, np.int64)].tolist()
    return [None if one == NEVER else (when.second - one) * SECOND for one in first]


def _firsts(timeline: Timeline, size: int, now: int) -> Numbers:
    """When each person first did it, up to now, in seconds of a column; `NEVER` for who did not."""
    found = np.full(size, NEVER, np.int32)
    for strip in timeline.strips:
        stop = int(np.searchsorted(strip.at, now, "right"))  # rows lie in order of time
        some = np.full(size, NEVER, np.int32)
        # Of several rows of a person the earliest is put last.
        some[strip.who[:stop][::-1]] = strip.at[:stop][::-1]
        np.minimum(found, some, out=found)
    return found
