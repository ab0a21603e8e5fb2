"""What every invite of a programme earns now, from the facts alone. Pure: no clock, no SQL.

The same facts in any order give the same answer: nothing here asks what was decided before, except for the version of
the terms a reward was earned under. Rules: docs/invites.md, section Earning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from waconsole.invites.model import (
    EACH,
    EARNED,
    HELD,
    INVITEE,
    JOINED,
    OPEN,
    QUALIFIED,
    REFERRER,
    REFUSED,
)
from waconsole.invites.rewards import Reward
from waconsole.invites.terms import (
    FIRST,
    FIRST_ORDER,
    Terms,
    Version,
    cost_of,
    in_force,
    rewards_for,
    runs,
)
from waconsole.money import Money

FRAUD, EARNS = "fraud", "earns"
FROZEN, BLOCKED = "frozen", "blocked"
GATE_HELD, GATE_VOID = "held", "void"

OWN: Final = "own"
OTHER: Final = "another referrer"
AGAIN: Final = "invited before"
EARLY: Final = "before the programme"
LATE: Final = "after the programme"
WINDOW: Final = "attribution window"
CURRENCY: Final = "another currency"
MINIMUM: Final = "minimum"
REFUNDED: Final = "refunded"
CAP: Final = "cap"
RETURNS: Final = "return window"
REVIEW: Final = "review open"
DISPUTED: Final = "disputed"
INACTIVE: Final = "programme not active"


class Attempt(NamedTuple):
    """An invite between persons: ids of the rows that stand for them."""

    id: int
    ref: str
    referrer: int
    invitee: int
    invited_at: int
    arrived_at: int | None = None
    refusal: str = ""
    is_disputed: bool = False


class Event(NamedTuple):
    """What an invitee did that may count: a counted action; `name` orders what happened in one second. Minor units."""

    at: int
    name: str
    action: str = FIRST_ORDER
    order_id: int | None = None
    currency: str = ""
    gross_minor: int = 0
    refunded_minor: int = 0
    refunded_at: int | None = None

    @property
    def net_minor(self) -> int:
        """What is left of it after refunds."""
        return self.gross_minor - self.refunded_minor


@dataclass(frozen=True, slots=True)
class Gates:
    """What the review desk says: (verdict, why) by invite, `frozen` or `blocked` by person."""

    invites: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    members: Mapping[int, str] = field(default_factory=dict)


class Given(NamedTuple):
    """One reward an invite earns: to which side, in which slot; `waits` says for what, empty when it is due."""

    side: str
    slot: str
    reward: Reward
    cost: Money | None
    waits: str


@dataclass(slots=True)
class Verdict:
    """How an invite stands: what it earns, and if nothing, why and by which of the two gates."""

    attempt: Attempt
    state: str
    reason: str = ""
    gate: str = ""
    event: Event | None = None
    version: Version | None = None
    due_at: int | None = None
    place: int = 0
    gives: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """All that decides. Versions that earn; events of each invitee, earliest first; `pinned` is the version by which an
    invite has earned already, `paid` are the invites whose rewards were posted.
    """

    versions: Sequence[Version]
    events: Mapping[int, Sequence[Event]]
    gates: Gates = field(default_factory=Gates)
    pinned: Mapping[int, int] = field(default_factory=dict)
    paid: frozenset[int] = frozenset()
    ended_at: int | None = None


def decide(attempts: Iterable[Attempt], facts: Facts, *, now: int) -> list[Verdict]:
    """A verdict for each attempt up to `now`, by ref."""
    by_invitee: dict[int, list[Attempt]] = {}
    for one in attempts:
        if one.invited_at <= now:
            by_invitee.setdefault(one.invitee, []).append(one)
    found: list[Verdict] = []
    qualified: dict[int, list[Verdict]] = {}
    for invitee, theirs in by_invitee.items():
        for verdict in _of_invitee(theirs, facts, facts.events.get(invitee, ()), now=now):
            found.append(verdict)
            if verdict.state == QUALIFIED and verdict.reason != INACTIVE:
                qualified.setdefault(verdict.attempt.referrer, []).append(verdict)
    for theirs_too in qualified.values():
        _places(theirs_too, facts, now=now)
    return sorted(found, key=lambda verdict: verdict.attempt.ref)


def version_at(versions: Sequence[Version], at: int) -> Version | None:
    """The version for what happened at `at`: facts of before the first one count under the first."""
    found = in_force(versions, at)
    if found is None and versions:
        found = min(versions, key=lambda one: (one.valid_from, one.version))
    return found


def _of_invitee(
    theirs: Sequence[Attempt], facts: Facts, events: Sequence[Event], *, now: int
) -> list[Verdict]:
    """Verdicts on the invites of one person: one of them is theirs, the others are refused."""
    found: list[Verdict] = []
    may: list[Attempt] = []
    for one in theirs:
        reason = _never(one, facts)
        if reason:
            found.append(Verdict(one, REFUSED, reason, EARNS))
        else:
            may.append(one)
    if not may:
        return found
    may.sort(key=lambda one: (one.invited_at, one.ref))
    version = version_at(facts.versions, may[0].invited_at)
    action = FIRST_ORDER if version is None else version.terms.counted_action
    event = next((one for one in events if one.action == action and may[0].invited_at <= one.at <= now), None)
    if version is None or version.terms.attribution == FIRST:
        winner = may[0]
    else:
        until = now if event is None else event.at
        winner = [one for one in may if one.invited_at <= until][-1]
    for one in may:
        if one is not winner:
            reason = AGAIN if one.referrer == winner.referrer else OTHER
            found.append(Verdict(one, REFUSED, reason, EARNS))
    found.append(_of_winner(winner, facts, event, now=now))
    return found


def _never(one: Attempt, facts: Facts) -> str:
    """Why an invite can never earn, whoever comes; empty when it may."""
    if one.refusal:
        return one.refusal
    if one.referrer == one.invitee:
        return OWN
    version = version_at(facts.versions, one.invited_at)
    return "" if version is None else _outside(version.terms, facts, one.invited_at)


def _outside(terms: Terms, facts: Facts, at: int) -> str:
    if facts.ended_at is not None and at >= facts.ended_at:
        return LATE
    if runs(terms, at):
        return ""
    return EARLY if terms.starts_at is not None and at < terms.starts_at else LATE


def _of_winner(one: Attempt, facts: Facts, event: Event | None, *, now: int) -> Verdict:
    came = JOINED if one.arrived_at is not None and one.arrived_at <= now else OPEN
    if event is None:
        return Verdict(one, came)
    if not facts.versions:
        return Verdict(one, QUALIFIED, INACTIVE, EARNS, event)
    pinned = facts.pinned.get(one.id)
    version = next((it for it in facts.versions if it.version == pinned), None)
    version = version or version_at(facts.versions, event.at)
    assert version is not None
    terms = version.terms
    due_at = event.at + terms.return_window
    reason, gate = _not_counted(one, terms, event, facts), EARNS
    if not reason:
        verdict, why = facts.gates.invites.get(one.id, ("", ""))
        if verdict == GATE_VOID:
            reason, gate = why or "void", FRAUD
        elif facts.gates.members.get(one.referrer) == BLOCKED and one.id not in facts.paid:
            reason, gate = BLOCKED, FRAUD
    if reason:
        return Verdict(one, REFUSED, reason, gate, event, version)
    return Verdict(one, QUALIFIED, "", "", event, version, due_at)


def _not_counted(one: Attempt, terms: Terms, event: Event, facts: Facts) -> str:
    """Why what the invitee did does not count; empty when it does."""
    if reason := _outside(terms, facts, event.at):
        return reason
    if terms.attribution_window is not None and event.at - one.invited_at > terms.attribution_window:
        return WINDOW
    if event.action != FIRST_ORDER:
        return ""
    least = 0
    if terms.minimum is not None and terms.minimum.minor:
        if event.currency != terms.minimum.currency:
            return CURRENCY
        least = terms.minimum.minor
    if event.gross_minor < least:
        return MINIMUM
    if event.net_minor < least or (event.gross_minor and event.net_minor <= 0):
        return REFUNDED
    return ""


def _places(theirs: list[Verdict], facts: Facts, *, now: int) -> None:
    """Give out the places of one referrer by when it happened, and what each place earns."""
    theirs.sort(key=_turn)
    number = 0
    before = ""  # what somebody on a lower place waits for: a rung is reached when all below it are
    for one in theirs:
        assert one.version is not None and one.event is not None and one.due_at is not None
        terms = one.version.terms
        if terms.cap is not None and number >= terms.cap:
            one.state, one.reason, one.gate, one.due_at = REFUSED, CAP, EARNS, None
            continue
        number += 1
        one.place = number
        waits, gate = _waits(one, facts, now=now)
        before = before or waits
        gives = [
            Given(REFERRER, earned.slot, earned.reward, cost_of(terms, earned.slot, earned.reward),
                  waits if earned.slot == EACH else before)
            for earned in rewards_for(terms, number)
        ]  # fmt: skip
        if terms.invitee is not None:
            theirs_waits = waits or (FROZEN if one.attempt.invitee in facts.gates.members else "")
            gives.append(
                Given(INVITEE, EACH, terms.invitee, cost_of(terms, INVITEE, terms.invitee), theirs_waits)
            )
        one.gives = tuple(gives)
        one.state, one.reason, one.gate = (HELD, waits, gate) if waits else (EARNED, "", EARNS)


def _turn(one: Verdict) -> tuple[int, str, str]:
    assert one.event is not None
    return one.event.at, one.event.name, one.attempt.ref


def _waits(one: Verdict, facts: Facts, *, now: int) -> tuple[str, str]:
    """(what a qualified invite waits for, by which gate); both empty when it is due. What was paid waits no more."""
    assert one.due_at is not None
    if one.attempt.id in facts.paid:
        return "", ""
    if facts.gates.invites.get(one.attempt.id, ("", ""))[0] == GATE_HELD:
        return REVIEW, FRAUD
    if one.attempt.referrer in facts.gates.members:
        return FROZEN, FRAUD
    if one.attempt.is_disputed:
        return DISPUTED, EARNS
    return (RETURNS, EARNS) if now < one.due_at else ("", "")
