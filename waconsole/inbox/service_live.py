"""What the wire brings into the inbox, and what we say over it: one function, one fact, the caller's transaction."""

from __future__ import annotations

from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.inbox import search, store_conversations, store_messages
from waconsole.inbox.store_messages import LiveMessage
from waconsole.text import stored


def add_ours(
    tx: Transaction, *, conversation_id: int, text: str, at: int, reply_to_id: int | None = None
) -> int:
    """Write a text of ours into its thread before it leaves, and answer the message's id.

    Its wamid is that of the outgoing row that names this id; `reply_to_id` is the message it quotes.
    While that outgoing row is cancelled nobody sees the message: call `recount` when it becomes so.
    """
    message_id = _add(
        tx,
        LiveMessage(
            conversation_id=conversation_id, alias_id=None, direction="out", kind="text", text=stored(text),
            sent_at=at - at % SECOND, type="text", reply_to_id=reply_to_id,
        ),
    )  # fmt: skip
    store_conversations.refresh_last(tx, conversation_id, added=1)
    return message_id


def recount(tx: Transaction, conversation_id: int) -> None:
    """Count a thread anew after a message of ours was taken back, or put back."""
    store_conversations.recount(tx, conversation_id)


def _add(tx: Transaction, message: LiveMessage) -> int:
    """Write a message and let it be found."""
    key = search.reserve_keys(tx, [message.sent_at])[0]
    message_id = store_messages.add_live_message(tx, message, key)
    if message.kind != "system":
        search.index_messages(tx, [(key, message.text)])
    return message_id
