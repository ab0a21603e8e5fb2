"""The keys of the invites pane: what can be done about a row of each list, and why something cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.invites.kinds import CODE, INVITATION, INVITE, JOIN, PROGRAMME, PROOF
from waconsole.invites.pane_sharing import SharingPane
from waconsole.text import _

BINDINGS: Final[list[BindingType]] = [
    Binding("a", "release", _("Accept, activate"), id="invites.release",
            tooltip=_("Accept a proof, let a reward that waits for an operator go out, or let a programme earn once its worst case has been seen.")),
    Binding("x", "refuse", _("Refuse, revoke, end"), id="invites.refuse",
            tooltip=_("Refuse a proof, revoke a code, or end a programme, with a reason.")),
    Binding("p", "pause", _("Dispute"), id="invites.pause",
            tooltip=_("Hold what an invite earns, because you doubt who brought them; again ends the dispute.")),
    Binding("o", "assign", _("Another referrer"), id="invites.assign",
            tooltip=_("Say who really brought them: that invite counts from now on.")),
    Binding("q", "ask", _("Ask"), id="invites.ask",
            tooltip=_("Write to the friend and ask who sent them; what they answer is yours to note.")),
    Binding("m", "message", _("Message"), id="invites.message",
            tooltip=_("Write to the person this is about.")),
    Binding("b", "link", _("Open picture"), id="invites.link",
            tooltip=_("Open the picture of a proof in a viewer beside the terminal, or copy where it is.")),
    Binding("Q", "qr", _("QR code"), id="invites.qr",
            tooltip=_("Show the QR code of a code's link.")),
    Binding("+", "item", _("Make one"), id="invites.item",
            tooltip=_("Make a programme, as a draft, or give a member a code.")),
    Binding("A", "release_marked", _("Accept marked"), id="invites.release_marked",
            tooltip=_("Accept every marked proof, or let every marked reward that waits for it go out, once the sheet is agreed to."),
            show=False),
    Binding("X", "refuse_marked", _("Refuse, revoke marked"), id="invites.refuse_marked",
            tooltip=_("Refuse every marked proof, or revoke every marked code."), show=False),
    Binding("P", "pause_marked", _("Dispute marked"), id="invites.pause_marked",
            tooltip=_("Dispute every marked invite with one reason."), show=False),
    Binding("right,l", "right", _("To the money"), id="invites.right",
            tooltip=_("Go to the money or the review of an invite, a programme's budget, a message, or who asks to come in."),
            show=False),
    Binding("left,h", "left", _("By state"), id="invites.left",
            tooltip=_("Show how many invites stand in each state, and list one of them."), show=False),
]  # fmt: skip
ACTS: Final = frozenset({
    "release", "refuse", "pause", "assign", "ask", "message", "item", "release_marked", "refuse_marked", "pause_marked",
})  # fmt: skip
# What each act is for.
FOR: Final[Mapping[str, tuple[str, ...]]] = {
    "release": (PROGRAMME, INVITE, PROOF),
    "release_marked": (INVITE, PROOF),
    "refuse": (PROGRAMME, CODE, PROOF),
    "refuse_marked": (CODE, PROOF),
    "pause": (INVITE,),
    "pause_marked": (INVITE,),
    "assign": (INVITE,),
    "ask": (INVITE,),
    "message": (INVITE, CODE, PROOF, INVITATION),
    "link": (PROOF,),
    "qr": (CODE,),
    "item": (PROGRAMME, CODE),
    "right": (PROGRAMME, INVITE, CODE, PROOF, INVITATION, JOIN),
    "explain": (INVITE,),
}


def kinds_said(kinds: tuple[str, ...]) -> str:
    """The things of some kinds, as a sentence names them."""
    words = {
        PROGRAMME: _("programmes"), INVITE: _("invites"), CODE: _("codes"), PROOF: _("proofs"),
        INVITATION: _("invitations"), JOIN: _("requests"),
    }  # fmt: skip
    return ", ".join(words[kind] for kind in kinds)


class InvitesActs(SharingPane):
    """What the keys do. Who may do it is said by `authorize` and, once more, by the database."""

    ACTS: ClassVar[frozenset[str]] = ACTS

    def why_not(self, action: str) -> str:
        """Why the act behind `action` cannot be done now; "" when it can."""
        if action in FOR and self.kind not in FOR[action]:
            return _("This is for {things}: another tab has them.").format(things=kinds_said(FOR[action]))
        # A list that is empty is where one is made, and where one goes on to who asks to come in.
        if action == "item" and self.desk.read_only:
            return _("This ledger is open for reading only: start again without --read-only to act.")
        if (
            action != "item"
            and not (action == "right" and self.kind == JOIN)
            and (why := super().why_not(action))
        ):
            return why
        if action in ("qr", "link", "right") and not len(self.source) and self.kind != JOIN:
            return _("There is no row here.")
        if action in ACTS and self.desk.operator is None:
            return _("Nobody is signed in here: `:sign-in NAME` says who decides.")
        if action.endswith("_marked") and not self.rows.selection:
            return _("Nothing is marked.")
        one_by_one = action in ("assign", "ask", "message") or (
            action in ("release", "refuse") and self.kind == PROGRAMME
        )
        if one_by_one and self.rows.selection:
            return _("One at a time: take the marks away.")
        return ""

    # One key, one verb: what it does depends on what is listed

    def action_release(self) -> None:
        """Accept a proof, let a reward go out, activate a programme."""
        if self.may("release"):
            if self.kind == PROGRAMME:
                self.activate()
            elif self.kind == INVITE:
                self.issue()
            else:
                self.decide("accept")

    def action_release_marked(self) -> None:
        """Accept what is marked, or let it go out."""
        if self.may("release_marked"):
            self.action_release()

    async def action_refuse(self) -> None:
        """Refuse a proof, revoke a code, end a programme."""
        if self.may("refuse"):
            if self.kind == PROGRAMME:
                self.end()
            elif self.kind == CODE:
                self.revoke()
            else:
                self.decide("refuse")

    async def action_refuse_marked(self) -> None:
        """Refuse or revoke what is marked."""
        if self.may("refuse_marked"):
            await self.action_refuse()

    def action_pause(self) -> None:
        """Dispute an invite, or end its dispute."""
        if self.may("pause"):
            self.dispute()

    def action_pause_marked(self) -> None:
        """Dispute what is marked."""
        if self.may("pause_marked"):
            self.dispute()

    def action_assign(self) -> None:
        """Say who brought them."""
        if self.may("assign"):
            self.correct()

    def action_item(self) -> None:
        """Make a programme, give a code."""
        if self.may("item"):
            if self.kind == PROGRAMME:
                self.make_programme()
            else:
                self.give_code()

    async def action_ask(self) -> None:
        """Ask the friend."""
        if self.may("ask"):
            await self.ask_friend()

    async def action_message(self) -> None:
        """Write to whom it is about."""
        if self.may("message"):
            await self.message_to()

    async def action_link(self) -> None:
        """Open the picture."""
        if self.may("link"):
            await self.open_picture()

    async def action_qr(self) -> None:
        """Show the QR code."""
        if self.may("qr"):
            await self.show_qr()
