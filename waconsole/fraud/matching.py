"""Which item of an earlier sweep a finding is: the same people under the same suspicion are the same item. Pure.

Rings, chains and patterns grow, so sharing people is enough there; every other kind is about the people it is named
after. People are the rows that stand for them now, so an item follows a merge.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from waconsole.fraud.model import EXISTING, GROWING, PATTERN, REFERRER, Finding

Key = tuple[str, tuple[int, ...]]
Described = tuple[str, Sequence[tuple[int, str]]]  # kind, people with their roles


def matched(findings: Sequence[Finding], known: Sequence[Described]) -> list[int | None]:
    """For each finding the place of the oldest known item that is about the same, if there is one; none is taken twice."""
    by_key: dict[Key, list[int]] = {}
    for place, (kind, people) in enumerate(known):
        for key in keys(kind, people):
            by_key.setdefault(key, []).append(place)
    taken: set[int] = set()
    found: list[int | None] = []
    for one in findings:
        places = {place for key in keys(one.kind, one.members) for place in by_key.get(key, ())} - taken
        found.append(min(places, default=None))
        taken.update(places and {min(places)})
    return found


def keys(kind: str, people: Iterable[tuple[int, str]]) -> list[Key]:
    """What says that two items are the same: each is enough."""
    if kind in GROWING:
        return [(kind, (who,)) for who, _ in people]
    if kind == PATTERN:
        return [(kind, (who,)) for who, role in people if role == REFERRER]
    named = {who for who, role in people if kind == EXISTING or role == REFERRER}
    return [(kind, tuple(sorted(named)))] if kind != EXISTING else [(kind, _in_order(people))]


def _in_order(people: Iterable[tuple[int, str]]) -> tuple[int, ...]:
    """Referrer and invitee: who brought whom matters."""
    return tuple(who for who, _ in sorted(people, key=lambda one: one[1] != REFERRER))
