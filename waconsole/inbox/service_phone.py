"""What was written on a linked phone itself: a message of ours that no outgoing row knows."""

from __future__ import annotations

from waconsole.database.connection import Transaction
from waconsole.inbox import search, service_live, store_conversations, store_files, store_live, store_messages
from waconsole.inbox.service_live import Received
from waconsole.inbox.store_messages import LiveMessage
from waconsole.text import stored


def add_from_phone(tx: Transaction, sent: Received) -> int | None:
    """Write it into its thread as ours; answers its id, None when it was here. It asks nobody for an answer."""
    assert sent.wamid is not None
    if store_live.message_of(tx, sent.wamid) is not None:
        return None
    quoted = store_live.message_of(tx, sent.reply_to) if sent.reply_to else None
    kind = "media" if sent.file is not None else "text"
    key = search.reserve_keys(tx, [sent.sent_at])[0]
    message = LiveMessage(
        sent.conversation_id, None, "out", kind, stored(sent.text), sent.sent_at, sent.type, sent.wamid, sent.reply_to,
        quoted["id"] if quoted else None,
    )  # fmt: skip
    message_id = store_messages.add_live_message(tx, message, key)
    search.index_messages(tx, [(key, message.text)])
    if sent.file is not None:
        store_files.add_live_file(
            tx, message_id=message_id, kind=sent.file.kind, name=stored(sent.file.name), media_id=sent.file.media_id,
            mime=sent.file.mime, declared_sha256=sent.file.sha256,
        )  # fmt: skip
    store_conversations.count_in(
        tx, sent.conversation_id, message_id=message_id, at=sent.sent_at, unread=False, window_until=None
    )
    if store_live.is_changed(tx, sent.wamid):
        service_live.apply_changes(tx, sent.wamid)
    return message_id
