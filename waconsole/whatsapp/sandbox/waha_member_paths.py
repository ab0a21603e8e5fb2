"""The gateway's paths of people in groups: participants, admins, and who asks to come in."""

from __future__ import annotations

from typing import Any, Final

from waconsole.whatsapp.sandbox.waha_doors import Change, WahaDoors
from waconsole.whatsapp.sandbox.waha_people import Someone
from waconsole.whatsapp.sandbox.waha_sessions import Sessions
from waconsole.whatsapp.sandbox.waha_shapes import asker, participant, raw_participant
from waconsole.whatsapp.sandbox.waha_wire import Asked, Route, WahaError, text
from waconsole.whatsapp.sandbox.waha_world import WahaWorld

AT_ONCE_MAX: Final = 1024


class MemberPaths:
    """Who is in a group, and who wants to be."""

    def __init__(self, world: WahaWorld, sessions: Sessions, doors: WahaDoors) -> None:
        """All of them are shared with the controls."""
        self._world = world
        self._sessions = sessions
        self._doors = doors

    def routes(self) -> list[Route]:
        """Every path by method and pattern."""
        people, one = "{session}/groups/{id}/participants", "{session}/groups/{id}"
        asking = f"{people}/join-requests"
        return [
            ("GET", people, 200, self._raw),
            ("GET", f"{people}/v2", 200, self._list),
            ("POST", f"{people}/add", 200, lambda asked: self._change(asked, "add")),
            ("POST", f"{people}/remove", 200, lambda asked: self._change(asked, "remove")),
            ("POST", f"{one}/admin/promote", 200, lambda asked: self._change(asked, "promote")),
            ("POST", f"{one}/admin/demote", 200, lambda asked: self._change(asked, "demote")),
            ("GET", asking, 200, self._asking),
            ("POST", f"{asking}/approve", 200, lambda asked: self._decide(asked, approve=True)),
            ("POST", f"{asking}/reject", 200, lambda asked: self._decide(asked, approve=False)),
        ]

    def _raw(self, asked: Asked) -> list[dict[str, Any]]:
        self._sessions.working(asked.names["session"])
        return [raw_participant(*one) for one in self._world.group(asked.names["id"]).roles.items()]

    def _list(self, asked: Asked) -> list[dict[str, Any]]:
        self._sessions.working(asked.names["session"])
        return [participant(*one) for one in self._world.group(asked.names["id"]).roles.items()]

    def _named(self, asked: Asked) -> list[str]:
        people = asked.document().get("participants")
        if not isinstance(people, list) or not 0 < len(people) <= AT_ONCE_MAX:
            raise WahaError(400, "participants must be an array")
        if not all(isinstance(one, dict) for one in people):
            raise WahaError(400, "each value in participants must be an object")
        return [text(one, "id") for one in people]

    def _change(self, asked: Asked, what: Change) -> list[dict[str, Any]]:
        self._sessions.working(asked.names["session"])
        group = self._world.group(asked.names["id"])
        if what != "add" or not group.adding:
            self._world.ruled(asked.names["id"])
        # Named twice is named once: WhatsApp answers once for each person.
        people: list[Someone] = list(dict.fromkeys(self._world.person(one) for one in self._named(asked)))
        codes = self._doors.change(group, people, what)
        return [
            raw_participant(one, group.roles.get(one), code) for one, code in zip(people, codes, strict=True)
        ]

    def _asking(self, asked: Asked) -> list[dict[str, Any]]:
        self._sessions.working(asked.names["session"])
        return [asker(one) for one in self._world.ruled(asked.names["id"]).askers.values()]

    def _decide(self, asked: Asked, *, approve: bool) -> list[dict[str, Any]]:
        self._sessions.working(asked.names["session"])
        group = self._world.ruled(asked.names["id"])
        results = []
        for written in self._named(asked):
            code = self._doors.decide(group, self._world.find(written), approve=approve)
            row: dict[str, Any] = {"requesterId": written, "success": not code}
            results.append(row | ({"error": code} if code else {}))
        return results
