"""Groups of a linked phone: the GroupDoor of a gateway, and what only a gateway can do in a group.

Nothing here is asynchronous as Meta's is: what was accepted is done. Who may do it, WhatsApp says: most of it
only an admin of the group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote

from waconsole.whatsapp.doors import Approval, GroupSeen, Handled, JoinRequest, Person
from waconsole.whatsapp.driver import Action, Verdict
from waconsole.whatsapp.gateway.addresses import GROUP, MessageId, is_group, message_id, person_address, plain
from waconsole.whatsapp.gateway.group_shapes import (
    PEOPLE_MAX,
    group_seen,
    handled_of,
    join_request,
    person_of,
)

if TYPE_CHECKING:
    from waconsole.whatsapp.gateway.client import Client
    from waconsole.whatsapp.limits import Limits

LINK: Final = "https://chat.whatsapp.com/"
GROUPS_PAGE: Final = 100
GROUPS_MAX: Final = 2_000
PEOPLE_AT_ONCE: Final = 50
CODE_LENGTH_MAX: Final = 64
DAY_SECONDS: Final = 86_400

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
    _limits: Limits

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
        """Pin a message for as many days as WhatsApp knows (`limits.pin_days`); None takes the pin away."""
        if (wrong := _wrong(group_id)) is not None:
            return wrong
        if days is not None and days not in self._limits.pin_days:
            some = " or ".join(map(str, self._limits.pin_days))
            return Verdict("refused", action=Action.FIX, detail=f"A pin lasts {some} days.")
        named = wamid if message_id(wamid) is not None else MessageId(True, group_id, wamid).full
        path = f"{self._at}/chats/{_part(group_id)}/messages/{_part(named)}"
        if days is None:
            return (await self._client.ask("POST", f"{path}/unpin", {}))[0]
        return (await self._client.ask("POST", f"{path}/pin", {"duration": days * DAY_SECONDS}))[0]

    async def take_back(self, chat: str, wamid: str) -> Verdict:
        """Take a message back for everybody: our own, or as an admin what somebody wrote in a group. Twice is as once."""
        named = wamid if message_id(wamid) is not None else MessageId(True, chat, wamid).full
        path = f"{self._at}/chats/{_part(chat)}/messages/{_part(named)}"
        return (await self._client.ask("DELETE", path))[0]

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
            handled += handled_of(part, answer)
        return verdict, handled


def _part(name: str) -> str:
    return quote(name, safe="")


def _wrong(group_id: str) -> Verdict | None:
    if is_group(group_id):
        return None
    return Verdict("refused", action=Action.FIX, detail=f"{group_id} is no group of a gateway (…{GROUP}).")
