"""The keys of the fraud pane: what an operator can do about an item, and what is asked before it is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.clock import HOUR, instant, moment
from waconsole.database.connection import Transaction
from waconsole.errors import Refused, UsageError, WaconsoleError
from waconsole.fraud import (
    pane_many,
    pane_reasons,
    service_deciding,
    service_taking,
    store_pane,
    store_reviews,
)
from waconsole.fraud.commands_deciding import until
from waconsole.fraud.deciding import ASK, ESCALATE, RELEASE, SNOOZE, VOID
from waconsole.fraud.pane_beside import BesidePane
from waconsole.fraud.pane_many import TOGGLE, Deed
from waconsole.fraud.service_recording import Deciding
from waconsole.fraud.store_pane import ItemView
from waconsole.kit import ages
from waconsole.kit.choose import Choice, Choose, Chosen
from waconsole.kit.history import History
from waconsole.kit.prompt import Prompt
from waconsole.kit.worker import in_worker
from waconsole.operators import authority
from waconsole.operators import service as operators
from waconsole.text import _, safe

BINDINGS: Final[list[BindingType]] = [
    Binding("a", "release", _("Release"), id="fraud.release",
            tooltip=_("Let what waits go on, for a reason, and go on to the next item.")),
    Binding("x", "refuse", _("Void"), id="fraud.refuse",
            tooltip=_("Void what waits, for a reason, and go on to the next item.")),
    Binding("p", "pause", _("Freeze"), id="fraud.pause",
            tooltip=_("Freeze the people of the item, whose sum is shown first; where a decision froze them, let them go.")),
    Binding("q", "ask", _("Ask"), id="fraud.ask",
            tooltip=_("Ask the people of the item a neutral question; it stays open.")),
    Binding("E", "escalate", _("Escalate"), id="fraud.escalate", tooltip=_("Let an owner decide on the item.")),
    Binding("s", "snooze", _("Put off"), id="fraud.snooze",
            tooltip=_("Put the item off until a time; what is held stays held.")),
    Binding("c", "take", _("Take"), id="fraud.take",
            tooltip=_("Take the item, so that nobody else decides meanwhile; again gives it back.")),
    Binding("e", "done", _("Done, next"), id="fraud.done",
            tooltip=_("Give the item back, put away what is decided, and go on to the next that waits.")),
    Binding("right_square_bracket", "next_item", _("Next for me"), id="fraud.next_item",
            tooltip=_("Go to the next item that I may decide on, round and round.")),
    Binding("A", "release_marked", _("Release marked"), id="fraud.release_marked",
            tooltip=_("Release every marked item, once the sheet is agreed to."), show=False),
    Binding("X", "refuse_marked", _("Void marked"), id="fraud.refuse_marked",
            tooltip=_("Void every marked item, once the sheet is agreed to."), show=False),
    Binding("P", "pause_marked", _("Freeze marked"), id="fraud.pause_marked",
            tooltip=_("Freeze the people of every marked item; where all are frozen, let them go."), show=False),
    Binding("C", "connected", _("Mark connected"), id="fraud.connected",
            tooltip=_("Mark every open item that hangs together with this one, by people or by what they share."), show=False),
]  # fmt: skip
DECIDING: Final = {
    "release": RELEASE, "refuse": VOID, "pause": TOGGLE, "ask": ASK, "escalate": ESCALATE, "snooze": SNOOZE,
    "release_marked": RELEASE, "refuse_marked": VOID, "pause_marked": TOGGLE,
}  # fmt: skip
ACTS: Final = frozenset({*DECIDING, "take"})
MORNING_HOUR: Final = 9
SUGGESTING_MAX: Final = 100


class FraudActs(BesidePane):
    """What the keys do. Who may do it is said by `authorize` and, once more, by the database."""

    ACTS: ClassVar[frozenset[str]] = ACTS

    def why_not(self, action: str) -> str:
        """Why the act behind `action` cannot be done now; "" when it can. Acts come from the item."""
        if why := super().why_not(action):
            return why
        if action in ACTS | {"done", "next_item"} and self.desk.operator is None:
            return _("Nobody is signed in here: `:sign-in NAME` says who decides.")
        if action.endswith("_marked") and not self.rows.selection:
            return _("Nothing is marked.")
        if action == "take" and self.rows.selection:
            return _("One item at a time: take the marks away.")
        if action in DECIDING and not self.rows.selection and (view := self.view_at(self.key)) is not None:
            return self._why_not_item(DECIDING[action], view)
        return ""

    def _why_not_item(self, outcome: str, view: ItemView) -> str:
        """What the item itself, its leases and whom it is about say against it."""
        tx, now = self.desk.database.pages(), self.desk.clock()
        outcome = pane_many.settled(outcome, [view])
        try:
            actor = authority.deciding(tx, self.desk.operator, now=now)
            authority.authorize(tx, actor, f"fraud.{outcome}", now=now)
            service_deciding.check_hands(Deciding(tx, actor, view.item, now), actor, outcome)
        except WaconsoleError as refusal:
            return str(refusal)
        return pane_many.why_not_item(outcome, view, pane_many.Me(actor.id, is_owner=True))

    # One key, one verb: on the row under the cursor, on the marks through the sheet

    def action_release(self) -> None:
        """Release."""
        self._ask_reason("release")

    def action_release_marked(self) -> None:
        """Release what is marked."""
        self._ask_reason("release_marked")

    def action_refuse(self) -> None:
        """Void."""
        self._ask_reason("refuse")

    def action_refuse_marked(self) -> None:
        """Void what is marked."""
        self._ask_reason("refuse_marked")

    def action_pause(self) -> None:
        """Freeze, or let go."""
        self._ask_reason("pause")

    def action_pause_marked(self) -> None:
        """Freeze what is marked, or let it go."""
        self._ask_reason("pause_marked")

    def action_ask(self) -> None:
        """Ask its people."""
        self._ask_reason("ask")

    def action_escalate(self) -> None:
        """Hand it to an owner."""
        self._ask_reason("escalate")

    def action_snooze(self) -> None:
        """Choose until when it is put off."""
        if not self.may("snooze"):
            return
        now, zone = self.desk.clock(), self.desk.zone
        morning = moment(now, zone).replace(hour=MORNING_HOUR, minute=0, second=0, microsecond=0)
        times = [(_("3 hours"), now + 3 * HOUR), (_("tomorrow morning"), instant(morning + timedelta(days=1))),
                 (_("in 3 days"), instant(morning + timedelta(days=3))), (_("in a week"), instant(morning + timedelta(days=7)))]  # fmt: skip
        choices = [
            Choice(str(place), str(at), safe(words), ages.exact(at, zone))
            for place, (words, at) in enumerate(times, 1)
        ]

        def chosen(choice: Chosen | None) -> None:
            if choice is None:
                return
            try:
                at = until(choice.value, now=now) if choice.is_typed else int(choice.value)
            except UsageError:
                self.say(_("Write 3d, 12h or 2026-12-01."), "refused")
                return
            self._ask_reason("snooze", at)

        self.app.push_screen(
            Choose(safe(_("Put off until")), choices, typed=_("3d, 12h or 2026-12-01")), chosen
        )

    # Reasons

    def _ask_reason(self, action: str, at: int | None = None) -> None:
        """Ask for a code of the closed list, and words behind it; Enter takes what the item itself suggests."""
        if not self.may(action):
            return
        views = self._views()
        outcome = pane_many.settled(DECIDING[action], views)
        known = self.reasons_for(outcome)
        own = [pane_reasons.own(outcome, known, one.item.kind, one.rules, one.counters) for one in views]
        suggested = own[0] if own and all(own) else ""

        async def answered(text: str) -> None:
            try:
                reason = pane_reasons.parsed(text, known, suggested)
            except Refused as refusal:
                self.say(str(refusal), "refused")
                self._ask_code(verb, offered, hint, answered, text)
                return
            self.begin(Deed(DECIDING[action], reason, at))

        shown = suggested if len(set(own)) == 1 else _("each item its own")
        hint = _("{reason}: Enter takes it, Tab shows others; words behind are a note").format(reason=shown)
        if not suggested:
            hint = _("Tab goes through the codes; words behind are a note")
        first = [one for one in dict.fromkeys(own) if one]
        offered = [*first, *(one for one in known if one not in first)]
        verb = pane_many.verb_words(outcome)
        self._ask_code(verb, offered, hint, answered)

    def _views(self) -> list[ItemView]:
        """The items an act is for: the first of the marks, else the row under the cursor; what they suggest is offered."""
        wanted = self.wanted()[:SUGGESTING_MAX]
        return store_pane.views(self.desk.database.pages(), wanted, now=self.desk.clock())

    def _ask_code(
        self, verb: str, known: list[str], hint: str, answered: Callable[[str], object], text: str = ""
    ) -> None:
        label = _("{verb}, because").format(verb=verb)
        self._answer = answered  # type: ignore[assignment]
        self.query_one(Prompt).open(
            safe(f"{label} "),
            history=self._history.setdefault(label, History()),
            complete=lambda text: pane_reasons.completions(text, known),
            text=text,
            hint=safe(hint),
        )

    # Taking

    def action_take(self) -> None:
        """Take it, or give it back."""
        if self.may("take") and (view := self.view_at(self.key)) is not None:
            in_worker(self, partial(self._take, view), group="act")

    async def _take(self, view: ItemView) -> None:
        desk, ref = self.desk, view.item.ref

        def work(tx: Transaction) -> int | None:
            actor = authority.deciding(tx, desk.operator, now=desk.clock())
            if view.item.taken_by_id == actor.id:
                service_taking.give_back(tx, actor, ref, now=desk.clock())
                return None
            return service_taking.take(tx, actor, ref, now=desk.clock())

        try:
            ends = await desk.database.write(work)
        except WaconsoleError as refusal:
            self.say(str(refusal), "refused")
            return
        await self.read_again()
        if ends is None:
            self.say(_("{item} is given back.").format(item=ref))
        else:
            self.say(_("{item} is yours until {at}.").format(item=ref, at=ages.exact(ends, desk.zone)))

    def action_done(self) -> None:
        """Give it back, put away what is decided, go on."""
        if self.may("done"):
            in_worker(self, self._done, group="act")

    async def _done(self) -> None:
        desk, view = self.desk, self.view_at(self.key)
        me = operators.acting_id(desk.database.pages(), desk.operator)
        if view is not None and not desk.read_only and me is not None and view.item.taken_by_id == me:
            await self._take(view)
        self.go_on()
        self.opened = ("", "", "")  # what is decided is put away with the next reading
        await self.read_again()
        if self.counts.get(store_pane.WAITING) == 0:
            self.say(_("Nothing waits for a decision any more."), "done")

    def action_next_item(self) -> None:
        """Go to the next item that this operator may decide on."""
        if self.may("next_item"):
            in_worker(self, self._next, group="act")

    async def _next(self) -> None:
        """Look behind the cursor, then from the first row on."""
        desk, now, source = self.desk, self.desk.clock(), self.source

        def work(tx: Transaction) -> set[int]:
            me = operators.acting_id(tx, desk.operator) or 0
            waiting = store_pane.items(tx, store_pane.WAITING, me, now=now)
            mine = {one.id for one in waiting if one.taken_by_id in (None, me)}
            return mine - store_reviews.about(tx, me)

        mine, at = await desk.database.read(work), self.rows.cursor_index
        for index in (*range(at + 1, len(source)), *range(at)):
            if source.key_at(index) in mine:
                self.rows.move_to(index)
                return
        if mine and source.ids and not mine.intersection(source.ids):
            self.say(_("The next ones are in another tab, or behind the narrowing."), "advice")
        else:
            self.say(_("Nothing else needs you now."), "advice")

    def action_connected(self) -> None:
        """Mark what hangs together with the item under the cursor."""
        if self.key is not None:
            in_worker(self, partial(self._mark_connected, self.key), group="mark")

    async def _mark_connected(self, key: int) -> None:
        found = await self.desk.database.stream(lambda tx: store_pane.connected(tx, key))
        count = self.rows.mark_matching(found, [one for one in self.source.ids if one not in self.held])
        words = _("Marked: {count} of {all} that hang together.")
        self.say(words.format(count=f"{count:,}", all=f"{len(found):,}"))
