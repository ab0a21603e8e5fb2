"""The most responsive share of members, and some others at random. Pure.

Whoever is written to only when they answered before is the only one a rule learns from: so a slice of the rest is
taken by lot. The lot is a hash of a seed and a member's ref, so that it comes out the same for whoever looks again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from waconsole.clock import SECOND

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Response:
    """What a member was sent, and after how many of those a sign came in time; `signs` are all of their signs."""

    sent: int = 0
    answered: int = 0
    signs: int = 0

    @property
    def share(self) -> float:
        """The part of what they were sent that they answered; nobody who was sent nothing answered it."""
        return self.answered / self.sent if self.sent else 0.0


@dataclass(frozen=True, slots=True)
class Pick:
    """Who is written to first, and who was drawn from the others."""

    focused: tuple[int, ...]
    at_random: tuple[int, ...]


def responses(pushed: Ids, signs: Ids, *, within: int) -> dict[int, Response]:
    """The response of each member; both are rows (member, instant) by member and instant, `within` a span in microseconds."""
    within //= SECOND
    whole = np.array([1, SECOND], np.int64)
    pushed, signs = pushed // whole, signs // whole
    members = np.union1d(pushed[:, 0], signs[:, 0]) if len(pushed) or len(signs) else np.array([], np.int64)
    sent = _counted(members, pushed[:, 0])
    seen = _counted(members, signs[:, 0])
    answered = np.zeros(len(members), np.int64)
    if len(pushed) and len(signs):
        base = int(min(pushed[:, 1].min(), signs[:, 1].min()))
        wide = int(max(pushed[:, 1].max(), signs[:, 1].max())) - base + within + 2
        # One number for who and when: the next sign after a message is then found by one search.
        rank = np.searchsorted(members, signs[:, 0]) * wide + (signs[:, 1] - base)
        wanted = np.searchsorted(members, pushed[:, 0]) * wide + (pushed[:, 1] - base)
        place = np.searchsorted(rank, wanted)
        place[place == len(rank)] = 0
        gap = rank[place] - wanted
        answered = _counted(members, pushed[(gap >= 0) & (gap <= within), 0])
    return {
        int(one): Response(int(a), int(b), int(c))
        for one, a, b, c in zip(members, sent, answered, seen, strict=True)
    }


def _counted(members: Ids, which: Ids) -> Ids:
    found = np.zeros(len(members), np.int64)
    np.add.at(found, np.searchsorted(members, which), 1)
    return found


def lot(seed: int, ref: str) -> bytes:
    """A member's lot: the lowest are drawn first."""
    return hashlib.sha256(f"{seed}:{ref}".encode()).digest()


def picked(
    refs: Mapping[int, str],
    known: Mapping[int, Response],
    *,
    seed: int,
    focus_percent: float,
    random_percent: float,
) -> Pick:
    """The most responsive `focus_percent` of these members (rounded up), and `random_percent` of them from the others.

    Of equal shares the one with more signs comes first, of equal signs the one with the lower lot.
    """
    nothing = Response()

    def order(one: int) -> tuple[float, int, bytes]:
        found = known.get(one, nothing)
        return -found.share, -found.signs, lot(seed, refs[one])

    ordered = sorted(refs, key=order)
    focused = ordered[: _part(len(ordered), focus_percent)]
    others = sorted(ordered[len(focused) :], key=lambda one: lot(seed, refs[one]))
    return Pick(tuple(sorted(focused)), tuple(sorted(others[: _part(len(ordered), random_percent)])))


def _part(count: int, percent: float) -> int:
    return -(-count * round(percent * 100) // 10_000)


def digest(refs: Sequence[str]) -> str:
    """The SHA-256 of refs, sorted, one a line."""
    return hashlib.sha256("\n".join(sorted(refs)).encode()).hexdigest()
