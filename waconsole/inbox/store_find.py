"""Rows of what a query found, and the slow exact scan of texts. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from waconsole.clock import iso
from waconsole.database.connection import Row, Transaction

IDS_AT_ONCE: Final = 500

_CONVERSATION: Final = """
    SELECT c.id, c.ref, n.name, coalesce(g.whatsapp_id, g.name) AS "group", m.ref AS member, c.message_count, c.unread,
           c.owed, c.owed_until, c.window_until, c.last_at, c.muted, c.snoozed_until, o.name AS assigned_to
      FROM visible_conversation AS c
      JOIN conversation_name AS n ON n.id = c.id
      LEFT JOIN "group" AS g ON g.id = c.group_id
      LEFT JOIN member_root AS r ON r.id = c.member_id
      LEFT JOIN member AS m ON m.id = r.root_id
      LEFT JOIN operator AS o ON o.id = c.assigned_to
"""


def conversation_rows(tx: Transaction, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Conversation rows as the command line answers them, in the order of `ids`."""
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        part = ids[start : start + IDS_AT_ONCE]
        for row in tx.rows(f"{_CONVERSATION} WHERE c.id IN ({', '.join('?' * len(part))})", part):
            found[row["id"]] = _conversation(row)
    return [found[key] for key in ids if key in found]


def _conversation(row: Row) -> dict[str, Any]:
    return {
        "conversation": row["ref"],
        "name": row["name"],
        "group": row["group"],
        "member": row["member"],
        "messages": row["message_count"],
        "unread": row["unread"],
        "owed": row["owed"],
        "owed_until": _iso(row["owed_until"]),
        "window_until": _iso(row["window_until"]),
        "last_at": _iso(row["last_at"] or None),
        "muted": bool(row["muted"]),
        "snoozed_until": _iso(row["snoozed_until"] or None),
        "assigned_to": row["assigned_to"],
    }


def _iso(at: int | None) -> str | None:
    return None if at is None else iso(at)


def last_message_id(tx: Transaction) -> int:
    """The highest id of a message; 0 when there is none."""
    return int(tx.value("SELECT coalesce(max(id), 0) FROM message"))


def holding_exactly(tx: Transaction, text: str, *, above: int, through: int) -> list[tuple[int, int]]:
    """(sent_at, id) of the messages with ids in `(above, through]` whose text holds `text`, character by character."""
    rows = tx.rows(
        """
        SELECT sent_at, id
          FROM visible_message
         WHERE id > :above AND id <= :through AND kind <> 'system' AND instr(text, :text) > 0
         LIMIT :limit
        """,
        {"above": above, "through": through, "text": text, "limit": through - above},
    )
    return [(row[0], row[1]) for row in rows]
