"""Deciding from the list: one line by one key and on to the next, many through the sheet.

Keys are faster than the ledger: what was pressed waits its turn in a queue, and the cursor goes on at once. A line that
waits is never decided on twice.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

from waconsole.cashback import pane_many, service_deciding, store_deciding, store_pane, store_pane_beside
from waconsole.cashback.pane_many import TOGGLE, Deed, Me, Plan
from waconsole.cashback.service_deciding import LINES_AT_ONCE_MAX, Outcome
from waconsole.cashback.store_pane import Decidable, PayeeView
from waconsole.database.connection import Transaction
from waconsole.errors import Refused, WaconsoleError
from waconsole.kit.sheet import Sheet
from waconsole.kit.worker import in_worker
from waconsole.operators import authority
from waconsole.operators.desk import Desk
from waconsole.operators.pane_language import Within
from waconsole.operators.pane_stream import Overtaken
from waconsole.operators.pane_tabs import ViewPane
from waconsole.text import _

LINES_PER_TRANSACTION: Final = 6
TOLD_EVERY: Final = 240  # lines, a multiple of the above
REFUSALS_MAX: Final = 10_000


class Waiting(NamedTuple):
    """An act that was pressed and has yet to be done; the cursor was sent on to `moved_to`."""

    key: int
    deed: Deed
    moved_to: int | None


class DecidingPane(ViewPane):
    """`refusals` are why lines were refused, by key, until they are decided on after all."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk: Desk = desk
        self.refusals: dict[int, str] = {}
        self.narrowed: Within | None = None
        self._waiting: deque[Waiting] = deque()
        self._under_way: set[int] = set()
        self._is_working = False

    @property
    def is_behind(self) -> bool:
        """Whether something that was pressed has yet to be done."""
        return self._is_working or bool(self._waiting)

    def payee_at(self, key: int | None) -> PayeeView | None:
        """The payee that the row `key` stands for, where the list is by payee."""
        found = None if key is None else self.held.get(key)
        return found if isinstance(found, PayeeView) else None

    # Beginning

    def begin(self, deed: Deed) -> None:
        """Do it to the row under the cursor, or ask before it is done to what is marked."""

        async def again() -> None:
            self.begin(deed)

        self.last_act = again
        if self.rows.selection or self.payee_at(self.key) is not None:
            in_worker(self, partial(self._ask_for_many, deed), group="act")
        elif self.key is not None:
            self._put(self.key, deed)

    def _put(self, key: int, deed: Deed) -> None:
        """Let the act wait its turn, and go on to the next line."""
        if key in self._under_way:
            self.say(_("This line is being decided on: there is none behind it."), "advice")
            return
        self._under_way.add(key)
        self._waiting.append(Waiting(key, deed, self._go_on(key)))
        if not self._is_working:
            self._is_working = True
            in_worker(self, self._work_off, group="deciding")

    def _go_on(self, key: int) -> int | None:
        """Put the cursor on the next row that is not being decided on; before it where there is none behind."""
        source, at = self.source, self.rows.cursor_index
        for index in (
            *range(at + 1, min(len(source), at + len(self._under_way) + 2)),
            *range(at - 1, -1, -1),
        ):
            if index > at + len(self._under_way) + 1 or at - index > len(self._under_way) + 1:
                break
            if source.key_at(index) not in self._under_way:
                self.rows.move_to(index)
                return source.key_at(index)
        return None

    # One by one

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                part = [
                    self._waiting.popleft()
                    for _place in range(min(len(self._waiting), LINES_PER_TRANSACTION))
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

        def work(tx: Transaction) -> list[tuple[Waiting, Decidable, str, Outcome]]:
            actor = authority.deciding(tx, desk.operator, now=desk.clock())
            found = []
            for one in part:
                for line in store_pane.decidable(tx, [one.key]):
                    deed = pane_many.settled(one.deed, [line])
                    outcome = service_deciding.decide(
                        tx, actor, deed.verb, [line.ref], now=desk.clock(), reason=deed.reason, amount=deed.amount
                    )  # fmt: skip
                    found.append((one, line, deed.verb, outcome))
            return found

        try:
            done = await desk.database.write(work)
        except WaconsoleError as refusal:  # nobody who may: it concerns every line, and none was done
            self._refused(part[-1], str(refusal))
            return
        for one, line, verb, outcome in done:
            if outcome.refused:
                self._refused(one, outcome.refused[0].reason)
            else:
                self.refusals.pop(one.key, None)
                what = pane_many.words_of(verb, line, is_revealed=self.is_revealed)
                self.say(pane_many.done_words(verb).format(what=what), undo=True)

    def _refused(self, one: Waiting, reason: str) -> None:
        """Say why, keep it beside the line, and go back to it unless the operator is elsewhere by now."""
        self._keep_refusal(one.key, reason)
        self.say(reason, "refused")
        if not self._waiting and self.key == one.moved_to:
            self.rows.move_to_key(one.key)

    def _keep_refusal(self, key: int, reason: str) -> None:
        if len(self.refusals) < REFUSALS_MAX or key in self.refusals:
            self.refusals[key] = reason

    # Many at once

    async def _ask_for_many(self, deed: Deed) -> None:
        """Read how the marked lines stand, and show what would be done."""
        desk, keys = self.desk, self.wanted()

        def work(tx: Transaction) -> tuple[list[Decidable], Me, int]:
            ids = self.lines_behind(tx, keys)
            if len(ids) > LINES_AT_ONCE_MAX:
                words = _("At most {count} lines are decided on at once: narrow the list, or mark fewer.")
                raise Refused(words.format(count=f"{LINES_AT_ONCE_MAX:,}"))
            return store_pane.decidable(tx, ids), _me(tx, desk.operator, now=desk.clock()), len(ids)

        try:
            lines, me, count = await self.asking.run(work)
        except Overtaken:
            return
        except WaconsoleError as refusal:
            self.say(str(refusal), "refused")
            return
        deed = pane_many.settled(deed, lines)
        plan = pane_many.plan(deed.verb, lines, me, now=desk.clock(), gone=count - len(lines))
        if not plan.lines:
            why = plan.excluded[0][1] if plan.excluded else _("nothing of it is left")
            words = _("None of them can be decided on so: {why}")
            self.say(words.format(why=why), "refused")
            return

        def answered(agreed: bool | None) -> None:
            if agreed:
                in_worker(self, partial(self._do_many, deed, plan), group="act")

        self.app.push_screen(
            Sheet(pane_many.proposal(deed, plan, me, is_revealed=self.is_revealed)), answered
        )

    def lines_behind(self, tx: Transaction, keys: Sequence[int]) -> list[int]:
        """The lines that rows stand for: a payee's row stands for all of theirs that are to be decided on."""
        found: list[int] = []
        for key in keys:
            payee = self.payee_at(key)
            found += [key] if payee is None else store_pane.lines_of(tx, payee, *(self.narrowed or ()))
        return found

    async def _do_many(self, deed: Deed, plan: Plan) -> None:
        """Decide a few lines in each transaction, all of it one stroke; what is refused stays marked."""
        desk, whole = self.desk, Outcome()
        for start in range(0, len(plan.lines), LINES_PER_TRANSACTION):
            part = [one.ref for one in plan.lines[start : start + LINES_PER_TRANSACTION]]

            def work(tx: Transaction, part: list[str] = part) -> Outcome:
                actor = authority.deciding(tx, desk.operator, now=desk.clock())
                return service_deciding.decide(
                    tx, actor, deed.verb, part, now=desk.clock(), reason=deed.reason, stroke=whole.stroke
                )

            found = await self.attempt(desk.database.write(work), undo=False)
            if found is None:
                break
            whole.done += found.done
            whole.refused += found.refused
            whole.stroke = found.stroke
            if start and start % TOLD_EVERY == 0:
                words = _("{done} of {count} are decided on …")
                self.say(words.format(done=f"{start:,}", count=f"{len(plan.lines):,}"), "advice")
                await asyncio.sleep(0)
        await self._many_done(deed, plan, whole)

    async def _many_done(self, deed: Deed, plan: Plan, whole: Outcome) -> None:
        keys = {one.ref: one.standing.id for one in plan.lines}
        for ref in whole.done:
            self.refusals.pop(keys[ref], None)
        for refusal in whole.refused:
            self._keep_refusal(keys[refusal.line], refusal.reason)
        self.rows.clear_marks()
        await self.read_again()
        if not whole.done and not whole.refused:
            return
        money = pane_many.sums(deed.verb, [one for one in plan.lines if one.ref in set(whole.done)])
        what = _("{count} lines").format(count=f"{len(whole.done):,}")
        said = pane_many.done_words(deed.verb).format(what=", ".join([what, *_amounts(money)]))
        if whole.refused:
            self.rows.mark_matching([keys[one.line] for one in whole.refused], self.source.ids)
            words = _("Refused and still marked: {count}. {why}")
            why = words.format(count=f"{len(whole.refused):,}", why=whole.refused[0].reason)
            self.say(f"{said} {why}" if whole.done else why, "refused" if not whole.done else "advice")
        else:
            self.say(said, undo=True)


def _amounts(sums: dict[str, int]) -> list[str]:
    from waconsole.money import Money

    return [str(Money(minor, code)) for code, minor in sums.items()]


def _me(tx: Transaction, name: str | None, *, now: int) -> Me:
    """Who would act. Raises Refused when nobody is named, or the one named cannot decide."""
    if name is None:
        raise Refused(_("Nobody is signed in here: `:sign-in NAME` says who decides."))
    actor = authority.deciding(tx, name, now=now)
    left = {
        currency: max(limit - store_deciding.approved_today(tx, actor.id, currency, at=now), 0)
        for currency, limit in store_pane_beside.limits_of(tx, actor.id)
    }
    is_solo = authority.solo(tx, now=now) is not None
    return Me(actor.id, store_pane_beside.members_of(tx, actor.id), is_solo, left)


__all__ = ["TOGGLE", "DecidingPane"]
