"""Ledger: where did money go, and why? Every transfer, its cause, and the figures each account is made of."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.kit import ages
from waconsole.kit.columns import Column
from waconsole.kit.glyphs import glyph
from waconsole.kit.listframe import Listed, Record
from waconsole.kit.pane import CommandWanted, PaneWanted
from waconsole.kit.reader import Reader
from waconsole.kit.rows import Cell, Row
from waconsole.kit.worker import in_worker
from waconsole.ledger import pane_transfer, service_reading, store_balances, store_pane
from waconsole.ledger.pane_accounts import Account, Accounts
from waconsole.ledger.store_pane import TransferRow
from waconsole.money import decimal
from waconsole.operators.desk import Desk
from waconsole.operators.pane_language import Within
from waconsole.operators.pane_tabs import ViewPane
from waconsole.text import _, safe

if TYPE_CHECKING:
    from waconsole.query.fields import Vocabulary

LATE: Final = "late"
BALANCE_CELLS: Final = 13
REF_CHARACTERS_MAX: Final = 200


def state_cell(row: TransferRow) -> Cell:
    """What a transfer is, and what became of a held one."""
    if row.kind == "pending" and not row.resolved:
        return Cell(safe(f"{glyph('held')} {_('held')}"), "held")
    words = {
        "single": _("moved"), "pending": _("was held"), "post": _("posted"), "void": _("voided"),
        "expire": _("expired"), "reversal": _("given back"),
    }  # fmt: skip
    if row.reversed_minor:
        return Cell(safe(f"{glyph('refused')} {_('reversed')}"), "refused")
    sign = {"reversal": "refused", "void": "refused", "expire": "clock", "pending": "unknown"}.get(
        row.kind, "done"
    )
    return Cell(safe(f"{glyph(sign)} {words[row.kind]}"), "dim" if row.kind in ("pending", "void") else "")


class LedgerPane(ViewPane):
    """Transfers, newest first. On one account the amounts bear a sign, and its balance stands beside them."""

    NAME = "ledger"
    CHORD = "l"
    TITLE = _("Ledger")
    SUBJECT = "transfer"
    TABS = (
        ("all", _("All")),
        ("open", _("Held")),
        (LATE, _("Not cleared")),
        ("payouts", _("Payouts")),
        ("reversals", _("Reversals")),
    )
    NOTHING = (
        _("No money has moved yet."),
        _(
            "It moves with cashback: orders (:import orders FILE), a scheme (:cashback schemes add), an ambassador."
        ),
    )
    COLUMNS = (
        Column(_("age"), 6, "right"),
        Column(_("amount"), 14, "right"),
        Column(_("currency"), 6),
        Column(_("what"), 12, priority=1),
        Column(_("for, balance"), BALANCE_CELLS, priority=2),
        Column(_("from, to")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "left,h", "accounts", _("Accounts"), id="ledger.left",
            tooltip=_("Show every account with its balance; opening one shows what it is made of."),
        ),
        Binding("right,l", "cause", _("To the cause"), id="ledger.right", tooltip=_("Go to what this transfer comes from.")),
        Binding(
            "J", "journal", _("Journal"), id="ledger.journal",
            tooltip=_("Keep the transfers that were written together with this one."),
        ),
    ]  # fmt: skip

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk: Desk = desk
        self._account: Account | None = None

    def words(self) -> Vocabulary:
        """What may be asked of transfers."""
        from waconsole.ledger.fields import vocabulary

        return vocabulary()

    # What is listed

    def read_ids(self, tx: Transaction, tab: str, narrowing: Within | None) -> Listed:
        """Transfers, newest first."""
        late = [row["seq"] for row in service_reading.late_pending(tx, now=self.desk.clock())]
        counts = self.known or {**store_pane.counts(tx), LATE: len(late)}
        if tab != LATE:
            return Listed(store_pane.ids(tx, tab, *(narrowing or ())), counts)
        if narrowing is not None:
            wanted = set(store_pane.ids(tx, "open", *narrowing))
            late = [seq for seq in late if seq in wanted]
        return Listed(array("q", late), counts)

    def read_rows(self, tx: Transaction, ids: Sequence[int]) -> list[Row]:
        """Rows by key."""
        now, found = self.desk.clock(), store_pane.rows(tx, ids)
        on = store_pane.on_account(tx, *self._account, ids) if self._account is not None else {}
        return [self._row(row, now, on.get(row.seq)) for row in found]

    def _row(self, row: TransferRow, now: int, on: tuple[int, int] | None) -> Row:
        currency = row.currency
        amount, beside = decimal(row.amount, currency), Cell(safe(row.purpose), "accent")
        if on is not None:
            change, after = on
            amount = f"{'+' if change > 0 else ''}{decimal(change, currency)}" if change else f"({amount})"
            beside = Cell(safe(decimal(after, currency).rjust(BALANCE_CELLS)))
        ways = f"{row.debit} {glyph('here')} {row.credit}"
        return Row(
            row.seq,
            (
                Cell(ages.ago(row.effective_at, now, self.desk.zone), "muted"),
                Cell(safe(amount), "title"),
                Cell(safe(currency), "muted"),
                state_cell(row),
                beside,
                Cell(safe(ways)),
            ),
        )

    def records(self, tx: Transaction, ids: Sequence[int]) -> list[Record]:
        """Transfers as they are copied."""
        found = {row.seq: row for row in store_pane.rows(tx, ids)}
        return [
            {
                "text": f"{decimal(row.amount, row.currency)} {row.currency}  {row.debit} > {row.credit}  {row.ref}",
                "transfer": row.ref,
                "kind": row.kind,
                "at": iso(row.effective_at),
                "amount": decimal(row.amount, row.currency),
                "currency": row.currency,
                "debit": row.debit,
                "credit": row.credit,
                "purpose": row.purpose,
                "actor": row.actor,
            }
            for key in ids
            if (row := found.get(key)) is not None
        ]

    # Drilling

    async def action_accounts(self) -> None:
        """Show every account; the one that is opened narrows the list to what it is made of."""
        accounts = await self.desk.database.read(store_balances.accounts)
        if not accounts:
            self.say(_("No account is open yet: the first transfer opens what it needs."), "advice")
            return

        def opened(chosen: Account | None) -> None:
            if chosen is not None:
                in_worker(self, partial(self._show_account, chosen), group="act")

        self.app.push_screen(Accounts(accounts), opened)

    async def _show_account(self, chosen: Account) -> None:
        """List what an account is made of, with its balance after each."""
        self._account = chosen
        self.tabs.open("all")
        await self.narrow_to(f'account:"{chosen[0]}"')
        self.repaint()

    async def narrow_to(self, text: str) -> None:
        """List what `text` describes; a balance stands only beside the transfers of the account it is of."""
        if self._account is not None and text != f'account:"{self._account[0]}"':
            self._account = None
        await super().narrow_to(text)

    def go_to(self, place: dict[str, Any]) -> None:
        """Show the transfer {"transfer": seq} or the account {"account": name, "currency": code}."""
        if (name := place.get("account")) is not None:
            in_worker(self, partial(self._show_account, (str(name), str(place["currency"]))), group="act")
        elif (seq := place.get("transfer")) is not None:
            in_worker(self, partial(self._visit, int(seq)), group="act")

    async def _visit(self, seq: int) -> None:
        if not self.rows.move_to_key(seq):
            self._account = None
            await self.stand_on(seq)
        await self.open_row(seq)

    async def action_journal(self) -> None:
        """Keep what was written together with the transfer under the cursor."""
        if (key := self.key) is None:
            return
        found = await self.desk.database.read(lambda tx: store_pane.transfer_in_full(tx, key))
        if found is not None:
            self.tabs.open("all")
            await self.narrow_to(f'journal:"{found["journal"]}"')

    async def action_cause(self) -> None:
        """Go to the line, the invite or the order a transfer comes from: there stand its facts and the rule's version."""
        if (key := self.key) is None:
            return
        found = await self.desk.database.read(lambda tx: store_pane.transfer_in_full(tx, key))
        if found is None:
            return
        room, _separator, rest = str(found["ref"]).partition(":")
        if room == "cashback":
            self.post_message(PaneWanted("cashback", {"line": rest.partition(":")[0]}))
        elif room == "reward":
            self.post_message(PaneWanted("invites", {"invite": rest.split(":")[1]}))
        elif found["source"]:
            self.post_message(CommandWanted(f"orders show {pane_transfer.quoted(found['source'])}"))
        else:
            self.say(_("It was made by hand: opening it shows who and why."), "advice")

    # One transfer

    async def open_row(self, key: int) -> None:
        """Show a transfer with its cause and everything that belongs to it."""
        seen = await self.attempt(self.desk.database.read(lambda tx: pane_transfer.seen(tx, key)), undo=False)
        if seen is not None:
            title = safe(str(seen.row["ref"])[:REF_CHARACTERS_MAX])
            self.app.push_screen(Reader(title, list(pane_transfer.lines(seen, self.desk.zone))))
