"""The keys that work in every pane, with their ids, words and tooltips."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

from waconsole.console.panes import PANES
from waconsole.text import _

HELP: Final = Binding(
    "question_mark", "help", _("Help"), id="shell.help", tooltip=_("What can be done here, by act or by key.")
)

UNDO: Final = Binding("z", "undo", _("Undo"), id="shell.undo", tooltip=_("Take back your last act, exactly."))

PAUSE_ALL: Final = Binding(
    "exclamation_mark", "pause_all", _("Pause everything"), id="shell.pause_all",
    tooltip=_("Let nothing leave, in every console at once; again lets everything go on."), show=False,
)  # fmt: skip

LEAVE: Final = Binding(
    "ctrl+q",
    "leave",
    _("Leave"),
    id="shell.leave",
    tooltip=_("Leave the console, from anywhere."),
    priority=True,
)

SHELL_BINDINGS: Final[list[BindingType]] = [
    HELP,
    Binding("colon", "command", _("Command"), id="shell.command", tooltip=_("Type a command.")),
    Binding(
        "ctrl+p",
        "palette",
        _("Find anything"),
        id="shell.palette",
        tooltip=_("Find an act, a command, a pane, a group or a person."),
    ),
    UNDO,
    Binding("minus", "previous", _("Previous pane"), id="shell.previous", tooltip=_("Go back to the pane before.")),
    PAUSE_ALL,
    LEAVE,
    *(
        Binding(
            entry.digit, f"pane('{entry.name}')", entry.title, id=f"pane.{entry.name}", tooltip=entry.says, show=False
        )
        for entry in PANES
        if entry.digit
    ),
]  # fmt: skip
