"""The key `T` in the Sync pane: a template in the place of a message whose window has closed, as in the outbox."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from waconsole.kit.pane import CommandWanted
from waconsole.outbox import service_convert, store_pane
from waconsole.outbox.pane_convert import command, usable
from waconsole.outbox.store_pane import OutgoingRow
from waconsole.sync.pane_sync_acts import KEY_BITS, SyncActs
from waconsole.text import _, safe


class SyncConvert(SyncActs):
    """Converting, one message at a time."""

    ACTS: ClassVar[frozenset[str]] = SyncActs.ACTS | {"convert"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("T", "convert", _("Template"), id="sync.convert",
                tooltip=_("Send a template in the place of a message whose service window has closed.")),
    ]  # fmt: skip

    def why_not(self, action: str) -> str:
        """Only one at a time, and only what still waits for the Cloud API to send it."""
        if (why := super().why_not(action)) or action != "convert":
            return why
        if self.rows.selection:
            return _("One at a time: take the marks away first.")
        row = self._message()
        if row is not None and (why := service_convert.why_not(row.state, row.driver)):
            return _("It is not converted: {why}.").format(why=why)
        return ""

    def action_convert(self) -> None:
        """Ask for the template; the command of that name does it."""
        row = self._message()
        if not self.may("convert") or row is None:
            return
        names = usable(self.desk.database.pages())

        async def chosen(typed: str) -> None:
            if line := command(row, typed, names):
                self.post_message(CommandWanted(line))
            elif typed.strip():
                self.say(_("Write its name and language, like hello_again en."), "advice")

        self.ask(
            _("template"), chosen, names=names, text=names[0] if len(names) == 1 else "",
            hint=safe(_("name, language, then what fills it, with | between")),
        )  # fmt: skip

    def _message(self) -> OutgoingRow | None:
        key = self.key
        if key is None or key >= 1 << KEY_BITS:
            return None
        found = store_pane.rows(self.desk.database.pages(), [key])
        return found[0] if found else None
