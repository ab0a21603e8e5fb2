"""What WhatsApp tells us, in plain words: webhook items taken apart, before any room sees them.

Times are microseconds UTC, whole seconds. Texts, names and details are foreign. Identities stand
exactly as received; a phone is E.164 (`+` put before WhatsApp's digits) or None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from waconsole.whatsapp.doors import GroupSeen
from waconsole.whatsapp.events_standing import AccountChanged, ErrorTold, GroupChanged, TemplateChanged


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote or did something; any part may be missing, never phone, BSUID and lid all three.

    `lid` are the digits a linked phone knows somebody by whose number it does not know.
    """

    phone: str | None
    bsuid: str | None
    username: str | None = None
    name: str = ""
    lid: str | None = None


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file that came with a message. `sha256` is hex of the raw file; `url` lives five minutes."""

    kind: str
    media_id: str
    mime: str
    sha256: str | None
    name: str
    url: str | None


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A member wrote. `type` is Meta's; what has no text of its own (a tap, a place) is said in `text`."""

    wamid: str
    sender: Sender
    group_id: str | None
    at: int
    type: str
    text: str
    media: MediaFile | None
    reply_to: str | None
    forwarded: bool
    referral: Mapping[str, Any] | None
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """A member edited or revoked a message, reacted to one or voted in a poll; may come before the message itself.

    `text` is the new text of an edit, the emoji of a reaction (empty: taken away), or a JSON array of the options
    voted for. `also` are other ids the target may be known under: a gateway names a message in more ways than one.
    """

    kind: Literal["edit", "revoke", "reaction", "vote"]
    target: str
    wamid: str
    sender: Sender
    group_id: str | None
    at: int
    text: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """What became of a message of ours. `participant` is set for one reader of a group message."""

    wamid: str
    status: str
    at: int
    recipient: str
    participant: str | None
    opaque: str | None
    code: int | None
    detail: str
    pricing: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class PreferenceChanged:
    """A member stopped or resumed marketing in WhatsApp's own settings."""

    sender: Sender
    category: str
    value: str
    at: int


@dataclass(frozen=True, slots=True)
class IdentityChanged:
    """A member changed number (or only the BSUID): `before` and `after` are the same person."""

    wamid: str
    before: Sender
    after: Sender
    at: int


@dataclass(frozen=True, slots=True)
class GroupMemberChanged:
    """Somebody came into an official group or left it."""

    group_id: str
    sender: Sender
    kind: Literal["joined", "left"]
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class JoinRequested:
    """Somebody asked to come into a group (`created`), took that back (`revoked`) or was declined by an admin.

    `request_id` names the request; at a gateway it is the requester's own address. `channel` is how they came to ask.
    """

    group_id: str
    request_id: str
    sender: Sender
    action: Literal["created", "revoked", "declined"]
    channel: str
    at: int


@dataclass(frozen=True, slots=True)
class GroupTold:
    """What a gateway tells of a group: all of it, or the parts that changed (the others are None)."""

    group: GroupSeen
    at: int


@dataclass(frozen=True, slots=True)
class GroupRoleChanged:
    """Somebody became an admin of a group, or is none any longer."""

    group_id: str
    sender: Sender
    role: Literal["member", "admin"]
    at: int


@dataclass(frozen=True, slots=True)
class PhoneSent:
    """A message of ours that was written on the linked phone itself; `chat` is who got it, None in a group."""

    wamid: str
    chat: Sender | None
    group_id: str | None
    at: int
    type: str
    text: str
    media: MediaFile | None
    reply_to: str | None


@dataclass(frozen=True, slots=True)
class PhoneChanged:
    """On the linked phone itself we edited or took back a message, reacted to one or voted; else as `MessageChanged`."""

    kind: Literal["edit", "revoke", "reaction", "vote"]
    target: str
    wamid: str
    at: int
    text: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """A gateway's phone is linked, or no longer; `state` is the gateway's own word."""

    session: str
    state: str
    at: int


@dataclass(frozen=True, slots=True)
class Noted:
    """Understood, and nothing here changes by it."""

    type: str


@dataclass(frozen=True, slots=True)
class Unplaced:
    """What this version does not understand: kept raw, counted, shown."""

    field: str
    type: str


Event = (
    MessageReceived
    | MessageChanged
    | StatusChanged
    | PreferenceChanged
    | IdentityChanged
    | GroupMemberChanged
    | JoinRequested
    | GroupTold
    | GroupRoleChanged
    | PhoneSent
    | PhoneChanged
    | SessionChanged
    | Noted
    | GroupChanged
    | TemplateChanged
    | AccountChanged
    | ErrorTold
    | Unplaced
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of a webhook body: its key (the same thing twice has the same key), and what it says.

    `number` is Meta's phone_number_id, None where the item has none. `fault` says why it could not
    be read, and `event` is then None. `raw` is the item as JSON.
    """

    key: str
    number: str | None
    event: Event | None
    fault: str
    raw: str
