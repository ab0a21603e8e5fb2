"""The palette: one line to find an act, a command, a pane, a view, a group or a person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Input

from waconsole.console.candidates import Candidate, best
from waconsole.errors import WaconsoleError
from waconsole.kit.columns import Column
from waconsole.kit.entry import Entry
from waconsole.kit.line import SafeLine, key_line
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import Cell, HeldRows, Row
from waconsole.kit.worker import in_worker
from waconsole.text import SafeText, _, safe

TYPING_SECONDS: Final = 0.12
LOOK_UP_LETTERS_MIN: Final = 2

LookUp = Callable[[str], Awaitable[list[Candidate]]]


class Palette(ModalScreen[Candidate | None]):
    """Dismissed with what is to be done, or None. `look_up` answers groups and people by beginning."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+p", "leave", _("Back"), id="palette.back", tooltip=_("Close the palette.")),
        Binding("down", "step(1)", _("Down"), id="palette.down", tooltip=_("The next one."), show=False),
        Binding("up", "step(-1)", _("Up"), id="palette.up", tooltip=_("The one above."), show=False),
        Binding("pagedown", "page(1)", _("Page down"), id="palette.page_down", tooltip=_("A screen down."), show=False),
        Binding("pageup", "page(-1)", _("Page up"), id="palette.page_up", tooltip=_("A screen up."), show=False),
    ]  # fmt: skip
    DEFAULT_CSS = """
    Palette { align: center top; background: $background 60%; }
    Palette > Vertical { width: 96%; max-width: 104; height: 80%; background: $panel; padding: 0 1; }
    Palette Entry { padding: 0 1; background: $background; margin: 1 0; }
    Palette RowList { background: $panel; }
    """
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column(_("kind"), 8, gap=2),
        Column(_("title"), 28, gap=2),
        Column(_("more"), priority=1),
    )

    def __init__(self, candidates: Sequence[Candidate], recent: Sequence[str], look_up: LookUp) -> None:
        super().__init__()
        self._candidates, self._recent, self._look_up = tuple(candidates), tuple(recent), look_up
        self._found: list[Candidate] = []
        self._shown: list[Candidate] = []
        self._rows = HeldRows()
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Line and list."""
        with Vertical():
            yield Entry(placeholder=_("an act, a command, a group, a person"), compact=True)
            yield RowList(self._rows, self.COLUMNS, rest_seconds=0)
            yield SafeLine(SafeText(""), classes="palette--said")
            yield key_line(("enter", _("Do it")), ("esc", _("Back")))

    def on_mount(self) -> None:
        """Everything is shown, the line is ready to be typed."""
        self.query_one(RowList).can_focus = False
        self.query_one(Entry).focus()
        self._narrow()

    def _narrow(self) -> None:
        wanted = self.query_one(Entry).value
        kept = best([*self._candidates, *self._found], wanted, self._recent)
        # What the ledger found by a number or another name is not described by its title.
        self._shown = [*kept, *(one for one in self._found if one not in kept)]
        self._rows.replace([_row(place, one) for place, one in enumerate(self._shown)])
        rows = self.query_one(RowList)
        rows.reload()
        rows.move_to(0)

    def on_input_changed(self, message: Input.Changed) -> None:
        """Narrow at once, look into the ledger once the hand rests."""
        message.stop()
        self._found = []
        self._narrow()
        if self._timer is not None:
            self._timer.stop()
        text = message.value.strip()
        if len(text) >= LOOK_UP_LETTERS_MIN:
            self._timer = self.set_timer(
                TYPING_SECONDS, lambda: in_worker(self, partial(self._look, text), exclusive=True)
            )

    async def _look(self, text: str) -> None:
        try:
            found = await self._look_up(text)
        except WaconsoleError as refusal:
            self.query_one(".palette--said", SafeLine).show(safe(str(refusal)))
            return
        if text == self.query_one(Entry).value.strip():
            place = self.query_one(RowList).cursor_index
            self._found = found
            self._narrow()
            self.query_one(RowList).move_to(place)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Do what is under the cursor."""
        message.stop()
        self._choose()

    def on_row_list_opened(self, message: RowList.Opened) -> None:
        """Do what was clicked."""
        message.stop()
        self._choose()

    def _choose(self) -> None:
        place = self.query_one(RowList).cursor_key
        if place is None:
            return
        chosen = self._shown[place]
        if chosen.is_enabled:
            self.dismiss(chosen)
        else:
            self.query_one(".palette--said", SafeLine).show(chosen.more)

    def action_leave(self) -> None:
        """Close the palette."""
        self.dismiss(None)

    def action_step(self, rows: int) -> None:
        """Move by `rows`."""
        self.query_one(RowList).action_step(rows)

    def action_page(self, pages: int) -> None:
        """Move by screens."""
        self.query_one(RowList).action_page(pages)


def _row(place: int, one: Candidate) -> Row:
    cells = (Cell(one.kind, "muted"), Cell(one.title, "title" if one.is_enabled else ""), Cell(one.more))
    return Row(place, cells, "" if one.is_enabled else "dim")
