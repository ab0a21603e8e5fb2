"""What every invite of a programme earns now, from the facts alone. Pure: no clock, no SQL.

The same facts in any order give the same answer: nothing here asks what was decided before, except for the version of
the terms a reward was earned under. Rules: docs/invites.md, section Earning.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

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
from waconsole.invites.verdict import (
    AGAIN,
    BLOCKED,
    BY_HAND,
    CAP,
    CURRENCY,
    DISPUTED,
    EARLY,
    EARNS,
    FRAUD,
    FROZEN,
    GATE_HELD,
    GATE_VOID,
    INACTIVE,
    LATE,
    MINIMUM,
    OTHER,
    OWN,
    REFUNDED,
    RETURNS,
    REVIEW,
    WINDOW,
    Attempt,
    Event,
    Facts,
    Given,
    Verdict,
)


def decide(
    attempts: Iterable[Attempt], facts: Facts, *, now: int, taken: Container[int] = frozenset()
) -> list[Verdict]:
    """A verdict for each attempt of a programme up to `now`, by ref; `taken` as `taken` answers it."""
    return give_places(judge(attempts, facts, now=now), facts, taken, now=now)


def judge(attempts: Iterable[Attempt], facts: Facts, *, now: int) -> list[Verdict]:
    """A verdict for each attempt of a programme up to `now`, before places are given out."""
    by_invitee: dict[int, list[Attempt]] = {}
    for one in attempts:
        if one.invited_at <= now:
            by_invitee.setdefault(one.invitee, []).append(one)
    return [
        verdict
        for invitee, theirs in by_invitee.items()
        for verdict in _of_invitee(theirs, facts, facts.events.get(invitee, ()), now=now)
    ]


def taken(verdicts: Iterable[Verdict]) -> frozenset[int]:
    """Invites of all programmes to friends whom somebody else has brought: a friend has one referrer, for ever.

    It is who qualified by what the friend did first, whatever the programme; of the same act by the earliest invite.
    Source: mission REF-10.
    """
    by_invitee: dict[int, list[Verdict]] = {}
    for one in verdicts:
        if _counts(one):
            by_invitee.setdefault(one.attempt.invitee, []).append(one)
    found: set[int] = set()
    for theirs in by_invitee.values():
        if len(theirs) > 1:
            first = min(theirs, key=_came_first).attempt.referrer
            found.update(one.attempt.id for one in theirs if one.attempt.referrer != first)
    return frozenset(found)


def _counts(one: Verdict) -> bool:
    return one.state == QUALIFIED and one.reason != INACTIVE


def _came_first(one: Verdict) -> tuple[int, int, str]:
    assert one.event is not None
    return one.event.at, one.attempt.invited_at, one.attempt.ref


def give_places(found: list[Verdict], facts: Facts, taken: Container[int], *, now: int) -> list[Verdict]:
    """Give what counts its place, but for what is `taken`, and each place what it earns; answers all by ref."""
    qualified: dict[int, list[Verdict]] = {}
    for one in found:
        if not _counts(one):
            continue
        if one.attempt.id in taken:
            one.state, one.reason, one.gate, one.due_at = REFUSED, OTHER, EARNS, None
        else:
            qualified.setdefault(one.attempt.referrer, []).append(one)
    for theirs in qualified.values():
        _places(theirs, facts, now=now)
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
        winner = max((one for one in may if one.invited_at <= until), key=lambda one: one.invited_at)
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
    if now < one.due_at:
        return RETURNS, EARNS
    return (BY_HAND, EARNS) if facts.is_by_hand and one.attempt.id not in facts.issued else ("", "")
