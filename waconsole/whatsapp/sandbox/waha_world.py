"""What the gateway's phone knows: people, groups, messages with the ids they were given, and what was accepted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from waconsole import clock
from waconsole.whatsapp.sandbox import ids
from waconsole.whatsapp.sandbox.cast import Cast
from waconsole.whatsapp.sandbox.faults import Faults
from waconsole.whatsapp.sandbox.waha_cast import (
    ADMINS,
    BIG,
    FOUNDER,
    GROUP_MAX,
    SMALL,
    SMALL_PEOPLE,
    circles,
    lid_of,
    people,
    us,
)  # fmt: skip
from waconsole.whatsapp.sandbox.waha_people import GROUP, LID, Circle, Role, Said, Someone, bare_id
from waconsole.whatsapp.sandbox.waha_wire import WahaError, engine_error
from waconsole.whatsapp.sandbox.world import World

MESSAGES_MAX: Final = 1_000_000
PEOPLE_MAX: Final = 100_000
GROUPS_MAX: Final = 1000

_PHONE: Final = re.compile(r"\+?([1-9][0-9]{6,14})(?:@c\.us|@s\.whatsapp\.net)?")
_LID: Final = re.compile(r"([0-9]{5,20})@lid")
_ID: Final = re.compile(r"[A-Za-z0-9]{8,64}")


@dataclass(frozen=True, slots=True)
class Taken:
    """A message of ours that was accepted: once for every time it goes out."""

    said: Said
    sha256: str
    at: int

    def row(self) -> Mapping[str, Any]:
        """A line of the record, beside the Graph paths' own: `id` is the bare id, `opaque` the one the caller chose."""
        said = self.said
        return {
            "id": said.id, "to": said.chat, "opaque": said.id if said.chosen else None, "type": said.kind,
            "sha256": self.sha256, "at": self.at, "road": "gateway",
        }  # fmt: skip


