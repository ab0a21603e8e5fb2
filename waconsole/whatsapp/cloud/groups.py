"""Official groups: the Cloud API's `GroupDoor` (Groups API, Meta's documentation of 2026-05-21).

What changes a group is asynchronous: WhatsApp answers a `request_id` (`Verdict.trace`), and the result comes as an
event. Create and reset are not idempotent: a lost answer is `unknown`, and whoever asked looks before asking again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote

from waconsole.whatsapp.cloud.paging import elements, everything
from waconsole.whatsapp.doors import Approval, GroupSeen, Handled, JoinRequest, Person
from waconsole.whatsapp.driver import Action, Verdict
from waconsole.whatsapp.plain import word

if TYPE_CHECKING:
    from waconsole.whatsapp.cloud.client import Client
    from waconsole.whatsapp.cloud.driver import CloudDriver

SECOND: Final = 1_000_000
GROUPS_PAGE: Final = 1_000  # WhatsApp takes up to 1,024
REQUESTS_PAGE: Final = 100
DECIDED_AT_ONCE_MAX: Final = 100
REMOVED_AT_ONCE_MAX: Final = 8
GONE: Final = 131213  # a join request that is no more: somebody has dealt with it
FIELDS: Final = (
    "subject,description,participants,join_approval_mode,suspended,creation_timestamp,total_participant_count"
)
MODES: Final[Mapping[Approval, str]] = {"auto": "auto_approve", "required": "approval_required"}
_SILENT: Final = Verdict(
    "unknown",
    action=Action.UNKNOWN,
    detail="WhatsApp said yes and did not say to what: look before asking again.",
)


class CloudGroups:
    """The groups of one number; see `GroupDoor`."""

    def __init__(self, client: Client, graph: str, phone_number_id: str) -> None:
        """`graph` is the version's path (`/v26.0`)."""
        self._client, self._graph = client, graph
        self._number = f"{graph}/{quote(phone_number_id, safe='')}"

    def _group(self, group_id: str) -> str:
        return f"{self._graph}/{quote(group_id, safe='')}"

    async def groups(self) -> tuple[Verdict, list[GroupSeen]]:
        """Every group of the number, with subject and creation alone."""
        verdict, found = await everything(
            self._client, f"{self._number}/groups", {}, within="groups", limit=GROUPS_PAGE
        )
        return verdict, [one for one in map(_seen, found) if one.id]

    async def group(self, group_id: str) -> tuple[Verdict, GroupSeen | None]:
        """One group with its people."""
        verdict, document = await self._client.read(f"{self._group(group_id)}?fields={FIELDS}")
        return verdict, _seen({**document, "id": group_id}) if verdict.outcome == "accepted" else None

    async def create(self, subject: str, description: str, approval: Approval) -> tuple[Verdict, str]:
        """Ask for a group; its id comes with the event."""
        form = {"messaging_product": "whatsapp", "subject": subject, "join_approval_mode": MODES[approval]}
        if description:
            form["description"] = description
        verdict, document = await self._client.ask("POST", f"{self._number}/groups", form, once=True)
        return _requested(verdict, document, needs_id=True), ""

    async def change(
        self, group_id: str, *, subject: str | None = None, description: str | None = None
    ) -> Verdict:
        """Change what a group is called or says of itself; the event says which of it was done."""
        words = {"subject": subject, "description": description}
        form = {
            "messaging_product": "whatsapp",
            **{key: word for key, word in words.items() if word is not None},
        }
        return _requested(*await self._client.ask("POST", self._group(group_id), form))

    async def picture(self, group_id: str, file: Path) -> Verdict:
        """Give a group a picture: a square JPEG (`whatsapp.pictures`); the event says whether it was taken."""
        fields = {"messaging_product": "whatsapp"}
        path, name = self._group(group_id), "picture.jpg"
        return _requested(*await self._client.upload(path, fields, file, name=name, mime="image/jpeg"))

    async def delete(self, group_id: str) -> Verdict:
        """End a group for everybody; the event says when it is done."""
        return _requested(*await self._client.delete(self._group(group_id)))

    async def invite_link(self, group_id: str, *, reset: bool = False) -> tuple[Verdict, str]:
        """The link people come in by, or a new one in its place."""
        path = f"{self._group(group_id)}/invite_link"
        if reset:
            form = {"messaging_product": "whatsapp"}
            verdict, document = await self._client.ask("POST", path, form, once=True)
        else:
            verdict, document = await self._client.ask("GET", path)
        if verdict.outcome != "accepted":
            return verdict, ""
        link = document.get("invite_link")
        if not isinstance(link, str) or not link:
            rows = elements(document) or [{}]
            link = rows[0].get("invite_link")
        return (verdict, link) if isinstance(link, str) and link else (_SILENT, "")

    async def join_requests(self, group_id: str) -> tuple[Verdict, list[JoinRequest]]:
        """Who asks to come in."""
        verdict, found = await everything(
            self._client, f"{self._group(group_id)}/join_requests", {}, limit=REQUESTS_PAGE
        )
        asked = [
            JoinRequest(word(one.get("join_request_id")), _person(one), _at(one.get("creation_timestamp")))
            for one in found
        ]
        return verdict, [one for one in asked if one.id]

    async def decide(
        self, group_id: str, requests: list[JoinRequest], *, approve: bool
    ) -> tuple[Verdict, list[Handled]]:
        """Let those people in, or decline them. A request that is gone counts as dealt with (`code` says so)."""
        path, handled = f"{self._group(group_id)}/join_requests", list[Handled]()
        verdict = Verdict("accepted")
        for start in range(0, len(requests), DECIDED_AT_ONCE_MAX):
            ids = [one.id for one in requests[start : start + DECIDED_AT_ONCE_MAX]]
            form = {"messaging_product": "whatsapp", "join_requests": ids}
            verdict, document = await self._client.ask("POST" if approve else "DELETE", path, form)
            done = _decided(document, ids, approve=approve)
            if done is None:
                return verdict if verdict.outcome != "accepted" else _SILENT, handled
            handled += done
            if verdict.outcome != "accepted":  # partly done comes as an error beside the lists
                verdict = Verdict("accepted", code=verdict.code, detail=verdict.detail)
        return verdict, handled

    async def remove(self, group_id: str, people: list[Person]) -> tuple[Verdict, list[Handled]]:
        """Take one to eight people out; whom WhatsApp took out comes with the event of `Verdict.trace`."""
        named = [user_of(person) for person in people]
        if not named or len(named) > REMOVED_AT_ONCE_MAX or not all(named):
            detail = (
                f"One to {REMOVED_AT_ONCE_MAX} people, each with a number or a BSUID, are taken out at once."
            )
            return Verdict("refused", action=Action.FIX, detail=detail), []
        form = {"messaging_product": "whatsapp", "participants": [{"user": user} for user in named]}
        path = f"{self._group(group_id)}/participants"
        verdict = _requested(*await self._client.delete(path, form))
        return verdict, [
            Handled(user, verdict.outcome == "accepted", verdict.code, verdict.detail) for user in named
        ]

    async def pin(self, group_id: str, wamid: str, days: int | None) -> Verdict:
        """Pin a message for 1 to 30 days, or take the pin away."""
        kind: dict[str, Any] = {"type": "unpin" if days is None else "pin", "message_id": wamid}
        if days is not None:
            kind["expiration_days"] = days
        form = {
            "messaging_product": "whatsapp", "recipient_type": "group", "to": group_id, "type": "pin", "pin": kind,
        }  # fmt: skip
        return await self._client.post(f"{self._number}/messages", form, sending=False)


