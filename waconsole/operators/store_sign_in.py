"""Rows that only grow: passphrases, limits, links, retirements, sign-ins and adoptions. Each is sealed, then written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.operators.sealing import (
    ADOPTION,
    FAILURE,
    LIMIT,
    LINK,
    PASSPHRASE,
    RETIREMENT,
    SIGN_IN,
    SIGN_OUT,
    Value,
)
from waconsole.operators.store_seals import next_id, seal_row

SIGN_INS_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Hashed:
    """A passphrase as it is kept: salt and hash, and scrypt's parameters."""

    salt: bytes
    cost: int
    block_size: int
    parallel: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in: whose, and how long it lasts; instants in microseconds UTC."""

    id: int
    operator_id: int
    passphrase_id: int
    installation: str
    idle_seconds: int
    signed_in_at: int
    ends_at: int
    signed_out_at: int | None


def add_passphrase(tx: Transaction, operator_id: int, kept: Hashed, *, set_by: int, now: int) -> int:
    """Write an operator's next passphrase; answers its row."""
    row = (
        next_id(tx, PASSPHRASE),
        operator_id,
        kept.salt,
        kept.cost,
        kept.block_size,
        kept.parallel,
        kept.hash,
        set_by,
        now,
    )
    seal_row(tx, PASSPHRASE, row)
    return _insert(
        tx,
        """
        INSERT INTO operator_passphrase (id, operator_id, salt, cost, block_size, parallel, hash, set_by, set_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        row,
    )


def add_limit(
    tx: Transaction, operator_id: int, currency: str, amount_minor: int, *, set_by: int, now: int
) -> int:
    """Write how much an operator may approve in a day in a currency; answers its row."""
    row = (next_id(tx, LIMIT), operator_id, currency, amount_minor, set_by, now)
    seal_row(tx, LIMIT, row)
    return _insert(
        tx,
        "INSERT INTO operator_limit (id, operator_id, currency, amount_minor, set_by, set_at) VALUES (?, ?, ?, ?, ?, ?)",
        row,
    )


def add_link(tx: Transaction, operator_id: int, member_id: int, *, set_by: int, now: int) -> int:
    """Write which member an operator is; answers its row."""
    row = (next_id(tx, LINK), operator_id, member_id, set_by, now)
    seal_row(tx, LINK, row)
    return _insert(
        tx,
        "INSERT INTO operator_link (id, operator_id, member_id, set_by, set_at) VALUES (?, ?, ?, ?, ?)",
        row,
    )


def add_retirement(tx: Transaction, operator_id: int, *, set_by: int, now: int) -> int:
    """Write that an operator decides nothing any more; answers its row."""
    row = (next_id(tx, RETIREMENT), operator_id, set_by, now)
    seal_row(tx, RETIREMENT, row)
    return _insert(
        tx, "INSERT INTO operator_retirement (id, operator_id, set_by, set_at) VALUES (?, ?, ?, ?)", row
    )


def add_sign_in(
    tx: Transaction,
    operator_id: int,
    passphrase_id: int,
    *,
    installation: str,
    token_hash: bytes,
    idle_seconds: int,
    now: int,
    ends_at: int,
) -> int:
    """Write a sign-in; answers its row."""
    row = (
        *(next_id(tx, SIGN_IN), operator_id, passphrase_id, installation, token_hash, idle_seconds),
        *(now, ends_at),
    )
    seal_row(tx, SIGN_IN, row)
    return _insert(
        tx,
        """
        INSERT INTO sign_in (id, operator_id, passphrase_id, installation, token_hash, idle_seconds, signed_in_at, ends_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        row,
    )


def add_sign_out(tx: Transaction, sign_in_id: int, *, now: int) -> int:
    """Write that a sign-in has ended; answers its row."""
    row = (next_id(tx, SIGN_OUT), sign_in_id, now)
    seal_row(tx, SIGN_OUT, row)
    return _insert(tx, "INSERT INTO sign_out (id, sign_in_id, signed_out_at) VALUES (?, ?, ?)", row)


def add_failure(tx: Transaction, operator_id: int, *, now: int) -> int:
    """Write that a passphrase was wrong; answers its row."""
    row = (next_id(tx, FAILURE), operator_id, now)
    seal_row(tx, FAILURE, row)
    return _insert(tx, "INSERT INTO sign_in_failure (id, operator_id, failed_at) VALUES (?, ?, ?)", row)


def add_adoption(tx: Transaction, installation: str, *, operator_id: int, now: int) -> int:
    """Write that an owner adopts this installation; answers its row."""
    row = (next_id(tx, ADOPTION), installation, operator_id, now)
    seal_row(tx, ADOPTION, row)
    return _insert(
        tx, "INSERT INTO adoption (id, installation, operator_id, adopted_at) VALUES (?, ?, ?, ?)", row
    )


def _insert(tx: Transaction, sql: str, row: Sequence[Value]) -> int:
    tx.execute(sql, tuple(row))
    assert isinstance(row[0], int)
    return row[0]


def is_adopted(tx: Transaction, installation: str) -> bool:
    """Whether an owner adopted this installation."""
    sql = "SELECT 1 FROM adoption WHERE installation = :installation"
    return tx.value(sql, {"installation": installation}) is not None


def passphrase(tx: Transaction, passphrase_id: int) -> Hashed:
    """A passphrase as it is kept."""
    row = tx.one(
        "SELECT salt, cost, block_size, parallel, hash FROM operator_passphrase WHERE id = :id",
        {"id": passphrase_id},
    )
    assert row is not None
    return Hashed(*row)


def sign_in_by_token(tx: Transaction, token_hash: bytes) -> SignIn | None:
    """The sign-in with this token, or None."""
    row = tx.one(
        """
        SELECT s.id, s.operator_id, s.passphrase_id, s.installation, s.idle_seconds, s.signed_in_at, s.ends_at,
               (SELECT signed_out_at FROM sign_out WHERE sign_in_id = s.id)
          FROM sign_in AS s WHERE s.token_hash = :hash
        """,
        {"hash": token_hash},
    )
    return None if row is None else SignIn(*row)


def failures_since(tx: Transaction, operator_id: int, since: int) -> list[int]:
    """When an operator's passphrase was wrong after `since`, and after it was last right for a sign-in; oldest first."""
    rows = tx.rows(
        """
        SELECT failed_at FROM sign_in_failure
         WHERE operator_id = :operator AND failed_at > :since
           AND failed_at > coalesce((SELECT max(signed_in_at) FROM sign_in WHERE operator_id = :operator), 0)
         ORDER BY failed_at LIMIT :limit
        """,
        {"operator": operator_id, "since": since, "limit": SIGN_INS_MAX},
    )
    return [row[0] for row in rows]
