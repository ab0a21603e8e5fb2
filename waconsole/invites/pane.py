"""Invites: who brought whom, and what does it earn? Programmes, invites by state, codes, proofs, channels, invitations."""

from __future__ import annotations

import time
from array import array
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from waconsole.database.connection import Transaction
from waconsole.invites import pane_acts, pane_lists, pane_rows, store_pane, store_pane_beside
from waconsole.invites.kinds import JOIN, PROGRAMME, kind_of
from waconsole.invites.pane_acts import InvitesActs
from waconsole.invites.pane_beside import Beside, Lists
from waconsole.invites.pane_lines import as_sheet, hung
from waconsole.invites.pane_rows import ProgrammeView
from waconsole.invites.pane_words import standing_cell
from waconsole.invites.store_pane import CodeView, InvitationView, InviteView, ProofView
from waconsole.kit.choose import Choice, Choose, Chosen
from waconsole.kit.columns import GUTTER_CELLS, ColumnHeads
from waconsole.kit.empty import Empty
from waconsole.kit.listframe import Listed
from waconsole.kit.pane import PaneWanted
from waconsole.kit.reader import FRAME_CELLS, WIDTH_MAX, Reader
from waconsole.kit.rowlist import RowList
from waconsole.kit.worker import in_worker
from waconsole.operators.desk import Desk
from waconsole.operators.pane_language import Within
from waconsole.operators.pane_views import ViewTabs
from waconsole.text import SafeText, _, safe

if TYPE_CHECKING:
    from waconsole.query.fields import Vocabulary

# Where something named elsewhere is looked for: its tab, its table and the column that names it.
PLACES: Final = {
    "invite": ("all", "invite", "ref"),
    "programme": ("programmes", "programme", "folded"),
    "code": ("codes", "code", "code"),
    "proof": ("proofs", "proof", "ref"),
}


CHANNELS: Final = "channels"
REST_SHARE: Final = (
    5.0  # the report on channels, which reads every invite, rests this many times as long as it took
)


