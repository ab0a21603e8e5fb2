"""Cashback: is this line right? Lines to decide on, what speaks for and against each, the money and the limits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from waconsole.cashback import pane_acts, pane_detail, pane_rows, store_lines, store_pane, store_pane_beside
from waconsole.cashback.pane_beside import Beside, BesidePane
from waconsole.database.connection import Transaction
from waconsole.kit.columns import GUTTER_CELLS
from waconsole.kit.empty import Empty
from waconsole.kit.listframe import Listed, Record
from waconsole.kit.pane import PaneWanted
from waconsole.kit.reader import FRAME_CELLS, WIDTH_MAX, Reader
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import Row
from waconsole.kit.worker import in_worker
from waconsole.operators.pane_language import Within
from waconsole.text import SafeText, _, safe

if TYPE_CHECKING:
    from waconsole.query.fields import Vocabulary

BY_PAYEE: Final = "payees"


class CashbackPane(BesidePane):
    """Lines by how they stand. Deciding on one goes on to the next; deciding on many asks first."""

    NAME = "cashback"
    CHORD = "c"
    TITLE = _("Cashback")
    SUBJECT = "line"
    HELP: ClassVar[str] = _(
        "A line is what an order earned somebody. One operator proposes it, another approves it, and a batch pays it. "
        "What a provider says became of a batch is taken in on the `:` line: `:cashback reconcile BATCH FILE`."
    )
    TABS = (
        ("proposed", _("To decide")),
        (BY_PAYEE, _("By payee")),
        ("accrued", _("Earned")),
        ("held", _("Held")),
        ("approved", _("Approved")),
        ("back", _("Back")),
        ("all", _("All")),
    )
    NOTHING = (
        _("Nothing is proposed."),
        _("The tab Earned holds what orders earned: propose it there, and another operator approves it."),
    )
    COLUMNS = pane_rows.COLUMNS
    DEFAULT_CSS = """
    CashbackPane .cashback--head { background: $panel; }
    CashbackPane .cashback--body { height: 1fr; }
    CashbackPane .cashback--queue { width: 1fr; }
    CashbackPane Beside { display: none; width: 1fr; border-left: solid $role-rule; padding: 0 1; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    CashbackPane.-wide Beside { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *pane_acts.BINDINGS,
        Binding(
            "right,l", "right", _("To the ledger"), id="cashback.right",
            tooltip=_("Go to the last transfer of this line in the ledger."), show=False,
        ),
    ]  # fmt: skip

    def compose(self) -> ComposeResult:
        """The line above, tabs, the list with the line in full beside it, prompt."""
        yield self.head_line
        parts = super().compose()
        for part in parts:
            if isinstance(part, RowList):
                with Horizontal(classes="cashback--body"):
                    with Vertical(classes="cashback--queue"):
                        yield part
                        yield next(iter(parts))  # what stands there when it is empty
                    with Beside():
                        yield self.paper
            else:
                yield part

    def words(self) -> Vocabulary:
        """What may be asked of lines."""
        from waconsole.cashback.fields import vocabulary

        return vocabulary()

    # What is listed

    async def look(self, tab: str, narrowing: str) -> Listed:
        """What is in the tab; whose lines they are is read beside the screen, as long as it takes."""
        if tab != BY_PAYEE or narrowing.strip():
            return await super().look(tab, narrowing)
        return await self.looking.run(lambda tx: self.read_ids(tx, tab, None))

    def read_ids(self, tx: Transaction, tab: str, narrowing: Within | None) -> Listed:
        """Lines in the order in which they were earned; of all of them, the last one first."""
        counts = self.known or store_pane.counts(tx)
        self.narrowed = narrowing
        if tab != BY_PAYEE:
            return Listed(store_pane.ids(tx, tab, *(narrowing or ())), counts)
        found = store_pane.payees(tx, *(narrowing or ()))
        ids = store_pane.keys(found)
        return Listed(ids, {**counts, BY_PAYEE: len(found)}, {one.id: one for one in found})

    def _teach(self) -> None:
        super()._teach()
        if not self.counts.get("all"):
            title = _("Nobody has earned anything yet.")
            words = _(
                "It begins with orders (:import orders FILE), a scheme (:cashback schemes add) and an ambassador"
                " (:cashback candidates)."
            )
            self.query_one(Empty).teach(safe(title), safe(words))

    def read_rows(self, tx: Transaction, ids: Sequence[int]) -> list[Row]:
        """Rows by key."""
        now, zone, is_revealed = self.desk.clock(), self.desk.zone, self.is_revealed
        payees = [one for key in ids if (one := self.payee_at(key)) is not None]
        if payees:
            return [pane_rows.payee_row(one, now, zone, is_revealed=is_revealed) for one in payees]
        refused = self.refusals
        return [
            pane_rows.line_row(one, now, zone, is_revealed=is_revealed, refused=refused.get(one.id, ""))
            for one in store_pane.rows(tx, ids)
        ]

    def records(self, tx: Transaction, ids: Sequence[int]) -> list[Record]:
        """Lines or payees as they are copied."""
        found = {one.id: pane_rows.line_record(one) for one in store_pane.rows(tx, ids)}
        for key in ids:
            if (payee := self.payee_at(key)) is not None:
                found[key] = pane_rows.payee_record(payee)
        return [found[key] for key in ids if key in found]

    def title_of(self, key: int) -> SafeText:
        """The line's name."""
        line = self.line_at(key)
        return safe("" if line is None else line.ref)

    # Going there

    async def open_row(self, key: int) -> None:
        """Show a line in full."""
        payee, seen = self.payee_at(key), await self._seen(key)
        if seen is None:
            return
        cells = min(WIDTH_MAX, self.app.size.width - FRAME_CELLS) - GUTTER_CELLS
        told = pane_detail.hung(self._told(seen, payee), cells)
        self.app.push_screen(Reader(safe(seen.line.ref), pane_detail.as_sheet(told)))

    async def action_right(self) -> None:
        """Go to the last transfer of the line."""
        if (line := self.line_at(self.key)) is None:
            return
        moved = await self.desk.database.read(lambda tx: store_pane_beside.transfers(tx, line.ref))
        if moved:
            self.post_message(PaneWanted("ledger", {"transfer": moved[-1]["seq"]}))
        else:
            self.say(_("No money has moved for this line: it earned nothing."), "advice")

    def go_to(self, place: dict[str, Any]) -> None:
        """Show the line {"line": its name}."""
        if (ref := place.get("line")) is not None:
            in_worker(self, partial(self._visit, str(ref)), group="act")

    async def _visit(self, ref: str) -> None:
        row = await self.desk.database.read(lambda tx: store_lines.line_named(tx, ref))
        if row is None:
            self.say(_("No line is called {ref}.").format(ref=ref), "refused")
            return
        key = int(row["id"])
        if self.payee_at(key) is not None or not self.rows.move_to_key(key):
            await self.stand_on(key)
