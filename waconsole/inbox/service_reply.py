"""What a moderator writes into a thread: replies, drafts, private notes."""

from __future__ import annotations

import secrets
from typing import Final

from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.inbox import saved_words, service_live, store_files
from waconsole.inbox import store_conversations as conversations
from waconsole.inbox import store_notes as notes
from waconsole.inbox.service_acting import Done
from waconsole.operators import service as operators
from waconsole.operators import store as operator_rows
from waconsole.operators.store import Act
from waconsole.outbox import service as outbox
from waconsole.whatsapp.content import Content, Reaction, Template, Text, shown

NOTE_CHARACTERS_MAX: Final = 4096
DRAFT_CHARACTERS_MAX: Final = 4096


async def reply(
    database: Database,
    conversation_id: int,
    text: str,
    *,
    operator: str | None,
    now: int,
    answers: int | None = None,
) -> Done:
    """Queue a reply; where the API cannot reach, it becomes a task. `Done.id` is the outgoing row.

    The message row, its outgoing row (or task) and the act are one transaction. `answers` is the
    message it answers, which WhatsApp shows as quoted. The draft is used up.
    """

    def work(tx: Transaction) -> Done:
        acting = operators.acting(tx, operator, now=now)
        conversations.conversation(tx, conversation_id)
        holder = operator_rows.lease_on(tx, kind="conversation", object_id=conversation_id, now=now)
        if holder is not None and holder[1] != acting.id:
            raise Refused(
                f"{holder[0]} has taken this conversation and may be answering: nothing was queued."
            )
        outgoing_id = write_out(
            tx, acting, conversation_id, Text(text), answers=answers, verb="reply", now=now
        )
        return Done("reply", 1, outgoing_id)

    return await database.write(work)


def write_out(
    tx: Transaction,
    acting: operator_rows.Operator,
    conversation_id: int,
    content: Content,
    *,
    answers: int | None,
    verb: str,
    now: int,
    purpose: str = "reply",
) -> int:
    """Write a message of ours into a thread and queue it, inside the caller's transaction; answers the outgoing row.

    What the API sends is a message of the thread at once; what a human hand sends comes back with
    the next export, and until then its task stands there. A reaction is none: `answers` is the message it is
    put under. Recorded as one act. Raises Refused.
    """
    row = conversations.conversation(tx, conversation_id)
    driver = driver_of(tx, conversation_id)
    if isinstance(content, Text):
        outbox.must_be_sendable(content.body)
    if not isinstance(content, Template):
        saved_words.must_be_filled(shown(content))
    message_id = None
    if driver != "human" and not isinstance(content, Reaction):
        message_id = service_live.add_ours(
            tx, conversation_id=conversation_id, content=content, at=now, reply_to_id=answers
        )
    outgoing_id, _, acts = outbox.enqueue_reply(
        tx, acting, conversation_id=conversation_id, number_id=row["number_id"], driver=driver, content=content,
        answers_id=answers, now=now, message_id=message_id, purpose=purpose,
    )  # fmt: skip
    if isinstance(content, Reaction) and driver != "human" and answers is not None:
        store_files.add_own_reaction(
            tx, outgoing_id=outgoing_id, message_id=answers, emoji=content.emoji, now=now
        )
    if row["draft"]:
        conversations.change(tx, conversation_id, {"draft": ""})
        acts.append(Act("conversation", conversation_id, {"draft": row["draft"]}, {"draft": ""}))
    operators.record(tx, acting, verb, acts, now=now)
    return outgoing_id


def driver_of(tx: Transaction, conversation_id: int) -> str:
    """What reaches a conversation: the group's own driver, else that of our number; a hand without such a number."""
    return str(
        tx.value(
            """
            SELECT CASE WHEN n.driver = 'human' THEN 'human' ELSE coalesce(g.driver, n.driver) END
              FROM visible_conversation AS c
              JOIN number AS n ON n.id = c.number_id
              LEFT JOIN visible_group AS g ON g.id = c.group_id
             WHERE c.id = :id
            """,
            {"id": conversation_id},
        )
    )


async def keep_draft(database: Database, conversation_id: int, text: str) -> None:
    """Keep what was written and not queued. No act: a draft is nobody's decision."""
    kept = text[:DRAFT_CHARACTERS_MAX] if text.strip() else ""
    await database.write(lambda tx: conversations.change(tx, conversation_id, {"draft": kept}))


async def note(
    database: Database,
    conversation_id: int,
    text: str,
    *,
    operator: str | None,
    now: int,
    message_id: int | None = None,
) -> Done:
    """Write a private note into a thread. Raises Refused for an empty or over-long one."""
    if not text.strip():
        raise Refused("The note is empty: write something, or leave it with Esc.")
    if len(text) > NOTE_CHARACTERS_MAX:
        raise Refused(f"The note has {len(text)} characters; {NOTE_CHARACTERS_MAX} is the most: shorten it.")

    def work(tx: Transaction) -> Done:
        acting = operators.acting(tx, operator, now=now)
        conversations.conversation(tx, conversation_id)
        note_id = notes.add_note(
            tx, ref=f"note-{secrets.token_hex(8)}", conversation_id=conversation_id, message_id=message_id,
            operator_id=acting.id, text=text, now=now,
        )  # fmt: skip
        operators.record(
            tx, acting, "note", [Act("note", note_id, {"withdrawn": 1}, {"withdrawn": 0})], now=now
        )
        return Done("note", 1, note_id)

    return await database.write(work)


def restore_note(
    tx: Transaction, note_id: int, values: dict[str, object], expected: dict[str, object]
) -> bool:
    """Undo for notes."""
    if notes.note_columns(tx, note_id) != expected:
        return False
    notes.set_withdrawn(tx, note_id, int(str(values["withdrawn"])))
    return True


RESTORES: Final[dict[str, operators.Restore]] = {"note": restore_note}
