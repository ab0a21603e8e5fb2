"""What follows when a member writes and their service window opens again: what waited for a template goes as it is."""

from __future__ import annotations

from waconsole.database.connection import Transaction
from waconsole.members import store as members
from waconsole.outbox import service_windows
from waconsole.sync import notice_rows
from waconsole.sync.intake_people import conversations_of
from waconsole.sync.intake_words_acts import Said


def act(tx: Transaction, said: Said, *, now: int) -> None:
    """Queue what waited for this message, and say so; after the words in it have been acted on."""
    threads = (
        [said.received.conversation_id] if said.is_group else conversations_of(tx, said.person.member_id)
    )
    done = service_windows.reopened(tx, said.number_id, threads, now=now)
    if not done.refs:
        return
    known = members.member_by_id(tx, said.person.member_id)
    one = len(done.refs) == 1
    sentence = (
        f"They wrote again: {'a message that waited for a template is' if one else f'{len(done.refs)} messages that waited for a template are'}"
        " queued as written."
    )
    if done.stays:
        sentence += f" {done.stays} more, written too long ago, {'waits' if done.stays == 1 else 'wait'} for an operator."
    notice_rows.add(
        tx, key=f"reopened|{said.message_id}", at=said.received.sent_at, now=now, level="note", subject="member",
        named=known.name or known.ref, sentence=sentence,
        detail=f"{service_windows.POLICY} v{done.version}: {', '.join(done.refs)}",
    )  # fmt: skip
