"""The query line of the search."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from waconsole.kit.entry import Entry
from waconsole.text import _


class SearchEntry(Entry):
    """The query line: Down and Enter go to what was found, Escape too once nothing runs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "leave", _("Down"), id="search.down", tooltip=_("Go to what was found."), show=False),
        Binding(
            "escape", "back", _("Back"), id="search.back",
            tooltip=_("Stop the search that is running, or go to what was found."), show=False,
        ),
    ]  # fmt: skip

    class Left(Message):
        """The operator wants out of the line."""

    def action_back(self) -> None:
        """Say so."""
        self.post_message(self.Left())

    def action_leave(self) -> None:
        """Hand the keys to the list."""
        self.post_message(Input.Submitted(self, self.value))
