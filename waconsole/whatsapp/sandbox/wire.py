"""Webhook bodies as WhatsApp writes them: the envelope, its escapes, its signature."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

SIGNATURE_HEADER: Final = "X-Hub-Signature-256"


@dataclass(frozen=True, slots=True)
class Update:
    """One thing WhatsApp has to tell. `kind` is the list it stands in: messages, statuses, groups, …

    `things` are the rows of that list, `contacts` the people in them. An update that stands `alone`
    is never put into one body with others.
    """

    kind: str
    things: tuple[Mapping[str, Any], ...]
    contacts: tuple[Mapping[str, Any], ...] = ()
    field: str = "messages"
    alone: bool = False


def as_bytes(document: Mapping[str, Any]) -> bytes:
    """JSON with WhatsApp's own escapes: everything beyond ASCII as `\\uXXXX`, and `\\/`."""
    return json.dumps(document, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def body_of(updates: Sequence[Update], *, waba_id: str, phone_number_id: str, phone: str) -> bytes:
    """One body for `updates`, in their order: neighbours of one kind share a change."""
    metadata = {"display_phone_number": phone, "phone_number_id": phone_number_id}
    changes = []
    for field, kind, things, contacts in _changes(updates):
        value: dict[str, Any] = {"messaging_product": "whatsapp", "metadata": metadata}
        if contacts:
            value["contacts"] = contacts
        changes.append({"value": {**value, kind: things}, "field": field})
    return as_bytes({"object": "whatsapp_business_account", "entry": [{"id": waba_id, "changes": changes}]})


def _changes(updates: Sequence[Update]) -> Iterator[tuple[str, str, list[Any], list[Any]]]:
    place = 0
    while place < len(updates):
        first = updates[place]
        things: list[Any] = []
        contacts: list[Any] = []
        # A status of a message that failed carries no contacts, and shares no change with one that does.
        while place < len(updates) and _fits(first, updates[place]):
            things += updates[place].things
            contacts += [one for one in updates[place].contacts if one not in contacts]
            place += 1
        yield first.field, first.kind, things, contacts


def _fits(first: Update, other: Update) -> bool:
    same = (first.field, first.kind, bool(first.contacts)) == (other.field, other.kind, bool(other.contacts))
    return same


def signature(body: bytes, secret: bytes) -> str:
    """The value of the signature header: HMAC-SHA256 of the raw body with the app secret."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
