"""Groups of a linked phone: the GroupDoor of a gateway, and what only a gateway can do in a group.

Nothing here is asynchronous as Meta's is: what was accepted is done. Who may do it, WhatsApp says: most of it
only an admin of the group. Two spellings are read, the documented one and that of the engine GOWS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote

from waconsole.clock import SECOND
from waconsole.whatsapp.doors import Approval, GroupSeen, Handled, JoinRequest, Person
from waconsole.whatsapp.driver import Action, Verdict
from waconsole.whatsapp.gateway.addresses import (
    GROUP,
    MessageId,
    is_group,
    lid_of,
    message_id,
    person_address,
    phone_of,
    plain,
    seconds,
)

if TYPE_CHECKING:
    from waconsole.whatsapp.gateway.client import Client

LINK: Final = "https://chat.whatsapp.com/"
GROUPS_PAGE: Final = 100
GROUPS_MAX: Final = 2_000
PEOPLE_MAX: Final = 2_000  # WhatsApp's own ceiling is 1,024
PEOPLE_AT_ONCE: Final = 50
CODE_LENGTH_MAX: Final = 64
DAY_SECONDS: Final = 86_400
PIN_DAYS: Final = (1, 7, 30)
ADMINS: Final = frozenset({"admin", "superadmin"})
LEFT: Final = "left"
NOT_TOLD: Final = "The gateway did not say what became of this one."

Act = Literal["add", "remove", "promote", "demote"]
Setting = Literal["messages_admin_only", "info_admin_only", "membership_approval"]

_ACTS: Final[Mapping[Act, str]] = {
    "add": "participants/add",
    "remove": "participants/remove",
    "promote": "admin/promote",
    "demote": "admin/demote",
}
_SETTINGS: Final[Mapping[Setting, tuple[str, str]]] = {
    "messages_admin_only": ("messages-admin-only", "adminsOnly"),
    "info_admin_only": ("info-admin-only", "adminsOnly"),
    "membership_approval": ("membership-approval", "newMembersApprovalRequired"),
}


class Groups:
    """What a gateway does in groups; see `doors.GroupDoor`."""

    _client: Client
    _beside: Client
    _at: str

    async def groups(self) -> tuple[Verdict, list[GroupSeen]]:
        """Every group of the phone, without its people."""
        found: dict[str, GroupSeen] = {}
        verdict = Verdict("accepted")
        for offset in range(0, GROUPS_MAX, GROUPS_PAGE):
            query = {"limit": str(GROUPS_PAGE), "offset": str(offset), "exclude": "participants"}
            verdict, answer = await self._beside.ask("GET", f"{self._at}/groups", query=query)
            rows = list(answer.values()) if isinstance(answer, dict) else answer
            if verdict.outcome != "accepted" or not isinstance(rows, list):
                break
            before = len(found)
            found |= {seen.id: seen for seen in map(group_seen, rows) if seen is not None}
            if len(rows) < GROUPS_PAGE or len(found) == before:
                break
        return verdict, list(found.values())

    async def group(self, group_id: str) -> tuple[Verdict, GroupSeen | None]:
        """One group with its people and their roles."""
        if (wrong := _wrong(group_id)) is not None:
            return wrong, None
        verdict, answer = await self._beside.ask("GET", self._group(group_id))
        seen = group_seen(answer)
        if verdict.outcome != "accepted" or seen is None:
            return verdict, None
        verdict, rows = await self._beside.ask("GET", f"{self._group(group_id)}/participants/v2")
        if verdict.outcome != "accepted" or not isinstance(rows, list):
            return verdict, seen
        people = tuple(one for one in map(person_of, rows[:PEOPLE_MAX]) if one is not None)
        return verdict, GroupSeen(
            seen.id, seen.subject, seen.description, seen.approval, None, seen.created_at, people, len(people)
        )

    async def create(self, subject: str, description: str, approval: Approval) -> tuple[Verdict, str]:
        """Make a group with nobody but us in it, then say what it is and who comes in; answers its id."""
        verdict, answer = await self._client.ask(
            "POST", f"{self._at}/groups", {"name": subject, "participants": []}, sending=True
        )
        seen = group_seen(answer)
        if verdict.outcome != "accepted" or seen is None:
            return verdict, ""
        for changed in (
            await self.change(seen.id, description=description) if description else verdict,
            await self.set(seen.id, "membership_approval", on=True) if approval == "required" else verdict,
        ):
            if changed.outcome != "accepted":
                detail = f"The group stands; not all was set: {changed.detail}"
                return Verdict("accepted", detail=detail), seen.id
        return verdict, seen.id

    async def change(
        self, group_id: str, *, subject: str | None = None, description: str | None = None
    ) -> Verdict:
        """Change what a group is called or says of itself; the first no is the answer."""
        if (wrong := _wrong(group_id)) is not None:
            return wrong
        verdict = Verdict("accepted")
        for name, words in (("subject", subject), ("description", description)):
            if words is None or verdict.outcome != "accepted":
                continue
            verdict, answer = await self._client.ask("PUT", f"{self._group(group_id)}/{name}", {name: words})
            if verdict.outcome == "accepted" and answer is False:
                verdict = Verdict("refused", action=Action.PARK, detail=f"WhatsApp did not take the {name}.")
        return verdict

    async def set(self, group_id: str, setting: Setting, *, on: bool) -> Verdict:
        """Only admins write, only admins change what it says of itself, or admins let people in."""
        if (wrong := _wrong(group_id)) is not None:
            return wrong
        path, key = _SETTINGS[setting]
        verdict, _ = await self._client.ask(
            "PUT", f"{self._group(group_id)}/settings/security/{path}", {key: on}
        )
        return verdict

    async def delete(self, group_id: str) -> Verdict:
        """End a group for everybody: some engines can, GOWS answers that it cannot."""
        if (wrong := _wrong(group_id)) is not None:
            return wrong
        return (await self._client.ask("DELETE", self._group(group_id), sending=True))[0]

    async def leave(self, group_id: str) -> Verdict:
        """Go out of a group ourselves."""
        if (wrong := _wrong(group_id)) is not None:
            return wrong
        return (await self._client.ask("POST", f"{self._group(group_id)}/leave", {}))[0]

    async def invite_link(self, group_id: str, *, reset: bool = False) -> tuple[Verdict, str]:
        """The link people come in by; `reset` makes a new one and ends all earlier ones."""
        if (wrong := _wrong(group_id)) is not None:
            return wrong, ""
        path = f"{self._group(group_id)}/invite-code"
        if reset:
            verdict, answer = await self._client.ask("POST", f"{path}/revoke", {}, sending=True)
        else:
            verdict, answer = await self._beside.ask("GET", path)
        if verdict.outcome != "accepted":
            return verdict, ""
        code = answer.removeprefix(LINK).strip().strip('"') if isinstance(answer, str) else ""
        if not 0 < len(code) <= CODE_LENGTH_MAX or not code.isalnum():
            return Verdict("refused", action=Action.PARK, detail="The gateway gave no invite code."), ""
        return verdict, f"{LINK}{code}"

    async def join_requests(self, group_id: str) -> tuple[Verdict, list[JoinRequest]]:
        """Who asks to come in (WAHA ≥ 2026.8.2); a request is named by its requester."""
        if (wrong := _wrong(group_id)) is not None:
            return wrong, []
        verdict, rows = await self._beside.ask("GET", f"{self._group(group_id)}/participants/join-requests")
        if verdict.outcome != "accepted" or not isinstance(rows, list):
            return verdict, []
        found = (join_request(row) for row in rows[:PEOPLE_MAX])
        return verdict, [one for one in found if one is not None]

    async def decide(
        self, group_id: str, requests: list[JoinRequest], *, approve: bool
    ) -> tuple[Verdict, list[Handled]]:
        """Let those people in, or decline them; WhatsApp answers for each."""
        path = f"participants/join-requests/{'approve' if approve else 'reject'}"
        return await self._for_each(group_id, path, [plain(request.id) for request in requests])

    async def remove(self, group_id: str, people: list[Person]) -> tuple[Verdict, list[Handled]]:
        """Take people out of a group."""
        return await self.act(group_id, "remove", people)

    async def act(self, group_id: str, act: Act, people: Sequence[Person]) -> tuple[Verdict, list[Handled]]:
        """Put people in, take them out, make them admins or no longer; WhatsApp answers for each."""
        addresses = [person_address(phone=one.phone, lid=one.lid) for one in people]
        return await self._for_each(group_id, _ACTS[act], addresses)

    async def pin(self, group_id: str, wamid: str, days: int | None) -> Verdict:
        """Pin a message for 1, 7 or 30 days; None takes the pin away."""
        if (wrong := _wrong(group_id)) is not None:
            return wrong
        if days is not None and days not in PIN_DAYS:
            return Verdict("refused", action=Action.FIX, detail="A pin lasts 1, 7 or 30 days.")
        named = wamid if message_id(wamid) is not None else MessageId(True, group_id, wamid).full
        path = f"{self._at}/chats/{_part(group_id)}/messages/{_part(named)}"
        if days is None:
            return (await self._client.ask("POST", f"{path}/unpin", {}))[0]
        return (await self._client.ask("POST", f"{path}/pin", {"duration": days * DAY_SECONDS}))[0]

    def _group(self, group_id: str) -> str:
        return f"{self._at}/groups/{_part(group_id)}"

    async def _for_each(
        self, group_id: str, path: str, addresses: Sequence[str]
    ) -> tuple[Verdict, list[Handled]]:
        if (wrong := _wrong(group_id)) is not None:
            return wrong, []
        if not addresses or not all(addresses) or len(addresses) > PEOPLE_MAX:
            detail = "Name people by phone or hidden id."
            return Verdict("refused", action=Action.FIX, detail=detail), []
        verdict = Verdict("accepted")
        handled: list[Handled] = []
        for start in range(0, len(addresses), PEOPLE_AT_ONCE):
            part = addresses[start : start + PEOPLE_AT_ONCE]
            form = {"participants": [{"id": address} for address in part]}
            verdict, answer = await self._client.ask("POST", f"{self._group(group_id)}/{path}", form)
            if verdict.outcome != "accepted":
                break
            handled += _handled(part, answer)
        return verdict, handled


def _part(name: str) -> str:
    return quote(name, safe="")


def _wrong(group_id: str) -> Verdict | None:
    if is_group(group_id):
        return None
    return Verdict("refused", action=Action.FIX, detail=f"{group_id} is no group of a gateway (…{GROUP}).")


def _handled(addresses: Iterable[str], answer: Any) -> list[Handled]:
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
