"""Each thing of a webhook said in plain words, with what tells it from every other.

A function here takes one element, what stands beside it and the field's name, and answers what the
element says, mostly one thing. It raises ValueError (pydantic's too) with what is wrong with the element.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

from waconsole.whatsapp.events import (
    Event,
    GroupMemberChanged,
    IdentityChanged,
    MessageChanged,
    MessageReceived,
    PreferenceChanged,
    Sender,
    StatusChanged,
    Unplaced,
)
from waconsole.whatsapp.shapes import (
    Contact,
    GroupShape,
    MessageShape,
    ParticipantShape,
    PreferenceShape,
    StatusShape,
)
from waconsole.whatsapp.wording import media_of, text_of

SECOND: Final = 1_000_000
SECONDS_MAX: Final = 253_402_300_799  # the last of the year 9999
PHONE_DIGITS_MAX: Final = 15
CONTACTS_MAX: Final = 10_000

# Both spellings of a group event's type, and of the system message about a changed number.
_JOINED: Final = frozenset({"group_participants_add", "group_add_participants"})
_LEFT: Final = frozenset({"group_participants_remove", "group_remove_participants"})
_RENAMED: Final = {
    "group_add_participants": "group_participants_add",
    "group_remove_participants": "group_participants_remove",
}
_IDENTITY: Final = frozenset({"user_changed_number", "user_changed_user_id", "customer_changed_number"})


@dataclass(frozen=True, slots=True)
class Placed:
    """What an element says, and the parts of its key."""

    key: tuple[str, ...]
    event: Event


def canonical(value: object) -> str:
    """Any JSON in one word: the same whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Beside:
    """What stands in a change beside its things: the people it names, by phone and by BSUID."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        """Read the contacts once; one that cannot be read tells nothing."""
        self.value = value
        self._people: dict[str, Contact] = {}
        contacts = value.get("contacts")
        for raw in contacts[:CONTACTS_MAX] if isinstance(contacts, list) else ():
            try:
                one = Contact.model_validate(raw)
            except ValueError:
                continue
            self._people |= {known: one for known in (one.wa_id, one.user_id) if known}

    @cached_property
    def digest(self) -> str:
        """The whole change in one word."""
        return canonical(self.value)

    def contact_of(self, phone: str, bsuid: str) -> Contact | None:
        """The contact that is surely this person: one id is the same and none is another's."""
        one = (self._people.get(bsuid) if bsuid else None) or (self._people.get(phone) if phone else None)
        if one is None:
            return None
        pairs = ((phone, one.wa_id), (bsuid, one.user_id))
        return one if all(here == there for here, there in pairs if here and there) else None


def message_item(element: dict[str, Any], beside: Beside, field: str) -> list[Placed]:
    """A message, a change of one, a reaction, or somebody's change of number."""
    shape = MessageShape.model_validate(element)
    if not shape.id:
        raise ValueError("the message has no id.")
    key, at = (shape.id,), _at(shape.timestamp)
    if shape.type == "system":
        return [Placed(key, _system(shape, at, field))]
    sender = _sender(shape.from_, shape.from_user_id, beside)
    if shape.type in ("edit", "revoke", "reaction"):
        return [Placed(key, _message_change(shape, sender, at))]
    context = shape.context
    received = MessageReceived(
        wamid=shape.id,
        sender=sender,
        group_id=shape.group_id or None,
        at=at,
        type=shape.type or "unsupported",
        text=text_of(shape),
        media=media_of(shape),
        reply_to=(context.id if context else "") or None,
        forwarded=bool(context and (context.forwarded or context.frequently_forwarded)),
        referral=shape.referral or None,
        raw=element,
    )
    return [Placed(key, received)]


def _message_change(shape: MessageShape, sender: Sender, at: int) -> MessageChanged:
    kind: Literal["edit", "revoke", "reaction"]
    if shape.type == "reaction":
        kind, target = "reaction", shape.reaction.message_id if shape.reaction else ""
        text = shape.reaction.emoji if shape.reaction else ""
    else:
        kind = "edit" if shape.type == "edit" else "revoke"
        part = shape.edit if kind == "edit" else shape.revoke
        target = part.original_message_id if part else ""
        text = text_of(part.message) if part and part.message else ""
    if not target:
        raise ValueError(f"the {kind} does not say which message it is about.")
    return MessageChanged(kind, target, shape.id, sender, shape.group_id or None, at, text)


def _system(shape: MessageShape, at: int, field: str) -> Event:
    system = shape.system
    if system is None or system.type not in _IDENTITY:
        return Unplaced(field, f"system {system.type if system else ''}".strip())
    before = _anybody(shape.from_, system.previous_user_id or shape.from_user_id)
    after = _anybody(system.wa_id, system.user_id)
    if before is None or after is None:
        raise ValueError("the change of number does not name the person before and after.")
    return IdentityChanged(shape.id, before, after, at)


