"""Two threads with one group become one: what stands in the one goes over to the other."""

from __future__ import annotations

from waconsole.database.connection import Transaction
from waconsole.inbox import store_conversations, store_items, store_messages, store_notes


def move(tx: Transaction, other_id: int, conversation_id: int) -> int:
    """All of the thread `other_id` stands in `conversation_id`, and its row ends; answers how many messages moved.

    What was read in either is read. What is to be sent there is the outbox's, and moves with its own rows.
    """
    other = store_conversations.conversation(tx, other_id)
    for room in (store_messages, store_items, store_notes):
        room.move_thread(tx, other_id, conversation_id)
    store_conversations.end_row(tx, other_id)
    moved = int(other["message_count"])
    if moved:
        store_conversations.refresh_last(tx, conversation_id, added=moved)
    store_conversations.raise_read_mark(tx, conversation_id, other["read_through_at"])
    store_conversations.refresh_unread(tx, conversation_id)
    store_conversations.refresh_clocks(tx, conversation_id)
    return moved
