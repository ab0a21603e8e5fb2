"""Lines and paragraphs of safe text, and the one line that has a left and a right end.

Nothing here reads markup: a text in square brackets is a text in square brackets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from waconsole.kit import roles
from waconsole.kit.cells import cut, width
from waconsole.kit.glyphs import glyph
from waconsole.kit.roles import STRONG_ROLES
from waconsole.kit.rows import Cell
from waconsole.text import SafeText, safe

GAP_CELLS: Final = 2


class SafeLine(Static):
    """One line of safe text, cut at the right edge."""

    DEFAULT_CSS = """
    SafeLine { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, text: SafeText, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(text, markup=False, id=id, classes=classes)
        self._text = text

    def show(self, text: SafeText) -> None:
        """Say `text` from now on. The same text costs nothing: another one lays the whole screen out anew."""
        if text != self._text:
            self._text = text
            self.update(text)


class Paragraphs(Static):
    """Lines of safe text with roles, wrapped at the right edge."""

    DEFAULT_CSS = """
    Paragraphs { height: auto; }
    """

    def __init__(
        self, lines: Sequence[Sequence[Cell]] = (), *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(markup=False, id=id, classes=classes)
        self._lines = tuple(tuple(line) for line in lines)

    def on_mount(self) -> None:
        """The roles can be read from the app now."""
        self.show(self._lines)

    def show(self, lines: Sequence[Sequence[Cell]]) -> None:
        """Say `lines` from now on, each a sequence of texts with roles."""
        self._lines = tuple(tuple(line) for line in lines)
        if self.is_attached:
            self.update(Content("\n").join(painted(self, line) for line in self._lines))


class KeyLine(Paragraphs):
    """Keys and the words for what they do."""


def key_line(*keys: tuple[str, str]) -> KeyLine:
    """A line that says what each key does; an act without a key is left out."""
    cells: list[Cell] = []
    for key, word in keys:
        if not key:
            continue
        cells += [Cell(safe(key), "key"), Cell(safe(f" {word}   "), "muted")]
    return KeyLine([cells])


def painted(widget: Widget, cells: Sequence[Cell]) -> Content:
    """`cells` one behind the other as content, in the colours (or text styles) of their roles."""
    parts = [
        Content.styled(cell.text, role_style(widget, cell.role)) if cell.role else Content(cell.text)
        for cell in cells
    ]
    return Content("").join(parts)


def role_style(widget: Widget, role: str) -> str:
    """The style of `role` in Textual's words; without colour it is the role's text style."""
    if widget.app.no_color:
        text_style = widget.app.theme_variables[f"role-{role}-style"]
        return "" if text_style == "none" else text_style
    return f"$role-{role}" + (" bold" if role in STRONG_ROLES else "")


class Piece(NamedTuple):
    """What stands together on a line. `priority` 0 stays; of the others the highest leaves first."""

    cells: tuple[Cell, ...]
    priority: int = 0

    @property
    def width(self) -> int:
        """Terminal cells it takes."""
        return sum(width(cell.text) for cell in self.cells)


def piece(text: SafeText, role: str = "", priority: int = 0) -> Piece:
    """A piece of one text."""
    return Piece((Cell(text, role),), priority)


def fit_pieces(
    left: Sequence[Piece], right: Sequence[Piece], cells: int
) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Those of `left` and `right` that fit in `cells` together, with `GAP_CELLS` between two."""
    sides = [list(left), list(right)]

    def wanted() -> int:
        pieces = [*sides[0], *sides[1]]
        return sum(one.width for one in pieces) + GAP_CELLS * max(0, len(pieces) - 1)

    while wanted() > cells:
        # The last of equals leaves first: what is nearest to the edge it stands on stays.
        leaving = [one for side in sides for one in side if one.priority]
        if not leaving:
            break
        worst = max(one.priority for one in leaving)
        side = sides[0] if any(one.priority == worst for one in sides[0]) else sides[1]
        places = [place for place, one in enumerate(side) if one.priority == worst]
        del side[places[-1] if side is sides[0] else places[0]]
    return tuple(sides[0]), tuple(sides[1])


class SplitLine(Widget):
    """One line: pieces from the left edge, pieces up to the right edge, one cell free at both ends."""

    DEFAULT_CSS = "SplitLine { height: 1; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._left: tuple[Piece, ...] = ()
        self._right: tuple[Piece, ...] = ()

    def place(self, left: Sequence[Piece], right: Sequence[Piece]) -> None:
        """Show these pieces from now on."""
        if (tuple(left), tuple(right)) != (self._left, self._right):
            self._left, self._right = tuple(left), tuple(right)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        cells, plain = self.size.width, self.rich_style
        left, right = fit_pieces(self._left, self._right, cells - 2)
        left_segments = self._segments(left, plain)
        right_segments = self._segments(right, plain)
        room = cells - 2 - sum(width(s.text) for s in right_segments) - (GAP_CELLS if right else 0)
        shown: list[Segment] = [Segment(" ", plain)]
        taken = 0
        for segment in left_segments:
            text = cut(segment.text, room - taken, ellipsis=glyph("ellipsis"))
            taken += width(text)
            shown.append(Segment(text, segment.style))
        space = cells - 2 - taken - sum(width(s.text) for s in right_segments)
        shown.append(Segment(" " * max(0, space), plain))
        shown.extend(right_segments)
        return Strip(shown).adjust_cell_length(cells, plain)

    def _segments(self, pieces: Sequence[Piece], plain: Style) -> list[Segment]:
        segments: list[Segment] = []
        for number, one in enumerate(pieces):
            if number:
                segments.append(Segment(" " * GAP_CELLS, plain))
            segments.extend(Segment(cell.text, self._style(cell.role, plain)) for cell in one.cells)
        return segments

    def _style(self, role: str, plain: Style) -> Style:
        return plain + roles.role_style(self, role) if role else plain
