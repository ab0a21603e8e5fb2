"""A sheet to read: a title and lines that can be scrolled and copied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from waconsole.errors import WaconsoleError
from waconsole.kit import clipboard
from waconsole.kit.cells import clusters, width
from waconsole.kit.columns import GUTTER_CELLS, Column
from waconsole.kit.line import SafeLine, key_line
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import Cell, HeldRows, Row
from waconsole.text import SafeText, _, safe

LINES_MAX: Final = 5_000
WIDTH_MAX: Final = 110
FRAME_CELLS: Final = 6
FRAME_LINES: Final = 6  # border, title and the line under it, what was said, keys, padding
HEIGHT_MAX: Final = 0.8  # of the screen, as in the style

Line = Cell


def wrapped(line: Line, cells: int) -> Iterator[Line]:
    """`line` in pieces of at most `cells` cells, broken at spaces where there are some, each as far in as the first."""
    if width(line.text) <= cells:
        yield line
        return
    inner = line.text.lstrip(" ")
    indent = len(line.text) - len(inner)
    if 0 < indent <= cells // 2:
        for part in wrapped(Line(SafeText(inner), line.role), cells - indent):
            yield Line(SafeText(" " * indent + part.text), line.role)
        return
    taken, piece, room = 0, "", max(1, cells)
    for word in line.text.split(" "):
        size = width(word)
        if piece and taken + 1 + size > room:
            yield Line(SafeText(piece), line.role)
            taken, piece = 0, ""
        if size > room:
            for cluster, cluster_cells in clusters(word):
                if taken + cluster_cells > room:
                    yield Line(SafeText(piece), line.role)
                    taken, piece = 0, ""
                taken, piece = taken + cluster_cells, piece + cluster
            continue
        piece = f"{piece} {word}" if piece else word
        taken = width(piece)
    yield Line(SafeText(piece), line.role)


class Reader(ModalScreen[None]):
    """Shows `lines` under a title; `y` copies them all."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "leave", _("Back"), id="reader.back", tooltip=_("Close this sheet.")),
        Binding("y", "copy", _("Copy"), id="reader.copy", tooltip=_("Copy every line of this sheet.")),
    ]
    DEFAULT_CSS = """
    Reader { align: center bottom; background: $background 60%; }
    Reader > Vertical {
        width: 100%; max-width: 116; height: auto; max-height: 80%; background: $panel;
        border-top: solid $role-accent; padding: 0 2 1 2;
    }
    Reader .reader--title { color: $role-title; text-style: bold; margin-bottom: 1; }
    Reader .reader--said { color: $role-muted; }
    Reader RowList { background: $panel; max-height: 1fr; }
    """
    COLUMNS: ClassVar[tuple[Column, ...]] = (Column(""),)

    def __init__(self, title: SafeText, lines: Sequence[Line]) -> None:
        """Lines beyond `LINES_MAX` are counted and left out."""
        super().__init__()
        self._title = title
        self._lines = tuple(lines[:LINES_MAX])
        if len(lines) > LINES_MAX:
            more = _("… and {count} lines more.").format(count=f"{len(lines) - LINES_MAX:,}")
            self._lines += (Line(safe(more), "muted"),)
        self._rows = HeldRows()
        self._cells = 0

    def compose(self) -> ComposeResult:
        """Title, lines, keys."""
        with Vertical():
            yield SafeLine(self._title, classes="reader--title")
            yield RowList(self._rows, self.COLUMNS, rest_seconds=0)
            yield SafeLine(SafeText(""), classes="reader--said")
            yield key_line(("y", _("Copy")), ("esc", _("Back")))

    def on_mount(self) -> None:
        """Lines break at the width there is."""
        self._lay_out(self.app.size.width)
        self.query_one(RowList).focus()

    def on_resize(self) -> None:
        """Lines break elsewhere."""
        self._lay_out(self.app.size.width)

    def _lay_out(self, width_there_is: int) -> None:
        cells = min(WIDTH_MAX, width_there_is - FRAME_CELLS) - GUTTER_CELLS
        if cells == self._cells:
            return
        self._cells = cells
        pieces = [piece for line in self._lines for piece in wrapped(line, cells)]
        self._rows.replace([Row(place, (piece,)) for place, piece in enumerate(pieces)])
        rows = self.query_one(RowList)
        rows.styles.height = max(1, min(len(pieces), int(self.app.size.height * HEIGHT_MAX) - FRAME_LINES))
        rows.reload()

    def on_row_list_opened(self, message: RowList.Opened) -> None:
        """Enter closes, as it opened."""
        message.stop()
        self.dismiss(None)

    async def action_copy(self) -> None:
        """Copy every line."""
        try:
            said = await clipboard.copy(self.app, "\n".join(line.text for line in self._lines))
        except WaconsoleError as refusal:
            said = str(refusal)
        self.query_one(".reader--said", SafeLine).show(safe(said))

    def action_leave(self) -> None:
        """Close the sheet."""
        self.dismiss(None)
