"""Deciding from the list: one item by a key and a reason, and on to the next.

Keys are faster than the ledger: what was pressed waits its turn in a queue, and the cursor goes on at once. An item that
waits is never decided on twice. What was decided here stays in its place, greyed, until the list is opened anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from waconsole.database.connection import Transaction
from waconsole.errors import WaconsoleError
from waconsole.fraud import pane_many, service_deciding, store_pane
from waconsole.fraud.pane_asking import ITEMS_PER_TRANSACTION, AskingPane
from waconsole.fraud.pane_many import Deed
from waconsole.fraud.service_deciding import Wanted
from waconsole.fraud.stakes import Amounts
from waconsole.fraud.store_pane import ItemView
from waconsole.kit.worker import in_worker
from waconsole.operators import authority
from waconsole.operators.desk import Desk
from waconsole.text import _


class Waiting(NamedTuple):
    """An act that was pressed and has yet to be done; the cursor was sent on to `moved_to`."""

    key: int
    deed: Deed
    moved_to: int | None


class Decided(NamedTuple):
    """What came of one act on one item."""

    waiting: Waiting
    view: ItemView
    outcome: str
    held: Amounts
    is_proposed: bool = False
    refused: str = ""


class DecidingPane(AskingPane):
    """What is pressed waits its turn."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._waiting: deque[Waiting] = deque()
        self._is_working = False

    @property
    def is_behind(self) -> bool:
        """Whether something that was pressed has yet to be done."""
        return self._is_working or bool(self._waiting)

    # Beginning

    def begin(self, deed: Deed) -> None:
        """Do it to the row under the cursor; ask first where it is for several items, or reaches several people."""

        async def again() -> None:
            self.begin(deed)

        self.last_act = again
        view = None if self.rows.selection else self.view_at(self.key)
        if self.rows.selection:
            in_worker(self, partial(self.ask_first, deed, self.wanted()), group="act")
        elif view is not None:
            outcome = pane_many.settled(deed.outcome, [view])
            if outcome in pane_many.REACHING and view.people > 1:
                in_worker(self, partial(self.ask_first, deed, [view.item.id]), group="act")
            else:
                self._put(view.item.id, deed)

    def _put(self, key: int, deed: Deed) -> None:
        """Let the act wait its turn, and go on to the next item."""
        if key in self._under_way:
            self.say(_("This item is being decided on: there is none behind it."), "advice")
            return
        self._under_way.add(key)
        self._waiting.append(Waiting(key, deed, self.go_on()))
        if not self._is_working:
            self._is_working = True
            in_worker(self, self._work_off, group="deciding")

    # One by one

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                part = [
                    self._waiting.popleft()
                    for _place in range(min(len(self._waiting), ITEMS_PER_TRANSACTION))
                ]
                await self._do_some(part)
            await self.read_again()
        finally:
            self._under_way.clear()
            self._is_working = False
        if self._waiting:  # pressed while the list was being read
            self._is_working = True
            self._under_way.update(one.key for one in self._waiting)
            in_worker(self, self._work_off, group="deciding")

    async def _do_some(self, part: Sequence[Waiting]) -> None:
        """A few acts in one transaction, each a stroke of its own."""
        desk = self.desk

        def work(tx: Transaction) -> list[Decided]:
            authority.deciding(tx, desk.operator, now=desk.clock())
            return [
                self._decide_one(tx, one, view)
                for one in part
                for view in store_pane.views(tx, [one.key], now=desk.clock())
            ]

        try:
            done = await desk.database.write(work)
        except WaconsoleError as refusal:  # nobody who may: it concerns every item, and none was done
            self._refused(part[-1], str(refusal))
            return
        for one in done:
            if one.refused:
                self._refused(one.waiting, one.refused)
                continue
            self.refusals.pop(one.waiting.key, None)
            what = pane_many.item_words(one.view, one.held)
            if one.is_proposed:
                words = _(
                    "Proposed: {what}. More is held than one decides on alone: another operator confirms."
                )
                self.say(words.format(what=what), "advice", undo=True)
            else:
                self.say(pane_many.done_words(one.outcome).format(what=what), undo=True)

    def _decide_one(self, tx: Transaction, one: Waiting, view: ItemView) -> Decided:
        desk, now, deed = self.desk, self.desk.clock(), one.deed
        outcome = pane_many.settled(deed.outcome, [view])
        held = store_pane.held(tx, [one.key]).get(one.key, {})
        try:
            known = service_deciding.reasons(tx, outcome, now=now)
            code = pane_many.code_for(deed._replace(outcome=outcome), view, known)
            wanted = Wanted(outcome, code, deed.reason.note, deed.until)
            actor = authority.deciding(tx, desk.operator, now=now)
            found = service_deciding.decide(tx, actor, wanted, [view.item.ref], now=now)
        except WaconsoleError as refusal:
            return Decided(one, view, outcome, held, refused=str(refusal))
        refused = found.refused[0].reason if found.refused else ""
        return Decided(one, view, outcome, held, bool(found.proposed), refused)

    def _refused(self, one: Waiting, reason: str) -> None:
        """Say why, keep it beside the item, and go back to it unless the operator is elsewhere by now."""
        self.keep_refusal(one.key, reason)
        self.say(reason, "refused")
        if not self._waiting and self.key == one.moved_to:
            self.rows.move_to_key(one.key)
