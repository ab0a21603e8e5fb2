"""Accounts, and the one way a transfer is written: known ids are answered, new rows are sealed, all of it or nothing."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

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
        if limit_rule is not None and store.limit_rule(tx, known) != limit_rule:
            raise Refused(f"{name} is there with another limit: close it, and open another.")
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


class _Fresh(NamedTuple):
    """A transfer to write: what the ledger says of it, and what the caller said."""

    seq: int
    released: int
    commit: bytes | None
    body: bytes
    said: tuple[object, ...]
    salt: bytes
    words: str


def _recorded(tx: Transaction, steps: Sequence[Step], *, now: int) -> list[Posted]:
    seq, last_at = store.last_transfer(tx)
    accounts: dict[tuple[str, str], int] = {}
    bodies: dict[str, tuple[int, bytes]] = {}
    fresh: list[_Fresh] = []
    answers: list[Posted] = []
    for step in steps:
        _, wanted, pending, _ = step
        check_wanted(wanted)
        currency = wanted.money.currency
        debit, credit = (wanted.debit, currency), (wanted.credit, currency)
        for one in (debit, credit):
            if one not in accounts:
                accounts[one] = open_account(tx, *one, now=now)
        said = _said(step, accounts[debit], accounts[credit])
        body = transfer_body(said)
        known = bodies.get(wanted.ref) or store.known_body(tx, wanted.ref)
        if known is not None:
            if known[1] != body:
                raise Refused(f"{wanted.ref} was recorded already, and it said something else.")
            answers.append(Posted(known[0], False))
            continue
        seq += 1
        salt = secrets.token_bytes(SALT_BYTES) if wanted.memo else b""
        commit = memo_commitment(salt, wanted.memo) if wanted.memo else None
        released = 0 if pending is None else pending.amount
        fresh.append(_Fresh(seq, released, commit, body, said, salt, wanted.memo))
        bodies[wanted.ref] = (seq, body)
        answers.append(Posted(seq, True))
    if fresh:
        # The books grow in order, whatever a clock does.
        _seal_and_write(tx, fresh, recorded_at=max(now, last_at))
    return answers


def _seal_and_write(tx: Transaction, fresh: Sequence[_Fresh], *, recorded_at: int) -> None:
    hashed = [(it.seq, sealed_transfer(it.seq, recorded_at, it.released, it.commit, it.body)) for it in fresh]
    link = chain.append_many(tx, ROOM, TRANSFER, hashed)
    for place, it in enumerate(fresh, link):
        store.add_transfer(tx, (it.seq, it.released, recorded_at, it.commit, it.body, place, *it.said))
        if it.words:
            store.add_memo(tx, it.seq, it.salt, it.words)


def _said(step: Step, debit: int, credit: int) -> tuple[object, ...]:
    """What the caller said, in the order of `Transfer` from `ref` on."""
    kind, wanted, pending, reverses = step
    return (
        wanted.ref,
        kind,
        wanted.journal or wanted.ref,
        debit,
        credit,
        wanted.money.currency,
        wanted.money.minor,
        None if pending is None else pending.seq,
        None if reverses is None else reverses.seq,
        wanted.expires_at if kind == PENDING else None,
        wanted.purpose,
        wanted.owner,
        wanted.source,
        wanted.rule,
        wanted.rule_version,
        wanted.effective_at,
        wanted.actor,
        wanted.approved_by,
        wanted.reason,
    )
