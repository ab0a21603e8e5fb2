"""The keys of every `RowList`, with their ids, words and tooltips."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

from waconsole.text import _


def _move(keys: str, action: str, name: str, word: str, tooltip: str) -> Binding:
    return Binding(keys, action, word, id=f"list.{name}", tooltip=tooltip, show=False)


LIST_BINDINGS: Final[list[BindingType]] = [
    _move("down,j", "step(1)", "down", _("Down"), _("Move to the next row.")),
    _move("up,k", "step(-1)", "up", _("Up"), _("Move to the row above.")),
    _move("home", "first", "first", _("First"), _("Move to the first row.")),
    _move("end,G", "last", "last", _("Last"), _("Move to the last row.")),
    _move("pagedown", "page(1)", "page_down", _("Page down"), _("Move one screen down.")),
    _move("pageup", "page(-1)", "page_up", _("Page up"), _("Move one screen up.")),
    _move("ctrl+d", "half_page(1)", "half_page_down", _("Half page down"), _("Move half a screen down.")),
    _move("ctrl+u", "half_page(-1)", "half_page_up", _("Half page up"), _("Move half a screen up.")),
    Binding("space", "mark", _("Mark"), id="list.mark", tooltip=_("Mark this row and move down.")),
    _move("v", "range", "range", _("Range"), _("Mark every row from here to where the cursor goes.")),
    _move("escape", "leave_range", "back", _("Back"), _("Leave the range and take its marks away.")),
    Binding("enter", "open", _("Open"), id="list.open", tooltip=_("Open this row.")),
]
