"""WhatsApp's blue tick by hand: a key of the inbox, for whoever needs longer to answer."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.inbox.pane_frame import InboxFrame
from waconsole.inbox.store_list import ConversationRow
from waconsole.kit.pane import CommandWanted
from waconsole.text import _

COMMAND: Final = "mark-read"


class InboxTick(InboxFrame):
    """The key that shows a member that we have read. WhatsApp is asked by the command of that name."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("B", "tick", _("Blue tick"), id="inbox.tick", show=False,
                tooltip=_("Show the member on WhatsApp that their messages were read, before any reply.")),
    ]  # fmt: skip

    def _may(self, action: str) -> bool:
        """Whether the act can be done; says why not. The pane says it of all its acts."""
        raise NotImplementedError

    def action_tick(self) -> None:
        """Give the blue tick."""
        if self._may("tick") and (row := self.row) is not None:
            self.post_message(CommandWanted(f"{COMMAND} {row.ref}"))


def why_no_tick(row: ConversationRow) -> str:
    """Why this conversation gets no blue tick, whatever was received there; "" when it may."""
    if row.group_id is not None:
        return _("WhatsApp gives no blue ticks in groups.")
    if row.driver != "cloud":
        return _("Only WhatsApp's Cloud API gives blue ticks: open the chat on the phone.")
    return ""
