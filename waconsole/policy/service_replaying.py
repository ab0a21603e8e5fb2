"""What a replay answers, and what a room hands in to be replayed.

A room that decides by a policy registers a `Replayer` for the policies' prefix (`catalogue.replayers()`). It decides a
past period again, once under what was in force and once under a proposed value, and tells the difference. It only
reads: it is called in a read-only transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from waconsole.database.connection import Transaction


class Changed(NamedTuple):
    """One thing a replay decides otherwise: whom it is about, and how it was and would be decided.

    `who` is a ref (a member's, a group's, a line's), never a name or a number; amounts are whole minor units.
    """

    who: str
    before: str
    after: str
    currency: str = ""
    before_minor: int = 0
    after_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What would change in a period: money, members and groups, each in a steady order; `seen` is how much was decided again."""

    seen: int
    money: tuple[Changed, ...] = ()
    members: tuple[Changed, ...] = ()
    groups: tuple[Changed, ...] = ()


class Proposed(NamedTuple):
    """The policy that is tried: its name and the value it would have (as a version holds it)."""

    name: str
    value: Mapping[str, Any]


# (read-only transaction, the policy as proposed, from, to): instants in microseconds UTC, `to` not included.
Replayer = Callable[[Transaction, Proposed, int, int], Replayed]
