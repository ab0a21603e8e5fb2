"""Text measured in terminal cells, and cut only where a reader would cut it.

A cluster (what a reader calls one character: a letter with its marks, a flag, a family emoji) is
never halved; `rich`'s own cutting halves flags and drops variation selectors. Text of letters that
stand alone, which is most text, is cut without looking for clusters.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal

from rich.cells import cell_len, split_graphemes

Align = Literal["left", "right"]

# Every one of these is a cluster of its own: one cell (Latin, Greek, Cyrillic, punctuation) ...
NARROW: Final = (
    "\x20-\x7e\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u0482\u048a-\u052f"
    "\u1e00-\u1eff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2500-\u25fc"
)
# ... or two (Chinese, Japanese, Korean).
WIDE: Final = "\u3000-\u3029\u3041-\u3096\u309b-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60"
_ALL_NARROW: Final = re.compile(f"[{NARROW}]*")
CHARACTERS_MAX: Final = 20_000
WIDTHS_MAX: Final = 4_096
_RANGES: Final = tuple(
    (letters[place], letters[place + 2], cells)
    for letters, cells in ((NARROW, 1), (WIDE, 2))
    for place in range(0, len(letters), 3)
)


class _Alone(dict[str, int]):
    """The cells of a character that is a cluster of its own, 0 for any other; worked out once for each.

    A regular expression over these ranges takes longer to compile than a whole screen to measure.
    """

    def __missing__(self, character: str) -> int:
        if len(self) >= CHARACTERS_MAX:
            self.clear()
        cells = next((cells for first, last, cells in _RANGES if first <= character <= last), 0)
        self[character] = cells
        return cells


_cells: Final = _Alone().__getitem__

_FLAG_LETTERS: Final = ("\U0001f1e6", "\U0001f1ff")
# A virama glues the next consonant to the cluster (Devanagari and its relatives).
_VIRAMAS: Final = frozenset(
    "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2\u1b44\ua9c0"
)


def width(text: str) -> int:
    """How many terminal cells `text` takes."""
    if text.isascii() or _ALL_NARROW.fullmatch(text):
        return len(text)
    return _width(text)


@lru_cache(WIDTHS_MAX)
def _width(text: str) -> int:
    sizes = [*map(_cells, text)]
    return cell_len(text) if 0 in sizes else sum(sizes)


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
    if text.isascii() or _ALL_NARROW.fullmatch(text, 0, cells_max + 1):
        return text if len(text) <= cells_max else text[: cells_max - 1] + ellipsis
    # A joiner at the end would swallow whatever is painted next to it.
    text = text.strip("\u200d")
    # A 64 KiB text is not walked for a 40 cell column: a head long enough for most texts is tried
    # first, and its last cluster may be half of one.
    length = cells_max + 2
    while True:
        head = text[:length]
        kept = _head(head, cells_max, is_whole=len(head) == len(text))
        if kept is not None:
            return kept if len(kept) == len(text) else kept + ellipsis
        length *= 4


def _head(head: str, cells_max: int, *, is_whole: bool) -> str | None:
    """All of `head` if it fits and is the whole text, else as much as leaves a cell for an ellipsis.

    None when the head ends before the cells do, and there is more text.
    """
    sizes = [*map(_cells, head)]
    pieces = clusters(head) if 0 in sizes else [*zip(head, sizes, strict=True)]
    kept: list[str] = []
    taken = 0
    for cluster, cells in pieces:
        if taken + cells > cells_max - 1:
            break
        kept.append(cluster)
        taken += cells
    rest = pieces[len(kept) :]
    if is_whole:
        fits = taken + sum(cells for _cluster, cells in rest) <= cells_max
        return head if fits else "".join(kept)
    return "".join(kept) if len(rest) > 1 else None


def fit(text: str, cells: int, align: Align = "left", *, ellipsis: str = "…") -> str:
    """`text` in exactly `cells` cells: cut when too long, padded on the other side when short."""
    shown = cut(text, cells, ellipsis=ellipsis)
    padding = " " * (cells - width(shown))
    return padding + shown if align == "right" else shown + padding
