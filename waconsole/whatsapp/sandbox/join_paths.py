"""The paths of who wants into a group and who has to go: join requests and participants."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from waconsole import clock
from waconsole.whatsapp.sandbox.asgi import Asked, Reply
from waconsole.whatsapp.sandbox.cast import GROUP_MAX
from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.doors import Doors
from waconsole.whatsapp.sandbox.fields import BAD
from waconsole.whatsapp.sandbox.group_desk import GroupDesk
from waconsole.whatsapp.sandbox.group_paths import PAGE_MAX, STALE_CURSOR, GroupPaths
from waconsole.whatsapp.sandbox.group_words import PARTICIPANTS, group_error, named
from waconsole.whatsapp.sandbox.paging import page
from waconsole.whatsapp.sandbox.people import Group
from waconsole.whatsapp.sandbox.world import World

AT_ONCE_MAX: Final = 1000
PARTIAL: Final = 131201


class JoinPaths:
    """Join requests and participants of the one number's groups."""

    def __init__(self, world: World, groups: GroupPaths, desk: GroupDesk, doors: Doors) -> None:
        """Removing goes over the desk; letting in is done at once."""
        self._world = world
        self._groups = groups
        self._desk = desk
        self._doors = doors

    def answer(self, asked: Asked) -> Mapping[str, Any] | Reply | None:
        """What a path of joining answers; None when it is none. Raises GraphError."""
        if asked.edge == "join_requests" and asked.method in ("GET", "POST", "DELETE"):
            group = self._groups.known(asked.node)
            return self._waiting(asked, group) if asked.method == "GET" else self._decide(asked, group)
        if asked.edge == "participants" and asked.method in ("POST", "DELETE"):
            group = self._groups.known(asked.node)
            if asked.method == "POST":
                raise GraphError(BAD, "Participants cannot be added: send them the invite link.")
            return self._remove(asked, group)
        return None

    def _waiting(self, asked: Asked, group: Group) -> Mapping[str, Any]:
        requests = list(group.requests.values())
        shown, paging = page(asked, requests, lambda one: one.id, most=PAGE_MAX, stale=STALE_CURSOR)
        rows = [
            {"join_request_id": one.id, **named(one.person), "creation_timestamp": one.at // clock.SECOND}
            for one in shown
        ]
        return {"data": rows, "paging": paging}

    def _decide(self, asked: Asked, group: Group) -> Mapping[str, Any] | Reply:
        request = asked.for_whatsapp("join_requests")
        wanted = request.values.get("join_requests")
        is_list = isinstance(wanted, list) and 1 <= len(wanted) <= AT_ONCE_MAX
        if not is_list or not all(isinstance(one, str) for one in wanted or ()):
            raise GraphError(BAD, f"Param join_requests must be an array of 1 to {AT_ONCE_MAX} texts.")
        self._desk.refuse()
        done: list[str] = []
        failed: list[dict[str, Any]] = []
        for request_id in wanted or ():
            try:
                self._settle(group, request_id, is_let_in=asked.method == "POST")
                done.append(request_id)
            except GraphError as error:
                failed.append(
                    {"join_request_id": request_id, "errors": [group_error(error.code, error.details)]}
                )
        name = "approved_join_requests" if asked.method == "POST" else "rejected_join_requests"
        answer: dict[str, Any] = {"messaging_product": "whatsapp", name: done}
        if not failed:
            return answer
        answer |= {"failed_join_requests": failed, "errors": [group_error(PARTIAL, "Some requests failed.")]}
        return Reply(answer, http_status=206)

    def _settle(self, group: Group, request_id: str, *, is_let_in: bool) -> None:
        request = group.requests.get(request_id)
        if request is None:
            raise GraphError(131213, "The join request is gone.")
        if is_let_in:
            self._doors.let_in(group, request.person, asked=True)
        del group.requests[request_id]

    def _remove(self, asked: Asked, group: Group) -> Mapping[str, Any]:
        request = asked.for_whatsapp("participants")
        wanted = request.values.get("participants")
        if isinstance(wanted, list) and len(wanted) > GROUP_MAX:
            raise GraphError(131204, f"At most {GROUP_MAX} participants at once.")
        users: list[str] = []
        for one in request.several("participants", fewest=1, most=GROUP_MAX):
            one.only("user")
            users.append(one.text("user", longest=256))
        people = [self._world.person(user) or user for user in users]
        if len(set(people)) != len(people):
            raise GraphError(131202, "Somebody stands there twice.")
        work = partial(self._removed, group, users)
        request_id = self._desk.take(
            PARTICIPANTS, "group_participants_remove", group.id, work, number=group.number
        )
        return {"messaging_product": "whatsapp", "request_id": request_id}

    def _removed(self, group: Group, users: list[str]) -> tuple[str, Mapping[str, Any]]:
        self._groups.known(group.id)
        done: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for user in users:
            person = self._world.person(user)
            if person is None or person not in group.people:
                failed.append({"input": user, "errors": [group_error(131212, "They are not in the group.")]})
                continue
            group.people.remove(person)
            group.removed.append(person)
            done.append({"input": user})
        more: dict[str, Any] = {"initiated_by": "business", "removed_participants": done}
        if failed:
            more |= {
                "failed_participants": failed,
                "errors": [group_error(PARTIAL, "Not everybody was removed.")],
            }
        return group.id, more
