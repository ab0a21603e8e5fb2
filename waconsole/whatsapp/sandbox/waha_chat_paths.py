"""The gateway's paths of what was said: the history to catch up by, one message, changes to ours, files."""

from __future__ import annotations

from typing import Any, Final

from waconsole import clock
from waconsole.whatsapp.sandbox.asgi import Reply
from waconsole.whatsapp.sandbox.waha_people import GROUP, Said
from waconsole.whatsapp.sandbox.waha_sessions import Sessions
from waconsole.whatsapp.sandbox.waha_shapes import ACKS, Shapes
from waconsole.whatsapp.sandbox.waha_teller import WahaTeller
from waconsole.whatsapp.sandbox.waha_wire import Asked, Route, WahaError, engine_error, text
from waconsole.whatsapp.sandbox.waha_world import WahaWorld, seconds

LIMIT: Final = 10
DURATIONS: Final = (86_400, 604_800, 2_592_000)


class ChatPaths:
    """Messages that exist."""

    def __init__(self, world: WahaWorld, sessions: Sessions, teller: WahaTeller, shapes: Shapes) -> None:
        """All of them are shared with the controls."""
        self._world = world
        self._sessions = sessions
        self._teller = teller
        self._shapes = shapes

    def routes(self) -> list[Route]:
        """Every path by method and pattern."""
        every, one = "{session}/chats/{chat}/messages", "{session}/chats/{chat}/messages/{message}"
        return [
            ("GET", every, 200, self._history),
            ("GET", one, 200, self._one),
            ("PUT", one, 200, self._edit),
            ("DELETE", one, 200, self._delete),
            ("POST", f"{one}/pin", 201, self._pin),
            ("POST", f"{one}/unpin", 201, self._unpin),
            ("GET", "files/{session}/{name}", 200, self._bytes),
        ]

    def _shown(self, said: Said) -> bool:
        late = round(self._world.faults.dials.gateway_history_late_seconds * clock.SECOND)
        return not said.revoked and said.at <= self._world.now() - late

    def _chat(self, written: str) -> str:
        if written.endswith(GROUP):
            return self._world.group(written).id
        person = self._world.find(written)
        return person.chat if person else written

    def _history(self, asked: Asked) -> list[dict[str, Any]]:
        self._sessions.working(asked.names["session"])
        whole, chat = asked.names["chat"] == "all", ""
        if not whole:
            chat = self._chat(asked.names["chat"])
        fewest, most = asked.whole("filter.timestamp.gte", 0), asked.whole("filter.timestamp.lte", 10**12 - 1)
        ours, ack = asked.flag("filter.fromMe"), asked.first("filter.ack")
        if ack and ack not in ACKS.values():
            raise WahaError(
                400, f"filter.ack must be one of the following values: {', '.join(ACKS.values())}"
            )
        found = [
            one for one in self._world.said
            if (whole or self._same(one.chat, chat)) and fewest <= seconds(one.at) <= most
            and (ours is None or one.ours == ours) and (not ack or ACKS[one.ack] == ack) and self._shown(one)
        ]  # fmt: skip
        found.sort(key=lambda one: one.at, reverse=asked.first("sortOrder", "desc") != "asc")
        offset = asked.whole("offset", 0)
        with_media = asked.flag("downloadMedia") is not False
        page = found[offset : offset + asked.whole("limit", LIMIT)]
        return [self._shapes.message(one, with_media=with_media) for one in page]

    def _same(self, one: str, other: str) -> bool:
        """Whether two names are one chat: what was said under a hidden id stays with the phone behind it."""
        if one == other:
            return True
        if one.endswith(GROUP) or other.endswith(GROUP):
            return False
        person = self._world.find(one)
        return person is not None and person is self._world.find(other)

    def _one(self, asked: Asked) -> dict[str, Any]:
        self._sessions.working(asked.names["session"])
        found = self._world.message(asked.names["message"])
        if found is None or not self._shown(found):
            raise WahaError(404, "Message not found")
        return self._shapes.message(found, with_media=asked.flag("downloadMedia") is not False)

    # -- changes to what was said

    def _target(self, asked: Asked) -> Said:
        self._sessions.working(asked.names["session"])
        return self._world.known(asked.names["message"])

    def _edit(self, asked: Asked) -> dict[str, Any]:
        target = self._target(asked)
        if not target.ours or target.kind not in ("text", "image", "video", "document"):
            raise engine_error(403, "forbidden")
        target.body = text(asked.document(), "text")
        self._teller.edited(target, self._world.us, target.body)
        return {"id": target.whole_id, "_data": {}}

    def _delete(self, asked: Asked) -> dict[str, Any]:
        target = self._target(asked)
        if not target.ours and not (
            target.in_group and self._world.group(target.chat).is_admin(self._world.us)
        ):
            raise engine_error(403, "forbidden")
        if not target.revoked:
            target.revoked = True
            self._teller.revoked(target, self._world.us)
        return {"id": target.whole_id, "_data": {}}

    def _pin(self, asked: Asked) -> dict[str, bool]:
        target = self._target(asked)
        if asked.document().get("duration") not in DURATIONS:
            raise WahaError(
                400, f"duration must be one of the following values: {', '.join(map(str, DURATIONS))}"
            )
        if target.in_group and target.id not in (pins := self._world.group(target.chat).pins):
            pins.append(target.id)
        return {"success": True}

    def _unpin(self, asked: Asked) -> dict[str, bool]:
        target = self._target(asked)
        if target.in_group and target.id in (pins := self._world.group(target.chat).pins):
            pins.remove(target.id)
        return {"success": True}

    # -- files

    def _bytes(self, asked: Asked) -> Reply:
        bare = asked.names["name"].partition(".")[0]
        if (group := self._world.groups.get(bare + GROUP)) is not None and group.picture:
            return Reply(body=group.picture, content_type="image/jpeg")
        said = self._world.message(bare)
        if said is None or said.file is None:
            raise WahaError(404, "Not Found")
        return Reply(body=said.file[2], content_type=said.file[1])
