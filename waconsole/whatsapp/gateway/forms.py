"""What is asked of a gateway to send one message: which path, and which form. WAHA 2026.7.1."""

from __future__ import annotations

import asyncio
import base64
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from waconsole.errors import Refused
from waconsole.whatsapp.content import Content, Media, Poll, Reaction, Text
from waconsole.whatsapp.driver import Message
from waconsole.whatsapp.files import path_of
from waconsole.whatsapp.gateway.addresses import MessageId, message_id
from waconsole.whatsapp.limits import Limits
from waconsole.whatsapp.limits import fault as too_much

# A file goes as base64 in JSON: what one request may hold on both sides.
FILE_BYTES_MAX: Final = 64 << 20
# Whose chosen id the gateway documents to keep (2026.4.3): only there does "not found" say anything.
CHOSEN: Final = frozenset({"text", "poll"})
KINDS: Final = frozenset({"text", "image", "document", "video", "audio", "poll", "reaction"})

_PATHS: Final = {
    "image": "/api/sendImage",
    "document": "/api/sendFile",
    "video": "/api/sendVideo",
    "audio": "/api/sendVoice",
}
_SHORT: Final = re.compile(r"[A-Za-z0-9.:+=-]{1,128}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `again` says that doing it twice is the same as once."""

    method: str
    path: str
    form: dict[str, Any]
    again: bool = False


def is_short(text: str) -> bool:
    """Whether `text` can be the id of a new message."""
    return _SHORT.fullmatch(text) is not None


def fault(content: Content, limits: Limits) -> str:
    """Why a gateway cannot send that, in one sentence; "" when it can. `limits` are WhatsApp's own."""
    if content.kind not in KINDS:
        return f"A {content.kind} does not go by a gateway: it is of the Cloud API alone."
    if isinstance(content, Text | Poll):
        return too_much(content, "phone", limits, driver="gateway")
    if isinstance(content, Media) and not content.link and not _SHA256.fullmatch(content.sha256):
        return "The message names no file."
    if isinstance(content, Media) and content.size > FILE_BYTES_MAX:
        return f"The file is larger than {FILE_BYTES_MAX >> 20} MiB, which is what goes by a gateway."
    return ""


async def call_for(message: Message, chat: str, chosen: str, *, session: str, media: Path | None) -> Call:
    """The request for a message to `chat` under the id `chosen`. Raises Refused when its file cannot be read."""
    content = message.content
    if isinstance(content, Reaction):
        target = _target(content.target, chat)
        return Call(
            "PUT",
            "/api/reaction",
            {"session": session, "messageId": target, "reaction": content.emoji},
            again=True,
        )
    form: dict[str, Any] = {"session": session, "chatId": chat, "id": chosen}
    if message.reply_to:
        form["reply_to"] = _target(message.reply_to, chat)
    if isinstance(content, Text):
        return Call("POST", "/api/sendText", {**form, "text": content.body, "linkPreview": content.preview})
    if isinstance(content, Poll):
        poll = {
            "name": content.question,
            "options": list(content.choices),
            "multipleAnswers": content.several,
        }
        return Call("POST", "/api/sendPoll", {**form, "poll": poll})
    assert isinstance(content, Media)
    form["file"] = await _file(content, media)
    if content.kind in ("video", "audio"):
        form["convert"] = True  # WhatsApp plays only its own encodings; the gateway carries the tool
    if content.caption and content.kind != "audio":
        form["caption"] = content.caption
    return Call("POST", _PATHS[content.kind], form)


def _target(wamid: str, chat: str) -> str:
    """A message as the gateway wants it named: ours is kept by its id alone (`MessageId.kept`)."""
    return wamid if message_id(wamid) is not None else MessageId(True, chat, wamid).full


async def _file(content: Media, media: Path | None) -> dict[str, Any]:
    """A public link as it stands, or our own copy as base64. Raises Refused when that is not there."""
    named = {"mimetype": content.mime or "application/octet-stream"}
    if content.name:
        named["filename"] = content.name
    if content.link:
        return {**named, "url": content.link}
    if media is None:
        raise Refused("The file cannot be sent: the folder of files beside the ledger is not known.")
    return {**named, "data": await asyncio.to_thread(_encoded, media, content.sha256)}


def _encoded(folder: Path, sha256: str) -> str:
    path = path_of(folder, sha256)
    if path is None:
        raise Refused(f"The file {sha256[:8]}… is not in the folder beside the ledger any more.")
    try:
        with open(path, "rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise Refused(f"The file {path.name} cannot be read: {error.strerror}.") from error
    if len(raw) > FILE_BYTES_MAX:
        raise Refused(f"The file is larger than {FILE_BYTES_MAX >> 20} MiB, which is what goes by a gateway.")
    return base64.b64encode(raw).decode("ascii")
