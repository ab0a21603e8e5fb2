"""What went out to many at once, written into each thread when WhatsApp took it: not before, and not for those it never reached."""

from __future__ import annotations

from collections.abc import Sequence

from waconsole.database.connection import Transaction
from waconsole.inbox import service_live, store_live
from waconsole.outbox import store, store_rows
from waconsole.whatsapp.content import Text, content_of


def show_all_sent(tx: Transaction, wamids: Sequence[str], *, now: int) -> None:
    """As `show_sent`, for many: most stand in their thread already, and nothing has changed them."""
    changed = store_live.changed(tx, wamids)
    unshown = store_rows.unshown_of_wamids(tx, wamids)
    for wamid in wamids:
        if wamid in changed or wamid in unshown:
            show_sent(tx, wamid, now=now)


def show_sent(tx: Transaction, wamid: str, *, now: int) -> None:
    """WhatsApp took the message of that wamid: it stands in its thread (one of a batch from now on), as it was changed since.

    Reactions may have come before our own answer. Any number of times.
    """
    row = store_rows.unshown_of_wamid(tx, wamid)
    if row is not None:
        message_id = service_live.add_ours(
            tx, conversation_id=row["conversation_id"], at=now,
            content=content_of(row["body"]) if row["body"] else Text(row["text"]),
        )  # fmt: skip
        store.set_message(tx, row["id"], message_id)
    service_live.apply_changes(tx, wamid)