def status_item(element: dict[str, Any], beside: Beside, field: str) -> list[Placed]:
    """What became of a message of ours."""
    shape = StatusShape.model_validate(element)
    if not shape.id or not shape.status:
        raise ValueError("the status names no message or says nothing of it.")
    participant = shape.recipient_participant_user_id or shape.recipient_participant_id
    error = shape.errors[0] if shape.errors else None
    changed = StatusChanged(
        wamid=shape.id,
        status=shape.status,
        at=_at(shape.timestamp),
        recipient=shape.recipient_id or shape.recipient_user_id,
        participant=participant or None,
        opaque=shape.biz_opaque_callback_data or None,
        code=error.code if error else None,
        detail=error.detail if error else "",
        pricing=shape.pricing,
    )
    return [Placed((shape.id, shape.status, participant or shape.recipient_id), changed)]


def preference_item(element: dict[str, Any], beside: Beside, field: str) -> list[Placed]:
    """A member's own choice about marketing."""
    shape = PreferenceShape.model_validate(element)
    at = _at(shape.timestamp)
    sender = _sender(shape.wa_id, shape.user_id, beside)
    if not shape.category or not shape.value:
        raise ValueError("the preference does not say what was chosen.")
    changed = PreferenceChanged(sender, shape.category, shape.value, at)
    who = shape.user_id or shape.wa_id
    return [Placed((who, shape.category, shape.value, str(shape.timestamp)), changed)]


def group_items(element: dict[str, Any], beside: Beside, field: str) -> list[Placed]:
    """Who came into an official group or left it, one by one; what else happened to it is kept."""
    shape = GroupShape.model_validate(element)
    if not shape.group_id or not shape.type:
        raise ValueError("the group event names no group or says nothing of it.")
    people = [*shape.added_participants, *shape.removed_participants]
    told = shape.request_id or shape.join_request_id or ",".join(sorted(map(_id_of, people)))
    key = (shape.group_id, _RENAMED.get(shape.type, shape.type), told, str(shape.timestamp))
    placed = [Placed((*key, who), event) for who, event in _moves(shape, beside.value)]
    is_rest = shape.type not in _JOINED | _LEFT or shape.failed_participants or shape.errors
    if is_rest or not placed:
        placed.append(Placed(key, Unplaced(field, shape.type)))
    return placed


def _moves(shape: GroupShape, value: Mapping[str, Any]) -> Iterator[tuple[str, GroupMemberChanged]]:
    by = value.get("initiated_by")
    reason = shape.reason or shape.initiated_by or (by if isinstance(by, str) else "")
    at = _at(shape.timestamp)
    for who in shape.added_participants:
        yield _id_of(who), GroupMemberChanged(shape.group_id, _participant(who), "joined", reason, at)
    for who in shape.removed_participants:
        yield _id_of(who), GroupMemberChanged(shape.group_id, _participant(who), "left", reason, at)


def _id_of(who: ParticipantShape) -> str:
    return who.user_id or who.wa_id or who.input


def _participant(who: ParticipantShape) -> Sender:
    given = who.wa_id or ("" if who.user_id and "." in who.input else who.input)
    found = _anybody(given, who.user_id, username=who.username)
    if found is None:
        raise ValueError("a participant of the group event is not named.")
    return found


def _sender(phone: str, bsuid: str, beside: Beside) -> Sender:
    """Who it was, with what the contacts beside it tell of the same person."""
    contact = beside.contact_of(phone, bsuid)
    profile = contact.profile if contact else None
    found = _anybody(
        phone or (contact.wa_id if contact else ""),
        bsuid or (contact.user_id if contact else ""),
        username=profile.username if profile else "",
        name=profile.name if profile else "",
    )
    if found is None:
        raise ValueError("nobody is named as the sender.")
    return found


def _anybody(phone: str, bsuid: str, *, username: str = "", name: str = "") -> Sender | None:
    """A person by phone, BSUID or both; None when neither is one.

    Before 2026-05 a BSUID could stand where the phone stands: it has a dot.
    """
    digits = phone.strip().removeprefix("+")
    is_phone = digits.isascii() and digits.isdecimal() and len(digits) <= PHONE_DIGITS_MAX
    if not is_phone and "." in phone:
        bsuid = bsuid or phone
    found = f"+{digits}" if is_phone else None
    username = username.strip().removeprefix("@")
    return Sender(found, bsuid or None, username or None, name) if found or bsuid else None


def _at(seconds: int | None) -> int:
    if seconds is None or not 0 < seconds <= SECONDS_MAX:
        raise ValueError("it has no time, or one that cannot be.")
    return seconds * SECOND
