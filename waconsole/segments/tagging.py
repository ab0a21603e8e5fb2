"""What a tag's rule changes, and in which order rules are asked that name each other's tags. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

DEPTH_MAX: Final = 10_000


def difference(
    wanted: Sequence[int], borne: Sequence[int], ruled: Sequence[int]
) -> tuple[list[int], list[int]]:
    """(who gets a tag, who loses it): `wanted` by its rule now, `borne` however it came, `ruled` by a rule.

    Whoever bears it by hand gets none and loses none.
    """
    now = set(wanted)
    return sorted(now.difference(borne)), sorted(set(ruled) - now)


def circle(start: str, names_of: Mapping[str, Iterable[str]]) -> list[str]:
    """The way from a tag's rule back to that tag, by the tags that rules name; empty where there is none."""
    ways: list[list[str]] = [[start]]
    seen: set[str] = set()
    for _ in range(DEPTH_MAX):
        if not ways:
            break
        way = ways.pop()
        for name in names_of.get(way[-1], ()):
            if name == start:
                return [*way, start]
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []


def ordered(names_of: Mapping[str, Iterable[str]]) -> list[str]:
    """Tags so that a rule comes after those of the tags it names; where they name each other, by name."""
    done: dict[str, None] = {}
    left = sorted(names_of)
    while left:
        ready = [one for one in left if all(name in done or name not in names_of for name in names_of[one])]
        ready = ready or left[:1]
        done |= dict.fromkeys(ready)
        left = [one for one in left if one not in done]
    return list(done)
