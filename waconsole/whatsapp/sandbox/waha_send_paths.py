"""The gateway's paths that send: texts, files, polls, reactions, blue ticks; with the id the caller chose."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from waconsole.whatsapp.sandbox.record import Record
from waconsole.whatsapp.sandbox.waha_people import Circle, Said
from waconsole.whatsapp.sandbox.waha_sessions import Sessions
from waconsole.whatsapp.sandbox.waha_shapes import Shapes
from waconsole.whatsapp.sandbox.waha_teller import WahaTeller
from waconsole.whatsapp.sandbox.waha_wire import Asked, Route, WahaError, attached, engine_error, text, texts
from waconsole.whatsapp.sandbox.waha_world import WahaWorld

MENTIONS_MAX: Final = 1024
OPTIONS: Final = range(2, 13)
MARKED_MAX: Final = 100_000
SENDS: Final = ("sendText", "sendImage", "sendFile", "sendVoice", "sendVideo", "sendPoll")


def said_hash(said: Said) -> str:
    """SHA-256 (hex) of what a message says: the same for the same words, whatever its id."""
    file = hashlib.sha256(said.file[2]).hexdigest() if said.file else None
    quoted = said.reply_to.id if said.reply_to else None
    whole = {"type": said.kind, "body": said.body, "file": file, "options": said.options, "reply_to": quoted}
    return hashlib.sha256(
        json.dumps(whole, sort_keys=True, separators=(",", ":")).encode("ascii")
    ).hexdigest()


class SendPaths:
    """What the linked phone writes."""

    def __init__(
        self, world: WahaWorld, sessions: Sessions, teller: WahaTeller, shapes: Shapes, record: Record
    ) -> None:
        """The record is the one of the Graph paths."""
        self._world = world
        self._sessions = sessions
        self._teller = teller
        self._shapes = shapes
        self._record = record

    def routes(self) -> list[Route]:
        """Every path by method and pattern."""
        return [
            ("POST", "sendText", 201, self._text),
            ("POST", "sendImage", 201, lambda asked: self._file(asked, "image", "image/jpeg")),
            ("POST", "sendVideo", 201, lambda asked: self._file(asked, "video", "video/mp4")),
            (
                "POST",
                "sendFile",
                201,
                lambda asked: self._file(asked, "document", "application/octet-stream"),
            ),
            ("POST", "sendVoice", 201, lambda asked: self._file(asked, "audio", "audio/ogg; codecs=opus")),
            ("POST", "sendPoll", 201, self._poll),
            ("PUT", "reaction", 200, self._react),
            ("POST", "sendSeen", 201, self._see),
            ("POST", "startTyping", 201, lambda asked: self._type(asked, on=True)),
            ("POST", "stopTyping", 201, lambda asked: self._type(asked, on=False)),
            ("GET", "{session}/new-message-id", 200, self._new_id),
        ]

    # -- messages

    def _text(self, asked: Asked) -> dict[str, Any]:
        wanted = asked.document()
        return self._send(wanted, "text", text(wanted, "text"))

    def _file(self, asked: Asked, kind: str, mime: str) -> dict[str, Any]:
        wanted = asked.document()
        file = attached(wanted, mime)
        found = self._send(wanted, kind, text(wanted, "caption", needed=False, empty=True), file=file)
        return {"id": found["id"], "_data": found["_data"]}

    def _poll(self, asked: Asked) -> dict[str, Any]:
        wanted = asked.document()
        poll = wanted.get("poll")
        if not isinstance(poll, dict):
            raise WahaError(400, "poll must be an object")
        options = texts(poll, "options", OPTIONS[-1])
        if len(options) not in OPTIONS or len(set(options)) != len(options) or not all(options):
            raise WahaError(400, "poll.options must contain at least 2 different elements")
        many = poll.get("multipleAnswers") is True
        found = self._send(wanted, "poll", text(poll, "name"), options=options, many=many)
        return {"id": found["id"], "_data": found["_data"]}

    def _send(self, wanted: Mapping[str, Any], kind: str, body: str, **more: Any) -> dict[str, Any]:
        """Accept a message once; the same id again is the same message, unless the dial says otherwise."""
        world = self._world
        self._sessions.working(text(wanted, "session"))
        place = world.chat(text(wanted, "chatId"))
        if isinstance(place, Circle) and place.announce and not place.is_admin(world.us):
            raise engine_error(403, "forbidden")
        chat = place.id if isinstance(place, Circle) else place.chat
        chosen = world.chosen_id(text(wanted, "id", needed=False, empty=True))
        known = world.message(chosen) if chosen else None
        if known is not None and (not known.ours or known.chat != chat):
            raise engine_error(400, "bad-request")
        if known is not None and not world.faults.dials.gateway_repeat_twice:
            return self._shapes.message(known)
        quoted = text(wanted, "reply_to", needed=False, empty=True)
        said = known or world.keep(
            Said(
                chosen or world.new_id(), chat, world.us, True, world.now(), kind, body, chosen=bool(chosen), ack=1,
                reply_to=world.message(quoted) if quoted else None,
                mentions=texts(wanted, "mentions", MENTIONS_MAX), **more,
            )
        )  # fmt: skip
        self._record.add_row(world.take(said, said_hash(said)).row())
        self._teller.went_out(said)
        if 0 < world.faults.dials.gateway_banned_after <= len(world.taken):
            for one in self._sessions.all():
                self._sessions.thrown_out(one)
        return self._shapes.message(said)

    def _new_id(self, asked: Asked) -> dict[str, str]:
        self._sessions.working(asked.names["session"])
        return {"id": self._world.new_id()}

    # -- what belongs to one

    def _react(self, asked: Asked) -> dict[str, Any]:
        wanted = asked.document()
        self._sessions.working(text(wanted, "session"))
        target = self._world.known(text(wanted, "messageId"))
        emoji = wanted.get("reaction")
        if not isinstance(emoji, str) or len(emoji) > 32:
            raise WahaError(400, "reaction must be a string")
        self._teller.reacted(target, self._world.us, emoji)
        return {"id": target.whole_id, "_data": {}}

    def _see(self, asked: Asked) -> dict[str, Any]:
        wanted = asked.document()
        self._sessions.working(text(wanted, "session"))
        chat = text(wanted, "chatId")
        self._world.chat(chat)
        one = text(wanted, "messageId", needed=False, empty=True)
        seen = [*texts(wanted, "messageIds", 1000), *([one] if one else [])] or [chat]
        now = self._world.now()
        self._world.seen = [*self._world.seen, *((it, now) for it in seen)][-MARKED_MAX:]
        return {}

    def _type(self, asked: Asked, *, on: bool) -> None:
        wanted = asked.document()
        self._sessions.working(text(wanted, "session"))
        chat = text(wanted, "chatId")
        self._world.chat(chat)
        (self._world.typing.add if on else self._world.typing.discard)(chat)
