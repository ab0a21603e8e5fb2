"""Acts of the invites pane that write: programmes, codes, disputes, proofs. One by one at once, many through the sheet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.invites import service_codes, service_issuing, service_words
from waconsole.invites.model import HELD
from waconsole.invites.pane_beside import BesidePane
from waconsole.invites.pane_many import (
    AT_ONCE_MAX,
    Outcome,
    outcome_words,
    proposal,
    usual_reasons,
)
from waconsole.invites.pane_rows import View
from waconsole.invites.store_pane import CodeView, InviteView, ProofView
from waconsole.invites.verdict import BY_HAND
from waconsole.kit.choose import Choice, Choose, Chosen
from waconsole.kit.pane import CommandWanted, on_the_line
from waconsole.kit.sheet import Sheet
from waconsole.kit.worker import in_worker
from waconsole.operators import authority
from waconsole.operators.store import Operator
from waconsole.text import _, safe

SHELF: Final = "programme."
DISPUTED: Final = "disputed"
WAITING: Final = "waiting"
PRESETS_MAX: Final = 200
_One = TypeVar("_One")


class DoingPane(BesidePane):
    """What an operator decides here, each act with its reason and its way back."""

    # What an act is for

    def meant(self, what: type[_One]) -> list[_One]:
        """The things an act is for, in the order of the list: the marks, else the row under the cursor."""
        from waconsole.invites import pane_lists

        keys = self.wanted()[:AT_ONCE_MAX]
        found = {one.id: one for one in pane_lists.views(self.desk.database.pages(), self.held, keys)}
        return [one for key in keys if isinstance(one := found.get(key), what)]

    def because(self, title: str, verb: str, then: Callable[[str], None]) -> None:
        """Choose or type a reason; what is done then may be repeated."""
        choices = [
            Choice(str(place), words, safe(words)) for place, words in enumerate(usual_reasons(verb), 1)
        ]

        def chosen(choice: Chosen | None) -> None:
            if choice is not None and choice.value.strip():
                reason = choice.value.strip()

                async def again() -> None:
                    then(reason)

                self.last_act = again
                then(reason)

        self.app.push_screen(Choose(safe(title), choices, typed=_("another reason")), chosen)

    def sheet_first(
        self,
        verb: str,
        wanted: Sequence[View],
        left_out: int,
        reason: str,
        then: Callable[[], Awaitable[None]],
    ) -> None:
        """Do it to one at once, to several once the sheet is agreed to."""
        if not wanted:
            self.say(_("None of them can be decided on so any more."), "advice")
            return
        if not self.rows.selection:
            in_worker(self, then, group="act")
            return

        def answered(agreed: bool | None) -> None:
            if agreed:
                in_worker(self, then, group="act")

        shown = proposal(verb, wanted, left_out, reason, is_revealed=self.is_revealed)
        self.app.push_screen(Sheet(shown), answered)

    async def each(
        self, verb: str, wanted: Sequence[View], act: Callable[[Transaction, Operator, View], object]
    ) -> None:
        """Do an act to every one of them, each in a transaction of its own; what is refused stays marked."""
        desk, outcome = self.desk, Outcome()
        for one in wanted:

            def work(tx: Transaction, one: View = one) -> object:
                return act(tx, authority.deciding(tx, desk.operator, now=desk.clock()), one)

            await outcome.note(one, desk.database.write(work))
        self.rows.clear_marks()
        await self.read_again()
        if outcome.refused and len(wanted) > 1:
            self.rows.mark_matching([one.id for one, _why in outcome.refused], self.source.ids)
        said, kind = outcome_words(verb, outcome, is_revealed=self.is_revealed)
        self.say(said, kind, undo=kind == "done")

    # Codes

    def revoke(self) -> None:
        """Revoke codes."""

        def then(reason: str) -> None:
            marked = self.meant(CodeView)
            wanted = [one for one in marked if one.revoked_at is None]
            self.sheet_first(
                "revoke", wanted, len(marked) - len(wanted), reason, partial(self._revoke, wanted, reason)
            )

        self.because(_("Revoke, because"), "revoke", then)

    async def _revoke(self, wanted: Sequence[CodeView], reason: str) -> None:
        now = self.desk.clock()

        def act(tx: Transaction, actor: Operator, one: View) -> object:
            assert isinstance(one, CodeView)
            authority.authorize(tx, actor, "codes.revoke", now=now)
            return service_codes.revoke(tx, actor, one.code, reason=reason, now=now)

        own = [one for one in wanted if not one.channel]  # with a member's own code go those of its places
        codes = {one.code for one in own}
        await self.each(
            "revoke", [*own, *(one for one in wanted if one.channel and one.code[:7] not in codes)], act
        )

    # Invites

    def dispute(self) -> None:
        """Dispute invites; where all that is meant is disputed, end it."""
        marked = self.meant(InviteView)
        is_end = bool(marked) and all(one.confidence == DISPUTED for one in marked)
        verb = "settle" if is_end else "dispute"

        def then(reason: str) -> None:
            meant = self.meant(InviteView)
            wanted = [one for one in meant if (one.confidence == DISPUTED) == is_end]
            self.sheet_first(
                verb, wanted, len(meant) - len(wanted), reason, partial(self._dispute, verb, wanted, reason)
            )

        self.because(_("End the dispute, because") if is_end else _("Dispute, because"), verb, then)

    async def _dispute(self, verb: str, wanted: Sequence[InviteView], reason: str) -> None:
        now = self.desk.clock()

        def act(tx: Transaction, actor: Operator, one: View) -> object:
            assert isinstance(one, InviteView)
            authority.authorize(tx, actor, "invites.correct", now=now)
            if verb == "dispute":
                return service_words.dispute(tx, actor, one.ref, reason=reason, now=now)
            return service_words.correct(tx, actor, one.ref, _referrer(tx, one.id), reason=reason, now=now)

        await self.each(verb, wanted, act)

    def issue(self) -> None:
        """Let what waits for an operator go out."""
        meant = self.meant(InviteView)
        wanted = [one for one in meant if (one.state, one.reason) == (HELD, BY_HAND)]
        if meant and not wanted:
            self.say(
                _("Nothing of it waits for an operator: policy `referral.reward_issue` says what does."),
                "advice",
            )
            return
        self.sheet_first("issue", wanted, len(meant) - len(wanted), "", partial(self._issue, wanted))

    async def _issue(self, wanted: Sequence[InviteView]) -> None:
        now = self.desk.clock()

        def act(tx: Transaction, actor: Operator, one: View) -> object:
            assert isinstance(one, InviteView)
            found = service_issuing.issue(tx, actor, [one.ref], now=now)
            if found.refused:
                raise Refused(found.refused[0].reason)
            return found

        await self.each("issue", wanted, act)

    def correct(self) -> None:
        """Ask who brought them, and why one knows."""
        one = next(iter(self.meant(InviteView)), None)
        if one is None:
            return

        async def named_so(name: str) -> None:
            if name:
                self.because(
                    _("Another brought them, because"), "correct", partial(self._correct_soon, one, name)
                )

        self.ask(_("brought by"), named_so, hint=safe(_("a name, a number with + or a ref")))

    def _correct_soon(self, one: InviteView, name: str, reason: str) -> None:
        in_worker(self, partial(self._correct, one, name, reason), group="act")

    async def _correct(self, one: InviteView, name: str, reason: str) -> None:
        now = self.desk.clock()

        def act(tx: Transaction, actor: Operator, _one: View) -> object:
            authority.authorize(tx, actor, "invites.correct", now=now)
            return service_words.correct(tx, actor, one.ref, name, reason=reason, now=now)

        await self.each("correct", [one], act)

    def _go_on(self) -> None:
        """Stand on the next row, or on the one before where there is none: what is decided on leaves its place."""
        at = self.rows.cursor_index
        self.rows.move_to(at + 1 if at + 1 < len(self.source) else max(at - 1, 0))

    # Proofs: deciding takes the picture away, which is a room further up

    def decide(self, outcome: str) -> None:
        """Accept or refuse proofs."""

        def then(reason: str) -> None:
            marked = self.meant(ProofView)
            wanted = [one for one in marked if one.state == WAITING]
            self.sheet_first(
                outcome,
                wanted,
                len(marked) - len(wanted),
                reason,
                partial(self._decide, wanted, outcome, reason),
            )

        title = _("Accept, because") if outcome == "accept" else _("Refuse, because")
        self.because(title, outcome, then)

    async def _decide(self, wanted: Sequence[ProofView], outcome: str, reason: str) -> None:
        refs = " ".join(one.ref for one in wanted)
        if not self.rows.selection:
            self._go_on()
        self.rows.clear_marks()
        line = f"invites proofs decide {refs} --outcome {outcome} --reason={on_the_line(reason)}"
        self.post_message(CommandWanted(line))


def _referrer(tx: Transaction, invite_id: int) -> str:
    from waconsole.invites import store_invites
    from waconsole.members import store as members

    return members.member_by_id(tx, store_invites.standing(tx, invite_id).referrer_id).ref
