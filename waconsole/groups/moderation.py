"""The moderation ladder: what is done next about somebody's conduct in a group, and what cannot be done.

Pure: `now` is always an argument. A rung stands until its time is over or an operator takes it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from waconsole.clock import DAY, HOUR

Step = Literal["warn", "mute", "remove"]
LADDER: Final[tuple[Step, ...]] = ("warn", "mute", "remove")
DONE: Final = {"warn": "warned", "mute": "muted", "remove": "removed"}


@dataclass(frozen=True, slots=True)
class Spans:
    """How long rungs stand, of the policy `moderation.ladder`."""

    warn_days: int
    mute_hours: int

    def until(self, step: Step, at: int) -> int | None:
        """When a rung taken at `at` lapses by itself; None: a removal does not."""
        if step == "warn":
            return at + self.warn_days * DAY
        return at + self.mute_hours * HOUR if step == "mute" else None


@dataclass(frozen=True, slots=True)
class Rung:
    """One thing that was done, and until when it stands; times in microseconds UTC."""

    step: Step
    taken_at: int
    until_at: int | None

    def stands(self, now: int) -> bool:
        """Whether it is in force at `now`."""
        return self.taken_at <= now and (self.until_at is None or now < self.until_at)


@dataclass(frozen=True, slots=True)
class Person:
    """What makes somebody immune: operators and group admins are."""

    is_operator: bool
    is_admin: bool
    is_there: bool = True


def immunity(person: Person) -> str:
    """Why nothing of the ladder is done about somebody, or ""."""
    if person.is_operator:
        return "an operator is not moderated"
    return "an admin of the group is not moderated" if person.is_admin else ""


def next_step(rungs: Sequence[Rung], now: int) -> Step:
    """The rung after the highest one that stands."""
    standing = {rung.step for rung in rungs if rung.stands(now)}
    if "mute" in standing or "remove" in standing:
        return "remove"
    return "mute" if "warn" in standing else "warn"


def fault(step: Step, rungs: Sequence[Rung], person: Person, *, at_once: bool, now: int) -> str:
    """Why a rung cannot be taken now, or "". `at_once` lets it be a higher one than the next."""
    if immune := immunity(person):
        return immune
    if any(rung.step == step and rung.stands(now) for rung in rungs):
        return f"they are {DONE[step]} already"
    due = next_step(rungs, now)
    if LADDER.index(step) > LADDER.index(due) and not at_once:
        return f"the next rung is to {due} (--at-once leaves rungs out)"
    if not person.is_there and step != "warn":
        return "they are not in the group, as far as this ledger knows"
    return ""


def tried(times: Sequence[int], spans: Spans) -> list[Rung]:
    """What the ladder would have come to if every instant of `times` (in order) had been a reason; it ends with a removal."""
    rungs: list[Rung] = []
    for at in times:
        step = next_step(rungs, at)
        rungs.append(Rung(step, at, spans.until(step, at)))
        if step == "remove":
            break
    return rungs
