"""What WhatsApp tells about groups, in either of the spellings of its pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from waconsole import clock
from waconsole.whatsapp.sandbox.codes import status_error
from waconsole.whatsapp.sandbox.courier import Courier
from waconsole.whatsapp.sandbox.people import Group, JoinRequest, Person
from waconsole.whatsapp.sandbox.wire import Update
from waconsole.whatsapp.sandbox.world import World

LIFECYCLE: Final = "group_lifecycle_update"
PARTICIPANTS: Final = "group_participants_update"
SETTINGS: Final = "group_settings_update"
STATUS: Final = "group_status_update"
# The other names that Meta's reference has for the same things.
OTHERWISE: Final = {
    PARTICIPANTS: "group_participant_update",
    "group_participants_add": "group_add_participants",
    "group_participants_remove": "group_remove_participants",
}


def named(person: Person) -> dict[str, str]:
    """A person in a group's webhook or list: what they do not share is missing."""
    phone = {"wa_id": person.phone} if person.phone else {}
    return phone | {"user_id": person.bsuid} | ({"username": person.username} if person.username else {})


def group_error(code: int, details: str) -> dict[str, Any]:
    """An error as it stands in a group's webhook or answer."""
    return {key: value for key, value in status_error(code, details).items() if key != "href"}


class GroupTeller:
    """Tells about groups."""

    def __init__(self, world: World, courier: Courier) -> None:
        """The courier carries."""
        self._world = world
        self._courier = courier

    def tell(
        self,
        field: str,
        group_id: str,
        kind: str,
        more: Mapping[str, Any],
        *,
        number: str,
        whole: bool = False,
    ) -> None:
        """One event in a group of a number of ours.

        `whole` gives its time as a number, as some of Meta's examples do.
        """
        seconds = self._world.now() // clock.SECOND
        row: dict[str, Any] = {"timestamp": seconds if whole else str(seconds)}
        row |= ({"group_id": group_id} if group_id else {}) | {"type": kind} | dict(more)
        beside: dict[str, Any] = {}
        if self._world.faults.hits("group_other_names"):
            field, row["type"] = OTHERWISE.get(field, field), OTHERWISE.get(kind, kind)
            row = _codes_as_text(row)
            if "initiated_by" in row:
                beside["initiated_by"] = row.pop("initiated_by")
        self._courier.tell(Update("groups", (row,), field=field, beside=beside, number=number))

    def joined(self, group: Group, person: Person, *, asked: bool) -> None:
        """Somebody came in by the link; `asked` when we let them in."""
        row = ({"input": person.key} if asked else {}) | named(person)
        more = {"reason": "invite_link", "added_participants": [row]}
        self.tell(PARTICIPANTS, group.id, "group_participants_add", more, number=group.number)

    def left(self, group: Group, person: Person) -> None:
        """Somebody went by themselves."""
        more = {"initiated_by": "participant", "removed_participants": [named(person)]}
        self.tell(PARTICIPANTS, group.id, "group_participants_remove", more, number=group.number)

    def requested(self, group: Group, request: JoinRequest, *, taken_back: bool = False) -> None:
        """Somebody asks to be let in, or does so no more."""
        kind = "group_join_request_revoked" if taken_back else "group_join_request_created"
        more = {"join_request_id": request.id, "reason": "invite_link", **named(request.person)}
        self.tell(PARTICIPANTS, group.id, kind, more, number=group.number, whole=True)

    def suspended(self, group: Group) -> None:
        """WhatsApp suspends a group, or does so no more."""
        kind = "group_suspend" if group.suspended else "group_suspend_cleared"
        self.tell(STATUS, group.id, kind, {}, number=group.number)


def _codes_as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_codes_as_text(one) for one in value]
    if isinstance(value, dict):
        return {
            key: str(one) if key == "code" and isinstance(one, int) else _codes_as_text(one)
            for key, one in value.items()
        }
    return value
