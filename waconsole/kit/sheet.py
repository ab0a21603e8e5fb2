"""The sheet before any act on more than one: what, how many, from where to where, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input

from waconsole.kit.entry import Entry
from waconsole.kit.line import Paragraphs, SafeLine, key_line
from waconsole.kit.rows import Cell
from waconsole.text import SafeText, _, safe

TYPED_COUNT_FROM: Final = 100
EXCLUSIONS_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class Proposal:
    """An act as it is about to be done.

    `count` is exact. `excluded` says how many are left out and why; `figures` are further numbers
    worth knowing (money, messages). `undo` is a sentence: what undo will do and until when, or
    what cannot be undone.
    """

    verb: SafeText
    things: SafeText
    count: int
    first: SafeText
    last: SafeText
    undo: SafeText
    excluded: tuple[tuple[int, SafeText], ...] = ()
    figures: tuple[tuple[SafeText, SafeText], ...] = ()

    def __post_init__(self) -> None:
        """A sheet that does not say what it asks is worse than none."""
        assert self.count > 0, "a sheet asks about at least one"
        for text in (self.verb, self.things, self.first, self.last, self.undo):
            assert text.strip(), "a sheet says verb, things, first, last and undo"


class Sheet(ModalScreen[bool]):
    """Asks before `proposal` is done: True to do it. From `typed_from` on the count must be typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "agree", _("Do it"), id="sheet.agree", tooltip=_("Do what the sheet says.")),
        Binding("down,j", "scroll(1)", _("Down"), id="sheet.down", tooltip=_("Read on where the sheet is long."), show=False),
        Binding("up,k", "scroll(-1)", _("Up"), id="sheet.up", tooltip=_("Read back up."), show=False),
        Binding("escape,n", "leave", _("Back"), id="sheet.back", tooltip=_("Leave without doing it.")),
    ]  # fmt: skip
    DEFAULT_CSS = """
    Sheet { align: center bottom; background: $background 60%; }
    Sheet > Vertical {
        width: 100%; max-width: 90; height: auto; max-height: 100%; background: $panel;
        border-top: solid $role-accent; padding: 0 2 1 2;
    }
    Sheet VerticalScroll { height: auto; max-height: 60vh; }
    Sheet .sheet--title { color: $role-title; text-style: bold; margin-bottom: 1; }
    Sheet .sheet--typed { color: $role-owed; margin-top: 1; }
    Sheet Entry { background: $background; width: 20; }
    Sheet KeyLine { margin-top: 1; }
    """

    def __init__(self, proposal: Proposal, *, typed_from: int = TYPED_COUNT_FROM) -> None:
        super().__init__()
        self.proposal = proposal
        self.must_type = proposal.count >= typed_from

    def compose(self) -> ComposeResult:
        """The sheet."""
        proposal = self.proposal
        with Vertical():
            title = f"{proposal.verb}: {proposal.count:,} {proposal.things}"
            yield SafeLine(safe(title), classes="sheet--title")
            with VerticalScroll(can_focus=False):
                yield Paragraphs(self._lines())
            if self.must_type:
                ask = _("Type {count} to go on.").format(count=proposal.count)
                yield SafeLine(safe(ask), classes="sheet--typed")
                yield Entry(type="integer", compact=True, max_length=len(str(proposal.count)))
                yield key_line(("enter", _("Do it")), ("esc", _("Back")))
            else:
                yield key_line(("y", _("Do it")), ("esc", _("Back")))

    def _lines(self) -> list[tuple[Cell, ...]]:
        proposal = self.proposal
        lines = [(SafeText(_("first")), proposal.first), (SafeText(_("last")), proposal.last)]
        lines.extend(proposal.figures)
        for count, reason in proposal.excluded[:EXCLUSIONS_MAX]:
            lines.append((SafeText(_("left out")), safe(f"{count:,}  {reason}")))
        lines.append((SafeText(_("undo")), proposal.undo))
        label_cells = max(len(label) for label, _text in lines) + 2
        return [(Cell(safe(label.ljust(label_cells)), "muted"), Cell(text)) for label, text in lines]

    def on_mount(self) -> None:
        """Where a count must be typed, the typing can begin."""
        if self.must_type:
            self.query_one(Entry).focus()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Only the exact count agrees."""
        message.stop()
        if message.value == str(self.proposal.count):
            self.dismiss(True)
        else:
            message.input.value = ""
            self.query_one(".sheet--typed", SafeLine).show(
                safe(_("That is not the count. Type {count} to go on.").format(count=self.proposal.count))
            )

    def action_agree(self) -> None:
        """Do it, unless the count must be typed."""
        if not self.must_type:
            self.dismiss(True)

    def action_scroll(self, lines: int) -> None:
        """Read on, or back up."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_leave(self) -> None:
        """Leave it."""
        self.dismiss(False)
