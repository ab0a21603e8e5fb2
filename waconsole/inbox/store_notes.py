"""Private notes of operators in a thread. Never sent to anybody."""

from __future__ import annotations

from typing import Any

from waconsole.database.connection import Transaction
from waconsole.errors import NotFound


def add_note(
    tx: Transaction,
    *,
    ref: str,
    conversation_id: int,
    message_id: int | None,
    operator_id: int,
    text: str,
    now: int,
) -> int:
    """Write a note and answer its id."""
    return tx.insert(
        """
        INSERT INTO note (ref, conversation_id, message_id, operator_id, text, written_at)
        VALUES (:ref, :conversation_id, :message_id, :operator_id, :text, :now)
        """,
        {
            "ref": ref,
            "conversation_id": conversation_id,
            "message_id": message_id,
            "operator_id": operator_id,
            "text": text,
            "now": now,
        },
    )


def note_columns(tx: Transaction, note_id: int) -> dict[str, Any]:
    """The changeable columns of a note, for the act log. Raises NotFound."""
    row = tx.one("SELECT withdrawn FROM note WHERE id = :id", {"id": note_id})
    if row is None:
        raise NotFound("That note is not in this ledger.")
    return dict(row)


def set_withdrawn(tx: Transaction, note_id: int, withdrawn: int) -> None:
    """Hide a note, or show it again; its text stays for the record."""
    tx.execute(
        "UPDATE note SET withdrawn = :withdrawn WHERE id = :id", {"withdrawn": withdrawn, "id": note_id}
    )


def move_thread(tx: Transaction, other_id: int, conversation_id: int) -> None:
    """Every note of the thread `other_id` stands in `conversation_id`."""
    tx.execute(
        "UPDATE note SET conversation_id = :id WHERE conversation_id = :other",
        {"id": conversation_id, "other": other_id},
    )
