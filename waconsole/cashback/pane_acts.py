"""The keys of the cashback pane: what an operator can do about a line, and what is asked before it is done."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.cashback import pane_conflicts, service_deciding, store_pane, store_pane_beside
from waconsole.cashback.pane_deciding import TOGGLE, DecidingPane
from waconsole.cashback.pane_many import Deed
from waconsole.cashback.service_deciding import REASON_LENGTH_MAX
from waconsole.cashback.store_pane import LineView
from waconsole.database.connection import Row, Transaction
from waconsole.errors import WaconsoleError
from waconsole.kit.choose import Choice, Choose, Chosen
from waconsole.kit.pane import CommandWanted, on_the_line
from waconsole.kit.reader import Reader
from waconsole.members.masking import masked_text
from waconsole.money import Money, decimal, parse
from waconsole.operators import authority
from waconsole.text import SafeText, _, safe

BINDINGS: Final[list[BindingType]] = [
    Binding("a", "release", _("Approve"), id="cashback.release",
            tooltip=_("Approve the line, within your limit of the day, and go on to the next.")),
    Binding("x", "refuse", _("Reject"), id="cashback.refuse",
            tooltip=_("Reject the line with a reason, chosen or typed, and go on to the next.")),
    Binding("p", "pause", _("Hold"), id="cashback.pause",
            tooltip=_("Hold the line: nobody approves or pays it; again lets it go on.")),
    Binding("q", "ask", _("Ask"), id="cashback.ask",
            tooltip=_("Ask the payee about the line, as a message; it is held until it is released.")),
    Binding("f", "propose", _("Propose"), id="cashback.propose",
            tooltip=_("Put the line forward: somebody else approves it.")),
    Binding("S", "split", _("Split"), id="cashback.split",
            tooltip=_("Approve a part of the line now; the rest is proposed and decided on later.")),
    Binding("R", "resend", _("Pay again"), id="cashback.resend",
            tooltip=_("Let a line whose payout failed or came back be paid again.")),
    Binding("A", "release_marked", _("Approve marked"), id="cashback.release_marked",
            tooltip=_("Approve every marked line, once the sheet is agreed to."), show=False),
    Binding("X", "refuse_marked", _("Reject marked"), id="cashback.refuse_marked",
            tooltip=_("Reject every marked line with one reason."), show=False),
    Binding("P", "pause_marked", _("Hold marked"), id="cashback.pause_marked",
            tooltip=_("Hold every marked line; where all of them are held, let them go on."), show=False),
    Binding("F", "propose_marked", _("Propose marked"), id="cashback.propose_marked",
            tooltip=_("Put every marked line forward."), show=False),
    Binding("e", "done", _("Seen"), id="cashback.done",
            tooltip=_("Read which lines somebody else had decided on before you, and take them off the list."), show=False),
]  # fmt: skip
ACTS: Final = frozenset({
    "release", "refuse", "pause", "ask", "propose", "split", "resend", "release_marked", "refuse_marked", "pause_marked",
    "propose_marked",
})  # fmt: skip
REASON_SHOWN_MAX: Final = 80


def _usual_reasons() -> list[str]:
    return [
        _("Own order"),
        _("Returned or refunded"),
        _("Not this ambassador's order"),
        _("Twice the same order"),
    ]


class CashbackActs(DecidingPane):
    """What the keys do. Who may do it is said by `authorize` and, once more, by the database."""

    ACTS: ClassVar[frozenset[str]] = ACTS

    def line_at(self, key: int | None) -> LineView | None:
        """The line of a row; None where the row is a payee's, or gone."""
        if key is None or self.payee_at(key) is not None:
            return None
        return next(iter(store_pane.rows(self.desk.database.pages(), [key])), None)

    def why_not(self, action: str) -> str:
        """Why the act behind `action` cannot be done now; "" when it can."""
        if why := super().why_not(action):
            return why
        if action == "done" and self.desk.read_only:
            return _("This ledger is open for reading only: start again without --read-only to act.")
        if action in ACTS | {"done"} and self.desk.operator is None:
            return _("Nobody is signed in here: `:sign-in NAME` says who decides.")
        if action.endswith("_marked") and not self.rows.selection:
            return _("Nothing is marked.")
        if action in ("split", "ask") and (self.rows.selection or self.payee_at(self.key) is not None):
            return _("One line at a time: take the marks away, and stand on a line.")
        return ""

    # One key, one verb: on the row under the cursor, on the marks through the sheet

    def action_release(self) -> None:
        """Approve."""
        if self.may("release"):
            self.begin(Deed("approve"))

    def action_release_marked(self) -> None:
        """Approve what is marked."""
        if self.may("release_marked"):
            self.begin(Deed("approve"))

    def action_pause(self) -> None:
        """Hold, or let go on."""
        if self.may("pause"):
            self.begin(Deed(TOGGLE))

    def action_pause_marked(self) -> None:
        """Hold what is marked, or let it go on."""
        if self.may("pause_marked"):
            self.begin(Deed(TOGGLE))

    def action_propose(self) -> None:
        """Propose."""
        if self.may("propose"):
            self.begin(Deed("propose"))

    def action_propose_marked(self) -> None:
        """Propose what is marked."""
        if self.may("propose_marked"):
            self.begin(Deed("propose"))

    def action_resend(self) -> None:
        """Let it be paid again."""
        if self.may("resend"):
            self.begin(Deed("again"))

    # With words

    async def action_refuse(self) -> None:
        """Choose or type a reason, then reject."""
        if self.may("refuse"):
            await self._ask_reason()

    async def action_refuse_marked(self) -> None:
        """Choose or type a reason for all that is marked."""
        if self.may("refuse_marked"):
            await self._ask_reason()

    async def _ask_reason(self) -> None:
        written = await self.desk.database.read(lambda tx: store_pane_beside.reasons(tx, "rejected"))
        known = list(dict.fromkeys([*written, *_usual_reasons()]))[:9]
        before = SafeText(_("written before"))
        choices = [
            Choice(str(place), reason, self._shown(reason), before if reason in written else SafeText(""))
            for place, reason in enumerate(known, 1)
        ]

        def chosen(choice: Chosen | None) -> None:
            if choice is not None:
                self.begin(Deed("reject", reason=choice.value.strip()[:REASON_LENGTH_MAX]))

        self.app.push_screen(Choose(safe(_("Reject, because")), choices, typed=_("another reason")), chosen)

    def _shown(self, reason: str) -> SafeText:
        """A reason as a shared screen may show it."""
        return safe((reason if self.is_revealed else masked_text(reason))[:REASON_SHOWN_MAX])

    def action_ask(self) -> None:
        """Ask the payee: the command writes to them, and holds the line until it is released."""
        line = self.line_at(self.key)
        if not self.may("ask") or line is None:
            return

        async def asked(words: str) -> None:
            if words:
                self.post_message(CommandWanted(f"cashback ask {line.ref} --text={on_the_line(words)}"))

        self.ask(_("ask the payee"), asked, hint=safe(_("sent to them as it stands; the line is held")))

    def action_split(self) -> None:
        """Ask how much is approved now."""
        line = self.line_at(self.key)
        if not self.may("split") or line is None:
            return

        async def asked(words: str) -> None:
            try:
                amount = parse(words, line.currency)
            except WaconsoleError as refusal:
                self.say(str(refusal), "refused")
                return
            if self.rows.move_to_key(line.id):
                self.begin(Deed("split", amount=amount))

        open_ = Money(line.open_minor, line.currency)
        hint = safe(_("of {open} that is open").format(open=open_))
        self.ask(_("approve now"), asked, hint=hint, names=[decimal(line.open_minor // 2, line.currency)])

    # Who was faster

    async def action_done(self) -> None:
        """Show which lines somebody else had decided on before, and note that they were seen."""
        if not self.may("done"):
            return
        desk = self.desk

        def work(tx: Transaction) -> list[Row]:
            actor = authority.deciding(tx, desk.operator, now=desk.clock())
            met = pane_conflicts.unseen(tx, actor.id)
            if met:
                service_deciding.see_conflicts(tx, actor, now=desk.clock())
            return met

        met = await self.attempt(desk.database.write(work), undo=False)
        if met is None:
            return
        if not met:
            self.say(_("Nobody was faster than you."), "advice")
            return
        title = safe(_("Somebody had decided before: {count}").format(count=f"{len(met):,}"))
        self.app.push_screen(Reader(title, pane_conflicts.lines(met, desk.zone)))
