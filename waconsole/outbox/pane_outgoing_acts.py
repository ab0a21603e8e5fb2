"""What an operator does about messages to send: release, send again, count as accepted, cancel or close."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.operators.pane_tabs import ViewPane
from waconsole.outbox import pane_outgoing_plan as plans
from waconsole.outbox.pane_moving import MovingActs
from waconsole.text import _

BINDINGS: Final[list[BindingType]] = [
    Binding("a", "release", _("Release"), id="outbox.release",
            tooltip=_("Queue a held message again; what held it is asked once more before it leaves.")),
    Binding("H", "hold", _("Hold"), id="outbox.hold",
            tooltip=_("Keep a message that waits from leaving until it is released.")),
    Binding("T", "convert", _("Template"), id="outbox.convert",
            tooltip=_("Send a template in the place of a message whose service window has closed.")),
    Binding("R", "resend", _("Send again"), id="outbox.resend",
            tooltip=_("Make another attempt of what is unknown, closed or failed. It may arrive twice.")),
    Binding("x", "refuse", _("Cancel, close"), id="outbox.refuse",
            tooltip=_("Cancel what has not left; close what is unknown as possibly sent.")),
    Binding("e", "done", _("It arrived"), id="outbox.done",
            tooltip=_("Count an unknown message as accepted, because you know that it arrived.")),
    Binding("A", "release_marked", _("Release marked"), id="outbox.release_marked",
            tooltip=_("Queue every marked message again that is held."), show=False),
    Binding("X", "refuse_marked", _("Cancel marked"), id="outbox.refuse_marked",
            tooltip=_("Cancel or close every marked message."), show=False),
]  # fmt: skip


class OutgoingActs(MovingActs, ViewPane):
    """The acts of the outbox: on the row under the cursor, or through the sheet on all that are marked."""

    ACTS: ClassVar[frozenset[str]] = frozenset(
        {"release", "hold", "convert", "resend", "refuse", "done", "release_marked", "refuse_marked"}
    )

    def why_not(self, action: str) -> str:
        """Why the act behind `action` cannot be done now; "" when it can."""
        if why := super().why_not(action):
            return why
        if action.endswith("_marked") and not self.rows.selection:
            return _("Nothing is marked.")
        row = self.at_hand
        if action in plans.ACTS and not self.rows.selection and row is not None:
            return plans.why_not(action, row.state, row.driver)
        return ""

    async def action_release(self) -> None:
        """Queue what is held."""
        await self._begin("release")

    async def action_hold(self) -> None:
        """Hold what waits."""
        await self._begin("hold")

    async def action_done(self) -> None:
        """It arrived."""
        await self._begin("done")
