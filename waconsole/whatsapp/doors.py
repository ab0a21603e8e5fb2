"""What a driver may do besides sending: groups, their people and who asks to come in.

Pure shapes and one Protocol. Names, subjects and descriptions are foreign; identities stand as received,
a phone as E.164. `capability` says which of it a driver can do; what it cannot, it answers `refused`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from waconsole.whatsapp.driver import Verdict

Approval = Literal["auto", "required"]


@dataclass(frozen=True, slots=True)
class Person:
    """One of a group, or one who asks to come in: at least one of the identities is known."""

    phone: str | None = None
    bsuid: str | None = None
    lid: str | None = None
    username: str | None = None
    role: Literal["member", "admin"] = "member"


@dataclass(frozen=True, slots=True)
class GroupSeen:
    """A group as WhatsApp describes it; what it did not say is None."""

    id: str
    subject: str | None = None
    description: str | None = None
    approval: Approval | None = None
    suspended: bool | None = None
    created_at: int | None = None
    people: tuple[Person, ...] | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """Somebody who asks to come into a group; `id` names the request, `at` is microseconds UTC or None."""

    id: str
    person: Person
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of one of several: the request or person asked about, and WhatsApp's no where it said one."""

    id: str
    ok: bool
    code: int | None = None
    detail: str = ""


class GroupDoor(Protocol):
    """Groups as a driver reaches them. Nothing raises for what the network or WhatsApp does.

    What changes a group may be asynchronous: the Verdict is then `accepted` with the `request_id` in
    `Verdict.trace`, and the result comes as an event. What is not idempotent (create, reset link) is never repeated by itself.
    """

    async def groups(self) -> tuple[Verdict, list[GroupSeen]]:
        """Every group of the number."""
        ...

    async def group(self, group_id: str) -> tuple[Verdict, GroupSeen | None]:
        """One group with its people."""
        ...

    async def create(self, subject: str, description: str, approval: Approval) -> tuple[Verdict, str]:
        """Make a group; answers its id where that is known at once, else ""."""
        ...

    async def change(
        self, group_id: str, *, subject: str | None = None, description: str | None = None
    ) -> Verdict:
        """Change what a group is called or says of itself."""
        ...

    async def delete(self, group_id: str) -> Verdict:
        """End a group for everybody."""
        ...

    async def invite_link(self, group_id: str, *, reset: bool = False) -> tuple[Verdict, str]:
        """The link people come in by; `reset` makes a new one and ends all earlier ones."""
        ...

    async def join_requests(self, group_id: str) -> tuple[Verdict, list[JoinRequest]]:
        """Who asks to come in."""
        ...

    async def decide(
        self, group_id: str, requests: list[JoinRequest], *, approve: bool
    ) -> tuple[Verdict, list[Handled]]:
        """Let those people in, or decline them."""
        ...

    async def remove(self, group_id: str, people: list[Person]) -> tuple[Verdict, list[Handled]]:
        """Take people out of a group."""
        ...

    async def pin(self, group_id: str, wamid: str, days: int | None) -> Verdict:
        """Pin a message for `days`; None takes the pin away."""
        ...
