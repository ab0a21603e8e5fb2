"""What one thing a gateway tells becomes: its own kinds here, what it has in common with the Cloud API there.

A gateway hands on what a linked phone sees, unchecked: that somebody edits or takes back what others wrote is
believed of a group's admins alone, and only for taking back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.groups import store as group_rows
from waconsole.groups import store_live as groups
from waconsole.groups import store_moderation, store_roles, store_standing
from waconsole.groups.stays import WROTE, Happened
from waconsole.inbox import service_live, service_phone, store_live
from waconsole.inbox.service_live import File, Received
from waconsole.inbox.store_live import Change
from waconsole.outbox import store_chosen, store_rows
from waconsole.sync import gateway_names, gateway_standing, gateway_threads, intake_live
from waconsole.sync.intake_people import person
from waconsole.sync.process_rules import Rules
from waconsole.whatsapp.events import (
    Event,
    GroupMemberChanged,
    GroupRoleChanged,
    GroupTold,
    JoinRequested,
    MessageChanged,
    MessageReceived,
    Noted,
    PhoneChanged,
    PhoneSent,
    Sender,
    SessionChanged,
    StatusChanged,
)
from waconsole.whatsapp.gateway.addresses import lid_of, message_id, phone_of

DRIVER: Final = "gateway"
OF_ANOTHER: Final = (
    "It changes what somebody else wrote, and who did it is no admin of the group: it was left alone."
)


def number_of(tx: Transaction, ref: str) -> int | None:
    """The id of the number that an item of a gateway names by its ref, or None while it is none of ours."""
    value = tx.value(
        "SELECT id FROM number WHERE ref = :ref AND driver = :driver", {"ref": ref, "driver": DRIVER}
    )
    return None if value is None else int(value)


def take(tx: Transaction, event: Event, number_id: int, rules: Rules, *, now: int) -> str:
    """Take one event in, in the caller's savepoint. Answers why it is only kept, or an empty text.

    Raises ValueError (or what a room raises) for what cannot be taken in.
    """
    if isinstance(event, Noted):
        return ""
    if isinstance(event, SessionChanged):
        gateway_standing.stands(tx, number_id, event.state, at=event.at)
        return ""
    if isinstance(event, GroupTold):
        _group(tx, event, number_id, now=now)
        return ""
    if isinstance(event, GroupRoleChanged):
        group = _ensured(tx, event.group_id, number_id, now=now)
        _seen_there(tx, group["id"], event.sender, event.role, at=event.at, now=now)
        return ""
    if isinstance(event, PhoneSent):
        _phone_sent(tx, event, number_id, now=now)
        return ""
    if isinstance(event, PhoneChanged):
        _phone_changed(tx, event)
        return ""
    if isinstance(event, StatusChanged):
        event = _settling(tx, event)
    if isinstance(event, MessageChanged):
        event, reason = _settled(tx, event, number_id, now=now)
        if reason:
            return reason
    if isinstance(event, MessageReceived):
        gateway_names.gather(tx, event.wamid)
        event = replace(event, reply_to=_quoted(tx, event.reply_to))
    if isinstance(event, MessageReceived | GroupMemberChanged | JoinRequested) and event.group_id is not None:
        _ensured(tx, event.group_id, number_id, now=now)
    return intake_live.take(tx, event, number_id, rules, now=now)


def _ensured(tx: Transaction, group_id: str, number_id: int, *, now: int) -> Row:
    return groups.ensure_group(tx, group_id, now=now, driver=DRIVER, number_id=number_id)


def _group(tx: Transaction, event: GroupTold, number_id: int, *, now: int) -> None:
    told = event.group
    group = _ensured(tx, told.id, number_id, now=now)
    store_standing.told_settings(
        tx,
        group["id"],
        subject=told.subject,
        description=told.description,
        approval=told.approval,
        at=event.at,
    )
    if told.suspended is not None:
        store_standing.told_suspension(tx, group["id"], suspended=told.suspended, at=event.at)
    if told.people is None:
        return
    store_standing.told_count(tx, group["id"], told.count, looked_at=event.at)
    for one in told.people:
        sender = Sender(one.phone, None, lid=one.lid)
        _seen_there(tx, group["id"], sender, one.role, at=event.at, now=now)


def _seen_there(tx: Transaction, group_id: int, sender: Sender, role: str, *, at: int, now: int) -> None:
    """Somebody is in a group, whoever saw them come, and has that role there."""
    who = person(tx, sender, at=at, now=now)
    groups.happened(tx, group_id, who.member_id, Happened(WROTE, at))
    group_rows.set_role(tx, group_id, who.member_id, role)


def _phone_sent(tx: Transaction, event: PhoneSent, number_id: int, *, now: int) -> None:
    """A message of ours the phone tells of: ours by an outgoing row, or written on the phone itself."""
    if store_rows.outgoing_of_wamid(tx, event.wamid) is not None:
        return
    if store_chosen.attempt_by_chosen(tx, event.wamid) is not None:
        return
    if event.group_id is not None:
        group = _ensured(tx, event.group_id, number_id, now=now)
        conversation_id, ref = gateway_threads.with_group(tx, number_id, group)
    else:
        assert event.chat is not None
        who = person(tx, event.chat, at=event.at, now=now)
        conversation_id, ref = gateway_threads.with_member(tx, number_id, who)
    file = event.media and File(
        event.media.kind, event.media.media_id, event.media.mime, event.media.sha256, event.media.name
    )
    sent = Received(
        conversation_id, ref, None, event.wamid, event.at, event.type, event.text, file or None,
        _quoted(tx, event.reply_to),
    )  # fmt: skip
    service_phone.add_from_phone(tx, sent)


def _phone_changed(tx: Transaction, event: PhoneChanged) -> None:
    """What we changed on the phone itself; what we took back because its author is muted stays in the ledger."""
    target, message = _target(tx, event)
    if event.kind == "revoke" and message is not None and store_moderation.was_asked(tx, message["id"]):
        return
    service_live.change(tx, Change(event.wamid, target, event.kind, store_live.OURS, event.text, event.at))


def _target(tx: Transaction, event: MessageChanged | PhoneChanged) -> tuple[str, Row | None]:
    """(the name its message is kept under, the message); the name as it came while it is not here."""
    for wamid in (event.target, *event.also):
        target, message = gateway_names.found(tx, wamid)
        if message is not None:
            return target, message
    return event.target, None


def _settling(tx: Transaction, event: StatusChanged) -> StatusChanged:
    """A status by the id we chose is an echo of that attempt: it settles one whose answer was lost."""
    attempt = store_chosen.attempt_by_chosen(tx, event.wamid)
    if attempt is None or event.status == "failed":
        return event
    return replace(event, opaque=attempt["opaque"])


def _quoted(tx: Transaction, wamid: str | None) -> str | None:
    """The id a quoted message is kept under: the phone names it as the one who quotes it sees it."""
    named = message_id(wamid)
    if wamid is None or named is None:
        return wamid
    wamid, message = gateway_names.found(tx, wamid)
    if message is not None:
        return wamid
    return named.short if store_live.message_of(tx, named.short) is not None else wamid


def _settled(
    tx: Transaction, event: MessageChanged, number_id: int, *, now: int
) -> tuple[MessageChanged, str]:
    """A change under the id its message is kept by; why it is left alone, or an empty text."""
    target, message = _target(tx, event)
    event = replace(event, target=target)
    if event.kind in ("reaction", "vote"):
        return event, ""
    who = person(tx, event.sender, at=event.at, now=now).member_id
    author = _author(tx, message, target)
    if author == who:
        return event, ""
    if event.kind == "revoke" and event.group_id is not None:
        group = _ensured(tx, event.group_id, number_id, now=now)
        if store_roles.is_admin(tx, group["id"], who):
            return event, ""
    return event, OF_ANOTHER


def _author(tx: Transaction, message: Row | None, target: str) -> int | None:
    """Who wrote a message: by its row, else by the participant its id names; None for ours, or nobody known."""
    if message is not None:
        value = tx.value("SELECT member_id FROM alias WHERE id = :id", {"id": message["alias_id"]})
        return None if value is None else int(value)
    named = message_id(target)
    address = named.participant or named.chat if named is not None else ""
    for kind, found in (("phone", phone_of(address)), ("lid", lid_of(address))):
        if found is not None:
            value = tx.value(
                "SELECT member_id FROM alias WHERE kind = :kind AND value = :value AND group_id = 0",
                {"kind": kind, "value": found},
            )
            return -1 if value is None else int(value)
    return None
