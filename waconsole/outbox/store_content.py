"""What an outgoing message says besides its words. Reads only."""

from __future__ import annotations

from waconsole.database.connection import Transaction
from waconsole.whatsapp.content import content_of, file_of


def file_to_send(tx: Transaction, outgoing_id: int) -> str:
    """The SHA-256 of our copy that goes with an outgoing message; "" when none does."""
    body = tx.value("SELECT body FROM outgoing WHERE id = :id", {"id": outgoing_id})
    return file_of(content_of(body)) if body else ""
