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


def chosen_before(tx: Transaction, outgoing_id: int) -> str | None:
    """The id an earlier attempt of a message was to have, or None: sent again under it, it is the same message.

    A linked phone keeps one message of an id, so that a look that came too early doubles nothing.
    """
    value = tx.value(
        """
        SELECT chosen_id FROM attempt
         WHERE outgoing_id = :id AND chosen_id IS NOT NULL
         ORDER BY n DESC
         LIMIT 1
        """,
        {"id": outgoing_id},
    )
    return None if value is None else str(value)
