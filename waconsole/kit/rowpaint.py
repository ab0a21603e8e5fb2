"""How one row becomes one line of the terminal: columns, roles, the cursor and the mark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from waconsole.kit.cells import fit
from waconsole.kit.columns import GUTTER_CELLS, Column, Place, lay_out
from waconsole.kit.glyphs import glyph
from waconsole.kit.roles import role_style
from waconsole.kit.rows import Row

if TYPE_CHECKING:
    from textual.widget import Widget

STRIPS_MAX: Final = 1024


class RowState(NamedTuple):
    """What a line shows besides its row."""

    is_cursor: bool
    is_marked: bool


class _Line:
    """Segments of one line. A blank joins what stands before it where nothing of its style would show:
    half as many segments, and every one costs at each of the places a line passes on its way."""

    __slots__ = ("plain", "segments")

    def __init__(self, plain: Style) -> None:
        self.plain = plain
        self.segments: list[Segment] = []

    def add(self, text: str, style: Style) -> None:
        """Put `text` behind what is there."""
        if self.segments:
            before, its_style, _control = self.segments[-1]
            if its_style == style or (text.isspace() and _is_bare(style) and _is_bare(its_style or style)):
                self.segments[-1] = Segment(before + text, its_style)
                return
        self.segments.append(Segment(text, style))


def _is_bare(style: Style) -> bool:
    """Whether a blank in this style shows nothing but its ground."""
    return not (style.underline or style.reverse or style.strike or style.overline or style.underline2)


class RowPainter:
    """Paints rows for one list, and remembers the lines it painted."""

    def __init__(self, widget: Widget, columns: Sequence[Column]) -> None:
        self.widget = widget
        self.columns = tuple(columns)
        self._width = -1
        self._places: tuple[Place, ...] = ()
        self._strips: LRUCache[tuple[int, RowState], Strip] = LRUCache(STRIPS_MAX)
        self._styles: dict[tuple[bool, str], Style] = {}

    def forget(self) -> None:
        """Paint every line anew: colours, glyphs or columns changed."""
        self.forget_rows()
        self._styles.clear()
        self._width = -1

    def forget_rows(self) -> None:
        """Paint every line anew: rows changed, and nothing else."""
        self._strips.clear()

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
        text = (glyph("cursor") if is_cursor else " ") + "  " + glyph("ellipsis")
        segment = Segment(text, self._style(is_cursor, "dim"))
        return Strip([segment]).adjust_cell_length(width, self._style(is_cursor))

    def blank(self, width: int) -> Strip:
        """A line below the last row."""
        return Strip.blank(width, self._style(False))

    def _paint(self, row: Row, state: RowState, width: int) -> Strip:
        is_cursor, sign = state.is_cursor, glyph("ellipsis")
        line = _Line(self._style(is_cursor))
        line.add(glyph("cursor") if is_cursor else " ", self._style(is_cursor, "accent"))
        line.add(glyph("mark") if state.is_marked else " ", self._style(is_cursor, "marked"))
        line.add(" ", line.plain)
        cells = GUTTER_CELLS
        for place in self._places:
            cell = row.cells[place.column] if place.column < len(row.cells) else None
            text = fit(cell.text if cell else "", place.width, place.align, ellipsis=sign)
            line.add(text, self._style(is_cursor, (cell.role if cell else "") or row.role))
            if place.gap:
                line.add(" " * place.gap, line.plain)
            cells += place.width + place.gap
        return Strip(line.segments, cells).adjust_cell_length(width, line.plain)

    def _style(self, is_cursor: bool, role: str = "") -> Style:
        """The style of `role` on a line, the colours of the cursor underneath; a role nobody knows raises."""
        style = self._styles.get((is_cursor, role))
        if style is None:
            widget = self.widget
            style = widget.get_component_rich_style("rowlist--cursor") if is_cursor else widget.rich_style
            if role:
                style += role_style(widget, role)
            self._styles[(is_cursor, role)] = style
        return style
