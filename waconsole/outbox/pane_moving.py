"""Acts on messages to send, for every pane that lists some: planned, asked for, done in parts as one stroke.

A pane says which of its lines are messages; what each act may do, and why not, stands in the plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.kit.listpane import ListPane
from waconsole.kit.sheet import Sheet
from waconsole.kit.worker import in_worker
from waconsole.operators import service as operators
from waconsole.operators.desk import Desk
from waconsole.operators.store import Operator
from waconsole.outbox import pane_outgoing_plan as plans
from waconsole.outbox import service, store, store_pane
from waconsole.outbox.pane_outgoing_rows import ROW_CHARACTERS_MAX, Tongue
from waconsole.outbox.store_pane import OutgoingRow, Standing
from waconsole.text import SafeText, _, safe

AT_ONCE: Final = 50  # messages moved in one transaction
ASKED_ALWAYS: Final = frozenset({"resend", "refuse"})


class MovingActs(ListPane):
    """Send again, cancel or close: the row under the cursor, or through the sheet all that are marked."""

    def __init__(self, desk: Desk) -> None:
        """`desk` is whose ledger the pane shows."""
        super().__init__(desk)
        self.desk: Desk = desk

    @property
    def tongue(self) -> Tongue:
        """How the screen speaks now."""
        return Tongue(self.desk.zone, self.is_revealed)

    def is_message(self, key: int) -> bool:
        """Whether the line of that key is a message: a pane may list other things too."""
        return True

    @property
    def at_hand(self) -> OutgoingRow | None:
        """The message under the cursor."""
        if self.key is None or not self.is_message(self.key):
            return None
        found = store_pane.rows(self.desk.database.pages(), [self.key])
        return found[0] if found else None

    def messages(self) -> list[int]:
        """The messages an act is for: those marked, else the one under the cursor."""
        return [key for key in self.wanted() if self.is_message(key)]

    async def action_resend(self) -> None:
        """Send again what may not have arrived."""
        await self._begin("resend")

    async def action_refuse(self) -> None:
        """Cancel, or close as possibly sent."""
        await self._begin("refuse")

    async def action_release_marked(self) -> None:
        """Queue all marked that are held."""
        if self.may("release_marked"):
            await self._begin("release")

    async def action_refuse_marked(self) -> None:
        """Cancel or close all marked."""
        if self.may("refuse_marked"):
            await self._begin("refuse")

    async def _begin(self, act: str) -> None:
        """Do `act` on the row under the cursor; ask with a sheet before many, and before what goes far."""
        if not self.may(act):
            return
        self.last_act = partial(self._begin, act)
        wanted = self.messages()
        standings = await self.desk.database.read(lambda tx: store_pane.standings(tx, wanted))
        planned = plans.plan(act, standings, len(wanted) - len(standings))
        if not planned.chosen:
            why = "; ".join(f"{count:,} {words}" for count, words in planned.excluded)
            self.say(_("None of them: {reasons}").format(reasons=why or _("no message is marked")), "advice")
        elif self.rows.selection or act in ASKED_ALWAYS:
            self._ask(planned)
        else:
            await self._do(planned)

    def _ask(self, planned: plans.Plan) -> None:
        def answered(agreed: bool | None) -> None:
            if agreed:
                in_worker(self, partial(self._do, planned), group="act")

        first, last = self._named(planned.chosen[0]), self._named(planned.chosen[-1])
        self.app.push_screen(Sheet(plans.proposal(planned, first, last)), answered)

    def _named(self, one: Standing) -> SafeText:
        """A message as a sheet names it: whom it goes to, and its text."""
        tongue = self.tongue
        whom = tongue.text(one.name) or (tongue.phone(one.phone) if one.phone else _("nobody"))
        return safe(f"{whom}: {tongue.text(one.text)}"[:ROW_CHARACTERS_MAX])

    async def _do(self, planned: plans.Plan) -> None:
        """Do it in parts, as one stroke; what has moved since it was planned is left alone."""
        desk, now = self.desk, self.desk.clock()
        did: Counter[str] = Counter()
        stroke: str | None = None
        moved: tuple[Counter[str], str | None] | None = None
        ids = [one.id for one in planned.chosen]
        for start in range(0, len(ids), AT_ONCE):
            part = ids[start : start + AT_ONCE]
            change = desk.database.write(partial(_moved, part, planned.act, desk.operator, now, stroke))
            moved = await self.attempt(change)
            if moved is None:
                break  # why not has been said
            did.update(moved[0])
            stroke = moved[1]
        self.rows.clear_marks()
        await self.read_again()
        left = len(ids) - sum(did.values())
        if moved is None and not did:
            return
        if did:
            self.say(plans.done_words(planned.act, did, left), undo=True)
        elif left:
            self.say(_("It has moved meanwhile: nothing was changed."), "advice")


def _moved(
    ids: Sequence[int], act: str, name: str | None, now: int, stroke: str | None, tx: Transaction
) -> tuple[Counter[str], str | None]:
    """Do `act` on each; answers what was done how often, and the stroke it is part of."""
    operator = operators.acting(tx, name, now=now)
    did: Counter[str] = Counter()
    for outgoing_id in ids:
        row = store.outgoing_columns(tx, outgoing_id)
        one = plans.step(act, row["state"], _driver(tx, outgoing_id))
        if one is None:
            continue
        try:
            stroke = _step(tx, operator, outgoing_id, one, now, stroke)
        except Refused:
            continue
        did[one] += 1
    return did, stroke


def _driver(tx: Transaction, outgoing_id: int) -> str:
    return str(tx.value("SELECT driver FROM outgoing WHERE id = :id", {"id": outgoing_id}))


def _step(tx: Transaction, who: Operator, outgoing_id: int, one: str, now: int, stroke: str | None) -> str:
    if one == "cancel":
        return service.cancel(tx, who, outgoing_id, now=now, stroke=stroke)
    if one == "hold":
        return service.hold(tx, who, outgoing_id, now=now, stroke=stroke)
    if one == "release":
        return service.release(tx, who, outgoing_id, now=now, stroke=stroke)
    return service.resolve(tx, who, outgoing_id, one, now=now, stroke=stroke)
