"""What one thing of a webhook becomes: each kind of event goes to the room it belongs to."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.groups import service_joins
from waconsole.groups import store_live as groups
from waconsole.groups.stays import JOINED, LEFT, WROTE, Happened
from waconsole.inbox import service_live, store_live
from waconsole.inbox import store_conversations as conversations
from waconsole.inbox.service_live import File, Received
from waconsole.inbox.service_sent import show_sent
from waconsole.inbox.store_live import Change
from waconsole.invites import store_arrivals
from waconsole.members import store as members
from waconsole.outbox import service_delivery as deliveries
from waconsole.outbox import service_suppression
from waconsole.sync import intake_events, notice_rows
from waconsole.sync import intake_windows as windows
from waconsole.sync import intake_words_acts as words
from waconsole.sync.intake_people import Person, changed, person, resumed_after
from waconsole.sync.intake_words_acts import Said
from waconsole.sync.process_rules import Rules
from waconsole.whatsapp.events import (
    Event,
    GroupMemberChanged,
    IdentityChanged,
    JoinRequested,
    MessageChanged,
    MessageReceived,
    PreferenceChanged,
    Sender,
    StatusChanged,
    Unplaced,
)

MARKETING_MESSAGES: Final = "marketing_messages"
SYSTEM: Final = "system"
KNOWN_TYPES: Final = frozenset(
    {"text", "image", "audio", "video", "document", "sticker", "interactive", "button", "location", "contacts", "order"}
)  # fmt: skip


def take(tx: Transaction, event: Event, number_id: int | None, rules: Rules, *, now: int) -> str:
    """Take one event in, in the caller's savepoint. Answers why it is only kept, or an empty text.

    Raises ValueError (or what a room raises) for what cannot be taken in.
    """
    if isinstance(event, StatusChanged):
        known = deliveries.status(tx, event, now=now)
        show_sent(tx, event.wamid, now=event.at)
        return "" if known else f"A status {event.status!r} is not known to this version."
    if isinstance(event, Unplaced):
        return f"Nothing of this version takes {event.type or 'this'} of the field {event.field or 'without name'}."
    if isinstance(event, PreferenceChanged):
        return _preference(tx, event, number_id, now=now)
    if isinstance(event, GroupMemberChanged):
        _group_member(tx, event, _must(number_id), rules, now=now)
        return ""
    if isinstance(event, JoinRequested):
        _join_request(tx, event, _must(number_id), rules, now=now)
        return ""
    if isinstance(event, IdentityChanged):
        _identity(tx, event, number_id, now=now)
        return ""
    if isinstance(event, MessageChanged):
        who = person(tx, event.sender, at=event.at, now=now)
        change = Change(event.wamid, event.target, event.kind, who.alias_id, event.text, event.at)
        if service_live.change(tx, change) and change.kind == "edit" and number_id is not None:
            is_group = event.group_id is not None
            words.act_on_edit(tx, change, who, number_id, rules, is_group=is_group, now=now)
        return ""
    if isinstance(event, MessageReceived):
        return _message(tx, event, _must(number_id), rules, now=now)
    return intake_events.take(tx, event, number_id, now=now)


def _must(number_id: int | None) -> int:
    if number_id is None:
        raise ValueError("It does not say which of our numbers it is for.")
    return number_id


def _message(tx: Transaction, event: MessageReceived, number_id: int, rules: Rules, *, now: int) -> str:
    who = person(tx, event.sender, at=event.at, now=now)
    conversation_id, ref, languages = _place(tx, event.group_id, who, number_id, at=event.at, now=now)
    file = event.media and File(
        event.media.kind, event.media.media_id, event.media.mime, event.media.sha256, event.media.name
    )
    received = Received(
        conversation_id, ref, who.alias_id, event.wamid, event.at, event.type, event.text, file or None,
        event.reply_to, languages=languages,
    )  # fmt: skip
    message_id = service_live.receive(tx, received, now=now)
    if message_id is None:
        return ""
    if event.referral is not None and event.group_id is None:
        store_arrivals.keep_ad(tx, message_id, event.referral, now=now)
    said = Said(who, received, number_id, message_id, event.group_id is not None)
    heard = words.heard_in(tx, said, rules)
    if heard is not None:
        words.act(tx, heard, said, rules, now=now)
    if heard is None or heard.says == "unclear":
        service_live.draw(tx, received, message_id, rules.drawing)
    windows.act(tx, said, now=now)
    for edit in store_live.edits(tx, event.wamid):  # they may have come before their message
        words.act_on_edit(tx, edit, who, number_id, rules, is_group=said.is_group, now=now)
    return (
        ""
        if event.type in KNOWN_TYPES
        else f"A message of type {event.type!r}: its thread says that one came."
    )


def _place(
    tx: Transaction, group_id: str | None, who: Person, number_id: int, *, at: int, now: int
) -> tuple[int, str, tuple[str, ...]]:
    """(conversation, its ref, the languages spoken there) of a group, or of the member alone."""
    if group_id is None:
        return *_with_member(tx, number_id, who), ()
    group = groups.ensure_group(tx, group_id, now=now, number_id=number_id)
    groups.happened(tx, group["id"], who.member_id, Happened(WROTE, at))
    return *_with_group(tx, number_id, group), (group["language"],) if group["language"] else ()


def _with_member(tx: Transaction, number_id: int, who: Person) -> tuple[int, str]:
    known = conversations.with_member(tx, number_id=number_id, member_id=who.member_id)
    if known is None:
        known = conversations.add_member_conversation(
            tx, number_id=number_id, member_id=who.member_id, member_ref=who.ref
        )
    return known, f"c-member-{who.ref}"


def _with_group(tx: Transaction, number_id: int, group: Row) -> tuple[int, str]:
    known = conversations.with_group(tx, number_id=number_id, group_id=group["id"])
    if known is None:
        known = conversations.add_group_conversation(
            tx, number_id=number_id, group_id=group["id"], group_ref=group["ref"], read_through_at=0, run_id=0
        )
    return known, f"c-group-{group['ref']}"


def _group_member(
    tx: Transaction, event: GroupMemberChanged, number_id: int, rules: Rules, *, now: int
) -> None:
    """Somebody came or went: their stay, a system line in the group's thread, and what rules make of it."""
    who = person(tx, event.sender, at=event.at, now=now)
    group = groups.ensure_group(tx, event.group_id, now=now, number_id=number_id)
    joined = event.kind == "joined"
    if joined:
        service_joins.came_in(tx, group["id"], who.member_id, at=event.at)
    channel = "link" if joined and event.reason == "invite_link" else ""
    if not groups.happened(
        tx, group["id"], who.member_id, Happened(JOINED if joined else LEFT, event.at, channel)
    ):
        return
    line = "joined by the group's link" if channel else "joined" if joined else "left"
    notice = "joined_by_link" if channel else "joined" if joined else "left"
    _system_line(tx, group, number_id, who, event.sender, line, notice, rules, at=event.at, now=now)