class InvitesPane(InvitesActs):
    """What a query finds are invites; the other lists show what hangs on those: programmes, codes, people's proofs."""

    NAME = "invites"
    CHORD = "v"
    TITLE = _("Invites")
    SUBJECT = "invite"
    HELP: ClassVar[str] = _(
        "A programme says what an invite earns; a code tells who sent somebody; what is earned is held until its return "
        "window is over. What is due is decided by itself, or with `:invites settle`."
    )
    TABS = pane_lists.TABS
    NOTHING = (_("No programmes yet."), _("`:invites programme create NAME --preset PRESET` makes one."))
    COLUMNS = pane_rows.COLUMNS[PROGRAMME]
    DEFAULT_CSS = """
    InvitesPane .invites--head { background: $panel; }
    InvitesPane .invites--body { height: 1fr; }
    InvitesPane .invites--queue { width: 5fr; }
    InvitesPane Beside { display: none; width: 4fr; border-left: solid $role-rule; padding: 0 1; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    InvitesPane.-wide Beside { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = pane_acts.BINDINGS

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.views = ViewTabs(
            desk, self.SUBJECT, self.language
        )  # a view is of invites, whatever is listed now
        self._channels = 0.0, Listed(array("q"))

    def compose(self) -> ComposeResult:
        """The line above, tabs, the list with the row in full beside it, prompt."""
        yield self.head_line
        parts = super().compose()
        for part in parts:
            if isinstance(part, RowList):
                with Horizontal(classes="invites--body"):
                    with Vertical(classes="invites--queue"):
                        yield ColumnHeads(self.COLUMNS)
                        yield Lists(self.source, self.COLUMNS, rest_seconds=0)
                        yield next(iter(parts))  # what stands there when it is empty
                    with Beside():
                        yield self.paper
            else:
                yield part

    def words(self) -> Vocabulary:
        """What may be asked of invites."""
        from waconsole.invites.fields_pane import vocabulary

        return vocabulary()

    # What is listed

    def within(self, queries: list[str]) -> Within:
        """The keys of the open list that hang on the invites where all of `queries` hold."""
        sql, parameters = super().within(queries)
        return Within(store_pane.of_invites(kind_of(self.tabs.open_tab.id), sql), parameters)

    async def look(self, tab: str, narrowing: str) -> Listed:
        """What is in the tab, read beside the screen: ten thousands of invites are counted and put in order."""
        if narrowing.strip() or tab not in dict(self.TABS):
            return await super().look(tab, narrowing)
        if tab == CHANNELS and time.monotonic() < self._channels[0]:
            return self._channels[1]
        self.known = {}
        began = time.monotonic()
        found = await self.looking.run(lambda tx: self.read_ids(tx, tab, None))
        if tab == CHANNELS:
            ended = time.monotonic()
            self._channels = ended + REST_SHARE * (ended - began), found
        return found

    def read_ids(self, tx: Transaction, tab: str, narrowing: Within | None) -> Listed:
        """The rows of a tab, and the number in each."""
        return pane_lists.listed(tx, tab, narrowing, self.known, now=self.desk.clock())

    def _teach(self) -> None:
        super()._teach()
        if not self.filter_text:
            title, sentence = pane_lists.teaches(self.tabs.open_tab.id, self.counts)
            self.query_one(Empty).teach(safe(title), safe(sentence))

    def title_of(self, key: int) -> SafeText:
        """The name of a row."""
        one = self.view_at(key)
        return safe(one.ref if isinstance(one, InviteView | ProofView | InvitationView) else "")

    # Going there

    async def open_row(self, key: int) -> None:
        """Show a row in full."""
        told = await self.told(key)
        if told is not None:
            cells = min(WIDTH_MAX, self.app.size.width - FRAME_CELLS) - GUTTER_CELLS
            self.app.push_screen(Reader(told.title, as_sheet(hung(told.lines, cells))))

    async def action_right(self) -> None:
        """Go to the money of an invite or a programme, to a message, to who asks to come in."""
        if not self.may("right"):
            return
        if self.kind == JOIN:
            self.post_message(PaneWanted("joins"))
            return
        one = self.view_at(self.key)
        match one:
            case InviteView():
                await self._from_invite(one)
            case ProgrammeView():
                if one.budget is None:
                    self.say(_("This programme has no budget of its own."), "advice")
                else:
                    account = {"account": f"budget:invites:{one.ref}", "currency": one.budget.currency}
                    self.post_message(PaneWanted("ledger", account))
            case CodeView():
                self.post_message(PaneWanted("members", {"member": one.member_id}))
            case ProofView():
                found = await self.desk.database.read(
                    lambda tx: store_pane_beside.picture_of(tx, one.message_id)
                )
                if found is None:
                    self.say(_("Its message is gone."), "advice")
                else:
                    place = {"conversation": found["conversation_id"], "message": one.message_id}
                    self.post_message(PaneWanted("inbox", place))
            case InvitationView():
                self.post_message(PaneWanted("outbox", {"outgoing": one.outgoing_id}))

    async def _from_invite(self, one: InviteView) -> None:
        """To the last transfer of an invite, or to an item of the review desk on it."""

        def work(tx: Transaction) -> tuple[int | None, list[str]]:
            found = [row["review_ref"] for row in store_pane_beside.gates(tx, one.id)]
            return store_pane_beside.last_transfer(tx, one.id), found

        seq, reviews = await self.desk.database.read(work)
        places = [("ledger", str(seq), _("the last transfer"))] if seq is not None else []
        places += [("fraud", ref, _("the review {ref}").format(ref=ref)) for ref in dict.fromkeys(reviews)]

        def go(place: int) -> None:
            pane, what, _words = places[place]
            self.post_message(
                PaneWanted(pane, {"transfer": int(what)} if pane == "ledger" else {"review": what})
            )

        def chosen(choice: Chosen | None) -> None:
            if choice is not None:
                go(int(choice.value))

        if not places:
            self.say(_("No money has moved for this invite, and nobody reviews it."), "advice")
        elif len(places) == 1:
            go(0)
        else:
            choices = [
                Choice(str(number) if number < 10 else "", str(number - 1), safe(words))
                for number, (_pane, _what, words) in enumerate(places, 1)
            ]
            self.app.push_screen(Choose(safe(_("Go to")), choices), chosen)

    async def action_left(self) -> None:
        """Show how many invites stand in each state; the one that is chosen narrows the list to it."""
        found = await self.desk.database.read(store_pane_beside.states)
        if not found:
            self.say(_("No invite is here yet."), "advice")
            return
        choices = [
            Choice(str(place % 10), state, standing_cell(state).text, safe(f"{number:,}"))
            for place, (state, number) in enumerate(found.items(), 1)
        ]

        def chosen(choice: Chosen | None) -> None:
            if choice is not None:
                in_worker(self, partial(self._list_state, choice.value), group="act")

        self.app.push_screen(Choose(safe(_("Invites by state")), choices), chosen)

    async def _list_state(self, state: str) -> None:
        self.tabs.open("all")
        await self.narrow_to(f"state:{state}")

    def go_to(self, place: dict[str, Any]) -> None:
        """Show {"invite": its name}, {"programme": its name}, {"code": the code} or {"proof": its name}."""
        for kind in PLACES:
            if (name := place.get(kind)) is not None:
                in_worker(self, partial(self._visit, kind, str(name)), group="act")

    async def _visit(self, kind: str, name: str) -> None:
        tab, table, column = PLACES[kind]
        found = await self.desk.database.read(lambda tx: store_pane_beside.id_of(tx, table, column, name))
        if found is None:
            self.say(_("Nothing here is called {name}.").format(name=name), "refused")
            return
        await self.stand_on(found, tab)
