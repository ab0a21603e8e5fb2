"""People at the doors of groups: they follow a link, ask, take it back, are let in, leave."""

from __future__ import annotations

import base64
from typing import Final

from waconsole.whatsapp.sandbox import ids
from waconsole.whatsapp.sandbox.cast import GROUP_MAX
from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.group_words import GroupTeller
from waconsole.whatsapp.sandbox.people import Group, JoinRequest, Person
from waconsole.whatsapp.sandbox.world import World

WAITING_MAX: Final = 10_000


class Doors:
    """Who comes into groups and who goes."""

    def __init__(self, world: World, teller: GroupTeller) -> None:
        """Everything that happens is told."""
        self._world = world
        self._teller = teller
        self._asked = 0

    def behind(self, link: str) -> Group | None:
        """The group a link leads into now."""
        return next((one for one in self._world.groups.values() if one.link == link), None)

    def follow(self, group: Group, person: Person) -> JoinRequest | None:
        """Somebody follows the link: they are in, or they ask. Raises GraphError when they cannot."""
        if person in group.people:
            raise GraphError(131202, "They are in the group already.")
        if person in group.removed:
            raise GraphError(131212, "They were removed and cannot come back by a link.")
        if not group.approval:
            self.let_in(group, person, asked=False)
            return None
        waiting = next((one for one in group.requests.values() if one.person is person), None)
        if waiting is not None:
            raise GraphError(131202, "They have asked already.")
        if len(group.requests) >= WAITING_MAX:
            raise GraphError(131204, "Too many people wait at the door of this group.")
        self._asked += 1
        raw = ids.dice("join", self._world.seed, self._asked, group.id, person.key)[:18]
        request = JoinRequest(base64.b64encode(raw).decode("ascii"), person, self._world.now())
        group.requests[request.id] = request
        self._teller.requested(group, request)
        return request

    def let_in(self, group: Group, person: Person, *, asked: bool) -> None:
        """Somebody is in from now on. Raises GraphError when there is no room."""
        if len(group.people) >= GROUP_MAX:
            raise GraphError(131204, f"The group is full: it holds {GROUP_MAX} people beside the business.")
        group.people.append(person)
        self._teller.joined(group, person, asked=asked)

    def take_back(self, group: Group, person: Person) -> JoinRequest:
        """Somebody asks no more. Raises GraphError when they did not ask."""
        request = next((one for one in group.requests.values() if one.person is person), None)
        if request is None:
            raise GraphError(131213, "They have not asked to join.")
        del group.requests[request.id]
        self._teller.requested(group, request, taken_back=True)
        return request

    def leave(self, group: Group, person: Person) -> None:
        """Somebody goes. Raises GraphError when they are not there."""
        if person not in group.people:
            raise GraphError(131212, "They are not in the group.")
        group.people.remove(person)
        self._teller.left(group, person)
