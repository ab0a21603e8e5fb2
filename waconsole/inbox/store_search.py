"""Messages as the search lists them: who wrote them, where, when. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from waconsole.database.connection import Transaction
from waconsole.text import ForeignText


@dataclass(frozen=True, slots=True)
class Place:
    """A message and where it stands; the instant in microseconds UTC, names and text raw."""

    id: int
    conversation_id: int
    sent_at: int
    kind: str
    direction: str
    text: ForeignText
    conversation: ForeignText
    sender: ForeignText
    phone: str | None


def places(tx: Transaction, ids: Sequence[int]) -> dict[int, Place]:
    """The messages by id; those that are gone are left out."""
    rows = tx.rows(
        f"""
        SELECT m.id, m.conversation_id, m.sent_at, m.kind, m.direction, m.text, n.name AS conversation,
               coalesce(nullif(p.name, ''), a.value, '') AS sender,
               CASE a.kind WHEN 'phone' THEN a.value END AS phone
          FROM visible_message AS m
          JOIN conversation_name AS n ON n.id = m.conversation_id
          LEFT JOIN alias AS a ON a.id = m.alias_id
          LEFT JOIN member AS p ON p.id = a.member_id
         WHERE m.id IN ({", ".join("?" * len(ids))})
        """,
        list(ids),
    )
    return {row["id"]: Place(**dict(row)) for row in rows}
