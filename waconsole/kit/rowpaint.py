"""How one row becomes one line of the terminal: columns, roles, the cursor and the mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from waconsole.kit.cells import fit
from waconsole.kit.columns import GUTTER_CELLS, Column, Place, lay_out
from waconsole.kit.glyphs import glyph
from waconsole.kit.rows import Row

if TYPE_CHECKING:
    from textual.widget import Widget

STRIPS_MAX: Final = 1024


@dataclass(frozen=True, slots=True)
class RowState:
    """What a line shows besides its row."""

    is_cursor: bool
    is_marked: bool


class RowPainter:
    """Paints rows for one list, and remembers the lines it painted."""

    def __init__(self, widget: Widget, columns: Sequence[Column]) -> None:
        self.widget = widget
        self.columns = tuple(columns)
        self._width = -1
        self._places: tuple[Place, ...] = ()
        self._strips: LRUCache[tuple[int, RowState], Strip] = LRUCache(STRIPS_MAX)

    def forget(self) -> None:
        """Paint every line anew: rows, colours, glyphs or columns changed."""
        self._strips.clear()
        self._width = -1

    def line(self, row: Row, state: RowState, width: int) -> Strip:
        """The line of `row`, exactly `width` cells."""
        if width != self._width:
            self._strips.clear()
            self._width = width
            self._places = lay_out(self.columns, width - GUTTER_CELLS)
        painted = self._strips.get((row.key, state))
        if painted is None:
            painted = self._strips[(row.key, state)] = self._paint(row, state, width)
        return painted

    def absent(self, width: int, *, is_cursor: bool) -> Strip:
        """The line of a row that is not ready."""
        base = self._base(is_cursor)
        text = (glyph("cursor") if is_cursor else " ") + " " + glyph("ellipsis")
        return Strip([Segment(text, base + self._role("dim"))]).adjust_cell_length(width, base)

    def blank(self, width: int) -> Strip:
        """A line below the last row."""
        return Strip.blank(width, self.widget.rich_style)

    def _paint(self, row: Row, state: RowState, width: int) -> Strip:
        base = self._base(state.is_cursor)
        segments = [
            Segment(glyph("cursor") if state.is_cursor else " ", base + self._role("accent")),
            Segment(glyph("mark") if state.is_marked else " ", base + self._role("marked")),
        ]
        sign = glyph("ellipsis")
        for place in self._places:
            cell = row.cells[place.index] if place.index < len(row.cells) else None
            text = fit(cell.text if cell else "", place.width, place.align, ellipsis=sign)
            role = (cell.role if cell else "") or row.role
            segments.append(Segment(text, base + self._role(role) if role else base))
            if place.gap:
                segments.append(Segment(" " * place.gap, base))
        return Strip(segments).adjust_cell_length(width, base)

    def _base(self, is_cursor: bool) -> Style:
        if is_cursor:
            return self.widget.get_component_rich_style("rowlist--cursor")
        return self.widget.rich_style

    def _role(self, role: str) -> Style:
        return self.widget.get_component_rich_style(f"role--{role}", partial=True)
