"""An item's people as they are drawn: letters, who brought whom as a line of arrows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ARROW: Final = " → "
SHOWN_MAX: Final = 12  # people of one line
STEPS_MAX: Final = 10_000


def letter(place: int) -> str:
    """The letter of the person at a place from 0: A … Z, AA, AB …"""
    found = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, len(LETTERS))
        found = LETTERS[rest] + found
    return found


def short(name: str) -> str:
    """A name as it is shown to whoever reviews: the first word, of the others a letter."""
    first, *rest = name.split()[:3] or [""]
    return " ".join([first, *(f"{word[0]}." for word in rest)])


def drawn(edges: Iterable[tuple[int, int]], letters: Mapping[int, str]) -> str:
    """Who brought whom: a ring as `A → B → C → A`, else the longest line found; a star as `A → 12 people`.

    `edges` are (referrer, invitee) among people who have letters.
    """
    onward: dict[int, list[int]] = {}
    for referrer, invitee in edges:
        if referrer in letters and invitee in letters and invitee not in onward.setdefault(referrer, []):
            onward[referrer].append(invitee)
    ring = _ring(onward)
    if ring:
        first = min(range(len(ring)), key=lambda place: (len(letters[ring[place]]), letters[ring[place]]))
        return _said([*ring[first:], *ring[: first + 1]], letters)
    line = _line(onward)
    star = max(onward, key=lambda one: len(onward[one]), default=None)
    if star is not None and len(onward[star]) >= max(len(line), 2):
        return f"{letters[star]}{ARROW}{len(onward[star])} people"
    return _said(line, letters)


def _said(line: Sequence[int], letters: Mapping[int, str]) -> str:
    if len(line) <= SHOWN_MAX:
        return ARROW.join(letters[one] for one in line)
    head, tail = line[: SHOWN_MAX - 2], line[-1]
    return ARROW.join(
        [*(letters[one] for one in head), f"… {len(line) - len(head) - 1} more …", letters[tail]]
    )


def _ring(onward: Mapping[int, Sequence[int]]) -> list[int]:
    """Of the shortest ways back to where they begin the one with the most people; empty where there is none."""
    best: list[int] = []
    steps = 0
    for start in onward:
        before = {start: start}
        layer = [start]
        while layer and steps < STEPS_MAX:
            following: list[int] = []
            for one in layer:
                for other in onward.get(one, ()):
                    steps += 1
                    if other == start:
                        way = _way(before, start, one)
                        if len(way) > len(best):
                            best = way
                    elif other not in before:
                        before[other] = one
                        following.append(other)
            layer = following
    return best


def _way(before: Mapping[int, int], start: int, end: int) -> list[int]:
    way = [end]
    while way[-1] != start:
        way.append(before[way[-1]])
    return way[::-1]


def _line(onward: Mapping[int, Sequence[int]]) -> list[int]:
    """The longest line from somebody nobody brought."""
    brought = {other for others in onward.values() for other in others}
    best: list[int] = []
    for start in (one for one in onward if one not in brought):
        line = [start]
        while len(line) <= len(onward) + 1:
            further = [one for one in onward.get(line[-1], ()) if one not in line]
            if not further:
                break
            line.append(max(further, key=lambda one: len(onward.get(one, ()))))
        best = max(best, line, key=len)
    return best
