"""What a line to type on is told while it is typed: what may stand where the cursor is, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Offset
from textual.strip import Strip
from textual.widget import Widget

from waconsole.kit.cells import fit, width
from waconsole.kit.glyphs import glyph
from waconsole.kit.roles import role_style
from waconsole.text import SafeText, _

SUGGESTIONS_MAX: Final = 40
ROWS_SHOWN_MAX: Final = 7
INSERT_CELLS_MAX: Final = 30
SAYS_CELLS_MAX: Final = 60
FRAME_CELLS: Final = 5


class Suggestion(NamedTuple):
    """What may stand in place of the characters `start` up to `stop`, and what it means."""

    insert: SafeText
    says: SafeText
    start: int
    stop: int

    def put_in(self, text: str) -> str:
        """The whole line with the suggestion in its place."""
        return f"{text[: self.start]}{self.insert}{text[self.stop :]}"


class Wrong(NamedTuple):
    """What is wrong with the characters `start` up to `stop` of a line, in one sentence."""

    sentence: SafeText
    start: int
    stop: int


class Guide(NamedTuple):
    """Who knows the language of a line. Both are asked while it is typed: each answers within a few milliseconds.

    `suggest` is handed the line and the place of the cursor, `check` the line.
    """

    suggest: Callable[[str, int], Sequence[Suggestion]]
    check: Callable[[str], Wrong | None]


def narrow_hint() -> SafeText:
    """What stands on the line behind `/` while it is empty."""
    return SafeText(_("Tab shows what can be asked"))


def mark_hint() -> SafeText:
    """What stands on the line behind `*` while it is empty."""
    return SafeText(_("a query; Enter alone marks every row"))


class Menu(Widget):
    """Suggestions above the line, one of them chosen. It lies over what is behind it, and moves nothing."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"menu--chosen"}
    DEFAULT_CSS = """
    Menu { overlay: screen; display: none; background: $panel; height: 1; width: 1; }
    Menu > .menu--chosen { background: $cursor-background; }
    Menu:nocolor > .menu--chosen { text-style: reverse; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[Suggestion, ...] = ()
        self.chosen = 0
        self.is_moved = False
        self._insert_cells = 0

    @property
    def is_open(self) -> bool:
        """Whether there is something to choose from."""
        return bool(self.rows)

    def offer(self, rows: Sequence[Suggestion], column: int, room: int) -> None:
        """Show `rows`, the first one chosen, from the cell `column` on as far as `room` cells allow; none closes it."""
        self.rows, self.chosen, self.is_moved = tuple(rows[:SUGGESTIONS_MAX]), 0, False
        self.display = bool(self.rows)
        if not self.rows:
            return
        self._insert_cells = min(INSERT_CELLS_MAX, max(width(row.insert) for row in self.rows))
        says = min(SAYS_CELLS_MAX, max(width(row.says) for row in self.rows))
        cells = min(room, self._insert_cells + says + FRAME_CELLS)
        lines = min(len(self.rows), ROWS_SHOWN_MAX)
        self.styles.width, self.styles.height = cells, lines
        self.styles.offset = Offset(max(0, min(column - 2, room - cells)), -lines)
        self.refresh()

    def close(self) -> None:
        """Offer nothing."""
        self.offer((), 0, 0)

    def step(self, steps: int) -> None:
        """Choose the one `steps` further down, round and round."""
        if self.rows:
            self.chosen = (self.chosen + steps) % len(self.rows)
            self.is_moved = True
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One suggestion: what it is, and what it means."""
        first = max(0, min(self.chosen - ROWS_SHOWN_MAX // 2, len(self.rows) - ROWS_SHOWN_MAX))
        place, plain = first + y, self.rich_style
        if place >= len(self.rows):
            return Strip.blank(self.size.width, plain)
        row = self.rows[place]
        is_chosen = place == self.chosen
        base = plain + self.get_component_rich_style("menu--chosen", partial=True) if is_chosen else plain
        muted = base + Style(color=role_style(self, "muted").color)
        sign = glyph("cursor") if is_chosen else " "
        segments = [
            Segment(f"{sign} {fit(row.insert, self._insert_cells)}", base),
            Segment(f"  {row.says}", muted),
        ]
        return Strip(segments).adjust_cell_length(self.size.width, base)
