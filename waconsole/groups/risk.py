"""What speaks for a look before somebody is let into a group: what they did, and with whom they share something. Pure.

Advice only: nobody is declined by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from waconsole.members.likeness import address_key

NONE, SOME, HIGH = "none", "some", "high"
BLOCKED, FROZEN, REVIEW, REMOVED = "blocked", "frozen", "review", "removed"
MARKS: Final = (BLOCKED, FROZEN, REVIEW, REMOVED)  # the gravest first
SHARED: Final = ("device", "payment", "address")
SHARING_MAX: Final = 20  # told of one person


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that was decided or is open about a member: one of `MARKS`, where (a review's ref, a group's name)."""

    member_id: int
    kind: str
    where: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a member carries: one of `SHARED`, and its value as written."""

    member_id: int
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Sharing:
    """That somebody shares a device, a payment handle or an address with a marked member."""

    kind: str
    other_id: int
    mark: Mark


@dataclass(slots=True)
class Risk:
    """What is known of one who asks: their own marks, whom they share something with, the groups they are in."""

    marks: list[Mark] = field(default_factory=list)
    shared: list[Sharing] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    def level(self, group: str) -> str:
        """High: blocked or frozen, or taken out of this very group. Some: anything else that speaks for a look."""
        if any(
            mark.kind in (BLOCKED, FROZEN) or (mark.kind == REMOVED and mark.where == group)
            for mark in self.marks
        ):
            return HIGH
        return SOME if self.marks or self.shared else NONE


def key_of(one: Attribute) -> str:
    """A value for comparison: addresses without spaces and punctuation, the others in any case."""
    return address_key(one.value) if one.kind == "address" else one.value.strip().casefold()


def shared_with(
    mine: Iterable[Attribute], theirs: Iterable[Attribute], marks: Mapping[int, Sequence[Mark]]
) -> dict[int, list[Sharing]]:
    """By member of `mine`, the marked others of `theirs` who carry the same; each pair once an attribute."""
    carried: dict[tuple[str, str], set[int]] = {}
    for one in theirs:
        if key := key_of(one):
            carried.setdefault((one.kind, key), set()).add(one.member_id)
    found: dict[int, dict[tuple[str, int], Sharing]] = {}
    for one in mine:
        for other in sorted(carried.get((one.kind, key_of(one)), ())):
            if other == one.member_id or not marks.get(other):
                continue
            gravest = min(marks[other], key=lambda mark: (MARKS.index(mark.kind), mark.where))
            found.setdefault(one.member_id, {})[one.kind, other] = Sharing(one.kind, other, gravest)
    return {
        member: sorted(pairs.values(), key=lambda it: (SHARED.index(it.kind), it.other_id))[:SHARING_MAX]
        for member, pairs in found.items()
    }


def says(mark: Mark) -> str:
    """A mark in words; a group's name is foreign."""
    return {
        BLOCKED: f"is blocked ({mark.where})",
        FROZEN: f"is frozen ({mark.where})",
        REVIEW: f"is under review ({mark.where})",
        REMOVED: f"was taken out of {mark.where}",
    }[mark.kind]


def document(risk: Risk, group: str, refs: Mapping[int, str]) -> dict[str, Any]:
    """A risk as JSON; `refs` are the others' members."""
    return {
        "level": risk.level(group),
        "reasons": [{"kind": mark.kind, "where": mark.where, "says": says(mark)} for mark in risk.marks],
        "shared": [
            {
                "attribute": one.kind,
                "member": refs.get(one.other_id, ""),
                "kind": one.mark.kind,
                "where": one.mark.where,
                "says": f"shares a {one.kind} with somebody who {says(one.mark)}",
            }
            for one in risk.shared
        ],
        "groups": risk.groups,
    }
