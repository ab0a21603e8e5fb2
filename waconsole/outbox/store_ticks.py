"""Blue ticks: for which received message one was asked for, with which reply, and what came of it."""

from __future__ import annotations

from typing import Any

from waconsole.clock import iso
from waconsole.database.connection import Row, Transaction


def newest_received(tx: Transaction, conversation_id: int) -> str | None:
    """WhatsApp's id of the newest message a member sent in a conversation, or None."""
    value = tx.value(
        """
        SELECT wamid FROM visible_message
         WHERE conversation_id = :id AND direction = 'in' AND wamid IS NOT NULL
         ORDER BY sent_at DESC, id DESC LIMIT 1
        """,
        {"id": conversation_id},
    )
    return None if value is None else str(value)


def tick_of(tx: Transaction, wamid: str) -> Row | None:
    """(id, times, asked_at, outcome, code, given_at) of the tick that was asked for a message, or None."""
    return tx.one(
        "SELECT id, times, asked_at, outcome, code, given_at FROM blue_tick WHERE wamid = :wamid",
        {"wamid": wamid},
    )


def ask(
    tx: Transaction,
    wamid: str,
    *,
    conversation_id: int,
    outgoing_id: int | None,
    operator_id: int | None,
    typing: bool,
    now: int,
) -> int:
    """Write that a tick is asked for (again); answers its id."""
    return int(
        tx.value(
            """
            INSERT INTO blue_tick (wamid, conversation_id, outgoing_id, operator_id, typing, asked_at)
            VALUES (:wamid, :conversation_id, :outgoing_id, :operator_id, :typing, :now)
                ON CONFLICT (wamid) DO UPDATE
               SET outgoing_id = coalesce(excluded.outgoing_id, outgoing_id),
                   operator_id = coalesce(excluded.operator_id, operator_id),
                   typing = excluded.typing, times = times + 1, asked_at = excluded.asked_at, ended_at = NULL,
                   outcome = '', code = NULL, detail = ''
            RETURNING id
            """,
            {
                "wamid": wamid,
                "conversation_id": conversation_id,
                "outgoing_id": outgoing_id,
                "operator_id": operator_id,
                "typing": int(typing),
                "now": now,
            },
        )
    )


def end(tx: Transaction, tick_id: int, *, outcome: str, code: int | None, detail: str, now: int) -> None:
    """Write what came of it. What was given once stays given; what never left was not asked."""
    tx.execute(
        """
        UPDATE blue_tick
           SET outcome = :outcome, code = :code, detail = :detail, ended_at = :now,
               times = times - CASE WHEN :outcome = 'unsent' THEN 1 ELSE 0 END,
               given_at = CASE WHEN :outcome = 'accepted' THEN coalesce(given_at, :now) ELSE given_at END
         WHERE id = :id
        """,
        {"id": tick_id, "outcome": outcome, "code": code, "detail": detail, "now": now},
    )


def tick_with(tx: Transaction, outgoing_id: int) -> dict[str, Any] | None:
    """The tick that went with a reply as the command line answers it: message (wamid), outcome, detail, given_at; or None."""
    row = tx.one(
        """
        SELECT wamid AS message, outcome, detail, given_at FROM blue_tick
         WHERE outgoing_id = :id ORDER BY id DESC LIMIT 1
        """,
        {"id": outgoing_id},
    )
    if row is None:
        return None
    return {**dict(row), "given_at": None if row["given_at"] is None else iso(row["given_at"])}
