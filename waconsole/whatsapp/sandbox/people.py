"""The nouns of the sandbox: people, groups with who waits at their door, and messages that exist."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from waconsole import clock
from waconsole.whatsapp.sandbox import ids
from waconsole.whatsapp.sandbox.forms import Send
from waconsole.whatsapp.sandbox.templates import Template


@dataclass(slots=True, eq=False)
class Person:
    """Somebody with WhatsApp. `phone` is digits, empty when they share none; `language` only of the cast."""

    phone: str
    bsuid: str
    name: str
    username: str = ""
    language: str = ""
    wrote: dict[str, int] = field(
        default_factory=dict
    )  # microseconds UTC of their latest message, by our number
    counts: dict[str, int] = field(default_factory=dict)
    former: str = ""  # the phone before the last change
    blocked: set[str] = field(default_factory=set)  # by these numbers of ours
    no_marketing: set[str] = field(default_factory=set)  # they stopped it from these

    @property
    def key(self) -> str:
        """What they are called in ids and in lists: the phone, else the BSUID."""
        return self.phone or self.bsuid

    def next(self, stream: str) -> int:
        """0, 1, 2, … for each stream of its own."""
        self.counts[stream] = self.counts.get(stream, -1) + 1
        return self.counts[stream]


@dataclass(frozen=True, slots=True, eq=False)
class JoinRequest:
    """Somebody who asked to be let into a group."""

    id: str
    person: Person
    at: int


@dataclass(slots=True, eq=False)
class Group:
    """An official group. `links` counts the invite links that died, `removed` cannot come back."""

    id: str
    subject: str
    description: str
    created_at: int
    people: list[Person] = field(default_factory=list)
    number: str = ""  # the id of the number of ours that is in it
    wrote: dict[str, int] = field(default_factory=dict)
    heard: int = 0  # messages of ours that were read there
    approval: bool = True
    suspended: bool = False
    links: int = 0
    requests: dict[str, JoinRequest] = field(default_factory=dict)
    removed: list[Person] = field(default_factory=list)
    pins: list[str] = field(default_factory=list)

    @property
    def link(self) -> str:
        """The link that leads in now."""
        return f"https://chat.whatsapp.com/{ids.group_id('link', self.id, *([self.links] if self.links else []))}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message of ours that was accepted, in the words of `GET /_sandbox/accepted`.

    `held` is what the answer says of a template beside `accepted`; `events` (status, instant) is
    what became of it so far; `number` the id of the number it went from.
    """

    id: str
    to: str
    opaque: str | None
    at: int
    person: Person | None
    group: Group | None
    send: Send
    in_window: bool
    template: Template | None = None
    held: str = ""
    number: str = ""
    events: list[tuple[str, int]] = field(default_factory=list, compare=False)

    def row(self) -> dict[str, Any]:
        """As the judge reads it."""
        return {"id": self.id, "to": self.to, "opaque": self.opaque, "at": clock.iso(self.at)}


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that exists: `author` is None for one of ours, which is `sent`."""

    id: str
    author: Person | None
    group: Group | None
    sent: Accepted | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """A blue tick that was given, in the words of `GET /_sandbox/marked`."""

    message: str
    typing: bool
    at: int

    def row(self) -> dict[str, Any]:
        """As a test reads it."""
        return {"message": self.message, "typing": self.typing, "at": clock.iso(self.at)}
