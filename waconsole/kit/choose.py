"""A sheet with a few choices, each under a key, and a line to type another one on where that makes sense."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from waconsole.kit.bindings import key_of, shown_key
from waconsole.kit.columns import Column
from waconsole.kit.entry import Entry
from waconsole.kit.line import SafeLine, key_line
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import Cell, HeldRows, Row
from waconsole.text import SafeText, _, safe

CHOICES_MAX: Final = 200
ROWS_SHOWN_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice: the key that takes it, the value it stands for, its words and what it comes to."""

    key: str
    value: str
    words: SafeText
    more: SafeText = SafeText("")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was taken; `is_typed` when it was written by hand."""

    value: str
    is_typed: bool = False


class Choose(ModalScreen[Chosen | None]):
    """Asks for one of `choices`: by its key, by cursor and Enter, or typed. None when the operator left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", _("Back"), id="choose.back", tooltip=_("Leave without choosing.")),
        Binding(
            "tab", "type", _("Type"), id="choose.type", tooltip=_("Type another one, or go back to the list.")
        ),
    ]
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column(_("key"), 2, "right", gap=2),
        Column(_("choice"), 26, gap=2),
        Column(_("more")),
    )
    # Where no choice comes to anything, its words have the whole width.
    WORDS_ALONE: ClassVar[tuple[Column, ...]] = (COLUMNS[0], Column(_("choice")))
    DEFAULT_CSS = """
    Choose { align: center bottom; background: $background 60%; }
    Choose > Vertical {
        width: 100%; max-width: 90; height: auto; max-height: 100%; background: $panel;
        border-top: solid $role-accent; padding: 0 2 1 2;
    }
    Choose .choose--title { color: $role-title; text-style: bold; margin-bottom: 1; }
    Choose RowList { background: $panel; }
    Choose Entry { background: $background; margin-top: 1; }
    Choose KeyLine { margin-top: 1; }
    """

    def __init__(self, title: SafeText, choices: Sequence[Choice], *, typed: str = "") -> None:
        """`typed` says what may be typed instead; "" when nothing may."""
        super().__init__()
        self._title, self._typed = title, typed
        self._choices = tuple(choices[:CHOICES_MAX])

    def compose(self) -> ComposeResult:
        """Title, choices, and the line to type on."""
        columns = self.COLUMNS if any(choice.more for choice in self._choices) else self.WORDS_ALONE
        rows = [
            Row(place, (Cell(safe(one.key), "key"), Cell(one.words), Cell(one.more, "muted"))[: len(columns)])
            for place, one in enumerate(self._choices)
        ]
        opens = key_of(self.app, RowList, "list.open")
        keys = [("enter" if opens == shown_key("enter") else opens, _("Choose")), ("esc", _("Back"))]
        with Vertical():
            yield SafeLine(self._title, classes="choose--title")
            yield RowList(HeldRows(rows), columns, rest_seconds=0)
            if self._typed:
                yield Entry(placeholder=self._typed, compact=True)
                keys.insert(1, ("tab", _("Type")))
            yield key_line(*keys)

    def on_mount(self) -> None:
        """The list is as high as it is long."""
        rows = self.query_one(RowList)
        rows.styles.height = max(1, min(len(self._choices), ROWS_SHOWN_MAX))
        (self.query_one(Entry) if self._typed and not self._choices else rows).focus()

    def on_key(self, event: events.Key) -> None:
        """A choice's own key takes it, wherever the cursor stands."""
        if isinstance(self.focused, Input) or not event.character:
            return
        for choice in self._choices:
            if choice.key == event.character:
                event.stop()
                event.prevent_default()
                self.dismiss(Chosen(choice.value))
                return

    def on_row_list_opened(self, message: RowList.Opened) -> None:
        """Enter takes the choice under the cursor."""
        message.stop()
        self.dismiss(Chosen(self._choices[message.key].value))

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Enter takes what was typed."""
        message.stop()
        if message.value.strip():
            self.dismiss(Chosen(message.value, is_typed=True))

    def action_type(self) -> None:
        """Go to the line to type on, or back to the list."""
        if self._typed:
            wanted = RowList if isinstance(self.focused, Input) else Entry
            self.query_one(wanted).focus()

    def action_leave(self) -> None:
        """Leave without choosing."""
        self.dismiss(None)
