"""The last line of the screen: what keys do here, and where you are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from textual.timer import Timer

from waconsole.kit.glyphs import glyph
from waconsole.kit.line import Piece, SplitLine, piece
from waconsole.kit.rows import Cell
from waconsole.text import SafeText, _, safe

SENTENCE_SECONDS: Final = 8.0
HINTS_MAX: Final = 12
_FIRST_HINT_PRIORITY: Final = 20


class Hint(NamedTuple):
    """A key and the word for what it does here; the first hints of a line stay longest."""

    key: SafeText
    word: SafeText


class Status(NamedTuple):
    """Where the operator is. Row numbers count from 1, 0 when there is none.

    `is_exact` is False while the count of rows is still an estimate.
    """

    pane: SafeText = SafeText("")
    filter: SafeText = SafeText("")
    row: int = 0
    rows: int = 0
    is_exact: bool = True
    marked: int = 0
    tasks: int = 0
    role: SafeText = SafeText("")
    is_read_only: bool = False
    has_test_clock: bool = False


class StatusLine(SplitLine):
    """Hints on the left, the status on the right; a sentence takes the place of the hints for a while."""

    DEFAULT_CSS = """
    StatusLine { background: $panel; color: $role-muted; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._hints: tuple[Hint, ...] = ()
        self._status = Status()
        self._sentence: Piece | None = None
        self._pending: Piece | None = None
        self._timer: Timer | None = None

    def show(self, status: Status) -> None:
        """Where the operator is now."""
        self._status = status
        self._arrange()

    def hint(self, hints: Sequence[Hint]) -> None:
        """The keys worth knowing here, the most useful first."""
        self._hints = tuple(hints[:HINTS_MAX])
        self._arrange()

    def say(self, sentence: SafeText, role: str = "", *, seconds: float = SENTENCE_SECONDS) -> None:
        """Say one sentence in the place of the hints; 0 seconds keeps it until the next one."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._sentence = piece(sentence, role) if sentence else None
        if sentence and seconds:
            self._timer = self.set_timer(seconds, lambda: self.say(SafeText("")))
        self._arrange()

    def pend(self, text: SafeText) -> None:
        """Show the keys pressed so far and what may follow; an empty text ends it."""
        self._pending = piece(text, "key") if text else None
        self._arrange()

    def _arrange(self) -> None:
        if self._pending is not None:
            left = [self._pending]
        elif self._sentence is not None:
            left = [self._sentence]
        else:
            left = [
                Piece((Cell(hint.key, "key"), Cell(safe(" " + hint.word))), _FIRST_HINT_PRIORITY + place)
                for place, hint in enumerate(self._hints)
            ]
        self.place(left, self._facts())

    def _facts(self) -> list[Piece]:
        status = self._status
        facts: list[Piece] = []
        if status.filter:
            facts.append(piece(safe("/" + status.filter), "accent", 4))
        if status.rows:
            estimate = "" if status.is_exact else "~"
            position = _("row {row}/{rows}").format(row=status.row, rows=f"{estimate}{status.rows:,}")
            facts.append(piece(safe(position), "", 1))
        if status.marked:
            marked = _("{count} marked").format(count=f"{status.marked:,}")
            facts.append(piece(safe(f"{glyph('mark')} {marked}"), "marked"))
        if status.tasks:
            facts.append(piece(safe(_("tasks {count}").format(count=status.tasks)), "", 6))
        if status.pane:
            facts.append(piece(status.pane, "title", 5))
        if status.role:
            facts.append(piece(status.role, "", 7))
        if status.is_read_only:
            facts.append(piece(safe(_("read-only")), "held"))
        if status.has_test_clock:
            facts.append(piece(safe(f"{glyph('clock')} {_('test clock')}"), "owed"))
        return facts