class WahaWorld:
    """Everything that is remembered behind the linked phone. Nothing here waits; every method is one step."""

    def __init__(self, world: World, faults: Faults, cast: Cast) -> None:
        """The clock and the seed are those of the other world; the people and groups are its own."""
        self._clock = world
        self.faults = faults
        self.seed = world.seed
        self.us = us()
        self.groups: dict[str, Circle] = {one.id: one for one in circles(self.us, world.now())}
        self.said: list[Said] = []
        self.taken: list[Taken] = []
        self.seen: list[tuple[str, int]] = []  # (message or chat that got a blue tick, instant)
        self.typing: set[str] = set()
        self._by_id: dict[str, Said] = {}
        self._people: dict[str, Someone] = {}
        self._named: dict[str, Someone] = {}
        self._coming = people(cast)
        self._came = 0
        self._given = 0
        self._counts: dict[str, int] = {}
        self._add(self.us)
        self.grow()

    def now(self) -> int:
        """The sandbox's clock, in microseconds UTC."""
        return self._clock.now()

    # -- people

    def _add(self, person: Someone) -> Someone:
        if len(self._people) >= 2 * PEOPLE_MAX:
            raise WahaError(500, "The sandbox knows too many people: start it anew.")
        self._people[person.lid + LID] = person
        if person.phone:
            self._people[person.phone] = person
        self._named.setdefault(person.name, person)
        return person

    def grow(self) -> None:
        """Let neighbours come until the large group has as many people as its dial says, us among them."""
        wanted = min(self.faults.dials.gateway_group_people, GROUP_MAX)
        while self._came < wanted - 1 and len(self.groups[BIG].roles) < GROUP_MAX:
            person = self._add(next(self._coming))
            role: Role = "admin" if person.name in ADMINS else "participant"
            if person.name == FOUNDER:
                role = "superadmin"
            self.groups[BIG].roles[person] = role
            if self._came < SMALL_PEOPLE - 1:
                self.groups[SMALL].roles[person] = "superadmin" if self._came == 0 else "participant"
            self._came += 1

    def people(self) -> list[Someone]:
        """Everybody but us, in the order they came."""
        return [one for one in dict.fromkeys(self._people.values()) if one is not self.us]

    def find(self, written: str) -> Someone | None:
        """The person behind a phone, a hidden id or (for the controls) a name; None when nobody is."""
        if found := _LID.fullmatch(written):
            return self._people.get(found[1] + LID)
        if found := _PHONE.fullmatch(written):
            return self._people.get(found[1])
        return self._named.get(written)

    def person(self, written: str) -> Someone:
        """The same, made when it is a phone nobody knew. Raises WahaError."""
        known = self.find(written)
        found = _PHONE.fullmatch(written)
        if known is None and found is not None:
            return self._add(Someone(f"Neighbour {found[1][-4:]}", lid_of(found[1]), found[1]))
        if known is None:
            raise engine_error(404, "item-not-found")
        return known

    # -- groups

    def group(self, written: str) -> Circle:
        """A group we are in. Raises WahaError."""
        self.grow()
        found = self.groups.get(written if written.endswith(GROUP) else written + GROUP)
        if found is None:
            raise engine_error(404, "item-not-found")
        if self.us not in found.roles:
            raise engine_error(403, "forbidden")
        return found

    def ruled(self, written: str) -> Circle:
        """A group we are admin of. Raises WahaError."""
        found = self.group(written)
        if not found.is_admin(self.us):
            raise engine_error(403, "forbidden")
        return found

    def ours(self) -> list[Circle]:
        """Every group we are in."""
        self.grow()
        return [one for one in self.groups.values() if self.us in one.roles]

    def create(self, subject: str) -> Circle:
        """A new group of ours. Raises WahaError."""
        if len(self.groups) >= GROUPS_MAX:
            raise engine_error(500, "too many groups")
        number = int.from_bytes(ids.dice("circle", self.seed, len(self.groups))[:6], "big") % 10**15
        group = Circle(f"120{number:015}{GROUP}", subject, "", self.now())
        group.roles[self.us] = "superadmin"
        self.groups[group.id] = group
        return group

    def behind(self, code: str) -> Circle | None:
        """The group an invite code or link leads into now."""
        bare = code.rstrip("/").rsplit("/", 1)[-1]
        return next((one for one in self.groups.values() if one.code == bare), None)

    # -- messages

    def new_id(self) -> str:
        """An id nobody has: as the engine makes them."""
        self._given += 1
        return "3EB0" + ids.dice("gateway id", self.seed, self._given).hex()[:18].upper()

    def chosen_id(self, written: str) -> str:
        """The id a caller chose, whole or bare; empty when none was. Raises WahaError."""
        if not written:
            return ""
        bare = bare_id(written)
        if not _ID.fullmatch(bare):
            raise WahaError(400, "id is not a message id")
        return bare

    def chat(self, written: str) -> Circle | Someone:
        """Where a message may go: a group, or a person. Raises WahaError."""
        return self.group(written) if written.endswith(GROUP) else self.person(written)

    def message(self, written: str) -> Said | None:
        """A message by its id, whole or bare."""
        return self._by_id.get(bare_id(written))

    def known(self, written: str) -> Said:
        """The same. Raises WahaError when there is none."""
        found = self.message(written)
        if found is None:
            raise WahaError(404, "Message not found")
        return found

    def keep(self, said: Said) -> Said:
        """Remember a message; whoever wrote it shows the phone behind the hidden id by that. Raises WahaError."""
        if len(self.said) >= MESSAGES_MAX:
            raise WahaError(500, "The sandbox has as many messages as it can remember.")
        said.author.shown = True
        self.said.append(said)
        self._by_id[said.id] = said
        return said

    def take(self, said: Said, sha256: str) -> Taken:
        """A message of ours was accepted and goes out."""
        taken = Taken(said, sha256, self.now())
        self.taken.append(taken)
        return taken

    def count(self, of: str) -> int:
        """1, 2, 3, … for each stream of its own."""
        self._counts[of] = self._counts.get(of, 0) + 1
        return self._counts[of]


def seconds(at: int) -> int:
    """Microseconds as whole seconds."""
    return at // clock.SECOND
