"""What the gateway says of people, groups and messages: the shapes of WAHA's documents and of its GOWS engine.

Where the documents and the engine differ, the engine's is the rule and the documents' the other (`gateway_other_shapes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from waconsole import clock
from waconsole.whatsapp.sandbox.waha_people import LINK, PHONE, Asker, Circle, Role, Said, Someone
from waconsole.whatsapp.sandbox.waha_world import WahaWorld, seconds

ACKS: Final[Mapping[int, str]] = {-1: "ERROR", 0: "PENDING", 1: "SERVER", 2: "DEVICE", 3: "READ", 4: "PLAYED"}
EXTENSIONS: Final[Mapping[str, str]] = {
    "image/jpeg": "jpeg", "image/png": "png", "image/webp": "webp", "video/mp4": "mp4", "audio/ogg": "oga",
    "application/pdf": "pdf",
}  # fmt: skip


def raw_address(address: str) -> str:
    """An address as the engine itself writes it."""
    return address.removesuffix(PHONE) + "@s.whatsapp.net" if address.endswith(PHONE) else address


def me(us: Someone) -> dict[str, Any]:
    """The linked phone, as `me` of every event."""
    return {
        "id": us.phone + PHONE, "pushName": us.name, "lid": us.lid + "@lid",
        "jid": f"{us.phone}:7@s.whatsapp.net",
    }  # fmt: skip


def participant(person: Someone, role: str) -> dict[str, Any]:
    """One of a group, as `participants/v2` and events have it."""
    return {"id": person.address, "pn": person.known_phone or None, "role": role}


def raw_participant(person: Someone, role: Role | None, error: int = 0) -> dict[str, Any]:
    """One of a group, as the engine itself writes it."""
    row = {
        "JID": raw_address(person.address), "PhoneNumber": raw_address(person.known_phone),
        "LID": person.lid + "@lid", "IsAdmin": role in ("admin", "superadmin"),
        "IsSuperAdmin": role == "superadmin", "DisplayName": "", "Error": error, "AddRequest": None,
    }  # fmt: skip
    return row


def raw_group(group: Circle, *, with_people: bool = True) -> dict[str, Any]:
    """A group, as the engine itself writes it."""
    owner = next((one for one, role in group.roles.items() if role == "superadmin"), None)
    created = clock.iso(group.created_at)
    row: dict[str, Any] = {
        "JID": group.id, "OwnerJID": raw_address(owner.address) if owner else "", "Name": group.subject,
        "NameSetAt": created, "Topic": group.description, "TopicID": "", "TopicDeleted": False,
        "IsLocked": group.locked, "IsAnnounce": group.announce, "IsEphemeral": False, "IsIncognito": False,
        "IsParent": False, "IsDefaultSubGroup": False, "IsJoinApprovalRequired": group.approval,
        "GroupCreated": created, "ParticipantCount": len(group.roles),
        "MemberAddMode": "all_member_add" if group.adding else "admin_add",
    }  # fmt: skip
    if with_people:
        row["Participants"] = [raw_participant(*one) for one in group.roles.items()]
    return row


def group_info(group: Circle, *, with_people: bool = True) -> dict[str, Any]:
    """A group, as WAHA's documents describe it."""
    row: dict[str, Any] = {
        "id": group.id, "subject": group.subject, "description": group.description,
        "invite": LINK + group.code, "membersCanAddNewMember": group.adding,
        "membersCanSendMessages": not group.announce, "newMembersApprovalRequired": group.approval,
    }  # fmt: skip
    if with_people:
        row["participants"] = [participant(*one) for one in group.roles.items()]
    return row


def asker(one: Asker) -> dict[str, Any]:
    """Who asks to come in, as the list has it."""
    return {
        "requesterId": one.person.address, "addedById": None, "parentGroupId": None, "requestMethod": None,
        "timestamp": seconds(one.at),
    }  # fmt: skip


class Shapes:
    """Shapes that need to know who we are, where we listen, and which way the dial stands."""

    def __init__(self, world: WahaWorld) -> None:
        """`base` is where files can be fetched; the server says it when it listens."""
        self._world = world
        self.base = "http://127.0.0.1:8471"

    def places(self, said: Said, by: Someone) -> dict[str, Any]:
        """From where to where: the engine names the chat first, the documents for ours the phone."""
        where: dict[str, Any]
        if said.in_group:
            where = {"from": said.chat, "to": by.address, "participant": by.address}
        else:
            where = {"from": said.chat, "to": None, "participant": None}
        if by is self._world.us and self._world.faults.hits("gateway_other_shapes"):
            where = where | {"from": by.phone + PHONE, "to": said.chat}
        return where

    def message(self, said: Said, *, body: str | None = None, with_media: bool = True) -> dict[str, Any]:
        """A message, as events and the history have it."""
        media = None
        if said.file is not None and with_media:
            name, mime, _ = said.file
            kind = EXTENSIONS.get(mime.partition(";")[0], "bin")
            url = f"{self.base}/api/files/default/{said.id}.{kind}"
            media = {"url": url, "mimetype": mime, "filename": name or None, "s3": None, "error": None}
        quoted = said.reply_to
        return {
            "id": said.whole_id, "timestamp": seconds(said.at), **self.places(said, said.author),
            "fromMe": said.ours, "source": "api" if said.ours and not said.by_hand else "app",
            "body": said.body if body is None else body, "hasMedia": said.file is not None, "media": media,
            "mediaUrl": media["url"] if media else None, "ack": said.ack, "ackName": ACKS[said.ack],
            "location": None, "vCards": [], "replyTo": None if quoted is None else {
                "id": quoted.id, "participant": quoted.author.address, "body": quoted.body,
                "hasMedia": quoted.file is not None, "media": None,
            },
            "_data": {"Info": _info(said), "Message": _content(said)},
        }  # fmt: skip


def _info(said: Said) -> dict[str, Any]:
    author = said.author
    other = raw_address(author.known_phone) if author.address.endswith("@lid") else author.lid + "@lid"
    return {
        "Chat": raw_address(said.chat), "Sender": raw_address(author.address), "SenderAlt": other,
        "IsFromMe": said.ours, "IsGroup": said.in_group, "ID": said.id, "Type": "text" if not said.file else "media",
        "PushName": author.name, "Timestamp": clock.iso(said.at),
    }  # fmt: skip


def _content(said: Said) -> dict[str, Any]:
    if said.options:
        options = [{"optionName": one} for one in said.options]
        most = len(options) if said.many else 1
        poll = {"name": said.body, "options": options, "selectableOptionsCount": most}
        return {"pollCreationMessage": poll}
    if said.file is not None:
        name, mime, _ = said.file
        return {
            f"{said.kind}Message": {"mimetype": mime, "fileName": name or None, "caption": said.body or None}
        }
    return {"conversation": said.body}