def groups_of(driver: CloudDriver) -> CloudGroups:
    """The groups of the number of a driver that is open."""
    return CloudGroups(driver.beside, driver.graph, driver.phone_number_id)


def user_of(person: Person) -> str:
    """Who is meant, as the Groups API takes it: the phone where it is known, else the BSUID."""
    return person.phone or person.bsuid or ""


def _requested(verdict: Verdict, document: Mapping[str, Any], *, needs_id: bool = False) -> Verdict:
    """A verdict with the `request_id` that was answered."""
    if verdict.outcome != "accepted":
        return verdict
    told = word(document.get("request_id"))
    return Verdict("accepted", trace=told) if told or not needs_id else _SILENT


def _decided(document: Mapping[str, Any], ids: Sequence[str], *, approve: bool) -> list[Handled] | None:
    """What became of each request; None when the answer speaks of none."""
    done = document.get("approved_join_requests" if approve else "rejected_join_requests")
    failed = document.get("failed_join_requests")
    if not isinstance(done, list) and not isinstance(failed, list):
        return [Handled(one, True) for one in ids] if document.get("success") is True else None
    good = {_id(one) for one in done} if isinstance(done, list) else set()
    bad = {_id(one): _error(one) for one in failed} if isinstance(failed, list) else {}
    handled = []
    for one in ids:
        code, detail = bad.get(one, (None, ""))
        if one in good or code == GONE:
            handled.append(Handled(one, True, code))
        else:
            handled.append(Handled(one, False, code, detail or "WhatsApp did not say what became of it."))
    return handled


def _id(one: Any) -> str:
    return word(one.get("join_request_id") or one.get("id")) if isinstance(one, Mapping) else word(one)


def _error(one: Any) -> tuple[int | None, str]:
    errors = one.get("errors") if isinstance(one, Mapping) else None
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], Mapping) else {}
    code = word(first.get("code"))
    details = first.get("error_data")
    more = word(details.get("details")) if isinstance(details, Mapping) else ""
    return (
        int(code) if code.isdecimal() else None,
        more or word(first.get("message")) or word(first.get("title")),
    )


def _seen(raw: Mapping[str, Any]) -> GroupSeen:
    people = raw.get("participants")
    if isinstance(people, Mapping):
        people = people.get("data")
    mode = word(raw.get("join_approval_mode"))
    approval: Literal["auto", "required"] | None = None
    if mode in MODES.values():
        approval = "required" if mode == MODES["required"] else "auto"
    suspended = raw.get("suspended")
    count = word(raw.get("total_participant_count"))
    subject, description = raw.get("subject"), raw.get("description")
    return GroupSeen(
        word(raw.get("id")),
        subject if isinstance(subject, str) else None,
        description if isinstance(description, str) else None,
        approval,
        suspended if isinstance(suspended, bool) else {"true": True, "false": False}.get(word(suspended)),
        _at(raw.get("creation_timestamp") or raw.get("created_at")),
        tuple(_person(one) for one in people if isinstance(one, Mapping))
        if isinstance(people, list)
        else None,
        int(count) if count.isdecimal() else None,
    )


def _person(raw: Mapping[str, Any]) -> Person:
    digits = word(raw.get("wa_id")).removeprefix("+")
    phone = f"+{digits}" if digits.isascii() and digits.isdecimal() else None
    return Person(phone, word(raw.get("user_id")) or None, None, word(raw.get("username")) or None)


def _at(value: Any) -> int | None:
    seconds = word(value)
    return int(seconds) * SECOND if seconds.isascii() and seconds.isdecimal() else None
