"""A message as a gateway tells it, in an event or out of the history, in the words of `whatsapp.events`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from waconsole.whatsapp.events import MediaFile, MessageReceived, PhoneSent, Sender
from waconsole.whatsapp.gateway.addresses import (
    ID_LENGTH_MAX,
    MessageId,
    is_group,
    lid_of,
    message_id,
    phone_of,
    plain,
)
from waconsole.whatsapp.lenient import clean

TEXT_LENGTH_MAX: Final = 65_536
NAME_LENGTH_MAX: Final = 256
NO_CHATS: Final = ("@broadcast", "@newsletter")
UNKNOWN_MIME: Final = "application/octet-stream"
# What each engine calls a sender's profile name, and the number behind a hidden id (GOWS, NOWEB, WEBJS).
_NAMES: Final = (("Info", "PushName"), ("pushName",), ("notifyName",))
_ALTERNATIVES: Final = (
    ("Info", "SenderAlt"), ("key", "participantAlt"), ("key", "participantPn"), ("key", "remoteJidAlt"), ("key", "senderPn"),
)  # fmt: skip
_REVOKED: Final = (
    ("Message", "protocolMessage", "key", "participant"),
    ("message", "protocolMessage", "key", "participant"),
)


class Faulty(ValueError):
    """An event that does not say what its kind says: the sentence says what is missing."""


def is_no_chat(payload: Mapping[str, Any]) -> bool:
    """Whether it stands where nobody talks to us: a status post, a broadcast list, a channel."""
    told = (payload.get("id"), payload.get("from"), payload.get("to"))
    return any(isinstance(one, str) and any(end in one for end in NO_CHATS) for one in told)


def named(payload: Mapping[str, Any]) -> MessageId:
    """Which message it is. Raises Faulty."""
    found = message_id(_serialized(payload.get("id")))
    if found is None:
        raise Faulty("it names no message.")
    if is_group(found.chat) and not found.participant:
        author = plain(payload.get("participant")) or plain(payload.get("author"))
        found = MessageId(found.ours, found.chat, found.short, author)
    return found


def short(value: Any) -> str:
    """The id alone of a message that is named so, or in full. Raises Faulty."""
    full = message_id(value)
    if full is not None:
        return full.short
    probe = message_id(f"false_0@c.us_{value}") if isinstance(value, str) and "_" not in value else None
    if probe is None:
        raise Faulty("it names no message.")
    return probe.short


def received(payload: Mapping[str, Any], name: MessageId, me: frozenset[str], *, at: int) -> MessageReceived:
    """A member's message; its wamid is its full name (`MessageId.kept`)."""
    kind, text, file = _content(payload, name)
    return MessageReceived(
        wamid=name.kept,
        sender=sender(payload, name),
        group_id=name.chat if is_group(name.chat) else None,
        at=at,
        type=kind,
        text=text,
        media=file,
        reply_to=_reply_to(payload, name, me),
        forwarded=False,
        referral=None,
        raw={},
    )


def sent_by_phone(payload: Mapping[str, Any], name: MessageId, me: frozenset[str], *, at: int) -> PhoneSent:
    """A message of ours that may have been written on the phone; its wamid is its id alone."""
    kind, text, file = _content(payload, name)
    in_group = is_group(name.chat)
    return PhoneSent(
        wamid=name.kept,
        chat=None if in_group else Sender(phone_of(name.chat), None, lid=lid_of(name.chat)),
        group_id=name.chat if in_group else None,
        at=at,
        type=kind,
        text=text,
        media=file,
        reply_to=_reply_to(payload, name, me),
    )


def sender(payload: Mapping[str, Any], name: MessageId) -> Sender:
    """Who wrote it: in a group who is named as participant, else the chat. Raises Faulty for nobody."""
    by = name.participant or plain(payload.get("participant")) or plain(payload.get("author"))
    address = by if is_group(name.chat) else name.chat
    alternative = next(filter(None, (plain(_inner(payload, path)) for path in _ALTERNATIVES)), "")
    phone, lid = phone_of(address), lid_of(address)
    if lid is not None:
        phone = phone or phone_of(alternative)
    elif phone is not None:
        lid = lid_of(alternative)
    if not phone and not lid:
        raise Faulty("it does not say who wrote it.")
    told = next((one for one in (_inner(payload, path) for path in _NAMES) if isinstance(one, str)), "")
    return Sender(phone, None, name=clean(told)[:NAME_LENGTH_MAX], lid=lid)


