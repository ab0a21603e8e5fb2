"""Webhook bodies as WhatsApp writes them: the envelope, its escapes, its signature."""

from __future__ import annotations

import dataclasses
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
    is never put into one body with others. With an empty `kind` its one thing is the whole change, `at`
    (seconds) stands in its entry; `beside` is what else stands beside the list. `number` is the id of our
    number it is about; empty: the first.
    """

    kind: str
    things: tuple[Mapping[str, Any], ...]
    contacts: tuple[Mapping[str, Any], ...] = ()
    field: str = "messages"
    alone: bool = False
    at: int = 0
    number: str = ""
    beside: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def as_bytes(document: Mapping[str, Any]) -> bytes:
    """JSON with WhatsApp's own escapes: everything beyond ASCII as `\\uXXXX`, and `\\/`."""
    return json.dumps(document, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def body_of(updates: Sequence[Update], *, waba_id: str, phone_number_id: str, phone: str) -> bytes:
    """One body for `updates`, in their order: neighbours of one kind share a change."""
    if not updates[0].kind:
        first = updates[0]
        entry = {
            "id": waba_id,
            "time": first.at,
            "changes": [{"value": first.things[0], "field": first.field}],
        }
        return as_bytes({"object": "whatsapp_business_account", "entry": [entry]})
    metadata = {"display_phone_number": phone, "phone_number_id": phone_number_id}
    changes = []
    for first, things, contacts in _changes(updates):
        value: dict[str, Any] = {"messaging_product": "whatsapp", "metadata": metadata, **first.beside}
        if contacts:
            value["contacts"] = contacts
        changes.append({"value": {**value, first.kind: things}, "field": first.field})
    return as_bytes({"object": "whatsapp_business_account", "entry": [{"id": waba_id, "changes": changes}]})


def _changes(updates: Sequence[Update]) -> Iterator[tuple[Update, list[Any], list[Any]]]:
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
        yield first, things, contacts


def _fits(first: Update, other: Update) -> bool:
    return (first.field, first.kind, bool(first.contacts), first.beside) == (
        other.field, other.kind, bool(other.contacts), other.beside,
    )  # fmt: skip


def signature(body: bytes, secret: bytes) -> str:
    """The value of the signature header: HMAC-SHA256 of the raw body with the app secret."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
