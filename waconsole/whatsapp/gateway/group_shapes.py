"""Groups, their people and who asks to come in, as a gateway tells them. Pure.

Two spellings are read: the documented one, and that of the engine GOWS where the gateway hands it through.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from waconsole.clock import SECOND
from waconsole.whatsapp.doors import GroupSeen, Handled, JoinRequest, Person
from waconsole.whatsapp.gateway.addresses import is_group, lid_of, phone_of, plain, seconds

PEOPLE_MAX: Final = 2_000  # WhatsApp's own ceiling is 1,024
ADMINS: Final = frozenset({"admin", "superadmin"})
LEFT: Final = "left"
NOT_TOLD: Final = "The gateway did not say what became of this one."


def handled_of(addresses: Iterable[str], answer: Any) -> list[Handled]:
    """What was said of each address; an engine that answers nothing has done all."""
    if not isinstance(answer, list):
        return [Handled(address, True) for address in addresses]
    told: dict[str, Mapping[str, Any]] = {}
    for row in answer:
        if isinstance(row, dict):
            names = (
                row.get(key) for key in ("requesterId", "requesterPn", "id", "JID", "PhoneNumber", "LID")
            )
            told |= {name: row for name in map(plain, names) if name}
    return [_one_handled(address, told.get(address)) for address in addresses]


def _one_handled(address: str, row: Mapping[str, Any] | None) -> Handled:
    if row is None:
        return Handled(address, False, detail=NOT_TOLD)
    error = row.get("error", row.get("Error"))
    code = error if isinstance(error, int) and not isinstance(error, bool) else None
    if isinstance(error, str) and error.isdecimal():
        code = int(error)
    ok = row.get("success") is True if "success" in row else not error
    detail = "" if ok else f"WhatsApp said no ({error})." if error else "WhatsApp said no."
    return Handled(address, ok, None if ok else code, detail)


def group_seen(row: Any) -> GroupSeen | None:
    """A group as the gateway describes it (an event's `group` too); None for what is none."""
    if not isinstance(row, dict):
        return None
    found = plain(_first(row, "id", "JID", "jid"))
    if not is_group(found):
        return None
    required = _first(row, "newMembersApprovalRequired", "IsJoinApprovalRequired", "joinApprovalMode")
    people = _first(row, "participants", "Participants")
    persons = None
    if isinstance(people, list) and people:
        persons = tuple(one for one in map(person_of, people[:PEOPLE_MAX]) if one is not None)
    return GroupSeen(
        id=found,
        subject=_text(_first(row, "subject", "Name", "name")),
        description=_text(_first(row, "description", "Topic", "desc")),
        approval=("required" if required else "auto") if isinstance(required, bool) else None,
        created_at=_created(_first(row, "GroupCreated", "creation")),
        people=persons,
        count=len(persons) if persons is not None else None,
    )


def person_of(row: Any) -> Person | None:
    """Somebody in a group; None for who left, or whose address says nobody."""
    if not isinstance(row, dict):
        return None
    names = [plain(row.get(key)) for key in ("id", "pn", "JID", "PhoneNumber", "LID")]
    phone = next((found for found in map(phone_of, names) if found), None)
    lid = next((found for found in map(lid_of, names) if found), None)
    role = row.get("role", row.get("admin"))
    if role == LEFT or not (phone or lid):
        return None
    is_admin = role in ADMINS or row.get("IsAdmin") is True or row.get("IsSuperAdmin") is True
    return Person(phone=phone, lid=lid, role="admin" if is_admin else "member")


def join_request(row: Any) -> JoinRequest | None:
    """Somebody who asks to come in, from a list or an event."""
    if not isinstance(row, dict):
        return None
    requester, number = plain(row.get("requesterId")), plain(row.get("requesterPn"))
    phone, lid = phone_of(requester) or phone_of(number), lid_of(requester)
    if not (phone or lid):
        return None
    at = seconds(row.get("timestamp"))
    return JoinRequest(requester, Person(phone=phone, lid=lid), None if at is None else at * SECOND)


def _first(row: Mapping[str, Any], *keys: str) -> Any:
    return next((row[key] for key in keys if row.get(key) is not None), None)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _created(value: Any) -> int | None:
    if isinstance(value, str) and not value.isdecimal():
        try:
            at = int(datetime.fromisoformat(value).timestamp())
        except (ValueError, OverflowError):
            return None
        return at * SECOND if at > 0 else None
    at_seconds = seconds(value)
    return None if at_seconds is None else at_seconds * SECOND
