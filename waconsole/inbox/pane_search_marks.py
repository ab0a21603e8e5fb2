"""What was searched for, seen on a painted line: which cells hold it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip
from textual.widget import Widget

from waconsole.inbox.words import Term
from waconsole.kit.cells import width
from waconsole.kit.columns import Column
from waconsole.kit.rowlist import RowList
from waconsole.kit.rowpaint import STRIPS_MAX, RowPainter, RowState
from waconsole.kit.rows import Row

ROLE = "mention"


@cache
def _plain(character: str) -> str:
    """One character for one: without case and accent, so that places in the text stay what they are."""
    base = unicodedata.normalize("NFKD", character)[:1].casefold()
    return base if len(base) == 1 else character


def spans(text: str, terms: Sequence[Term]) -> Iterator[tuple[int, int]]:
    """(start, stop) of each place in `text` where a term's words stand, in order.

    It marks for the eye what the index found by its own rule (`inbox.words`): ligatures that fold to
    two letters are left unmarked.
    """
    if terms:
        plain = "".join(map(_plain, text))
        for match in _pattern(tuple(terms)).finditer(plain):
            yield match.span()


@cache
def _pattern(terms: tuple[Term, ...]) -> re.Pattern[str]:
    shapes = []
    for term in terms:
        parts = [re.escape(part) for part in term.parts]
        start = r"(?<![^\W_])" if _is_letters(term.parts[0]) else ""
        stop = "" if term.open_ended or not _is_letters(term.parts[-1]) else r"(?![^\W_])"
        shapes.append(start + r"[\W_]*".join(parts) + stop)
    return re.compile("|".join(shapes) or r"(?!)")


def _is_letters(part: str) -> bool:
    """Whether a part is a word with edges (a run of Chinese, say, may begin anywhere)."""
    return part.isascii() or all(width(character) == 1 for character in part)


class MarkingPainter(RowPainter):
    """Paints rows and lifts out what was searched for."""

    def __init__(self, widget: Widget, columns: Sequence[Column]) -> None:
        super().__init__(widget, columns)
        self.terms: tuple[Term, ...] = ()
        self._marked: LRUCache[tuple[int, RowState], Strip] = LRUCache(STRIPS_MAX)

    def forget_rows(self) -> None:
        """Paint every line anew."""
        super().forget_rows()
        self._marked.clear()

    def line(self, row: Row, state: RowState, width: int) -> Strip:
        """The line of `row` with its hits marked."""
        plain = super().line(row, state, width)
        kept = self._marked.get((row.key, state))
        if kept is None or kept.cell_length != plain.cell_length:
            text = row.cells[-1].text if row.cells else ""
            start = max(0, plain.cell_length - self._text_cells(width))
            kept = _lifted(plain, start, self.terms, self._style(state.is_cursor, ROLE)) if text else plain
            self._marked[(row.key, state)] = kept
        return kept

    def _text_cells(self, width: int) -> int:
        return self._places[-1].width if self._places else width


class MarkingList(RowList):
    """A list that marks what was searched for in its last column."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.painter = MarkingPainter(self, self._painter.columns)
        self._painter = self.painter

    def look_for(self, terms: tuple[Term, ...]) -> None:
        """Mark these terms from now on."""
        self.painter.terms = terms
        self.painter.forget()
        self.refresh()


def _lifted(strip: Strip, start_cell: int, terms: Sequence[Term], style: Style) -> Strip:
    """`strip` with the terms found behind `start_cell` in another style."""
    head, tail = strip.divide([start_cell, strip.cell_length])
    text = tail.text
    cuts = [(width(text[:start]), width(text[:stop])) for start, stop in spans(text, terms)]
    if not cuts:
        return strip
    pieces: list[Segment] = list(head)
    edges = sorted({edge for cut in cuts for edge in cut} | {tail.cell_length})
    hits = {start for start, _stop in cuts}
    begun = 0
    for edge, part in zip(edges, tail.divide(edges), strict=False):
        is_hit = begun in hits
        pieces += [
            Segment(one.text, (one.style or Style()) + style if is_hit else one.style, one.control)
            for one in part
        ]
        begun = edge
    return Strip(pieces, strip.cell_length)
