"""What a programme would have given for a past period under other terms: `policy replay invites.programme.NAME …`.

Every invite is decided twice from the same facts: under the terms that were in force, and with the proposed ones in their
place for what happened in the period. Places and rungs of later are told too, where the period moves them. What still
waits for its return window counts as given on both sides; the desk's decisions count as they stand. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.errors import NotFound
from waconsole.invites import store_programmes, store_rewards, store_settling
from waconsole.invites.earning import give_places, judge, taken
from waconsole.invites.service_settling import facts_of, judged
from waconsole.invites.terms import Terms, Version, terms_of
from waconsole.invites.verdict import Attempt, Facts, Gates, Verdict
from waconsole.members import store as members
from waconsole.policy.service_replaying import Changed, Proposed, Replayed

LATEST: Final = (1 << 61) - 1  # everything is due by then

Sums = dict[tuple[int, str], list[int]]


def replay(tx: Transaction, proposed: Proposed, begins: int, ends: int) -> Replayed:
    """Decide a programme's invites again, with the proposed terms for what happened from `begins` until `ends`."""
    found = [one for one in store_programmes.programmes(tx) if one.policy == proposed.name]
    if not found:
        raise NotFound(
            f"No programme has the policy {proposed.name}: `waconsole invites programme list` names them."
        )
    programme = found[0]
    versions = store_programmes.earning_versions(tx, programme)
    rewards, gates = store_rewards.rewards(tx, programme.id), store_settling.gates(tx)
    attempts, facts = facts_of(tx, programme, rewards, gates, versions, now=LATEST)
    beside = _beside(tx, programme.id, gates)
    before = _decided(attempts, facts, beside)
    pinned = {
        one.attempt.id: facts.pinned[one.attempt.id]
        for one in before
        if one.attempt.id in facts.pinned and not _is_within(one, begins, ends)
    }
    tried = _with(versions, terms_of(proposed.value), begins, ends)
    theirs, others = facts_of(tx, programme, rewards, gates, tried, now=LATEST)
    after = _decided(theirs, replace(others, pinned=pinned), beside)
    return _told(tx, before, after, begins, ends)


def _beside(tx: Transaction, programme_id: int, gates: Gates) -> list[Verdict]:
    """How the invites of the other programmes stand: they may have brought the same friends before."""
    return [
        one
        for programme in store_programmes.programmes(tx)
        if programme.id != programme_id
        for one in judged(tx, programme, store_rewards.rewards(tx, programme.id), gates, now=LATEST)[1]
    ]


def _decided(attempts: Iterable[Attempt], facts: Facts, beside: Sequence[Verdict]) -> list[Verdict]:
    found = judge(attempts, facts, now=LATEST)
    return give_places(found, facts, taken([*found, *beside]) if beside else (), now=LATEST)


def _with(versions: Sequence[Version], terms: Terms, begins: int, ends: int) -> list[Version]:
    """The versions as if the terms had been set last, from `begins` on, and what was in force again from `ends` on."""
    number = max((one.version for one in versions), default=0) + 1
    again = [
        Version(
            number + place, max(one.valid_from, ends), LATEST + max(one.valid_from, one.set_at), one.terms
        )
        for place, one in enumerate(versions, 1)
    ]
    return [*versions, Version(number, begins, LATEST, terms), *again]


def _is_within(one: Verdict, begins: int, ends: int) -> bool:
    return one.event is not None and begins <= one.event.at < ends


def _told(
    tx: Transaction, before: Iterable[Verdict], after: Iterable[Verdict], begins: int, ends: int
) -> Replayed:
    was, would = ({one.attempt.ref: one for one in side} for side in (before, after))
    money: list[Changed] = []
    sums: Sums = {}
    seen = 0
    for ref in sorted(was.keys() | would.keys()):
        pair = was.get(ref), would.get(ref)
        seen += any(one is not None and _is_within(one, begins, ends) for one in pair)
        costs = [{} if one is None else _costs(one) for one in pair]
        words = ["" if one is None else _words(one) for one in pair]
        for who, currency in sorted(costs[0].keys() | costs[1].keys()):
            minors = [side.get((who, currency), 0) for side in costs]
            if minors[0] != minors[1]:
                money.append(Changed(ref, words[0], words[1], currency, minors[0], minors[1]))
                total = sums.setdefault((who, currency), [0, 0])
                total[0] += minors[0]
                total[1] += minors[1]
    return Replayed(seen=seen, money=tuple(money), members=_members(tx, sums))


def _members(tx: Transaction, sums: Mapping[tuple[int, str], Sequence[int]]) -> tuple[Changed, ...]:
    rows = [
        Changed(members.member_by_id(tx, who).ref, "", "", currency, *pair)
        for (who, currency), pair in sums.items()
        if pair[0] != pair[1]
    ]
    return tuple(sorted(rows))


def _costs(one: Verdict) -> dict[tuple[int, str], int]:
    """What an invite costs, by who gets it and currency; a reward nobody put a cost on costs nothing that is known."""
    found: dict[tuple[int, str], int] = {}
    for given in one.gives:
        if given.cost is not None:
            who = one.attempt.referrer if given.side == "referrer" else one.attempt.invitee
            place = who, given.cost.currency
            found[place] = found.get(place, 0) + given.cost.minor
    return found


def _words(one: Verdict) -> str:
    """What an invite earns in words: `cashback 8.00 HKD, 50 points`; else why nothing."""
    return ", ".join(str(given.reward) for given in one.gives) or one.reason or one.state
