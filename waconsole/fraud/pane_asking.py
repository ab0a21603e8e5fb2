"""Asking first: what an act on several items or people would do, the sheet that says so, and doing it, each for its own reason."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.errors import Refused, WaconsoleError
from waconsole.fraud import pane_many, service_deciding, store_pane, store_reviews, store_stakes
from waconsole.fraud.deciding import TAKING_BACK
from waconsole.fraud.pane_many import Deed, Me, Meant, Plan
from waconsole.fraud.service_deciding import ITEMS_AT_ONCE_MAX, Outcome, Wanted
from waconsole.fraud.service_second import ABOVE
from waconsole.fraud.stakes import limits_of
from waconsole.fraud.store_pane import ItemView
from waconsole.kit.sheet import Proposal, Sheet
from waconsole.kit.worker import in_worker
from waconsole.operators import authority
from waconsole.operators.desk import Desk
from waconsole.operators.pane_stream import Overtaken
from waconsole.operators.pane_tabs import ViewPane
from waconsole.operators.roles import OWNER
from waconsole.policy import store as policy
from waconsole.text import _

ITEMS_PER_TRANSACTION: Final = 3
TOLD_EVERY: Final = 60  # items, a multiple of the above
REFUSALS_MAX: Final = 10_000


class AskingPane(ViewPane):
    """`refusals` are why items were refused, by key, until they stand otherwise than they stood then."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk: Desk = desk
        self.refusals: dict[int, str] = {}
        self._stood: dict[int, tuple[str, str]] = {}  # (state, outcome) where an item was refused
        self._under_way: set[int] = set()

    def view_at(self, key: int | None) -> ItemView | None:
        """The item of a row as it stands; None where it is gone."""
        if key is None:
            return None
        found = store_pane.views(self.desk.database.pages(), [key], now=self.desk.clock())
        return found[0] if found else None

    def reasons_for(self, outcome: str) -> list[str]:
        """The reasons there are for an outcome."""
        return service_deciding.reasons(self.desk.database.pages(), outcome, now=self.desk.clock())

    def go_on(self) -> int | None:
        """Put the cursor on the next row below that is not decided on; it stays where there is none. Answers its key."""
        source = self.source
        for index in range(self.rows.cursor_index + 1, len(source)):
            key = source.key_at(index)
            if key not in self._under_way and key not in self.held:
                self.rows.move_to(index)
                return key
        return self.key

    def keep_refusal(self, key: int, reason: str) -> None:
        if len(self.refusals) < REFUSALS_MAX or key in self.refusals:
            self.refusals[key] = reason
            self._stood.pop(key, None)

    def refusal_of(self, key: int, state: str, outcome: str) -> str:
        """Why an item was refused; "" once it stands otherwise, as after an undo."""
        reason = self.refusals.get(key, "")
        if reason and self._stood.setdefault(key, (state, outcome)) != (state, outcome):
            self.refusals.pop(key, None)
            return ""
        return reason

    # Many at once

    async def ask_first(self, deed: Deed, keys: Sequence[int]) -> None:
        """Read how the items stand, and show what would be done."""
        desk = self.desk

        def work(tx: Transaction) -> tuple[Deed, Plan, Proposal | None]:
            if len(keys) > ITEMS_AT_ONCE_MAX:
                words = _("At most {count} items are decided on at once: narrow the list, or mark fewer.")
                raise Refused(words.format(count=f"{ITEMS_AT_ONCE_MAX:,}"))
            return self._plan(tx, deed, keys)

        try:
            deed, chosen, proposal = await self.asking.run(work)
        except Overtaken:
            return
        except WaconsoleError as refusal:
            self.say(str(refusal), "refused")
            return
        if proposal is None:
            why = chosen.excluded[0][1] if chosen.excluded else _("nothing of it is left")
            self.say(_("None of them can be decided on so: {why}").format(why=why), "refused")
            return

        def answered(agreed: bool | None) -> None:
            if agreed:
                in_worker(self, partial(self._do_many, deed, chosen), group="act")

        assert desk.operator is not None
        self.app.push_screen(Sheet(proposal), answered)

    def _plan(self, tx: Transaction, deed: Deed, keys: Sequence[int]) -> tuple[Deed, Plan, Proposal | None]:
        now = self.desk.clock()
        views = store_pane.views(tx, keys, now=now)
        deed = deed._replace(outcome=pane_many.settled(deed.outcome, views))
        known = service_deciding.reasons(tx, deed.outcome, now=now)
        me = _me(tx, self.desk.operator, deed.outcome, now=now)
        chosen = pane_many.plan(deed, views, me, known, gone=len(keys) - len(views))
        if not chosen.items:
            return deed, chosen, None
        ids = [one.view.item.id for one in chosen.items]
        people = store_reviews.people(tx, ids)
        limits = limits_of(policy.in_force(tx, ABOVE, now=now)[0])
        held, together = store_pane.held(tx, ids), store_stakes.held_together(tx, ids)
        takes_back = deed.outcome in TAKING_BACK
        paid = store_stakes.paid(tx, ids) if takes_back else {}
        given = store_stakes.given_together(tx, ids) if takes_back else {}
        return (
            deed,
            chosen,
            pane_many.proposal(
                deed,
                chosen,
                people,
                held,
                together,
                limits,
                paid=paid,
                given=given,
                is_revealed=self.is_revealed,
            ),
        )

    async def _do_many(self, deed: Deed, chosen: Plan) -> None:
        """Decide a few items in each transaction, all of it one stroke; what is refused stays marked."""
        desk, whole, items = self.desk, Outcome(), chosen.items
        for start in range(0, len(items), ITEMS_PER_TRANSACTION):
            part = items[start : start + ITEMS_PER_TRANSACTION]

            def work(tx: Transaction, part: Sequence[Meant] = part) -> list[Outcome]:
                actor, now = authority.deciding(tx, desk.operator, now=desk.clock()), desk.clock()
                done: list[Outcome] = []
                for one in part:
                    wanted = Wanted(deed.outcome, one.code, deed.reason.note, deed.until)
                    stroke = done[-1].stroke if done else whole.stroke
                    refs = [one.view.item.ref]
                    done.append(service_deciding.decide(tx, actor, wanted, refs, now=now, stroke=stroke))
                return done

            found = await self.attempt(desk.database.write(work), undo=False)
            if found is None:
                break
            for one in found:
                whole.done += one.done
                whole.proposed += one.proposed
                whole.refused += one.refused
                whole.member_ids |= one.member_ids if one.done else set()
                whole.stroke = one.stroke or whole.stroke
            if start and start % TOLD_EVERY == 0:
                words = _("{done} of {count} are decided on …")
                self.say(words.format(done=f"{start:,}", count=f"{len(items):,}"), "advice")
                await asyncio.sleep(0)
        await self._many_done(deed, chosen, whole)

    async def _many_done(self, deed: Deed, chosen: Plan, whole: Outcome) -> None:
        keys = {one.view.item.ref: one.view.item.id for one in chosen.items}
        for ref in (*whole.done, *whole.proposed):
            self.refusals.pop(keys[ref], None)
        for refusal in whole.refused:
            self.keep_refusal(keys[refusal.id], refusal.reason)
        had_marks = bool(self.rows.selection)
        self.rows.clear_marks()
        await self.read_again()
        if not had_marks and not whole.refused:
            self.go_on()
        if not whole.done and not whole.proposed and not whole.refused:
            return
        words = (
            _("{count} items, {people} people")
            if len(whole.done) != 1
            else _("{count} item, {people} people")
        )
        what = words.format(count=f"{len(whole.done):,}", people=f"{len(whole.member_ids):,}")
        said = [pane_many.done_words(deed.outcome).format(what=what)] if whole.done else []
        if whole.proposed:
            words = _("Proposed to another operator: {count}.")
            said.append(words.format(count=f"{len(whole.proposed):,}"))
        if whole.refused:
            if had_marks:
                self.rows.mark_matching([keys[one.id] for one in whole.refused], self.source.ids)
            words = _("Refused: {count}. {why}")
            said.append(words.format(count=f"{len(whole.refused):,}", why=whole.refused[0].reason))
        kind = "done" if not whole.refused else "advice" if said[1:] else "refused"
        self.say(" ".join(said), kind, undo=bool(whole.done or whole.proposed))


def _me(tx: Transaction, name: str | None, outcome: str, *, now: int) -> Me:
    """Who would act. Raises Refused when nobody is named, or the one named may not."""
    if name is None:
        raise Refused(_("Nobody is signed in here: `:sign-in NAME` says who decides."))
    actor = authority.deciding(tx, name, now=now)
    authority.authorize(tx, actor, f"fraud.{outcome}", now=now)
    return Me(actor.id, actor.role == OWNER, frozenset(store_reviews.about(tx, actor.id)))
