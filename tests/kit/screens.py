"""What a kit test needs: an app that knows the roles, a hostile text, and the screen as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from rich.segment import Segment
from textual.app import App
from textual.filter import LineFilter

from waconsole.kit.roles import variable_defaults
from waconsole.kit.rows import Cell, Row
from waconsole.kit.safety import ControlFilter
from waconsole.text import SafeText, safe

HOSTILE: Final = (
    "A\x1b]52;c;ZXZpbA==\x07B\x1b[31mC\u202eD\x9b31mE\rF\x08G\x00[@click=app.bell]H[/oops]"
    "\x1b]8;;https://evil.example\x1b\\I\u200b\u2066J\x7fK\x90q\x9cL" + "e" + "\u0301" * 200
)
RAW_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class KitApp(App[None]):
    """An app with the kit's variables and its line filter, and nothing else."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.control_filter = ControlFilter()
        self.heard: list[Any] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The kit's roles."""
        return variable_defaults()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The last choke point, as the console installs it."""
        return [*super().get_line_filters(), self.control_filter]


def screen_lines(app: App[Any]) -> list[str]:
    """The screen as the terminal gets it, line by line, without trailing blanks."""
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]


def screen_text(app: App[Any]) -> str:
    """The screen as the terminal gets it."""
    return "\n".join(screen_lines(app))


def screen_segments(app: App[Any]) -> list[Segment]:
    """Every painted piece of the screen with its style."""
    return [segment for strip in app.screen._compositor.render_strips() for segment in strip]


def text_row(key: int, *texts: str, role: str = "") -> Row:
    """A row with a cell for each of `texts`."""
    return Row(key, tuple(Cell(safe(text)) for text in texts), role)


class Million:
    """A source of a million rows that counts what it is asked."""

    generation = 1

    def __init__(self, count: int = 1_000_000) -> None:
        self.count = count
        self.asked: list[tuple[int, int]] = []
        self.is_ready = True

    def __len__(self) -> int:
        return self.count

    def rows(self, start: int, stop: int) -> list[Row] | None:
        """Rows made on the spot."""
        self.asked.append((start, stop))
        if not self.is_ready:
            return None
        return [text_row(self.key_at(index), f"{index}", f"row {index}") for index in range(start, stop)]

    def key_at(self, index: int) -> int:
        """Keys are not positions."""
        return index * 10 + 7

    def index_of(self, key: int) -> int | None:
        """The way back."""
        index, rest = divmod(key, 10)
        return index if rest == 7 and 0 <= index < self.count else None


def plain(text: str) -> SafeText:
    """A text written here, not outside."""
    return safe(text)
