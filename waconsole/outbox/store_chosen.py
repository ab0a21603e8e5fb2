"""Our messages by the id that was chosen for them before they left."""

from __future__ import annotations

from waconsole.database.connection import Row, Transaction


def attempt_by_chosen(tx: Transaction, chosen_id: str) -> Row | None:
    """(id, outgoing_id, opaque, outcome) of the latest attempt that was to have that id, or None."""
    return tx.one(
        """
        SELECT id, outgoing_id, opaque, outcome
          FROM attempt
         WHERE chosen_id = :chosen_id
         ORDER BY id DESC
         LIMIT 1
        """,
        {"chosen_id": chosen_id},
    )
