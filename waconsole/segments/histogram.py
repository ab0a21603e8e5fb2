"""How values are spread, as bars of text. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

BINS_MAX: Final = 12
FEW: Final = 12  # so few different values have a bar each
NAMES_MAX: Final = 40
TAIL: Final = 0.98  # beyond this share of the values one bar holds the rest
BAR: Final = "█"
BAR_CELLS: Final = 40


@dataclass(frozen=True, slots=True)
class Bin:
    """Values from `begin` to before `end` (None: no bound; both None: no value at all), or a word."""

    begin: float | None
    end: float | None
    count: int
    word: str = ""


def bins(values: Sequence[float | int | str | None]) -> list[Bin]:
    """Every value is in exactly one; who has no value comes last."""
    numbers = sorted(one for one in values if isinstance(one, int | float))
    words = Counter(one for one in values if isinstance(one, str))
    none = sum(one is None for one in values)
    found = _of_numbers(numbers) if numbers else []
    common = words.most_common(NAMES_MAX)
    found += [Bin(None, None, count, word) for word, count in common]
    if (rest := sum(words.values()) - sum(count for _, count in common)) > 0:
        found.append(Bin(None, None, rest, "…"))
    if none:
        found.append(Bin(None, None, none))
    return found


def _of_numbers(ordered: Sequence[float | int]) -> list[Bin]:
    if len(set(ordered)) <= FEW:
        return [Bin(value, value, count) for value, count in sorted(Counter(ordered).items())]
    low, high = ordered[0], ordered[min(int(len(ordered) * TAIL), len(ordered) - 1)]
    step = nice_step((high - low) / (BINS_MAX - 1), whole=all(isinstance(one, int) for one in ordered))
    first = floor(low / step)
    last = min(floor(high / step), first + BINS_MAX - 2)
    counted = Counter(min(floor(one / step), last + 1) for one in ordered)
    bars = [Bin(place * step, (place + 1) * step, counted[place]) for place in range(first, last + 1)]
    if counted[last + 1]:
        bars.append(Bin((last + 1) * step, None, counted[last + 1]))
    return bars


def nice_step(about: float, *, whole: bool) -> float | int:
    """1, 2 or 5 times a power of ten, no less than `about`."""
    if about <= 0:
        return 1
    power = 10.0 ** floor(log10(about))
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= about * (1 - 1e-9))
    return max(1, ceil(step)) if whole else step


def bar(count: int, most: int) -> str:
    """A bar of text; whoever is there at all is seen."""
    return BAR * max(round(BAR_CELLS * count / most), 1) if count else ""
