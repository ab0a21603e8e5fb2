"""What was asked of WhatsApp about groups, and what an event told of it. The first is written before the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound

REQUESTS_MAX: Final = 100_000
OVERDUE_AT_ONCE_MAX: Final = 100
_COLUMNS: Final = "id, ref, request_id, group_id, number_id, kind, body, state, code, detail, operator_id, asked_at, deadline_at, ended_at"


def begin(
    tx: Transaction,
    *,
    ref: str,
    kind: str,
    number_id: int,
    group_id: int | None,
    body: Mapping[str, Any],
    operator_id: int,
    now: int,
    deadline_at: int,
) -> int:
    """Write that WhatsApp is about to be asked; answers the row's id."""
    return tx.insert(
        """
        INSERT INTO group_request (ref, kind, number_id, group_id, body, state, operator_id, asked_at, deadline_at)
        VALUES (:ref, :kind, :number_id, :group_id, :body, 'asking', :operator_id, :now, :deadline_at)
        """,
        {
            "ref": ref,
            "kind": kind,
            "number_id": number_id,
            "group_id": group_id,
            "body": json.dumps(body, ensure_ascii=False),
            "operator_id": operator_id,
            "now": now,
            "deadline_at": deadline_at,
        },
    )


def request_row(tx: Transaction, row_id: int) -> Row:
    """One request (`_COLUMNS`). Raises NotFound."""
    row = tx.one(f"SELECT {_COLUMNS} FROM group_request WHERE id = :id", {"id": row_id})
    if row is None:
        raise NotFound("That request is not in this ledger.")
    return row


def request_by_id(tx: Transaction, request_id: str) -> Row | None:
    """The request WhatsApp calls so, or None."""
    return tx.one(f"SELECT {_COLUMNS} FROM group_request WHERE request_id = :id", {"id": request_id})


def requests(tx: Transaction, *, only_open: bool = False) -> list[Row]:
    """Requests, the newest first; `only_open`: those nobody has an answer to."""
    where = "WHERE state IN ('asking', 'pending', 'unknown', 'overdue')" if only_open else ""
    return tx.rows(
        f"SELECT {_COLUMNS} FROM group_request {where} ORDER BY id DESC LIMIT :limit", {"limit": REQUESTS_MAX}
    )


def unanswered_births(tx: Transaction, number_id: int) -> list[Row]:
    """Groups of a number that were asked for, and whose request WhatsApp's answer never named; the oldest first."""
    return tx.rows(
        f"""
        SELECT {_COLUMNS} FROM group_request
         WHERE kind = 'create' AND request_id IS NULL AND number_id = :number_id
           AND state IN ('asking', 'unknown', 'overdue')
         ORDER BY id LIMIT :limit
        """,
        {"number_id": number_id, "limit": REQUESTS_MAX},
    )


def set_request(tx: Transaction, row_id: int, columns: Mapping[str, Any]) -> None:
    """Write changeable columns of a request: request_id, group_id, state, code, detail, ended_at."""
    words = ", ".join(f"{column} = :{column}" for column in columns)
    tx.execute(f"UPDATE group_request SET {words} WHERE id = :in_id", {**columns, "in_id": row_id})


def keep_result(
    tx: Transaction,
    request_id: str,
    *,
    group_id: int | None,
    state: str,
    code: int | None,
    detail: str,
    at: int,
) -> bool:
    """Keep what an event told of a request; False when it had told before."""
    cursor = tx.execute(
        """
        INSERT INTO group_result (request_id, group_id, state, code, detail, told_at)
        VALUES (:request_id, :group_id, :state, :code, :detail, :at)
            ON CONFLICT (request_id) DO NOTHING
        """,
        {
            "request_id": request_id,
            "group_id": group_id,
            "state": state,
            "code": code,
            "detail": detail,
            "at": at,
        },
    )
    return cursor.rowcount > 0


def result(tx: Transaction, request_id: str) -> Row | None:
    """(group_id, state, code, detail, told_at) of what an event told of a request, or None."""
    return tx.one(
        "SELECT group_id, state, code, detail, told_at FROM group_result WHERE request_id = :id",
        {"id": request_id},
    )


def overdue(tx: Transaction, *, now: int) -> list[Row]:
    """Requests whose deadline has passed without a word, the first due before the others."""
    return tx.rows(
        f"""
        SELECT {_COLUMNS} FROM group_request
         WHERE state IN ('asking', 'pending') AND deadline_at <= :now
         ORDER BY deadline_at, id
         LIMIT :limit
        """,
        {"now": now, "limit": OVERDUE_AT_ONCE_MAX},
    )


def has_overdue(tx: Transaction, *, now: int) -> bool:
    """Whether one is."""
    return bool(
        tx.value(
            "SELECT 1 FROM group_request WHERE state IN ('asking', 'pending') AND deadline_at <= :now LIMIT 1",
            {"now": now},
        )
    )


def move_group(tx: Transaction, other_id: int, group_id: int) -> None:
    """What was asked about `other_id`, and what came of it, is about `group_id`."""
    tx.execute(
        "UPDATE group_request SET group_id = :id WHERE group_id = :other", {"id": group_id, "other": other_id}
    )
    tx.execute(
        "UPDATE group_result SET group_id = :id WHERE group_id = :other", {"id": group_id, "other": other_id}
    )
