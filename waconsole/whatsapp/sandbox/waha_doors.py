"""Who comes into the gateway's groups, who goes, and who decides there."""

from __future__ import annotations

from typing import Final, Literal

from waconsole.whatsapp.sandbox.waha_cast import GROUP_MAX
from waconsole.whatsapp.sandbox.waha_people import Asker, Circle, Someone
from waconsole.whatsapp.sandbox.waha_teller import WahaTeller
from waconsole.whatsapp.sandbox.waha_wire import engine_error
from waconsole.whatsapp.sandbox.waha_world import WahaWorld

ASKERS_MAX: Final = 10_000
# WhatsApp's own codes for one of several.
FORBIDDEN: Final = 403
NOT_THERE: Final = 404
THERE_ALREADY: Final = 409
FULL: Final = 500

Change = Literal["add", "remove", "promote", "demote"]


class WahaDoors:
    """Everybody's coming and going, whoever causes it; everything is told."""

    def __init__(self, world: WahaWorld, teller: WahaTeller) -> None:
        """Shared by the paths and the controls."""
        self._world = world
        self._teller = teller

    # -- what people do by themselves

    def follow(self, group: Circle, person: Someone, by: str) -> Asker | None:
        """Somebody follows the link: they are in (None), or they ask. Raises WahaError when they cannot."""
        if person in group.roles or person in group.askers:
            raise engine_error(THERE_ALREADY, "conflict")
        if not group.approval:
            if len(group.roles) >= GROUP_MAX:
                raise engine_error(FULL, "the group is full")
            self.come(group, person)
            return None
        if len(group.askers) >= ASKERS_MAX:
            raise engine_error(FULL, "too many people ask")
        asker = group.askers[person] = Asker(person, self._world.now(), by)
        self._teller.asked(group, asker, "created")
        return asker

    def come(self, group: Circle, person: Someone) -> None:
        """Somebody is in from now on."""
        group.askers.pop(person, None)
        group.roles[person] = "participant"
        self._teller.moved(group, "join", (person,))
        if person is self._world.us:
            self._teller.entered(group)

    def withdraw(self, group: Circle, person: Someone) -> None:
        """Somebody asks no more. Raises WahaError when they did not."""
        asker = group.askers.pop(person, None)
        if asker is None:
            raise engine_error(NOT_THERE, "they have not asked")
        self._teller.asked(group, asker, "revoked")

    def leave(self, group: Circle, person: Someone) -> None:
        """Somebody goes. Raises WahaError when they are not there."""
        if person not in group.roles:
            raise engine_error(NOT_THERE, "they are not in the group")
        del group.roles[person]
        if person is self._world.us:
            self._teller.left(group)
        else:
            self._teller.moved(group, "leave", (person,))

    # -- what admins do

    def decide(self, group: Circle, person: Someone | None, *, approve: bool) -> int:
        """Let somebody in who asks, or decline; answers WhatsApp's code where that fails, else 0."""
        if person is None or person not in group.askers:
            return NOT_THERE
        if not approve:
            self._teller.asked(group, group.askers.pop(person), "rejected")
            return 0
        if len(group.roles) >= GROUP_MAX:
            return FULL
        self.come(group, person)
        return 0

    def change(self, group: Circle, people: list[Someone], what: Change) -> list[int]:
        """Add, remove, promote or demote; answers a code for each, 0 where it was done. One event tells of all."""
        codes = [self._changed(group, one, what) for one in people]
        done = [one for one, code in zip(people, codes, strict=True) if code == 0]
        kinds: dict[Change, Literal["join", "leave", "promote", "demote"]] = {
            "add": "join", "remove": "leave", "promote": "promote", "demote": "demote",
        }  # fmt: skip
        self._teller.moved(group, kinds[what], done)
        return codes

    def _changed(self, group: Circle, person: Someone, what: Change) -> int:
        role = group.roles.get(person)
        if what == "add":
            if role is not None:
                return THERE_ALREADY
            if len(group.roles) >= GROUP_MAX:
                return FULL
            if not person.phone:
                return FORBIDDEN  # who hides everything lets nobody add them
            group.askers.pop(person, None)
            group.roles[person] = "participant"
            return 0
        if role is None:
            return NOT_THERE
        if role == "superadmin" and person is not self._world.us:
            return FORBIDDEN  # nobody takes anything from who made the group
        if what == "remove":
            del group.roles[person]
        else:
            group.roles[person] = "admin" if what == "promote" else "participant"
        return 0
