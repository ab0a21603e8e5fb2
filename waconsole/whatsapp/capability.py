"""What each way of reaching WhatsApp can do: the drivers' capability matrix."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Capability:
    """What a driver can do in a group; what it cannot, the screen does not offer.

    `can_moderate`: warn, mute and remove by itself. `async_writes`: what changes a group is only known to be done by a
    later event. `join_request_events`: it tells by itself who asks to come in.
    """

    read: bool
    post: bool
    delete: bool
    remove: bool
    sees_reads: bool
    members_max: int | None
    can_add: bool = False
    can_promote: bool = False
    can_moderate: bool = False
    async_writes: bool = False
    join_request_events: bool = False

    def as_dict(self) -> dict[str, bool]:
        """The yes-or-no capabilities by name."""
        return {name: value for name, value in asdict(self).items() if isinstance(value, bool)}


# Groups API, Meta's documentation of 2026-06-16: 8 participants, no delete of messages, no read
# state; members can be removed, never added. A linked phone (WAHA 2026.8.2) does what its app does, in groups
# of WhatsApp's own ceiling. A group known from its export is read and answered by hand.
MATRIX: Final[dict[str, Capability]] = {
    "cloud": Capability(
        read=True, post=True, delete=False, remove=True, sees_reads=False, members_max=8,
        async_writes=True, join_request_events=True,
    ),
    "gateway": Capability(
        read=True, post=True, delete=True, remove=True, sees_reads=False, members_max=1024,
        can_add=True, can_promote=True, can_moderate=True, join_request_events=True,
    ),
    "human": Capability(
        read=True, post=False, delete=False, remove=False, sees_reads=False, members_max=None
    ),
}  # fmt: skip


def capability(driver: str) -> Capability:
    """The capability of a driver by its name."""
    return MATRIX[driver]


_FILES: Final = frozenset({"image", "document", "video", "audio", "sticker"})


@dataclass(frozen=True, slots=True)
class Sending:
    """What a driver itself can do in a conversation; what it cannot, a human hand does.

    `kinds` are the contents it sends (`whatsapp.content`).
    """

    text: bool
    quote: bool
    mark_read: bool
    typing: bool
    kinds: frozenset[str] = frozenset()


# What a gateway has a call for (WAHA 2026.7.1): no sticker, and a template's words are a text.
_LINKED: Final = (_FILES - {"sticker"}) | {"text", "reaction", "poll"}
# On the phone a hand writes words, attaches a file and reacts; a template it writes as its words.
_BY_HAND: Final = Sending(
    text=False,
    quote=False,
    mark_read=False,
    typing=False,
    kinds=_FILES | {"text", "template", "reaction", "poll"},
)
# Groups API, Meta's documentation of 2026-05-21: a group's messages cannot be marked as read, and a group takes
# texts, files and templates of these alone.
_SENDING: Final[dict[tuple[str, bool], Sending]] = {
    ("cloud", False): Sending(
        text=True,
        quote=True,
        mark_read=True,
        typing=True,
        kinds=_FILES | {"text", "template", "buttons", "list", "reaction"},
    ),
    ("cloud", True): Sending(
        text=True, quote=True, mark_read=False, typing=False, kinds=_FILES | {"text", "template"}
    ),
    # A linked phone gives ticks in groups too, but one reader's tick there says nothing to the others.
    ("gateway", False): Sending(text=True, quote=True, mark_read=True, typing=True, kinds=_LINKED),
    ("gateway", True): Sending(text=True, quote=True, mark_read=False, typing=False, kinds=_LINKED),
}


def sending(driver: str, *, group: bool) -> Sending:
    """What the driver of that name can do with a member, or in a group."""
    return _SENDING.get((driver, group), _BY_HAND)


def sends(driver: str, kind: str, *, group: bool) -> bool:
    """Whether that kind of content goes out by the driver of that name; a hand's kinds for one that sends nothing."""
    return kind in sending(driver, group=group).kinds


# Groups API, Meta's documentation of 2026-05-21: GET /{group-id}?fields=subject.
_TELLS_SUBJECT: Final = frozenset({"cloud"})


def tells_subject(driver: str) -> bool:
    """Whether the driver of that name says what a group is called."""
    return driver in _TELLS_SUBJECT
