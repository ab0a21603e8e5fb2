"""Settle: bring what was held and given to what the facts say is earned. Repeating it changes nothing.

`look` finds out on a reading connection which invites stand otherwise than they should; `settle` writes some of them, in
one transaction. What each earns is asked of the facts alone (`earning`), so the end is the same in whatever order facts
came and however often this ran in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.invites import (
    service_giving,
    service_issuing,
    store_issuing,
    store_programmes,
    store_rewards,
    store_settling,
)
from waconsole.invites.earning import give_places, judge, taken
from waconsole.invites.model import JOINED, OPEN, POSTED
from waconsole.invites.service_giving import Giving, Settled
from waconsole.invites.settling import (
    PEND,
    POST,
    REVERSE,
    VOID,
    Move,
    RewardRow,
    StateRow,
    arrows,
    moves,
    stands,
)
from waconsole.invites.store_programmes import Programme
from waconsole.invites.terms import FIRST_ORDER, Version
from waconsole.invites.verdict import FRAUD, Attempt, Event, Facts, Gates, Verdict
from waconsole.money import decimal
from waconsole.shop import service_coupons

COUPONS_AT_ONCE: Final = 50
GIVEN_STATES: Final = frozenset({POSTED, "issued", "redeemed", "expired"})


@dataclass(slots=True)
class Look:
    """What there is to write: verdicts by programme, in their turn, and the facts they follow from."""

    facts: str
    changed: list[tuple[Programme, Verdict]] = field(default_factory=list)


def look(tx: Transaction, *, now: int) -> Look:
    """Find every invite that stands otherwise than the facts say. On a large ledger it takes seconds: use `stream`."""
    found = Look(store_settling.facts_key(tx))
    gates, strayed = store_settling.gates(tx), store_rewards.strayed(tx)
    sides = [
        (programme, rewards, *judged(tx, programme, rewards, gates, now=now))
        for programme in store_programmes.programmes(tx)
        for rewards in (store_rewards.rewards(tx, programme.id),)
    ]
    elsewhere = taken(one for *_, verdicts in sides for one in verdicts) if len(sides) > 1 else frozenset()
    for programme, rewards, facts, verdicts in sides:
        states = store_rewards.states(tx, programme.id)
        for verdict in give_places(verdicts, facts, elsewhere, now=now):
            rows = rewards.get(verdict.attempt.id, [])
            known = states.get(verdict.attempt.id) or StateRow(_came(verdict.attempt, now))
            if moves(verdict, rows, strayed) or not _is_as(known, stands(verdict, rows)):
                found.changed.append((programme, verdict))
    found.changed.sort(key=_turn)
    return found


def key(tx: Transaction, *, now: int) -> str:
    """Something that changes whenever there may be something to settle, but for what falls due."""
    by_hand = service_issuing.is_by_hand(tx, now=now)
    return f"{store_settling.facts_key(tx)}|{store_settling.beside_key(tx)}|{by_hand:d}"


def is_settled(tx: Transaction, *, now: int) -> bool:
    """Whether there can be nothing to settle: no fact is new since the last time, and nothing fell due."""
    facts, at = store_settling.mark(tx)
    return (
        facts == key(tx, now=now)
        and store_settling.last_recorded_at(tx) <= at <= now
        and store_settling.next_due(tx, now=now) is None
    )


def judged(
    tx: Transaction,
    programme: Programme,
    rewards: dict[int, list[RewardRow]],
    gates: Gates,
    *,
    now: int,
) -> tuple[Facts, list[Verdict]]:
    """The facts of a programme, and a verdict on every invite of it at `now`, before places are given out."""
    attempts, facts = facts_of(
        tx, programme, rewards, gates, store_programmes.earning_versions(tx, programme), now=now
    )
    return facts, judge(attempts, facts, now=now)


def facts_of(
    tx: Transaction,
    programme: Programme,
    rewards: dict[int, list[RewardRow]],
    gates: Gates,
    versions: Sequence[Version],
    *,
    now: int,
) -> tuple[list[Attempt], Facts]:
    """All that decides about a programme's invites up to `now`, under these versions of its terms."""
    actions = {one.terms.counted_action for one in versions} or {FIRST_ORDER}
    ended_at = store_programmes.ended_at(tx, programme.id)
    begins = max((at for one in versions if (at := one.terms.starts_at) is not None), default=None)
    ends = [at for at in (ended_at, *(one.terms.ends_at for one in versions)) if at is not None]
    attempts: dict[int, Attempt] = {}
    events: dict[int, set[Event]] = {}
    for action in sorted(actions):
        did: dict[int, int] = {}
        for attempt, first in store_settling.attempts(
            tx, programme.id, action, now=now, begins=begins, ends=min(ends, default=None)
        ):
            attempts[attempt.id] = attempt
            if first is not None:
                did[attempt.id] = first
        orders = store_settling.orders(tx, set(did.values()), now=now) if action == FIRST_ORDER else {}
        for invite_id, first in did.items():
            event = orders[first] if action == FIRST_ORDER else Event(first, "", action)
            events.setdefault(attempts[invite_id].invitee, set()).add(event)
    facts = Facts(
        versions,
        {who: sorted(what, key=lambda one: (one.at, one.name)) for who, what in events.items()},
        gates,
        pinned=_pinned(rewards),
        paid=frozenset(
            invite for invite, rows in rewards.items() if any(row.state in GIVEN_STATES for row in rows)
        ),
        is_by_hand=service_issuing.is_by_hand(tx, now=now),
        issued=store_issuing.issued(tx, programme.id),
        ended_at=ended_at,
    )
    return list(attempts.values()), facts


def _pinned(rewards: dict[int, list[RewardRow]]) -> dict[int, int]:
    """The version under which each invite earned first: it stays."""
    return {invite: rows[0].rule_version for invite, rows in rewards.items()}


