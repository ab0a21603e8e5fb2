"""The query line of the search."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from waconsole.kit.entry import Entry
from waconsole.text import _


class SearchEntry(Entry):
    """The query line: Down, Enter and Escape go to what was found."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "leave", _("Down"), id="search.down", tooltip=_("Go to what was found."), show=False),
        Binding("escape", "leave", _("Back"), id="search.back", tooltip=_("Go to what was found."), show=False),
    ]  # fmt: skip

    def action_leave(self) -> None:
        """Hand the keys to the list."""
        self.post_message(Input.Submitted(self, self.value))
