"""A block of wrapped safe text that keeps its size: new text repaints it and moves nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from waconsole.kit.cells import clusters, cut, width
from waconsole.kit.glyphs import glyph
from waconsole.kit.roles import role_style
from waconsole.kit.rows import Cell
from waconsole.text import SafeText

LINES_MAX: Final = 2000

Line = tuple[Cell, ...]


def wrapped(line: Sequence[Cell], cells: int) -> Iterator[list[Cell]]:
    """One line of text with roles as lines of at most `cells` cells, broken at spaces where there are some."""
    taken, shown = 0, list[Cell]()
    for part in line:
        for piece in (piece for word in _words(part.text) for piece in _pieces(word, cells)):
            fitted = piece
            if shown and taken + width(piece.rstrip()) > cells:
                yield shown
                shown, taken = [], 0
                fitted = piece.lstrip()
            if fitted:
                shown.append(Cell(SafeText(fitted), part.role))
                taken += width(fitted)
    yield shown


def _words(text: str) -> Iterator[str]:
    """`text` in pieces that end with their space; joined together they are `text` again."""
    start = 0
    for place, character in enumerate(text):
        if character == " ":
            yield text[start : place + 1]
            start = place + 1
    if start < len(text):
        yield text[start:]


def _pieces(word: str, cells: int) -> Iterator[str]:
    """A word in pieces that fit; text without spaces (Chinese, a long link) breaks between clusters."""
    if width(word.rstrip()) <= cells and (word.isascii() or width(word) < 16):
        yield word
        return
    taken, start, place = 0, 0, 0
    for cluster, size in clusters(word):
        if size > 1 or taken + size > cells:
            if place > start:
                yield word[start:place]
            start, taken = place, 0
        place += len(cluster)
        taken += size
    if place > start:
        yield word[start:place]


class Block(ScrollView, can_focus=False, inherit_bindings=False):
    """Lines of cells, wrapped. It scrolls when it may take the focus."""

    DEFAULT_CSS = """
    Block { height: 1fr; overflow-x: hidden; overflow-y: hidden; scrollbar-size-vertical: 1; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None, scrolls: bool = False) -> None:
        """`scrolls` keeps the whole text; without it what does not fit ends in an ellipsis."""
        super().__init__(id=id, classes=classes)
        self.scrolls = scrolls
        self.can_focus = scrolls
        self._lines: tuple[Line, ...] = ()
        self._strips: list[Strip] | None = None
        self._strips_width = 0
        self._styles: dict[str, Style] = {}

    def show(self, lines: Sequence[Line]) -> None:
        """Say `lines` from now on."""
        if tuple(lines) == self._lines:
            return
        before, self._strips = self._strips, None
        self._lines = tuple(lines)
        if self.scrolls or before is None or not self.is_attached:
            self.scroll_to(y=0, animate=False, force=True, immediate=True)
            self._measure()
            self.refresh()
        else:
            self._refresh_changed(before, self._painted())

    def _refresh_changed(self, before: list[Strip], after: list[Strip]) -> None:
        """Repaint the lines that read differently."""
        for line in range(max(len(before), len(after))):
            if before[line : line + 1] != after[line : line + 1]:
                self.refresh(Region(0, line, self.size.width, 1))

    def _measure(self) -> None:
        if self.scrolls and self.size.width:
            self.virtual_size = Size(0, len(self._painted()))

    def _painted(self) -> list[Strip]:
        cells = self.scrollable_content_region.width
        if self._strips is None or self._strips_width != cells:
            lines_max = LINES_MAX if self.scrolls else max(1, self.size.height)
            self._strips = list(self._paint(cells, lines_max))
            self._strips_width = cells
        return self._strips

    def _paint(self, cells: int, lines_max: int) -> Iterator[Strip]:
        if cells <= 0:
            return
        count = 0
        plain = self._style("")
        for line in self._lines:
            for shown in wrapped(line, cells):
                count += 1
                if count > lines_max:
                    return
                segments = [
                    Segment(cut(cell.text, cells, ellipsis=glyph("ellipsis")), self._style(cell.role))
                    for cell in shown
                ]
                yield Strip(segments).adjust_cell_length(cells, plain)

    def _style(self, role: str) -> Style:
        style = self._styles.get(role)
        if style is None:
            style = self.rich_style
            if role:
                style += role_style(self, role)
            self._styles[role] = style
        return style

    def render_line(self, y: int) -> Strip:
        """The line `y` of the visible part."""
        strips = self._painted()
        index = y + self.scroll_offset.y
        if index < len(strips):
            return strips[index]
        return Strip.blank(self.scrollable_content_region.width, self._style(""))

    def notify_style_update(self) -> None:
        """Theme or colour changed."""
        super().notify_style_update()
        self._strips = None
        self._styles.clear()

    def on_resize(self) -> None:
        """The lines break elsewhere."""
        self._strips = None
        self._measure()
