"""Columns of a one-line row: who gets which width, and who leaves when it is narrow.

Numbers align right; the last column may be flexible, so the drift of emoji and CJK widths
between terminals never moves the ones before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from waconsole.kit.cells import Align, fit
from waconsole.kit.glyphs import glyph

FLEXIBLE_CELLS_MIN: Final = 12
GUTTER_CELLS: Final = 3  # the cursor, the mark, and a cell of air


class Column(NamedTuple):
    """One column: `width` in cells, 0 for the flexible last one.

    `priority` 0 always stays; of the others the highest number leaves first when the list is
    narrow. `gap` is the number of empty cells behind it. The flexible one has `least` cells before others leave.
    """

    title: str
    width: int = 0
    align: Align = "left"
    priority: int = 0
    gap: int = 1
    least: int = FLEXIBLE_CELLS_MIN


class Place(NamedTuple):
    """A column that is shown: which cell of the row it takes, and in how many terminal cells."""

    column: int
    width: int
    align: Align
    gap: int


def lay_out(columns: Sequence[Column], width: int) -> tuple[Place, ...]:
    """The columns that fit in `width` cells, in their order, with the cells each one gets."""
    assert all(column.width for column in columns[:-1]), "only the last column may be flexible"
    shown = list(range(len(columns)))

    def wanted(index: int) -> int:
        column = columns[index]
        return (column.width or column.least) + (column.gap if index != shown[-1] else 0)

    leaving = sorted((index for index in shown if columns[index].priority), key=lambda i: columns[i].priority)
    while leaving and sum(map(wanted, shown)) > width:
        shown.remove(leaving.pop())

    places = []
    left = width
    for index in shown:
        column = columns[index]
        cells = min(column.width or left, left)
        gap = min(column.gap, left - cells) if index != shown[-1] else 0
        if cells > 0:
            places.append(Place(index, cells, column.align, gap))
        left -= cells + gap
    return tuple(places)


class ColumnHeads(Widget):
    """One line with the titles of the columns, to stand above a `RowList` of the same width."""

    DEFAULT_CSS = """
    ColumnHeads { height: 1; color: $role-muted; padding-right: 1; }
    """

    def __init__(self, columns: Sequence[Column], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.columns = tuple(columns)

    def render_line(self, y: int) -> Strip:
        """The titles, each over its column."""
        parts = [" " * GUTTER_CELLS]
        for place in lay_out(self.columns, self.size.width - GUTTER_CELLS):
            title = self.columns[place.column].title
            parts.append(fit(title, place.width, place.align, ellipsis=glyph("ellipsis")) + " " * place.gap)
        return Strip([Segment("".join(parts), self.rich_style)]).adjust_cell_length(
            self.size.width, self.rich_style
        )
