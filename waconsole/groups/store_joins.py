"""Who asks to come into a group, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from waconsole.database.connection import Row, Transaction

JOINS_MAX: Final = 100_000
ASKED: Final = "asked"
_COLUMNS: Final = """
    j.id, j.group_id, j.request_id, r.root_id AS member_id, j.alias_id, j.person, j.asked_at, j.entry_channel, j.state,
    j.told_at, j.decided_by, o.name AS decided_by_name, j.decided_at, j.reason, j.code, j.detail,
    m.ref AS member_ref, m.name AS member_name
"""
_FROM: Final = """
      FROM join_request AS j
      LEFT JOIN member_root AS r ON r.id = j.member_id
      LEFT JOIN member AS m ON m.id = r.root_id
      LEFT JOIN operator AS o ON o.id = j.decided_by
"""


def ask(
    tx: Transaction,
    *,
    group_id: int,
    request_id: str,
    member_id: int,
    alias_id: int | None,
    person: Mapping[str, Any],
    channel: str,
    at: int,
) -> tuple[int, bool]:
    """Somebody asked at `at`: (the row's id, whether that is news). Asking again after an end opens the row anew."""
    known = join_of(tx, group_id, request_id)
    told = {
        "member_id": member_id,
        "alias_id": alias_id,
        "person": json.dumps(person, ensure_ascii=False, sort_keys=True),
        "channel": channel,
        "at": at,
    }
    if known is None:
        row_id = tx.insert(
            """
            INSERT INTO join_request (group_id, request_id, member_id, alias_id, person, asked_at, entry_channel, state, told_at)
            VALUES (:group_id, :request_id, :member_id, :alias_id, :person, :at, :channel, 'asked', :at)
            """,
            {**told, "group_id": group_id, "request_id": request_id},
        )
        return row_id, True
    ended_at = max(known["told_at"], known["decided_at"] or 0)
    if known["state"] == ASKED or at <= ended_at:
        # An end may be told before the beginning: the earliest word is when they asked.
        tx.execute(
            """
            UPDATE join_request
               SET asked_at = min(asked_at, :at),
                   entry_channel = CASE WHEN entry_channel = '' THEN :channel ELSE entry_channel END
             WHERE id = :id
            """,
            {"at": at, "channel": channel, "id": known["id"]},
        )
        return int(known["id"]), False
    tx.execute(
        """
        UPDATE join_request
           SET member_id = :member_id, alias_id = :alias_id, person = :person, asked_at = :at, entry_channel = :channel,
               state = 'asked', told_at = :at, decided_by = NULL, decided_at = NULL, reason = '', code = NULL, detail = ''
         WHERE id = :id
        """,
        {**told, "id": known["id"]},
    )
    return int(known["id"]), True


def join_of(tx: Transaction, group_id: int, request_id: str) -> Row | None:
    """The row of one request, or None."""
    return tx.one(
        f"SELECT {_COLUMNS} {_FROM} WHERE j.group_id = :group_id AND j.request_id = :request_id",
        {"group_id": group_id, "request_id": request_id},
    )


def joins(tx: Transaction, group_id: int | None = None, *, only_asked: bool = True) -> list[Row]:
    """Requests of a group (or of all), who has waited longest first."""
    return tx.rows(
        f"""
        SELECT {_COLUMNS} {_FROM}
         WHERE (:group_id IS NULL OR j.group_id = :group_id) AND (NOT :only_asked OR j.state = 'asked')
         ORDER BY j.state <> 'asked', j.asked_at, j.id
         LIMIT :limit
        """,
        {"group_id": group_id, "only_asked": int(only_asked), "limit": JOINS_MAX},
    )


def join_rows(tx: Transaction, ids: list[int]) -> list[Row]:
    """The rows of those ids, in their order; what is not there is left out."""
    found = {}
    for row_id in ids:
        row = tx.one(f"SELECT {_COLUMNS} {_FROM} WHERE j.id = :id", {"id": row_id})
        if row is not None:
            found[row_id] = row
    return [found[row_id] for row_id in ids if row_id in found]


def asked_by_member(tx: Transaction, group_id: int, member_id: int) -> list[Row]:
    """Requests of a member that are open in a group."""
    return tx.rows(
        f"""
        SELECT {_COLUMNS} {_FROM}
         WHERE j.group_id = :group_id AND j.state = 'asked'
           AND r.root_id = (SELECT root_id FROM member_root WHERE id = :member_id)
         ORDER BY j.id LIMIT :limit
        """,
        {"group_id": group_id, "member_id": member_id, "limit": JOINS_MAX},
    )


def settle(
    tx: Transaction,
    row_id: int,
    state: str,
    *,
    at: int,
    operator_id: int | None = None,
    reason: str = "",
) -> bool:
    """A request has come to an end at `at`, by an operator or by itself; False when it had before."""
    cursor = tx.execute(
        """
        UPDATE join_request
           SET state = :state, decided_by = :operator_id, decided_at = :at, reason = :reason, code = NULL, detail = '',
               told_at = CASE WHEN :operator_id IS NULL THEN max(told_at, :at) ELSE told_at END
         WHERE id = :id AND state = 'asked'
        """,
        {"state": state, "operator_id": operator_id, "at": at, "reason": reason, "id": row_id},
    )
    return cursor.rowcount > 0


def reopen(tx: Transaction, row_id: int, *, now: int) -> None:
    """WhatsApp lists somebody who was missing from an earlier list: they wait as before."""
    tx.execute(
        "UPDATE join_request SET state = 'asked', decided_at = NULL, told_at = :now WHERE id = :id AND state = 'gone'",
        {"now": now, "id": row_id},
    )


def failed(tx: Transaction, row_id: int, code: int | None, detail: str) -> None:
    """WhatsApp did not do what was decided: the request stays open, and says why."""
    tx.execute(
        "UPDATE join_request SET code = :code, detail = :detail WHERE id = :id AND state = 'asked'",
        {"code": code, "detail": detail, "id": row_id},
    )


def counts(tx: Transaction) -> dict[int, int]:
    """How many wait in each group where somebody does."""
    rows = tx.rows(
        """
        SELECT group_id, count(*) AS waiting FROM join_request WHERE state = 'asked' GROUP BY group_id LIMIT :limit
        """,
        {"limit": JOINS_MAX},
    )
    return {row["group_id"]: row["waiting"] for row in rows}


def move_group(tx: Transaction, other_id: int, group_id: int) -> None:
    """Who asks to come into `other_id` asks to come into `group_id`."""
    tx.execute(
        "UPDATE join_request SET group_id = :id WHERE group_id = :other", {"id": group_id, "other": other_id}
    )
