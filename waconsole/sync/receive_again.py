"""Which bodies have something that is tried again: by itself when its time comes, or because an operator asks."""

from __future__ import annotations

from waconsole.database.connection import Transaction
from waconsole.sync.receive_rows import ITEMS_LISTED_MAX


def quarantined_bodies(tx: Transaction, *, reason: str, limit: int) -> list[int]:
    """Bodies with items that stand aside for `reason` although their number is ours by now."""
    rows = tx.rows(
        """
        SELECT DISTINCT i.inbound_id
          FROM inbound_item AS i
          JOIN inbound AS b ON b.id = i.inbound_id
          JOIN number AS n ON n.phone_number_id = i.number OR (n.driver = 'gateway' AND n.ref = i.number)
         WHERE i.state = 'quarantined' AND i.reason = :reason AND length(b.body) > 0
         ORDER BY i.inbound_id
         LIMIT :limit
        """,
        {"reason": reason, "limit": limit},
    )
    return [row["inbound_id"] for row in rows]


def due_bodies(tx: Transaction, *, now: int, wait_max: int, limit: int) -> list[int]:
    """Bodies with items to try again; one that waits longer than `wait_max` saw the clock go back."""
    rows = tx.rows(
        """
        SELECT DISTINCT inbound_id
          FROM inbound_item
         WHERE again_at <= :now OR again_at > :now + :wait_max
         ORDER BY inbound_id
         LIMIT :limit
        """,
        {"now": now, "wait_max": wait_max, "limit": limit},
    )
    return [row["inbound_id"] for row in rows]


def bodies_since(tx: Transaction, since: int) -> list[int]:
    """Bodies that came at or after `since` and are not done with: something of them stands aside."""
    rows = tx.rows(
        """
        SELECT DISTINCT i.inbound_id
          FROM inbound_item AS i
          JOIN inbound AS b ON b.id = i.inbound_id
         WHERE i.state <> 'done' AND b.received_at >= :since AND length(b.body) > 0
         ORDER BY i.inbound_id
         LIMIT :limit
        """,
        {"since": since, "limit": ITEMS_LISTED_MAX},
    )
    return [row["inbound_id"] for row in rows]
