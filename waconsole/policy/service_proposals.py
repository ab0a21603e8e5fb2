"""What one operator proposes and another confirms; in solo mode its own proposer, after the cooling-off."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from waconsole.chain import service as chain
from waconsole.clock import SECOND, iso, span_words
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.operators import authority
from waconsole.operators import service as operators
from waconsole.operators import store as operator_rows
from waconsole.operators.authority import Matter
from waconsole.operators.store import Act, Operator
from waconsole.policy import service, service_sealing, store, store_proposals
from waconsole.policy.model import (
    CONFIRM,
    DECISION,
    PROPOSAL,
    REASON_CHARACTERS_MAX,
    ROOM,
    WITHDRAW,
    Decision,
    Proposal,
    sealed_one,
    text_of,
    version_of,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a value: a version from `valid_from`, or a proposal (its number is the version it would be)."""

    name: str
    version: int
    value: Mapping[str, Any]
    valid_from: int | None
    is_proposal: bool
    confirmed_by: str = ""
    others: tuple[str, ...] = ()  # who could confirm a proposal


def propose(
    tx: Transaction,
    actor: Operator,
    name: str,
    value: Mapping[str, Any],
    says: str,
    *,
    reason: str,
    valid_from: int | None,
    now: int,
) -> Outcome:
    """Write down what `actor` wants to set; another operator confirms it. Raises Refused while one waits already.

    Whoever sets what somebody else proposed, to the same day, agrees with it: that confirms the proposal.
    """
    waiting = store_proposals.open_proposal(tx, name)
    if waiting is not None:
        same = text_of(value, version=waiting.version, says=says) == waiting.value
        if waiting.proposed_by != actor.ref and same and valid_from == waiting.valid_from:
            return confirm(tx, actor, name, waiting.version, now=now)
        raise Refused(
            f"{name} has a proposal already that nobody decided on: confirm it, or say"
            f" `waconsole policy withdraw {name}` first."
        )
    number = store.latest_version(tx, name) + 1
    row = Proposal(
        id=store_proposals.next_proposal_id(tx),
        name=name,
        version=number,
        value=text_of(value, version=number, says=says),
        says=says,
        reason=reason,
        valid_from=valid_from,
        proposed_by=actor.ref,
        proposed_at=now,
    )
    seq = chain.append(tx, ROOM, PROPOSAL, row.id, sealed_one(row))
    store_proposals.add_proposal(tx, row, chain_seq=seq)
    after = {"name": name, "version": number, "valid_from": valid_from}
    operators.record(tx, actor, "propose policy", [Act("policy_proposal", row.id, {}, after)], now=now)
    return Outcome(name, number, value, valid_from, is_proposal=True)


def confirm(tx: Transaction, actor: Operator, name: str, number: int | None, *, now: int) -> Outcome:
    """Confirm what another operator proposed: it becomes the next version. Raises Refused, NotFound."""
    row = _open(tx, name)
    if number is not None and number != row.version:
        raise Refused(f"The proposal for {name} would be version {row.version}, not {number}.")
    proposer = operator_rows.operator_by_name(tx, row.proposed_by)
    is_alone = proposer is not None and proposer.id == actor.id
    matter = Matter(proposed_by=None if proposer is None else proposer.id, recorded_solo=is_alone)
    authority.authorize(tx, actor, "policy.confirm", matter, now=now)
    if is_alone:
        _check_cooled(tx, row, now=now)
    if store.latest_version(tx, name) + 1 != row.version:
        raise Refused(f"{name} has changed since this was proposed: withdraw it, and propose it anew.")
    _decide(tx, row, CONFIRM, actor, "", now=now)
    begins = now if row.valid_from is None else row.valid_from
    value = json.loads(row.value)
    version = version_of(
        store.next_id(tx),
        name,
        value,
        version=row.version,
        says=row.says,
        valid_from=begins,
        set_by=row.proposed_by,
        set_at=now,
        reason=row.reason,
        proposal_id=row.id,
        confirmed_by=actor.ref,
        solo=is_alone,
    )
    service_sealing.write(tx, [version])
    service.record(tx, actor, "confirm policy", version, now=now)
    return Outcome(name, row.version, value, begins, is_proposal=False, confirmed_by=actor.name)


def _check_cooled(tx: Transaction, row: Proposal, *, now: int) -> None:
    alone = authority.solo(tx, now=now)
    assert alone is not None, "authorize lets nobody confirm their own proposal outside solo mode"
    cooled = row.proposed_at + alone.cooling_off_seconds * SECOND
    if now < cooled:
        raise Refused(
            f"In solo mode a proposal is slept over: this one can be confirmed at {iso(cooled)},"
            f" in {span_words(cooled - now)}."
        )


def withdraw(tx: Transaction, actor: Operator, name: str, *, reason: str, now: int) -> Proposal:
    """Take back a proposal nobody has confirmed: its proposer, or an owner. Raises Refused, NotFound."""
    row = _open(tx, name)
    if row.proposed_by != actor.ref:
        authority.authorize(tx, actor, "policy.set", now=now)
    _decide(tx, row, WITHDRAW, actor, " ".join(reason.split())[:REASON_CHARACTERS_MAX], now=now)
    after = {"name": name, "version": row.version}
    operators.record(tx, actor, "withdraw policy", [Act("policy_proposal", row.id, {}, after)], now=now)
    return row


def _open(tx: Transaction, name: str) -> Proposal:
    row = store_proposals.open_proposal(tx, name)
    if row is None:
        raise NotFound(
            f"Nobody has proposed anything for {name}: `waconsole policy proposals` lists what waits."
        )
    return row


def _decide(tx: Transaction, row: Proposal, verb: str, actor: Operator, reason: str, *, now: int) -> None:
    decision = Decision(store_proposals.next_decision_id(tx), row.id, verb, actor.ref, now, reason)
    seq = chain.append(tx, ROOM, DECISION, decision.id, sealed_one(decision))
    store_proposals.add_decision(tx, decision, chain_seq=seq)
