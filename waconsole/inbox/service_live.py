"""What the wire brings into the inbox, and what we say over it: one function, one fact, the caller's transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from waconsole.clock import DAY, HOUR, MINUTE, SECOND
from waconsole.database.connection import Transaction
from waconsole.inbox import search, store_conversations, store_files, store_items, store_live, store_messages
from waconsole.inbox.model import item_ref
from waconsole.inbox.store_items import ItemRow
from waconsole.inbox.store_live import Change
from waconsole.inbox.store_messages import LiveMessage
from waconsole.inbox.triage import Drawn, Fact, Triage
from waconsole.text import stored
from waconsole.whatsapp.content import Content, Media, Text, shown

WINDOW: Final = DAY  # WhatsApp's service window, from the member's last message
SHORTLY_BEFORE: Final = 5 * MINUTE
EVIDENCE_CHARACTERS_MAX: Final = 200
# What a message of ours is in its thread, and Meta's word for it, where that is not the content's own.
_OUR_KINDS: Final = {"text": "text", "template": "text", "buttons": "text", "list": "text", "poll": "poll"}
_OUR_TYPES: Final = {"buttons": "interactive", "list": "interactive"}


@dataclass(frozen=True, slots=True)
class Drawing:
    """What draws work items out of live messages: the rules in force, and the answer target in hours."""

    triage: Triage
    answer_hours: int


@dataclass(frozen=True, slots=True)
class File:
    """What WhatsApp said of a file; `sha256` is hex of the raw file, as declared."""

    kind: str
    media_id: str
    mime: str
    sha256: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Received:
    """A message a member wrote, or a system line WhatsApp tells (`notice`); `sent_at` is its event time."""

    conversation_id: int
    conversation_ref: str
    alias_id: int | None
    wamid: str | None
    sent_at: int
    type: str
    text: str
    file: File | None = None
    reply_to: str | None = None
    notice: str = ""
    languages: tuple[str, ...] = ()


def receive(tx: Transaction, received: Received, *, now: int) -> int | None:
    """Write a message of the wire and count it in; answers its id, None when it was here.

    Its edits, revokes and reactions may have come before it: they take effect at once.
    """
    if received.wamid is not None and store_live.message_of(tx, received.wamid) is not None:
        return None
    quoted = store_live.message_of(tx, received.reply_to) if received.reply_to else None
    message_id = _add(
        tx,
        LiveMessage(
            received.conversation_id, received.alias_id, "none" if received.notice else "in", _kind(received),
            stored(received.text), received.sent_at, received.type, received.wamid, received.reply_to,
            quoted["id"] if quoted else None, received.notice,
        ),
    )  # fmt: skip
    if received.file is not None:
        _add_file(tx, message_id, received.file)
    store_conversations.count_in(
        tx, received.conversation_id, message_id=message_id, at=received.sent_at, unread=not received.notice,
        window_until=None if received.notice else min(received.sent_at, now) + WINDOW,
    )  # fmt: skip
    if received.wamid is not None and store_live.is_changed(tx, received.wamid):
        apply_changes(tx, received.wamid)
    return message_id


def add_ours(
    tx: Transaction,
    *,
    conversation_id: int,
    text: str = "",
    at: int,
    reply_to_id: int | None = None,
    content: Content | None = None,
) -> int:
    """Write a message of ours into its thread before it leaves, and answer the message's id.

    `content` is what it says, else `text` alone; a reaction is none (`add_our_reaction`). Its wamid is that of the
    outgoing row that names this id; `reply_to_id` is the message it quotes. While that outgoing row is
    cancelled nobody sees the message, and nobody counts it.
    """
    said = Text(text) if content is None else content
    sent_at = at - at % SECOND
    message_id = _add(
        tx,
        LiveMessage(
            conversation_id=conversation_id, alias_id=None, direction="out", kind=_OUR_KINDS.get(said.kind, "media"),
            text=stored(shown(said) if not isinstance(said, Media) else said.caption), sent_at=sent_at,
            type=_OUR_TYPES.get(said.kind, said.kind), reply_to_id=reply_to_id,
        ),
    )  # fmt: skip
    if isinstance(said, Media):
        store_files.add_own_file(
            tx, message_id=message_id, kind=said.kind, name=stored(said.name or said.link), mime=said.mime,
            sha256=said.sha256 or None, size=said.size or None,
        )  # fmt: skip
    store_conversations.count_in(
        tx, conversation_id, message_id=message_id, at=sent_at, unread=False, window_until=None
    )
    return message_id


def change(tx: Transaction, changed: Change) -> bool:
    """Take in an edit, a revoke, a reaction or a vote; it takes effect by event time, whenever its message comes.

    False when it came before.
    """
    if not store_live.add_change(tx, changed):
        return False
    apply_changes(tx, changed.target)
    return True


def apply_changes(tx: Transaction, wamid: str) -> None:
    """Bring the message of that wamid to what its changes make of it; nothing while it is not here.

    To be called too when a message of ours learns its wamid.
    """
    message = store_live.message_of(tx, wamid)
    if message is None or not store_live.is_changed(tx, wamid):
        return
    edit = store_live.latest_edit(tx, wamid)
    kind, text, edited = message["kind"], message["text"], message["edited"]
    if store_live.is_revoked(tx, wamid):
        kind, text = "deleted", ""
    elif edit is not None:
        text, edited = stored(edit), 1
    if (kind, text, edited) != (message["kind"], message["text"], message["edited"]):
        store_messages.rewrite(tx, message["id"], kind=kind, text=text, edited=edited)
        if text != message["text"] and message["search_key"] is not None:
            search.unindex_messages(tx, [(message["search_key"], message["text"])])
            search.index_messages(tx, [(message["search_key"], text)])
    for row in store_live.latest(tx, wamid, "vote"):
        store_messages.set_votes(
            tx, message_id=message["id"], alias_id=row["alias_id"], choices=json.loads(row["text"])
        )
    for row in store_live.latest(tx, wamid, "reaction"):
        if row["alias_id"] == store_live.OURS:
            store_files.put_phone_reaction(
                tx, message_id=message["id"], emoji=row["text"], at=row["changed_at"]
            )
            continue
        store_messages.add_reaction(
            tx,
            message_id=message["id"],
            alias_id=row["alias_id"],
            emoji=row["text"],
            reacted_at=row["changed_at"],
        )


def add_item(
    tx: Transaction, received: Received, message_id: int, drawn: Drawn, *, answer_hours: int
) -> None:
    """Write the work item that a rule drew out of a message, and bring the clocks up to it."""
    owed_until = received.sent_at + answer_hours * HOUR
    item_id = store_items.add_item(
        tx,
        ItemRow(
            item_ref(received.conversation_ref, received.sent_at, received.wamid or "", received.text, drawn.kind, 0),
            received.conversation_id, message_id, drawn.kind, drawn.rule_id, drawn.rule_version,
            drawn.evidence[:EVIDENCE_CHARACTERS_MAX], received.sent_at, owed_until, "live", 0,
        ),
    )  # fmt: skip
    if item_id is not None:
        store_conversations.count_item_in(
            tx, received.conversation_id, item_id=item_id, owed_until=owed_until
        )


def draw(tx: Transaction, received: Received, message_id: int, drawing: Drawing) -> None:
    """Let the rules in force draw a work item out of a message that was just received."""
    before = ""
    if received.file is not None and received.alias_id is not None:
        since = received.sent_at - SHORTLY_BEFORE
        before = store_live.text_before(
            tx, received.conversation_id, received.alias_id, since=since, at=received.sent_at
        )
    stands = store_messages.place_of(tx, message_id)  # an edit or a revoke may have come before it
    fact = Fact(
        kind=stands["kind"], text=stands["text"], media_kind=received.file.kind if received.file else "",
        notice_kind=received.notice, before=before,
    )  # fmt: skip
    drawn = drawing.triage.draw(fact, received.languages)
    if drawn is not None:
        add_item(tx, received, message_id, drawn, answer_hours=drawing.answer_hours)


def _kind(received: Received) -> str:
    return "system" if received.notice else "media" if received.file else "text"


def _add_file(tx: Transaction, message_id: int, file: File) -> None:
    store_files.add_live_file(
        tx, message_id=message_id, kind=file.kind, name=stored(file.name), media_id=file.media_id, mime=file.mime,
        declared_sha256=file.sha256,
    )  # fmt: skip


def _add(tx: Transaction, message: LiveMessage) -> int:
    """Write a message and let it be found."""
    key = search.reserve_keys(tx, [message.sent_at])[0]
    message_id = store_messages.add_live_message(tx, message, key)
    if message.kind != "system":
        search.index_messages(tx, [(key, message.text)])
    return message_id
