"""Each thing of a webhook said in plain words, with what tells it from every other.

A function here takes one element, what stands beside it and the field's name, and answers what the
element says, mostly one thing. It raises ValueError (pydantic's too) with what is wrong with the element.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final, Literal

from waconsole.whatsapp.events import (
    Event,
    IdentityChanged,
    MessageChanged,
    MessageReceived,
    PreferenceChanged,
    Sender,
    StatusChanged,
    Unplaced,
)
from waconsole.whatsapp.placing_parts import Placed, anybody, at_of
from waconsole.whatsapp.shapes import (
    Contact,
    MessageShape,
    PreferenceShape,
    StatusShape,
)
from waconsole.whatsapp.wording import media_of, text_of

CONTACTS_MAX: Final = 10_000

# Both spellings of the system message about a changed number.
_IDENTITY: Final = frozenset({"user_changed_number", "user_changed_user_id", "customer_changed_number"})


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
    key, at = (shape.id,), at_of(shape.timestamp)
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
    before = anybody(shape.from_, system.previous_user_id or shape.from_user_id)
    after = anybody(system.wa_id, system.user_id)
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
        at=at_of(shape.timestamp),
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
    at = at_of(shape.timestamp)
    sender = _sender(shape.wa_id, shape.user_id, beside)
    if not shape.category or not shape.value:
        raise ValueError("the preference does not say what was chosen.")
    changed = PreferenceChanged(sender, shape.category, shape.value, at)
    who = shape.user_id or shape.wa_id
    return [Placed((who, shape.category, shape.value, str(shape.timestamp)), changed)]


def _sender(phone: str, bsuid: str, beside: Beside) -> Sender:
    """Who it was, with what the contacts beside it tell of the same person."""
    contact = beside.contact_of(phone, bsuid)
    profile = contact.profile if contact else None
    found = anybody(
        phone or (contact.wa_id if contact else ""),
        bsuid or (contact.user_id if contact else ""),
        username=profile.username if profile else "",
        name=profile.name if profile else "",
    )
    if found is None:
        raise ValueError("nobody is named as the sender.")
    return found
