"""What stands where no ledger stands yet: an offer to make one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.filter import LineFilter

from waconsole.kit.empty import Empty
from waconsole.kit.line import key_line
from waconsole.kit.roles import variable_defaults
from waconsole.kit.safety import ControlFilter
from waconsole.text import _, safe


class OfferApp(App[bool]):
    """Returns True when the operator wants a ledger at `path`, False or None when not."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,y", "agree", _("Make it"), id="offer.agree", tooltip=_("Make an empty ledger there.")),
        Binding("escape,n", "refuse", _("Leave"), id="offer.back", tooltip=_("Leave without making one.")),
        Binding(
            "ctrl+q", "refuse", _("Leave"), id="offer.leave", tooltip=_("Leave the console."), priority=True
        ),
    ]

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._filter = ControlFilter()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The kit's roles."""
        return variable_defaults()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The last choke point before the terminal."""
        return [*super().get_line_filters(), self._filter]

    def compose(self) -> ComposeResult:
        """The offer and its keys."""
        place = safe(os.fspath(self._path))
        yield Empty(
            safe(_("There is no ledger at {path} yet.").format(path=place)),
            safe(_("Enter makes an empty one. `waconsole demo` shows a community to practise on.")),
        )
        yield key_line(("enter", _("Make it")), ("ctrl+q", _("Leave")))

    def action_agree(self) -> None:
        """Make it."""
        self.exit(True)

    def action_refuse(self) -> None:
        """Leave."""
        self.exit(False)