def participant(row: Any) -> Sender | None:
    """Somebody of a group event, by `id` and `pn`; None for nobody."""
    if not isinstance(row, dict):
        return None
    addresses = (plain(row.get("id")), plain(row.get("pn")))
    phone = next((found for found in map(phone_of, addresses) if found), None)
    lid = next((found for found in map(lid_of, addresses) if found), None)
    return Sender(phone, None, lid=lid) if phone or lid else None


def revoked_author(payload: Mapping[str, Any]) -> str:
    """Who had written what was taken back, where the engine says so; "" else."""
    told = payload.get("_data")
    if not isinstance(told, dict):
        after = payload.get("after")
        told = after.get("_data") if isinstance(after, dict) else None
    if not isinstance(told, dict):
        return ""
    return next(filter(None, (plain(_inner({"_data": told}, path)) for path in _REVOKED)), "")


def text_of(payload: Mapping[str, Any]) -> str:
    """The words of a message, raw; "" when it has none."""
    body = payload.get("body")
    return clean(body)[:TEXT_LENGTH_MAX] if isinstance(body, str) else ""


def _content(payload: Mapping[str, Any], name: MessageId) -> tuple[str, str, MediaFile | None]:
    """(Meta's word for its type, its words, its file)."""
    text = text_of(payload)
    location, cards = payload.get("location"), payload.get("vCards")
    if isinstance(location, dict):
        return "location", text or _place(location), None
    if isinstance(cards, list) and cards:
        return "contacts", text or "\n".join(_card_name(card) for card in cards[:10]), None
    if payload.get("hasMedia") is not True:
        return ("text" if text else "unknown"), text, None
    file = _file(payload, name)
    return file.kind, text, file


def _file(payload: Mapping[str, Any], name: MessageId) -> MediaFile:
    """What is said of a file. Its id is the message's: that is what the gateway is asked for it by."""
    media = payload.get("media")
    told: Mapping[str, Any] = media if isinstance(media, dict) else {}
    mime = told.get("mimetype")
    mime = mime.partition(";")[0].strip().lower() if isinstance(mime, str) else ""
    kind = mime.partition("/")[0]
    if mime == "image/webp":
        kind = "sticker"
    if kind not in ("image", "video", "audio", "sticker"):
        kind = "document"
    url, filename = told.get("url"), told.get("filename")
    return MediaFile(
        kind=kind,
        media_id=name.full,
        mime=mime if 0 < len(mime) <= NAME_LENGTH_MAX and mime.isascii() else UNKNOWN_MIME,
        sha256=None,
        name=clean(filename)[:NAME_LENGTH_MAX] if isinstance(filename, str) else "",
        url=url if isinstance(url, str) and len(url) <= 2048 else None,
    )


def _place(location: Mapping[str, Any]) -> str:
    words = [location.get(key) for key in ("title", "name", "address", "latitude", "longitude")]
    found = [
        clean(str(word))[:NAME_LENGTH_MAX]
        for word in words
        if isinstance(word, str | int | float) and word != ""
    ]
    return ", ".join(found)


def _card_name(card: Any) -> str:
    if not isinstance(card, str):
        return ""
    lines = card[:TEXT_LENGTH_MAX].splitlines()
    return next((clean(line[3:])[:NAME_LENGTH_MAX] for line in lines if line.upper().startswith("FN:")), "")


def _reply_to(payload: Mapping[str, Any], name: MessageId, me: frozenset[str]) -> str | None:
    """The message it quotes, as we keep it: the gateway says its id alone, and who had written it."""
    told = payload.get("replyTo")
    if not isinstance(told, dict):
        return None
    try:
        found = short(_serialized(told.get("id")))
    except Faulty:
        return None
    author = plain(told.get("participant"))
    if author in me:
        return found
    return MessageId(False, name.chat, found, author if is_group(name.chat) else "").full


def _serialized(value: Any) -> Any:
    return value.get("_serialized") if isinstance(value, dict) else value


def _inner(payload: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """What the engine's own part of a message says at `path`, None where nothing stands."""
    found: Any = payload.get("_data")
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found if not isinstance(found, str) or len(found) <= ID_LENGTH_MAX else None
