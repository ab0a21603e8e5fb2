"""Text measured in terminal cells, and cut only where a reader would cut it.

A cluster (what a reader calls one character: a letter with its marks, a flag, a family emoji) is
never halved; `rich`'s own cutting halves flags and drops variation selectors.
"""

from __future__ import annotations

from typing import Final, Literal

from rich.cells import cell_len, split_graphemes

Align = Literal["left", "right"]

_FLAG_LETTERS: Final = ("\U0001f1e6", "\U0001f1ff")
# A virama glues the next consonant to the cluster (Devanagari and its relatives).
_VIRAMAS: Final = frozenset(
    "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2\u1b44\ua9c0"
)


def width(text: str) -> int:
    """How many terminal cells `text` takes."""
    return len(text) if text.isascii() else cell_len(text)


def clusters(text: str) -> list[tuple[str, int]]:
    """`text` as (cluster, cells) pairs, in order; joined together they are `text` again."""
    joined: list[tuple[str, int]] = []
    half_flag = False
    for start, stop, cells in split_graphemes(text)[0]:
        piece = text[start:stop]
        is_flag_letter = _FLAG_LETTERS[0] <= piece[0] <= _FLAG_LETTERS[1]
        if joined and ((half_flag and is_flag_letter) or joined[-1][0][-1] in _VIRAMAS):
            before, before_cells = joined[-1]
            joined[-1] = (before + piece, before_cells + cells)
            half_flag = False
        else:
            joined.append((piece, cells))
            half_flag = is_flag_letter
    return joined


def cut(text: str, cells_max: int, *, ellipsis: str = "…") -> str:
    """`text` in at most `cells_max` cells, ending in `ellipsis` (one cell) when something was cut."""
    if cells_max <= 0:
        return ""
    if text.isascii():
        return text if len(text) <= cells_max else text[: cells_max - 1] + ellipsis
    # A joiner at the end would swallow whatever is painted next to it.
    text = text.strip("\u200d")
    # Every cluster of visible text takes a cell; the slice keeps a 64 KiB text from being walked
    # for a 40 cell column, and still leaves room for clusters of many code points.
    head = text[: cells_max * 16 + 64]
    if len(head) == len(text) and cell_len(text) <= cells_max:
        return text
    kept: list[str] = []
    left = cells_max - 1
    for cluster, cells in clusters(head):
        if cells > left:
            break
        kept.append(cluster)
        left -= cells
    return "".join(kept) + ellipsis


def fit(text: str, cells: int, align: Align = "left", *, ellipsis: str = "…") -> str:
    """`text` in exactly `cells` cells: cut when too long, padded on the other side when short."""
    shown = cut(text, cells, ellipsis=ellipsis)
    padding = " " * (cells - width(shown))
    return padding + shown if align == "right" else shown + padding
