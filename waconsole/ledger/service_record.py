"""Accounts, and the one way a transfer is written: known ids are answered, new rows are sealed, all of it or nothing."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from waconsole import money
from waconsole.chain import service as chain
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.ledger import store
from waconsole.ledger.model import (
    ACCOUNT,
    CLOSING,
    PENDING,
    ROOM,
    TRANSFER,
    Posted,
    Transfer,
    Wanted,
    check_wanted,
    limit_of,
    memo_commitment,
    sealed_account,
    sealed_closing,
    sealed_transfer,
    transfer_body,
)

SALT_BYTES: Final = 16
MANY_MAX: Final = 1_000

# (kind, what is wanted, the pending transfer it resolves, the transfer it reverses)
Step = tuple[str, Wanted, Transfer | None, Transfer | None]


@contextmanager
def _whole(tx: Transaction) -> Iterator[None]:
    """All of it or nothing, also for a caller who goes on after a refusal."""
    tx.execute("SAVEPOINT ledger")
    try:
        yield
    except BaseException:
        tx.execute("ROLLBACK TO ledger")
        tx.execute("RELEASE ledger")
        raise
    tx.execute("RELEASE ledger")


def open_account(
    tx: Transaction, name: str, currency: str, *, now: int, limit_rule: int | None = None
) -> int:
    """The account of this name and currency, made unless it is there; answers its id.

    `limit_rule` is for a new one: without it a member's wallet never goes below zero and others have no limit.
    Raises Refused for a currency that is none, or when the account there has another limit.
    """
    known = store.account_id(tx, name, currency)
    if known is not None:
        return known
    digits = money.exponent(currency)
    rule = limit_of(name) if limit_rule is None else limit_rule
    with _whole(tx):
        store.add_currency(tx, currency, digits)
        account = store.next_account_id(tx)
        hashed = sealed_account(account, name, currency, rule, now)
        seq = chain.append(tx, ROOM, ACCOUNT, account, hashed)
        store.add_account(
            tx, account=account, name=name, currency=currency, limit_rule=rule, now=now, chain_seq=seq
        )
    return account


def close_account(tx: Transaction, name: str, currency: str, *, actor: str, reason: str, now: int) -> None:
    """Let nothing move on an account any more, but reversals. Raises Refused when something stands on it."""
    account = account_named(tx, name, currency)
    with _whole(tx):
        closing = store.next_closing_id(tx)
        hashed = sealed_closing(closing, account, now, actor, reason)
        seq = chain.append(tx, ROOM, CLOSING, closing, hashed)
        store.add_closing(
            tx, closing=closing, account=account, now=now, actor=actor, reason=reason, chain_seq=seq
        )


def account_named(tx: Transaction, name: str, currency: str) -> int:
    """The id of an account. Raises NotFound."""
    found = store.account_id(tx, name, currency)
    if found is None:
        raise NotFound(f"There is no account {name} in {currency}: `waconsole ledger accounts` lists them.")
    return found


def record(tx: Transaction, steps: Sequence[Step], *, now: int) -> list[Posted]:
    """Write the steps that are not there yet, each sealed; all of them or none. Raises Refused."""
    if len(steps) > MANY_MAX:
        raise Refused(f"At most {MANY_MAX:,} transfers are written at once.")
    with _whole(tx):
        return _recorded(tx, steps, now=now)


def _recorded(tx: Transaction, steps: Sequence[Step], *, now: int) -> list[Posted]:
    seq, last_at = store.last_transfer(tx)
    recorded_at = max(now, last_at)  # the books grow in order, whatever a clock does
    accounts: dict[tuple[str, str], int] = {}
    bodies: dict[str, tuple[int, bytes]] = {}
    fresh: list[tuple[Transfer, bytes, str]] = []
    answers: list[Posted] = []
    for step in steps:
        wanted = step[1]
        check_wanted(wanted)
        debit, credit = (
            accounts.get(it) or accounts.setdefault(it, open_account(tx, *it, now=now))
            for it in ((wanted.debit, wanted.money.currency), (wanted.credit, wanted.money.currency))
        )
        row = _row(step, seq + 1, debit, credit, recorded_at)
        body = transfer_body(row)
        known = bodies.get(wanted.ref) or store.known_body(tx, wanted.ref)
        if known is not None:
            if known[1] != body:
                raise Refused(f"{wanted.ref} was recorded already, and it said something else.")
            answers.append(Posted(known[0], False))
            continue
        seq += 1
        salt = secrets.token_bytes(SALT_BYTES) if wanted.memo else b""
        commit = memo_commitment(salt, wanted.memo) if wanted.memo else None
        fresh.append((row._replace(memo_commit=commit, body_hash=body), salt, wanted.memo))
        bodies[wanted.ref] = (seq, body)
        answers.append(Posted(seq, True))
    if fresh:
        _seal_and_write(tx, fresh)
    return answers


def _seal_and_write(tx: Transaction, fresh: Sequence[tuple[Transfer, bytes, str]]) -> None:
    link = chain.append_many(tx, ROOM, TRANSFER, [(row.seq, sealed_transfer(row)) for row, _, _ in fresh])
    for place, (row, salt, words) in enumerate(fresh):
        store.add_transfer(tx, row._replace(chain_seq=link + place))
        if words:
            store.add_memo(tx, row.seq, salt, words)


def _row(step: Step, seq: int, debit: int, credit: int, recorded_at: int) -> Transfer:
    kind, wanted, pending, reverses = step
    return Transfer(
        seq=seq,
        released=0 if pending is None else pending.amount,
        recorded_at=recorded_at,
        memo_commit=None,
        body_hash=b"",
        chain_seq=0,
        ref=wanted.ref,
        kind=kind,
        journal=wanted.journal or wanted.ref,
        debit_id=debit,
        credit_id=credit,
        currency=wanted.money.currency,
        amount=wanted.money.minor,
        pending_seq=None if pending is None else pending.seq,
        reverses_seq=None if reverses is None else reverses.seq,
        expires_at=wanted.expires_at if kind == PENDING else None,
        purpose=wanted.purpose,
        owner=wanted.owner,
        source=wanted.source,
        rule=wanted.rule,
        rule_version=wanted.rule_version,
        effective_at=wanted.effective_at,
        actor=wanted.actor,
        approved_by=wanted.approved_by,
        reason=wanted.reason,
    )
