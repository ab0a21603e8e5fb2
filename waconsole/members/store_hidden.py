"""People of whom only a hidden id is known."""

from __future__ import annotations

from waconsole.database.connection import Transaction


def hidden_ids(tx: Transaction, *, limit: int) -> list[str]:
    """The hidden ids of people without a number, who was met last first."""
    rows = tx.rows(
        """
        SELECT a.value
          FROM alias AS a
         WHERE a.kind = 'lid' AND a.seen_until IS NULL
           AND NOT EXISTS (SELECT 1 FROM alias AS p
                            WHERE p.member_id = a.member_id AND p.kind = 'phone' AND p.seen_until IS NULL)
         ORDER BY a.id DESC
         LIMIT :limit
        """,
        {"limit": limit},
    )
    return [row["value"] for row in rows]
