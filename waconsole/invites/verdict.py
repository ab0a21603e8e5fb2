"""The nouns of earning: what is known of an invite and of what a friend did, and how it is judged. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from waconsole.invites.rewards import Reward
from waconsole.invites.terms import FIRST_ORDER, Version
from waconsole.money import Money

FRAUD, EARNS = "fraud", "earns"
FROZEN, BLOCKED = "frozen", "blocked"
GATE_HELD, GATE_VOID = "held", "void"

OWN: Final = "own"
OTHER: Final = "another referrer"
AGAIN: Final = "invited before"
EARLY: Final = "before the programme"
LATE: Final = "after the programme"
WINDOW: Final = "attribution window"
CURRENCY: Final = "another currency"
MINIMUM: Final = "minimum"
REFUNDED: Final = "refunded"
CAP: Final = "cap"
RETURNS: Final = "return window"
REVIEW: Final = "review open"
DISPUTED: Final = "disputed"
BUDGET: Final = "budget"
POOL_EMPTY: Final = "no coupon left"
BY_HAND: Final = "waits for an operator"
INACTIVE: Final = "programme not active"


class Attempt(NamedTuple):
    """An invite between persons: ids of the rows that stand for them."""

    id: int
    ref: str
    referrer: int
    invitee: int
    invited_at: int
    arrived_at: int | None = None
    refusal: str = ""
    is_disputed: bool = False


class Event(NamedTuple):
    """What an invitee did that may count: a counted action; `name` orders what happened in one second. Minor units."""

    at: int
    name: str
    action: str = FIRST_ORDER
    order_id: int | None = None
    currency: str = ""
    gross_minor: int = 0
    refunded_minor: int = 0
    refunded_at: int | None = None

    @property
    def net_minor(self) -> int:
        """What is left of it after refunds."""
        return self.gross_minor - self.refunded_minor


@dataclass(frozen=True, slots=True)
class Gates:
    """What the review desk says: (verdict, why) by invite, `frozen` or `blocked` by person."""

    invites: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    members: Mapping[int, str] = field(default_factory=dict)


class Given(NamedTuple):
    """One reward an invite earns: to which side, in which slot; `waits` says for what, empty when it is due."""

    side: str
    slot: str
    reward: Reward
    cost: Money | None
    waits: str


@dataclass(slots=True)
class Verdict:
    """How an invite stands: what it earns, and if nothing, why and by which of the two gates."""

    attempt: Attempt
    state: str
    reason: str = ""
    gate: str = ""
    event: Event | None = None
    version: Version | None = None
    due_at: int | None = None
    place: int = 0
    gives: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """All that decides. Versions that earn; events of each invitee, earliest first; `pinned` is the version by which an
    invite has earned already, `paid` are the invites whose rewards were posted. Where it `is_by_hand`, what is due waits until it is among those `issued`.
    """

    versions: Sequence[Version]
    events: Mapping[int, Sequence[Event]]
    gates: Gates = field(default_factory=Gates)
    pinned: Mapping[int, int] = field(default_factory=dict)
    paid: frozenset[int] = frozenset()
    is_by_hand: bool = False
    issued: frozenset[int] = frozenset()
    ended_at: int | None = None
