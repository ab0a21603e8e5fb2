"""Whom an invitation to a group goes to, and why somebody is left out. Pure.

Spans are microseconds, amounts whole minor units; every bound belongs to the policy that names it (`invitations.*`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

HIGH_VALUE, NEW, DORMANT, OTHER = "high_value", "new", "dormant", "other"
PLAYS: Final = (HIGH_VALUE, NEW, DORMANT, OTHER)
CHANNELS: Final[Mapping[str, str]] = {HIGH_VALUE: "voice"}
CHANNEL: Final = "message"
# Why somebody is left out, in the order in which it is asked; what the outbox says comes after.
IN_GROUP, INVITED, BLOCKED = "in_group", "invited", "blocked"
REVIEW_OPEN, STOPPED, NO_CONSENT = "review_open", "stopped", "no_consent"
YES, STOP = "yes", "stop"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The policies in force, with the version each has."""

    new: int
    dormant_from: int
    dormant_to: int
    high_value: int
    high_value_share: Fraction
    memory: int
    versions: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Buyer:
    """A member who ordered: the first and the last instant, and what they spent (net) by currency."""

    member_id: int
    first_at: int
    last_at: int
    spent: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """A member whom a play chooses, and what it saw of them."""

    member_id: int
    inputs: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands who is to be invited; `consent` is `yes`, `no`, `stop` or None."""

    is_in_group: bool = False
    invited_at: int | None = None
    is_blocked: bool = False
    is_reviewed: bool = False
    consent: str | None = None


def chosen(play: str, buyers: Sequence[Buyer], bounds: Bounds, *, now: int) -> list[Choice]:
    """The members of a play, the likeliest to come first."""
    if play == HIGH_VALUE:
        return _high_value(buyers, bounds)
    by_time: Callable[[Buyer], int] = _first if play == NEW else _last
    kept = [one for one in buyers if _is_of(play, one, bounds, now)]
    kept.sort(key=lambda one: (-by_time(one), one.member_id))
    word = "first_order_at" if play == NEW else "last_order_at"
    return [Choice(one.member_id, {word: by_time(one)}) for one in kept]


def _first(one: Buyer) -> int:
    return one.first_at


def _last(one: Buyer) -> int:
    return one.last_at


def _is_of(play: str, one: Buyer, bounds: Bounds, now: int) -> bool:
    """New: the first order not before `new` ago. Dormant: the last one between the two bounds, both ends in."""
    if play == NEW:
        return now - one.first_at <= bounds.new
    return bounds.dormant_from <= now - one.last_at <= bounds.dormant_to


def _high_value(buyers: Sequence[Buyer], bounds: Bounds) -> list[Choice]:
    """Those of whom less than the share spent more, in any currency; who spent as much as the last is in."""
    best: dict[int, tuple[Fraction, Choice]] = {}
    for currency in sorted({code for one in buyers for code in one.spent}):
        spent = sorted(
            ((one.spent[currency], one.member_id) for one in buyers if one.spent.get(currency, 0) > 0),
            key=lambda it: (-it[0], it[1]),
        )
        above, before = 0, None
        for place, (amount, member_id) in enumerate(spent):
            above = above if amount == before else place
            before = amount
            rank = Fraction(above, len(spent))
            if rank >= bounds.high_value_share:
                break
            choice = Choice(
                member_id, {"spent_minor": amount, "currency": currency, "above": above, "of": len(spent)}
            )
            if member_id not in best or rank < best[member_id][0]:
                best[member_id] = (rank, choice)
    return [choice for _, choice in sorted(best.values(), key=lambda it: (it[0], it[1].member_id))]


def why_not(standing: Standing, memory: int, *, now: int) -> str:
    """The first reason against inviting somebody; empty when there is none."""
    if standing.is_in_group:
        return IN_GROUP
    if standing.invited_at is not None and now - standing.invited_at < memory:
        return INVITED
    if standing.is_blocked:
        return BLOCKED
    if standing.is_reviewed:
        return REVIEW_OPEN
    if standing.consent == STOP:
        return STOPPED
    return "" if standing.consent == YES else NO_CONSENT


def text_of(words: str, *, name: str, group: str, link: str) -> str:
    """An invitation's words, filled; where nobody knows a name its place closes."""
    if not name:
        for place in (" {name}", "{name}様、", "{name}님, ", "{name}"):
            words = words.replace(place, "")
    for place, filled in (("{link}", link), ("{group}", group), ("{name}", name)):
        words = words.replace(place, filled)
    return words.strip()
