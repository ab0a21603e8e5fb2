"""From comings and goings to stays in a group, in whatever order they were told. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

JOINED: Final = "joined"
LEFT: Final = "left"
WROTE: Final = "wrote"
# Within one second somebody is first let in, then writes, then goes.
_ORDER: Final = {JOINED: 0, WROTE: 1, LEFT: 2}


@dataclass(frozen=True, slots=True)
class Happened:
    """A coming, a going, or a sign of being there; `at` in microseconds UTC."""

    kind: str
    at: int
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Stay:
    """From when to when somebody was in a group; `left_at` None: they are."""

    joined_at: int
    left_at: int | None
    channel: str = ""


def stays(events: Sequence[Happened]) -> list[Stay]:
    """The stays that events of one person in one group make, by event time.

    Coming twice is coming once. Who goes without having been seen coming was there at that instant.
    """
    found: list[Stay] = []
    since: Happened | None = None
    for event in sorted(events, key=lambda event: (event.at, _ORDER[event.kind])):
        if event.kind == LEFT:
            start = since or event
            if since is not None or not found or found[-1].left_at != event.at:
                found.append(Stay(start.at, event.at, start.channel))
            since = None
        elif since is None:
            since = event
        elif event.kind == JOINED and since.kind == WROTE:  # they were seen before their coming was told
            since = Happened(JOINED, since.at, event.channel)
    if since is not None:
        found.append(Stay(since.at, None, since.channel))
    return found
