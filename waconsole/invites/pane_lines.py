"""Lines of what is told in full: a head, and words that hang under themselves where they break."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from waconsole.kit.cells import width
from waconsole.kit.reader import wrapped
from waconsole.kit.rows import Cell
from waconsole.text import SafeText, safe

Line = tuple[Cell, ...]

HEAD_CELLS: Final = 11
WORDS_MAX: Final = 1_000


def pair(head: str, text: str, role: str = "") -> Line:
    """A head and what stands under it."""
    return (Cell(safe(head.ljust(HEAD_CELLS)), "muted"), Cell(safe(text[:WORDS_MAX]), role))


def pairs(head: str, texts: Sequence[str], role: str = "") -> list[Line]:
    """Several under one head."""
    return [pair(head if not place else "", text, role) for place, text in enumerate(texts)]


def hung(found: Sequence[Line], cells: int) -> list[Line]:
    """Lines broken at `cells`, each as far in as its head leaves it."""
    broken: list[Line] = []
    for line in found:
        *heads, text = line or (Cell(SafeText("")),)
        before = sum(width(cell.text) for cell in heads)
        if before > cells // 2:
            broken.append(line)
            continue
        for place, part in enumerate(wrapped(text, max(cells - before, 1))):
            broken.append((*heads, part) if not place or not heads else (Cell(SafeText(" " * before)), part))
    return broken


def as_sheet(found: Sequence[Line]) -> list[Cell]:
    """The same for a sheet, where a line has one role: that of its last part."""
    return [Cell(safe("".join(cell.text for cell in line)), line[-1].role if line else "") for line in found]
