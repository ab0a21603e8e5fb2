"""The frame every pane stands in: it tells the shell its state, and tries acts in words.

A pane is handed a desk it does not look into here; the rooms' own panes know what lies on it.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, ClassVar, NamedTuple, TypeVar

from textual.containers import Container
from textual.message import Message

from waconsole.errors import WaconsoleError
from waconsole.text import SafeText, safe

Result = TypeVar("Result")


class PaneStatus(NamedTuple):
    """What the status line says of a pane. `row` counts from 1; 0 when the list is empty."""

    filter: SafeText = SafeText("")
    row: int = 0
    rows: int | None = None
    marks: int = 0


class Said(Message):
    """A sentence for the operator. `kind` is `done`, `refused` or `advice`; `undo` offers `z`."""

    def __init__(self, sentence: SafeText, kind: str = "done", undo: bool = False) -> None:
        """Carry one safe sentence up to the shell."""
        super().__init__()
        self.sentence, self.kind, self.undo = sentence, kind, undo


class StatusChanged(Message):
    """The pane's `status()` answers something new."""


class PaneWanted(Message):
    """Another pane is to be shown, at a place there: (`inbox`, {"conversation": 7, "message": 812})."""

    def __init__(self, name: str, place: dict[str, Any] | None = None) -> None:
        """Name the pane; `place` is handed to its `go_to`."""
        super().__init__()
        self.name, self.place = name, place or {}


class CommandWanted(Message):
    """A command is to be done, as if it had been typed: for what only a room further up can do."""

    def __init__(self, line: str) -> None:
        """`line` is what would stand after the `:`; it holds no text from outside."""
        super().__init__()
        self.line = line


def on_the_line(text: str) -> str:
    """An operator's own words as one word of the `:` line, which knows no quote within a quote."""
    plain = " ".join(text.split()).replace('"', "\u201d")
    return f'"{plain}"'


class Pane(Container):
    """One screenful that answers one question. `NAME` is its word, `CHORD` the letter after g."""

    NAME: ClassVar[str] = ""
    CHORD: ClassVar[str] = ""
    TITLE: ClassVar[str] = ""
    DEFAULT_CSS = """
    Pane { height: 1fr; }
    Pane.-out-of-sight { display: none; }
    """

    def __init__(self, desk: Any) -> None:
        """`desk` is a waconsole.operators.desk.Desk."""
        super().__init__(id=f"pane-{self.NAME}")
        self.desk = desk

    async def furnish(self) -> None:
        """Mount what the first frame does without. Called once, after the pane was mounted and painted."""

    def changed(self) -> None:
        """The ledger changed while this pane is in sight: read again what is shown."""

    def shown(self) -> None:
        """The pane has come into sight: focus belongs where the operator would type."""

    def go_to(self, place: dict[str, Any]) -> None:
        """Show a place of this pane that another pane, the palette or a command named."""

    def status(self) -> PaneStatus:
        """What the status line says now."""
        return PaneStatus()

    def say(self, sentence: str, kind: str = "done", *, undo: bool = False) -> None:
        """Say one sentence to the operator."""
        self.post_message(Said(safe(sentence), kind, undo))

    async def attempt(
        self, change: Awaitable[Result], sentence: str = "", *, undo: bool = True
    ) -> Result | None:
        """Await an act; say `sentence` when it is done, or why it was refused. Answers None then."""
        try:
            result = await change
        except WaconsoleError as refusal:
            self.say(str(refusal), "refused")
            return None
        if sentence:
            self.say(sentence, undo=undo)
        return result