def _join_request(tx: Transaction, event: JoinRequested, number_id: int, rules: Rules, *, now: int) -> None:
    """Somebody asks to come in: a row, a system line in the group's thread, and what rules make of it."""
    found = intake_events.join(tx, event, number_id, now=now)
    if found is not None:
        group, who = found
        line = "asks to join the group"
        _system_line(tx, group, number_id, who, event.sender, line, "requested", rules, at=event.at, now=now)


def _system_line(
    tx: Transaction,
    group: Row,
    number_id: int,
    who: Person,
    sender: Sender,
    line: str,
    notice: str,
    rules: Rules,
    *,
    at: int,
    now: int,
) -> None:
    conversation_id, ref = _with_group(tx, number_id, group)
    name = who.name or sender.phone or sender.bsuid or (f"@{sender.username}" if sender.username else "")
    received = Received(
        conversation_id, ref, who.alias_id, None, at, SYSTEM, f"{name} {line}".strip(), notice=notice,
        languages=(group["language"],) if group["language"] else (),
    )  # fmt: skip
    message_id = service_live.receive(tx, received, now=now)
    if message_id is not None:
        service_live.draw(tx, received, message_id, rules.drawing)


def _identity(tx: Transaction, event: IdentityChanged, number_id: int | None, *, now: int) -> None:
    """The same person under another number or BSUID; their thread says so."""
    who = changed(tx, event.before, event.after, at=event.at, now=now)
    conversation_id = number_id and conversations.with_member(
        tx, number_id=number_id, member_id=who.member_id
    )
    if not conversation_id:
        return
    named = _named(event.after)
    line = (
        f"{_named(event.before)} changed to {named}"
        if named
        else f"{_named(event.before)} has another id now"
    )
    ref = conversations.conversation(tx, conversation_id)["ref"]
    service_live.receive(
        tx,
        Received(
            conversation_id, ref, who.alias_id, event.wamid, event.at, SYSTEM, line, notice="number_changed"
        ),
        now=now,
    )


def _named(sender: Sender) -> str:
    return sender.phone or sender.bsuid or ""


def _preference(tx: Transaction, event: PreferenceChanged, number_id: int | None, *, now: int) -> str:
    """Somebody ended marketing in WhatsApp itself, or takes it again; an end may be told after what took it back."""
    if event.category != MARKETING_MESSAGES or event.value not in ("stop", "resume"):
        return f"A preference {event.value!r} for {event.category!r} is not known to this version."
    who = person(tx, event.sender, at=event.at, now=now)
    state = words.STATES[event.value]
    words.decide(tx, who.member_id, state, source=words.WHATSAPP, at=event.at, now=now)
    if number_id is not None:
        service_suppression.preference(tx, who.member_id, number_id, event.value, at=event.at)
        later = resumed_after(tx, who.member_id, words.WHATSAPP, event.at)
        if event.value == "stop" and later is not None:
            service_suppression.preference(tx, who.member_id, number_id, "resume", at=later)
    known = members.member_by_id(tx, who.member_id)
    sentence = {
        "stop": "They want no more marketing, and said so in WhatsApp's own settings: none is sent.",
        "resume": "They take marketing again, and said so in WhatsApp's own settings.",
    }[event.value]
    notice_rows.add(
        tx, key=f"preference|{who.member_id}|{event.value}|{event.at}", at=event.at, now=now, level="note", subject="member",
        named=known.name or known.ref, sentence=sentence,
    )  # fmt: skip
    return ""
