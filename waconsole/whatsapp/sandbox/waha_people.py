"""The nouns of the gateway's side: people behind a linked phone, its groups, and what was said in them.

Addresses are WAHA's: `15550001111@c.us` a phone, `9000000001@lid` a hidden id, `120…@g.us` a group.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from waconsole.whatsapp.sandbox import ids

PHONE: Final = "@c.us"
LID: Final = "@lid"
GROUP: Final = "@g.us"
LINK: Final = "https://chat.whatsapp.com/"

Role = Literal["participant", "admin", "superadmin"]


@dataclass(slots=True, eq=False)
class Someone:
    """Somebody with WhatsApp. `phone` is digits, empty when they show none to anybody.

    `by_lid`: groups call them by the hidden id. `shown`: whether the gateway knows the phone behind that id;
    of some it does not before they have written.
    """

    name: str
    lid: str
    phone: str
    by_lid: bool = False
    shown: bool = True

    @property
    def address(self) -> str:
        """What they are called in a group."""
        return self.lid + LID if self.by_lid or not self.phone else self.phone + PHONE

    @property
    def chat(self) -> str:
        """What the chat with them is called."""
        return self.known_phone or self.lid + LID

    @property
    def known_phone(self) -> str:
        """The address of the phone where the gateway knows it, else empty."""
        return self.phone + PHONE if self.phone and self.shown else ""


@dataclass(frozen=True, slots=True, eq=False)
class Asker:
    """Somebody who asks to come into a group, and how (`invite_link`, `linked_group_join`, `non_admin_add`)."""

    person: Someone
    at: int
    by: str


@dataclass(slots=True, eq=False)
class Circle:
    """A group of any size. `roles` is everybody in it in the order they came, us among them."""

    id: str
    subject: str
    description: str
    created_at: int
    roles: dict[Someone, Role] = field(default_factory=dict)
    approval: bool = False
    announce: bool = False  # only admins write
    locked: bool = False  # only admins change subject, description and picture
    adding: bool = False  # everybody may add
    links: int = 0  # invite codes that died
    askers: dict[Someone, Asker] = field(default_factory=dict)
    picture: bytes = b""
    pins: list[str] = field(default_factory=list)

    @property
    def code(self) -> str:
        """The invite code that leads in now."""
        return ids.group_id("gateway link", self.id, self.links)

    def is_admin(self, person: Someone) -> bool:
        """Whether somebody may decide here."""
        return self.roles.get(person) in ("admin", "superadmin")


@dataclass(slots=True, eq=False)
class Said:
    """A message: `author` is one of ours for what the linked phone wrote. `at` is microseconds UTC.

    `chosen`: its id was given by the caller. `file` is (name, MIME type, bytes).
    """

    id: str
    chat: str
    author: Someone
    ours: bool
    at: int
    kind: str
    body: str
    chosen: bool = False
    ack: int = 2
    reply_to: Said | None = None
    options: tuple[str, ...] = ()
    many: bool = False  # more than one option may be chosen
    mentions: tuple[str, ...] = ()
    file: tuple[str, str, bytes] | None = None
    revoked: bool = False
    by_hand: bool = False  # written on the phone itself, not over the gateway

    @property
    def in_group(self) -> bool:
        """Whether it stands in a group."""
        return self.chat.endswith(GROUP)

    @property
    def whole_id(self) -> str:
        """The id as WAHA writes it: `{fromMe}_{chat}_{id}[_{participant}]`."""
        tail = f"_{self.author.address}" if self.in_group else ""
        return f"{'true' if self.ours else 'false'}_{self.chat}_{self.id}{tail}"


def bare_id(written: str) -> str:
    """The id itself, of one written whole or bare."""
    parts = written.split("_")
    return parts[2] if len(parts) >= 3 and parts[0] in ("true", "false") else written
