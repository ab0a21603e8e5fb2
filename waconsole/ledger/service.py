"""Move money: post, pend, settle, void, expire, reverse. Every verb runs in the caller's transaction.

Ids are made from the facts, so a repeat is harmless: the same id with the same body answers what stands, with another
body it is refused. Whatever is refused leaves nothing behind, not even in the chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.ledger import store, store_balances
from waconsole.ledger.model import (
    CLAWED_REF,
    EXPIRE,
    EXPIRED_REF,
    NO_LIMIT,
    PENDING,
    POST,
    REVERSAL,
    SINGLE,
    VOID,
    Posted,
    Transfer,
    Wanted,
    clawback_of,
    limit_of,
)
from waconsole.ledger.service_record import Step, record
from waconsole.money import Money

EXPIRED_AT_ONCE_MAX: Final = 500


def post(tx: Transaction, wanted: Wanted, *, now: int) -> Posted:
    """Move an amount at once."""
    return record(tx, [(SINGLE, wanted, None, None)], now=now)[0]


def post_many(tx: Transaction, wanted: Sequence[Wanted], *, now: int) -> list[Posted]:
    """Move several amounts: all of them or none. At most `MANY_MAX`."""
    return record(tx, [(SINGLE, one, None, None) for one in wanted], now=now)


def pend(tx: Transaction, wanted: Wanted, *, now: int) -> Posted:
    """Hold an amount on both accounts until it is settled, voided or expires (`wanted.expires_at`)."""
    return record(tx, [(PENDING, wanted, None, None)], now=now)[0]


def pend_many(tx: Transaction, wanted: Sequence[Wanted], *, now: int) -> list[Posted]:
    """Hold several amounts: all of them or none. At most `MANY_MAX`."""
    return record(tx, [(PENDING, one, None, None) for one in wanted], now=now)


def settle(
    tx: Transaction,
    ref: str,
    pending: str,
    *,
    effective_at: int,
    actor: str,
    now: int,
    amount_minor: int | None = None,
    approved_by: str | None = None,
    reason: str = "",
    rule: str = "",
    rule_version: int = 0,
) -> Posted:
    """Post what the pending transfer `pending` holds, or a part of it: the rest is released."""
    held = transfer(tx, pending)
    wanted = _after(tx, held, ref, effective_at=effective_at, actor=actor, reason=reason)
    part = held.amount if amount_minor is None else amount_minor
    wanted = replace(
        wanted,
        money=Money(part, held.currency),
        approved_by=approved_by,
        rule=rule or held.rule,
        rule_version=rule_version or held.rule_version,
    )
    return record(tx, [(POST, wanted, held, None)], now=now)[0]


def void(
    tx: Transaction, ref: str, pending: str, *, effective_at: int, actor: str, now: int, reason: str = ""
) -> Posted:
    """Release what the pending transfer `pending` holds: nothing moves."""
    held = transfer(tx, pending)
    wanted = _after(tx, held, ref, effective_at=effective_at, actor=actor, reason=reason)
    return record(tx, [(VOID, wanted, held, None)], now=now)[0]


def is_due(tx: Transaction, *, now: int) -> bool:
    """Whether the time of some pending transfer has come."""
    return bool(store.due_to_expire(tx, now=now, limit=1))


def expire_due(tx: Transaction, *, now: int, limit: int = EXPIRED_AT_ONCE_MAX) -> int:
    """Write the expiry of pending transfers whose time has come, oldest first; answers how many."""
    due = store.due_to_expire(tx, now=now, limit=limit)
    steps: list[Step] = []
    for held in due:
        at = held.expires_at if held.expires_at is not None else now
        ref = EXPIRED_REF.format(ref=held.ref)
        steps.append(
            (EXPIRE, _after(tx, held, ref, effective_at=at, actor="rule", reason="expired"), held, None)
        )
    if steps:
        record(tx, steps, now=now)
    return len(steps)


def reverse(
    tx: Transaction,
    ref: str,
    reverses: str,
    *,
    effective_at: int,
    actor: str,
    now: int,
    amount_minor: int | None = None,
    reason: str = "",
    source: str = "",
    rule: str = "",
    rule_version: int = 0,
) -> Posted:
    """Give back what the transfer `reverses` moved, or a part of it; all parts sum up to its amount at most.

    What a member's wallet no longer holds, because it was paid out, comes from their clawback account: that one may
    go below zero, and the wallet never does. Without `amount_minor` all that is left is reversed.
    """
    original = transfer(tx, reverses)
    if original.kind not in (SINGLE, POST):
        raise Refused(f"{reverses} moved nothing, so there is nothing to reverse: void it instead.")
    known = store.transfer_by_ref(tx, ref)
    if known is not None:
        amount = known.amount if amount_minor is None else amount_minor
    else:
        left = original.amount - store.reversed_amount(tx, original.seq)
        amount = left if amount_minor is None else amount_minor
        if amount > left or amount <= 0:
            raise Refused(f"{Money(left, original.currency)} of {reverses} is left to reverse, not {amount}.")
    back = _after(tx, original, ref, effective_at=effective_at, actor=actor, reason=reason)
    back = replace(
        back,
        debit=back.credit,
        credit=back.debit,
        money=Money(amount, original.currency),
        source=source or original.source,
        rule=rule or original.rule,
        rule_version=rule_version or original.rule_version,
    )
    steps: list[Step] = []
    if known is None:
        steps += _clawed_back(tx, back, original.credit_id)
    steps.append((REVERSAL, back, None, original))
    return record(tx, steps, now=now)[-1]


def transfer(tx: Transaction, ref: str) -> Transfer:
    """The transfer with this id. Raises NotFound."""
    found = store.transfer_by_ref(tx, ref)
    if found is None:
        raise NotFound(f"There is no transfer {ref}.")
    return found


def _after(
    tx: Transaction, before: Transfer, ref: str, *, effective_at: int, actor: str, reason: str
) -> Wanted:
    """A transfer linked to `before`, between its accounts and for all of it."""
    return Wanted(
        ref=ref,
        debit=store.account_name(tx, before.debit_id)[0],
        credit=store.account_name(tx, before.credit_id)[0],
        money=before.money,
        purpose=before.purpose,
        effective_at=effective_at,
        actor=actor,
        journal=before.journal,
        owner=before.owner,
        source=before.source,
        rule=before.rule,
        rule_version=before.rule_version,
        reason=reason,
    )


def _clawed_back(tx: Transaction, back: Wanted, wallet_id: int) -> list[Step]:
    """What a wallet lacks for a reversal, taken from the member's clawback account."""
    if limit_of(back.debit) == NO_LIMIT:
        return []
    lacks = back.money.minor - max(store_balances.balance(tx, wallet_id).available, 0)
    if lacks <= 0:
        return []
    clawed = replace(
        back,
        ref=CLAWED_REF.format(ref=back.ref),
        debit=clawback_of(back.debit),
        credit=back.debit,
        money=Money(lacks, back.money.currency),
        purpose="clawback",
    )
    return [(SINGLE, clawed, None, None)]
