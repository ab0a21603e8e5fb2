"""The first line of the screen: the pane's name and its counters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from waconsole.kit.line import Piece, SplitLine, piece
from waconsole.kit.rows import Cell
from waconsole.text import SafeText, safe


class Counter(NamedTuple):
    """A word and its number; of the counters the highest `priority` leaves a narrow line first."""

    word: SafeText
    number: int
    role: str = ""
    priority: int = 1


class TopLine(SplitLine):
    """Title at the left, counters and the state of the world at the right."""

    DEFAULT_CSS = """
    TopLine { background: $panel; color: $role-muted; }
    """

    def show(
        self, title: SafeText, counters: Sequence[Counter] = (), state: Piece | None = None, name: str = ""
    ) -> None:
        """Show `title`, `counters` and, last, `state`; `name` stands before the title when there is room."""
        left = [piece(safe(name), "accent", 9)] if name else []
        left.append(piece(title, "title"))
        right = [
            Piece(
                (Cell(safe(counter.word + " ")), Cell(safe(f"{counter.number:,}"), counter.role or "title")),
                counter.priority,
            )
            for counter in counters
        ]
        if state is not None:
            right.append(state)
        self.place(left, right)
