"""`?`: every act that can be done here, found by what it does or by its key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from waconsole.kit.columns import Column
from waconsole.kit.entry import Entry
from waconsole.kit.line import SafeLine, key_line
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import Cell, HeldRows, Row
from waconsole.text import SafeText, _, safe

ENTRIES_MAX: Final = 2_000
KEY_FIELD: Final = "key:"


@dataclass(frozen=True, slots=True)
class HelpEntry:
    """An act: its keys as they are read (`e`, `g i`), and why it cannot be done now, if it cannot."""

    keys: tuple[str, ...]
    id: str
    title: SafeText
    tooltip: SafeText
    is_enabled: bool = True
    reason: SafeText = SafeText("")


def matching(entries: Sequence[HelpEntry], wanted: str) -> list[HelpEntry]:
    """The entries that `wanted` describes, in their order.

    Each word must match: `key:x` an act whose key is exactly `x` (`key:g` also finds chords that
    begin with it), another word the title, the explanation, the id or the whole key.
    """
    words = wanted.split()
    return [entry for entry in entries if all(_matches(entry, word) for word in words)]


def _matches(entry: HelpEntry, word: str) -> bool:
    if word.startswith(KEY_FIELD):
        key = word.removeprefix(KEY_FIELD)
        return not key or any(key == keys or key == keys.split(" ")[0] for keys in entry.keys)
    text = f"{entry.title}\n{entry.tooltip}\n{entry.id}".casefold()
    return word in entry.keys or word.casefold() in text


class Help(ModalScreen[str | None]):
    """The acts as a list under a filter. Dismissed with the id of the act to do, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", _("Back"), id="help.back", tooltip=_("Close the help.")),
        Binding("down", "step(1)", _("Down"), id="help.down", tooltip=_("The next act."), show=False),
        Binding("up", "step(-1)", _("Up"), id="help.up", tooltip=_("The act above."), show=False),
        Binding(
            "pagedown",
            "page(1)",
            _("Page down"),
            id="help.page_down",
            tooltip=_("A screen down."),
            show=False,
        ),
        Binding("pageup", "page(-1)", _("Page up"), id="help.page_up", tooltip=_("A screen up."), show=False),
    ]
    DEFAULT_CSS = """
    Help { align: center middle; background: $background 60%; }
    Help > Vertical { width: 96%; max-width: 110; height: 90%; background: $panel; padding: 0 1; }
    Help .help--title { color: $role-title; text-style: bold; }
    Help Entry { padding: 0 1; background: $background; margin-bottom: 1; }
    Help RowList { background: $panel; }
    """
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column(_("key"), 14, "right", gap=2),
        Column(_("act"), 22, gap=2),
        Column(_("what it does")),
    )

    def __init__(self, entries: Sequence[HelpEntry]) -> None:
        super().__init__()
        self._entries = tuple(entries[:ENTRIES_MAX])
        self._rows = HeldRows()

    def compose(self) -> ComposeResult:
        """Filter and list."""
        with Vertical():
            yield SafeLine(safe(_("What can be done here")), classes="help--title")
            yield Entry(placeholder=_("an act, or key:x"), compact=True)
            yield RowList(self._rows, self.COLUMNS, rest_seconds=0)
            yield key_line(("enter", _("Do it")), ("esc", _("Back")))

    def on_mount(self) -> None:
        """Everything is shown, the filter is ready to be typed."""
        self.query_one(RowList).can_focus = False
        self.query_one(Entry).focus()
        self._narrow("")

    def _narrow(self, wanted: str) -> None:
        kept = set(matching(self._entries, wanted))
        rows = [_row(place, entry) for place, entry in enumerate(self._entries) if entry in kept]
        self._rows.replace(rows)
        self.query_one(RowList).reload()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Narrow while typing."""
        message.stop()
        self._narrow(message.value)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Do the act under the cursor."""
        message.stop()
        self._choose()

    def on_row_list_opened(self, message: RowList.Opened) -> None:
        """Do the act that was clicked."""
        message.stop()
        self._choose()

    def _choose(self) -> None:
        place = self.query_one(RowList).cursor_key
        if place is not None and self._entries[place].is_enabled:
            self.dismiss(self._entries[place].id)

    def action_leave(self) -> None:
        """Close the help."""
        self.dismiss(None)

    def action_step(self, rows: int) -> None:
        """Move by `rows`."""
        self.query_one(RowList).action_step(rows)

    def action_page(self, pages: int) -> None:
        """Move by screens."""
        self.query_one(RowList).action_page(pages)


def _row(place: int, entry: HelpEntry) -> Row:
    keys = Cell(safe(", ".join(entry.keys)), "key" if entry.is_enabled else "dim")
    if entry.is_enabled:
        return Row(place, (keys, Cell(entry.title, "title"), Cell(entry.tooltip)))
    why = safe(_("not now: {reason}").format(reason=entry.reason or entry.tooltip))
    return Row(place, (keys, Cell(entry.title), Cell(why)), role="dim")
