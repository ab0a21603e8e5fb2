"""Operator rows, leases, and the act log that is also the undo log."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from waconsole.database.connection import Transaction
from waconsole.operators.sealing import ACT, OPERATOR, SALT_BYTES, SIGN_IN
from waconsole.operators.store_seals import is_installed, next_id, seal_acts, seal_row

OPERATORS_MAX: Final = 10_000
STROKE_ACTS_MAX: Final = 2_000_000

_encode: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


@dataclass(frozen=True, slots=True)
class Operator:
    """The person at the console."""

    id: int
    ref: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Act:
    """One change of one object: how it stood before and after (column values)."""

    object_kind: str
    object_id: int
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    verb: str = ""
    stroke: str = ""
    decided_at: int = 0
    rule: str = ""
    rule_version: int = 0


def operators(tx: Transaction) -> list[Operator]:
    """Everybody who may act, oldest first."""
    rows = tx.rows(
        "SELECT id, ref, name, role FROM operator ORDER BY id LIMIT :limit", {"limit": OPERATORS_MAX}
    )
    return [Operator(**dict(row)) for row in rows]


def operator_by_name(tx: Transaction, name: str) -> Operator | None:
    """The operator called `name` (or with that ref), or None."""
    row = tx.one("SELECT id, ref, name, role FROM operator WHERE name = :name OR ref = :name", {"name": name})
    return None if row is None else Operator(**dict(row))


def member_id_of(tx: Transaction, who: str) -> int | None:
    """The id of the member whom a ref, an E.164 number or a BSUID names, or None."""
    value = tx.value(
        """
        SELECT id FROM visible_member
         WHERE id = (SELECT root_id FROM member WHERE ref = :who)
            OR id = (SELECT member_id FROM alias WHERE kind IN ('phone', 'bsuid') AND value = :who AND group_id = 0)
        """,
        {"who": who},
    )
    return None if value is None else int(value)


def add_operator(
    tx: Transaction, *, ref: str, name: str, role: str, now: int, member_id: int | None = None
) -> Operator:
    """Write a new operator, who may also be a member."""
    row = (next_id(tx, OPERATOR), ref, name, role, member_id, now)
    seal_row(tx, OPERATOR, row)
    tx.execute(
        "INSERT INTO operator (id, ref, name, role, member_id, added_at) VALUES (?, ?, ?, ?, ?, ?)", row
    )
    return Operator(row[0], ref, name, role)


def add_acts(
    tx: Transaction,
    operator: Operator,
    acts: Sequence[Act],
    *,
    stroke: str,
    verb: str,
    now: int,
    undoes: str | None = None,
) -> None:
    """Append what one key press or command did, under one link of the chain."""
    if not acts:
        return
    first = next_id(tx, ACT)
    installed = is_installed(tx)
    salts = _drawn(len(acts)) if installed else _made_up(stroke, first, len(acts))
    rows = [
        (
            first + number,
            stroke,
            operator.id,
            verb,
            act.object_kind,
            act.object_id,
            act.rule,
            act.rule_version,
            undoes,
            now,
            _encode(act.before),
            _encode(act.after),
            salts[number],
            None,
        )
        for number, act in enumerate(acts)
    ]
    if installed:
        seal_acts(tx, rows)
    tx.executemany(
        """
        INSERT INTO act (id, stroke, operator_id, verb, object_kind, object_id, rule, rule_version, undoes, decided_at,
                         before, after, salt, words_hash)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        rows,
    )


def _drawn(count: int) -> list[bytes]:
    drawn = os.urandom(SALT_BYTES * count)
    return [drawn[place : place + SALT_BYTES] for place in range(0, len(drawn), SALT_BYTES)]


def _made_up(stroke: str, first: int, count: int) -> list[bytes]:
    """Salts of a ledger that is only being built: it comes out the same every time."""
    names = (f"{stroke},{first + number}".encode() for number in range(count))
    return [hashlib.blake2b(name, digest_size=SALT_BYTES).digest() for name in names]


def last_undoable_stroke(tx: Transaction, operator: Operator) -> str | None:
    """The operator's newest stroke that is no undo and has not been undone; signing in and out is passed over."""
    stroke = tx.value(
        """
        SELECT a.stroke
          FROM act AS a
         WHERE a.operator_id = :operator
           AND a.undoes IS NULL
           AND a.object_kind <> :sign_in
           AND NOT EXISTS (SELECT 1 FROM act AS u WHERE u.undoes = a.stroke)
         ORDER BY a.id DESC
         LIMIT 1
        """,
        {"operator": operator.id, "sign_in": SIGN_IN},
    )
    return None if stroke is None else str(stroke)


def acts_of(tx: Transaction, stroke: str) -> list[Act]:
    """The acts of one stroke, newest first: the order in which they are undone."""
    rows = tx.rows(
        """
        SELECT object_kind, object_id, before, after, verb, stroke, decided_at, rule, rule_version
          FROM act
         WHERE stroke = :stroke
         ORDER BY id DESC
         LIMIT :limit
        """,
        {"stroke": stroke, "limit": STROKE_ACTS_MAX},
    )
    return [
        Act(**{**dict(row), "before": json.loads(row["before"]), "after": json.loads(row["after"])})
        for row in rows
    ]


def put_lease(
    tx: Transaction, *, kind: str, object_id: int, operator_id: int, now: int, expires_at: int
) -> bool:
    """Take an object; False when another operator's lease on it has not ended."""
    cursor = tx.execute(
        """
        INSERT INTO lease (object_kind, object_id, operator_id, taken_at, expires_at)
        VALUES (:kind, :object_id, :operator_id, :now, :expires_at)
            ON CONFLICT (object_kind, object_id) DO UPDATE
            SET operator_id = excluded.operator_id, taken_at = excluded.taken_at, expires_at = excluded.expires_at
          WHERE lease.expires_at <= excluded.taken_at OR lease.operator_id = excluded.operator_id
        """,
        {
            "kind": kind,
            "object_id": object_id,
            "operator_id": operator_id,
            "now": now,
            "expires_at": expires_at,
        },
    )
    return cursor.rowcount > 0


def end_lease(tx: Transaction, *, kind: str, object_id: int, operator_id: int) -> bool:
    """Give an object back; False when this operator had not taken it."""
    cursor = tx.execute(
        "DELETE FROM lease WHERE object_kind = :kind AND object_id = :object_id AND operator_id = :operator_id",
        {"kind": kind, "object_id": object_id, "operator_id": operator_id},
    )
    return cursor.rowcount > 0


def lease_on(tx: Transaction, *, kind: str, object_id: int, now: int) -> tuple[str, int, int] | None:
    """(operator's name, operator id, until when) of the lease in force, or None."""
    row = tx.one(
        """
        SELECT o.name, o.id, l.expires_at
          FROM lease AS l
          JOIN operator AS o ON o.id = l.operator_id
         WHERE l.object_kind = :kind AND l.object_id = :object_id AND l.expires_at > :now
        """,
        {"kind": kind, "object_id": object_id, "now": now},
    )
    return None if row is None else (row["name"], row["id"], row["expires_at"])
