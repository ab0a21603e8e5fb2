"""The gateway's paths about itself: sessions, pairing, version, health."""

from __future__ import annotations

import base64
from typing import Any

from waconsole.whatsapp.sandbox.asgi import Reply
from waconsole.whatsapp.sandbox.waha_people import LID, PHONE
from waconsole.whatsapp.sandbox.waha_sessions import Linked, Sessions, code_picture
from waconsole.whatsapp.sandbox.waha_shapes import me
from waconsole.whatsapp.sandbox.waha_wire import ENVIRONMENT, Asked, Route, WahaError, text
from waconsole.whatsapp.sandbox.waha_world import WahaWorld


class SessionPaths:
    """Sessions and what is known of the people behind hidden ids."""

    def __init__(self, world: WahaWorld, sessions: Sessions) -> None:
        """The server began to run now."""
        self._world = world
        self._sessions = sessions
        self._began = world.now()

    def routes(self) -> list[Route]:
        """Every path by method and pattern."""
        return [
            ("GET", "version", 200, lambda _: dict(ENVIRONMENT)),
            ("GET", "server/version", 200, lambda _: dict(ENVIRONMENT)),
            ("GET", "server/status", 200, self._status),
            ("GET", "sessions", 200, self._list),
            ("POST", "sessions", 201, self._make),
            ("GET", "sessions/{session}", 200, self._said),
            ("PUT", "sessions/{session}", 200, self._configure),
            ("DELETE", "sessions/{session}", 200, self._delete),
            ("GET", "sessions/{session}/me", 200, self._me),
            ("POST", "sessions/{session}/start", 201, lambda asked: self._turned(asked, self._sessions.start)),
            ("POST", "sessions/{session}/stop", 201, lambda asked: self._turned(asked, self._sessions.stop)),
            ("POST", "sessions/{session}/restart", 201, lambda asked: self._turned(asked, self._sessions.restart)),
            ("POST", "sessions/{session}/logout", 201, lambda asked: self._turned(asked, self._sessions.log_out)),
            ("GET", "{session}/auth/qr", 200, self._code),
            ("GET", "{session}/lids", 200, self._lids),
            ("GET", "{session}/lids/count", 200, self._lids_count),
            ("GET", "{session}/lids/{lid}", 200, self._phone_of),
            ("GET", "{session}/lids/pn/{phone}", 200, self._lid_of),
        ]  # fmt: skip

    # -- sessions

    def _status(self, asked: Asked) -> dict[str, Any]:
        began, now = self._began // 1000, self._world.now() // 1000
        return {"startTimestamp": began, "uptime": max(0, now - began), "worker": {"id": None}}

    def _list(self, asked: Asked) -> list[dict[str, Any]]:
        everyone = bool(asked.flag("all"))
        shown = [one for one in self._sessions.all() if everyone or one.status != "STOPPED"]
        return [self._sessions.document(one) for one in shown]

    def _said(self, asked: Asked) -> dict[str, Any]:
        return self._sessions.document(self._sessions.find(asked.names["session"]))

    def _make(self, asked: Asked) -> dict[str, Any]:
        wanted = asked.document()
        config = self._sessions.configured(wanted.get("config"))
        made = self._sessions.make(text(wanted, "name", needed=False) or "default", config)
        if wanted.get("start", True):
            self._sessions.start(made)
        return self._sessions.document(made)

    def _configure(self, asked: Asked) -> dict[str, Any]:
        found = self._sessions.find(asked.names["session"])
        found.config = self._sessions.configured(asked.document().get("config"))
        if found.status != "STOPPED":
            self._sessions.restart(found)  # as WAHA does: a session takes a configuration in by a restart
        return self._sessions.document(found)

    def _delete(self, asked: Asked) -> None:
        self._sessions.forget(asked.names["session"])

    def _me(self, asked: Asked) -> dict[str, Any] | None:
        found = self._sessions.find(asked.names["session"])
        return me(self._world.us) if found.paired and found.status == "WORKING" else None

    def _turned(self, asked: Asked, turn: Any) -> dict[str, Any]:
        found: Linked = self._sessions.find(asked.names["session"])
        turn(found)
        return self._sessions.document(found)

    def _code(self, asked: Asked) -> dict[str, Any] | Reply:
        value = self._sessions.code(self._sessions.find(asked.names["session"]))
        shape = asked.first("format", "image")
        if shape == "raw":
            return {"value": value}
        if shape != "image":
            raise WahaError(400, "format must be one of the following values: image, raw")
        picture = code_picture(value)
        if "application/json" in asked.accepts:
            return {"mimetype": "image/png", "data": base64.b64encode(picture).decode("ascii")}
        return Reply(body=picture, content_type="image/png")

    # -- hidden ids

    def _lids(self, asked: Asked) -> list[dict[str, Any]]:
        self._sessions.working(asked.names["session"])
        known = [one for one in self._world.people() if one.known_phone]
        return asked.page([{"lid": one.lid + LID, "pn": one.known_phone} for one in known])

    def _lids_count(self, asked: Asked) -> dict[str, int]:
        self._sessions.working(asked.names["session"])
        return {"count": sum(1 for one in self._world.people() if one.known_phone)}

    def _phone_of(self, asked: Asked) -> dict[str, str | None]:
        self._sessions.working(asked.names["session"])
        written = asked.names["lid"].removesuffix(LID) + LID
        person = self._world.find(written)
        return {"lid": written, "pn": (person.known_phone or None) if person else None}

    def _lid_of(self, asked: Asked) -> dict[str, str | None]:
        self._sessions.working(asked.names["session"])
        digits = asked.names["phone"].removesuffix(PHONE).removeprefix("+")
        person = self._world.find(digits)
        return {"lid": person.lid + LID if person and person.known_phone else None, "pn": digits + PHONE}
