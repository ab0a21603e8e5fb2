"""What keys do in the Sync pane: settle what is unknown, release what is held, pause a number, see a notice.

On messages it is what the outbox does, by the same plan and the same sheets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.operators import service as operators
from waconsole.outbox import pane_outgoing_plan as plans
from waconsole.outbox import service_pacing, store_breakers
from waconsole.outbox.pane_moving import MovingActs
from waconsole.sync import notice_rows
from waconsole.sync.pane_sync_rows import Item
from waconsole.text import _

KEY_BITS: Final = 40  # a key is a kind and an id; a message's is its id
OF_A_NUMBER: Final = ("number", "reach", "lane")

BINDINGS: Final[list[BindingType]] = [
    Binding("a", "release", _("Release"), id="sync.release",
            tooltip=_("Queue a held message again, or let a paused number or campaign go on.")),
    Binding("R", "resend", _("Send again"), id="sync.resend",
            tooltip=_("Make another attempt of what is unknown. It may arrive twice.")),
    Binding("x", "refuse", _("Cancel, close"), id="sync.refuse",
            tooltip=_("Cancel what is held; close what is unknown as possibly sent.")),
    Binding("e", "done", _("It arrived, seen"), id="sync.done",
            tooltip=_("Count an unknown message as accepted, because you know that it arrived; or say that a notice is seen.")),
    Binding("p", "pause", _("Pause the number"), id="sync.pause",
            tooltip=_("Let nothing leave by this number, in every console at once.")),
    Binding("A", "release_marked", _("Release marked"), id="sync.release_marked",
            tooltip=_("Queue every marked message again that is held."), show=False),
    Binding("X", "refuse_marked", _("Cancel marked"), id="sync.refuse_marked",
            tooltip=_("Cancel or close every marked message."), show=False),
]  # fmt: skip


class SyncActs(MovingActs):
    """The acts; the pane says what a key stands for in `item_at`."""

    ACTS: ClassVar[frozenset[str]] = frozenset(
        {"release", "resend", "refuse", "done", "pause", "release_marked", "refuse_marked"}
    )

    def item_at(self, key: int | None) -> Item | None:
        """What stands at `key` when it is no message."""
        found: Item | None = None if key is None else self.held.get(key)
        return found

    def is_message(self, key: int) -> bool:
        """Whether the line of that key is a message."""
        return key < 1 << KEY_BITS

    # Why not

    def why_not(self, action: str) -> str:
        """Why the act behind `action` cannot be done now; "" when it can."""
        if why := super().why_not(action):
            return why
        if action.endswith("_marked") and not self.rows.selection:
            return _("Nothing is marked.")
        if action not in self.ACTS or self.rows.selection:
            return ""
        item = self.item_at(self.key)
        if item is None:
            return self._why_not_message(action)
        may = {"release": (*OF_A_NUMBER, "campaign"), "pause": OF_A_NUMBER, "done": ("notice",)}
        if item.kind in may.get(action, ()):
            return ""
        if action == "pause":
            return _("A number can be paused: go to its line.")
        return _("That is for a message: go to one that is unknown or held.")

    def _why_not_message(self, action: str) -> str:
        if action == "pause":
            return _("A number can be paused: go to its line.")
        row = self.at_hand
        if row is None:
            return _("There is no row here.")
        return plans.why_not(action, row.state, row.driver) if action in plans.ACTS else ""

    # Keys

    async def action_release(self) -> None:
        """Queue what is held, or let go on what is paused."""
        item = None if self.rows.selection else self.item_at(self.key)
        if item is None:
            await self._begin("release")
        elif self.may("release"):
            await self._resume(item)

    async def action_done(self) -> None:
        """It arrived; of notices: they are seen."""
        wanted = self.wanted()
        notices = [self.held[key].thing["id"] for key in wanted if key in self.held and self.held[key].kind == "notice"]  # fmt: skip
        if not notices:
            await self._begin("done")
        elif self.may("done"):
            await self._see(notices)

    async def action_pause(self) -> None:
        """Pause the number under the cursor, or let it go on."""
        item = self.item_at(self.key)
        if not self.may("pause") or item is None:
            return
        number_id = number_of(item)
        desk, now = self.desk, self.desk.clock()

        def work(tx: Transaction) -> None:
            service_pacing.pause(
                tx, operators.acting(tx, desk.operator, now=now), number_id=number_id, now=now
            )

        words = _("The number is paused: nothing of it leaves, from now on and in every process.")
        await self.attempt(desk.database.write(work), words)
        await self.read_again()

    # Numbers, campaigns, notices

    async def _resume(self, item: Item) -> None:
        desk, now = self.desk, self.desk.clock()
        campaign = item.thing["key"] if item.kind == "campaign" else ""

        def work(tx: Transaction) -> None:
            if store_breakers.is_all_paused(tx) and not campaign:
                raise Refused(_("Everything is paused: let everything go on first."))
            service_pacing.resume(
                tx,
                operators.acting(tx, desk.operator, now=now),
                number_id=None if campaign else number_of(item),
                campaign=campaign,
                now=now,
            )

        await self.attempt(desk.database.write(work), _("It goes on: what waited leaves in its order."))
        await self.read_again()

    async def _see(self, notices: Sequence[int]) -> None:
        desk, now = self.desk, self.desk.clock()

        def work(tx: Transaction) -> int:
            acting = operators.acting(tx, desk.operator, now=now)
            return notice_rows.see(tx, notices, operator_id=acting.id, now=now)

        count = await self.attempt(desk.database.write(work))
        self.rows.clear_marks()
        await self.read_again()
        if count is not None:
            self.say(_("Seen: {count}.").format(count=f"{count:,}") if count else _("It was seen already."))


def number_of(item: Item) -> int:
    """The number that a line of a number, of its reach or of one of its lanes is about."""
    return int(item.thing.number_id if item.kind == "lane" else item.thing.id)