def _came(attempt: Attempt, now: int) -> str:
    return OPEN if attempt.arrived_at is None or attempt.arrived_at > now else JOINED


def _is_as(known: StateRow, now_stands: StateRow) -> bool:
    if known.state == now_stands.state in (OPEN, JOINED):
        return known.reason == now_stands.reason
    return known == now_stands


def _turn(one: tuple[Programme, Verdict]) -> tuple[int, bool, int, str, str]:
    """What is taken back comes first, so that its place and its money are there for the others."""
    programme, verdict = one
    event = verdict.event
    return (
        programme.id,
        bool(verdict.gives),
        0 if event is None else event.at,
        "" if event is None else event.name,
        verdict.attempt.ref,
    )


def settle(tx: Transaction, some: Sequence[tuple[Programme, Verdict]], done: Settled, *, now: int) -> None:
    """Write what some verdicts say. The caller hands in a few at a time, and none that other facts made old."""
    for programme, verdict in some:
        owner = store_settling.operator_name(tx, programme.operator_id)
        _settle(Giving(tx, programme, owner, done, now), verdict)


def _settle(one: Giving, verdict: Verdict) -> None:
    tx = one.tx
    rows = {row.id: row for row in store_rewards.rewards_of(tx, verdict.attempt.id)}
    short = ""
    held: dict[tuple[str, str], RewardRow] = {}
    for move in moves(verdict, rows.values(), store_rewards.strayed(tx)):
        row = _move(one, verdict, move, held)
        if isinstance(row, str):
            short = short or row
        elif row is not None:
            rows[row.id] = held[row.side, row.slot] = row
    known = store_rewards.state_of(tx, verdict.attempt.id)
    now_stands = stands(verdict, list(rows.values()), short)
    before = StateRow(_came(verdict.attempt, one.now)) if known is None else known
    if _is_as(before, now_stands):
        return
    if known is None and before.state == now_stands.state:
        return
    step_id = _write_steps(one, verdict, before, now_stands)
    store_rewards.put_state(tx, verdict.attempt.id, now_stands, step_id, now=one.now)


def _move(
    one: Giving, verdict: Verdict, move: Move, held: dict[tuple[str, str], RewardRow]
) -> RewardRow | str | None:
    if move.what == PEND:
        assert move.given is not None
        return service_giving.pend(one, verdict, move.given, move.round)
    if move.what == POST:
        assert move.given is not None
        row = move.row or held.get((move.given.side, move.given.slot))
        return None if row is None or row.state != "pending" else service_giving.post(one, verdict, row)
    assert move.row is not None and move.what in (VOID, REVERSE)
    act = service_giving.void if move.what == VOID else service_giving.reverse
    return act(one, verdict, move.row, move.why)


def _write_steps(one: Giving, verdict: Verdict, before: StateRow, after: StateRow) -> int:
    event, version = verdict.event, verdict.version
    last, inputs = 0, _inputs(verdict, after)
    for arrow in arrows(before.state, after.state):
        is_last = arrow[1] == after.state
        at = one.now if event is None else event.at
        if is_last and verdict.due_at is not None and not after.reason:
            at = verdict.due_at
        last = store_rewards.add_step(
            one.tx,
            verdict.attempt.id,
            arrow,
            gate=verdict.gate if is_last else "",
            reason=after.reason if is_last else "",
            rule="" if version is None else one.programme.policy,
            version=0 if version is None else version.version,
            inputs=inputs,
            effective_at=at,
            now=one.now,
        )
        one.done.steps += 1
    return last


def _inputs(verdict: Verdict, after: StateRow) -> dict[str, Any]:
    """What the rule saw. It is kept by the programme's side of the house and is told to no member."""
    event, version = verdict.event, verdict.version
    said: dict[str, Any] = {"invited_at": iso(verdict.attempt.invited_at), "place": verdict.place}
    if verdict.due_at is not None:
        said["due_at"] = iso(verdict.due_at)
    if event is not None:
        said |= {"action": event.action, "at": iso(event.at)}
        if event.order_id is not None:
            said |= {
                "order": event.name,
                "gross": f"{decimal(event.gross_minor, event.currency)} {event.currency}",
                "net": f"{decimal(event.net_minor, event.currency)} {event.currency}",
            }
    if version is not None:
        terms = version.terms
        said |= {
            "minimum": None if terms.minimum is None else str(terms.minimum),
            "cap": terms.cap,
            "attribution": terms.attribution,
        }
    if verdict.gate == FRAUD:
        said["review"] = verdict.reason
    if after.reason:
        said["reason"] = after.reason
    return said


def follow_coupons(tx: Transaction, done: Settled, *, now: int) -> int:
    """Redeem what orders tell of, end what is over, and let rewards follow their coupons; answers how many did."""
    service_coupons.redeem_told(tx, now)
    service_coupons.expire_due(tx, now)
    rows = store_rewards.coupons_moved(tx, limit=COUPONS_AT_ONCE)
    programmes = {one.id: one for one in store_programmes.programmes(tx)} if rows else {}
    for row in rows:
        reward = store_rewards.reward_by_ref(tx, row["ref"])
        assert reward is not None
        giving = Giving(tx, programmes[reward.programme_id], "", done, now)
        became = row["coupon_state"]
        at = row["redeemed_at"] if became == "redeemed" else min(row["expires_at"], now)
        service_giving.coupon_moved(
            giving, reward, became, at=at if became != "issued" else now, until=row["expires_at"],
            round_number=row["steps"],
        )  # fmt: skip
    return len(rows)


def counts(tx: Transaction) -> dict[str, int]:
    """How many invites stand in each state."""
    return store_rewards.counts(tx)
