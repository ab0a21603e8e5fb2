"""What a replay of triage reads: what members wrote in a period, and where. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from waconsole.database.connection import Transaction

MESSAGES_MAX: Final = 1_000_000


def written(
    tx: Transaction, begins: int, ends: int
) -> Iterator[tuple[int, str, str, str, str, str, str, str]]:
    """(sent at, kind, text, kind of the file, notice, group's ref and language, member's ref) of what members wrote, in order.

    One of the refs is empty: a message stands in a group, or in a talk with one member.
    """
    cursor = tx.execute(
        f"""
        SELECT m.sent_at, m.kind, m.text,
               coalesce((SELECT f.kind FROM media AS f WHERE f.message_id = m.id ORDER BY f.id LIMIT 1), ''),
               coalesce(m.notice, ''), coalesce(g.ref, ''), coalesce(g.language, ''),
               coalesce(p.ref, '')
          FROM visible_message AS m
          JOIN conversation AS d ON d.id = m.conversation_id
          LEFT JOIN "group" AS g ON g.id = d.group_id
          LEFT JOIN member_root AS e ON e.id = d.member_id
          LEFT JOIN member AS p ON p.id = e.root_id
         WHERE m.direction = 'in' AND m.sent_at >= :begins AND m.sent_at < :ends
         ORDER BY m.sent_at, m.id
         LIMIT {MESSAGES_MAX}
        """,
        {"begins": begins, "ends": ends},
    )
    cursor.row_factory = None
    return iter(cursor)
