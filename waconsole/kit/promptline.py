"""The line of the prompt: its keys, and the place that is wrong, underlined."""

from __future__ import annotations

from typing import ClassVar

from rich.highlighter import Highlighter
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive

from waconsole.kit.entry import Entry
from waconsole.kit.suggest import Wrong
from waconsole.text import _


class Underline(Highlighter):
    """Underlines the place that is wrong."""

    wrong: Wrong | None = None

    def highlight(self, text: Text) -> None:
        """Style the place."""
        if self.wrong is not None:
            text.stylize("underline", self.wrong.start, max(self.wrong.stop, self.wrong.start + 1))


class PromptInput(Entry):
    """The line being typed."""

    virtual_size: Reactive[Size] = Reactive(
        Size(0, 0), repaint=False
    )  # else Textual lays the whole screen out for every key

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "up", "ask('earlier')", _("Earlier"), id="prompt.up", tooltip=_("The line before."), show=False
        ),
        Binding(
            "down", "ask('later')", _("Later"), id="prompt.down", tooltip=_("The line after."), show=False
        ),
        Binding(
            "tab",
            "ask('next')",
            _("Complete"),
            id="prompt.next",
            tooltip=_("The next completion."),
            show=False,
        ),
        Binding(
            "shift+tab",
            "ask('previous')",
            _("Complete back"),
            id="prompt.previous",
            tooltip=_("The completion before."),
            show=False,
        ),
        Binding(
            "escape", "ask('leave')", _("Back"), id="prompt.back",
            tooltip=_("Close the menu, or leave the prompt."), show=False,
        ),
        Binding(
            "right", "right", _("Take it"), id="prompt.right",
            tooltip=_("At the end of the line: take what the menu offers."), show=False,
        ),
    ]  # fmt: skip

    class Asked(Message):
        """A key that is not for editing."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

    def action_ask(self, what: str) -> None:
        """Hand the wish to the prompt."""
        self.post_message(self.Asked(what))

    def action_right(self) -> None:
        """Go right; at the end of the line there is nothing to the right but what the menu offers."""
        if self.cursor_at_end:
            self.post_message(self.Asked("take"))
        else:
            self.action_cursor_right()
