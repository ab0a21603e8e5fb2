"""Batches from the list: made through the sheet, exported by who counted them, read in full; and statements."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.cashback import (
    pane_batches,
    service_exporting,
    service_paying,
    service_statement,
    statement,
    store_batches,
    store_pane_beside,
)
from waconsole.cashback.pane_acts import CashbackActs
from waconsole.cashback.pane_batches import Batch, Batches, Wanted
from waconsole.cashback.paying import BatchRow, ExportRow
from waconsole.database.connection import Row, Transaction
from waconsole.errors import WaconsoleError
from waconsole.kit.choose import Choice, Choose, Chosen
from waconsole.kit.reader import Line, Reader
from waconsole.kit.sheet import Proposal, Sheet
from waconsole.kit.worker import in_worker
from waconsole.money import Money, parse
from waconsole.operators import authority
from waconsole.text import _, safe

BINDINGS: Final[list[BindingType]] = [
    Binding("left,h", "left", _("Batches"), id="cashback.left",
            tooltip=_("Show every batch; make one of what is approved, read one, or export it."), show=False),
    Binding("dollar_sign", "statement", _("Statement"), id="cashback.statement",
            tooltip=_("Show what the payee earned, was paid and is due, as they would read it."), show=False),
]  # fmt: skip


class PayingPane(CashbackActs):
    """What is done about batches. Making and exporting them is written down with who did it."""

    BINDINGS: ClassVar[list[BindingType]] = BINDINGS

    async def action_statement(self) -> None:
        """Show the payee's statement."""
        key, desk = self.key, self.desk
        if key is None:
            return

        def work(tx: Transaction) -> statement.Statement | None:
            ref = store_pane_beside.payee_ref(tx, key)
            return None if ref is None else service_statement.statement(tx, ref, now=desk.clock())

        said = await self.attempt(desk.database.read(work), undo=False)
        if said is not None:
            lines = [Line(safe(line)) for line in statement.as_text(said)]
            hint = _("`:cashback statement {member} --send` sends it, `--html FILE` writes it to print.")
            lines += [Line(safe("")), Line(safe(hint.format(member=said.member)), "muted")]
            self.app.push_screen(Reader(safe(_("Statement, as its payee reads it")), lines))

    async def action_left(self) -> None:
        """Show every batch."""
        batches = await self.desk.database.read(store_batches.batches)

        to_pay = await self.desk.database.read(store_pane_beside.to_pay)

        def opened(wanted: Wanted | None) -> None:  # nothing is read here: the next key is on its way
            if wanted is not None and wanted.batch is not None:
                self._open_batch(wanted.batch)
            elif wanted is not None and self._may_pay():
                self._choose_currency(to_pay)

        self.app.push_screen(Batches(batches, self.desk.clock(), self.desk.zone), opened)

    def _may_pay(self) -> bool:
        why = ""
        if self.desk.read_only:
            why = _("This ledger is open for reading only: start again without --read-only to act.")
        elif self.desk.operator is None:
            why = _("Nobody is signed in here: `:sign-in NAME` says who decides.")
        if why:
            self.say(why, "advice")
        return not why

    # Making one

    def _choose_currency(self, found: list[tuple[str, int, int, str, str]]) -> None:
        """A batch has one currency."""
        if not found:
            self.say(_("Nothing is approved and waits to be paid."), "advice")
            return
        words = _("{count} lines, {sum}")
        choices = [
            Choice(str(place) if place < 10 else "", code, safe(code),
                   safe(words.format(count=f"{count:,}", sum=Money(minor, code))))
            for place, (code, count, minor, _first, _last) in enumerate(found, 1)
        ]  # fmt: skip

        def chosen(choice: Chosen | None) -> None:
            if choice is not None:
                self._propose_batch(next(one for one in found if one[0] == choice.value))

        self.app.push_screen(Choose(safe(_("A batch in")), choices), chosen)

    def _propose_batch(self, wanted: tuple[str, int, int, str, str]) -> None:
        code, count, minor, first, last = wanted
        proposal = Proposal(
            verb=safe(_("Put into a batch")),
            things=safe(_("lines")),
            count=count,
            first=safe(first),
            last=safe(last),
            undo=safe(
                _("A batch is sealed, and nothing takes it back: what is in it is exported, or stays unpaid.")
            ),
            figures=((safe(_("money")), safe(str(Money(minor, code)))),),
        )

        def answered(agreed: bool | None) -> None:
            if agreed:
                in_worker(self, partial(self._make_batch, code), group="act")

        self.app.push_screen(Sheet(proposal), answered)

    async def _make_batch(self, code: str) -> None:
        desk = self.desk

        def work(tx: Transaction) -> service_paying.Batched:
            actor = authority.deciding(tx, desk.operator, now=desk.clock())
            return service_paying.batch(tx, actor, code, now=desk.clock())

        made = await self.attempt(desk.database.write(work), undo=False)
        if made is None:
            return
        await self.read_again()
        row = made.row
        words = _("{batch}: {count} payouts, {sum}, SHA-256 {sha256}.")
        said = words.format(
            batch=row.ref, count=f"{row.payout_count:,}", sum=Money(row.sum_minor, code), sha256=row.sha256
        )
        if made.left_out:
            words = _("{count} stay out: {why}")
            said += " " + words.format(count=f"{len(made.left_out):,}", why=made.left_out[0].reason)
        self.say(said, "advice" if made.left_out else "done")
        batches = await desk.database.read(store_batches.batches)
        self._open_batch(next(one for one in batches if one["batch"] == row.ref))

    # One of them

    def _open_batch(self, batch: Batch) -> None:
        """Choose what is done about a batch."""
        exports = batch["exports"]
        words = (
            _("it was exported {count} times: say why again")
            if exports
            else _("count its payouts and add them up first")
        )
        choices = [
            Choice("r", "read", safe(_("read it in full")), safe(_("figures, SHA-256, every payout"))),
            Choice("s", "lines", safe(_("its lines in the list"))),
            Choice("e", "export", safe(_("export it to a file")), safe(words.format(count=exports))),
        ]

        def chosen(choice: Chosen | None) -> None:
            if choice is not None and choice.value == "read":
                in_worker(self, partial(self._read_batch, batch), group="act")
            elif choice is not None and choice.value == "lines":
                in_worker(self, partial(self._list_batch, batch), group="act")
            elif choice is not None and self._may_pay():
                self._ask_count(batch)

        self.app.push_screen(Choose(safe(_("Batch {batch}").format(batch=batch["batch"])), choices), chosen)

    async def _read_batch(self, batch: Batch) -> None:
        def work(tx: Transaction) -> tuple[BatchRow, list[Row], list[Row]]:
            row = service_paying.named(tx, batch["batch"])
            return row, store_batches.lines_of(tx, row.id), store_batches.exports_of(tx, row.id)

        row, payouts, exports = await self.desk.database.read(work)
        lines = pane_batches.lines(row, payouts, exports, self.desk.zone, is_revealed=self.is_revealed)
        self.app.push_screen(Reader(safe(row.ref), lines))

    async def _list_batch(self, batch: Batch) -> None:
        self.tabs.open("all")
        await self.narrow_to(f'batch:"{batch["batch"]}"')

    # Exporting: what the checker counted is typed, and shown nowhere before

    def _ask_count(self, batch: Batch) -> None:
        async def counted(words: str) -> None:
            if not words.isdecimal():
                self.say(_("Type how many payouts you counted, as a number."), "refused")
                return
            self._ask_sum(batch, int(words))

        self.ask(_("payouts counted"), counted)

    def _ask_sum(self, batch: Batch, count: int) -> None:
        async def added(words: str) -> None:
            try:
                total = parse(words, batch["currency"])
            except WaconsoleError as refusal:
                self.say(str(refusal), "refused")
                return
            if batch["exports"]:
                self._ask_again(batch, count, total)
            else:
                self._ask_file(batch, count, total, "")

        self.ask(_("sum in {currency}").format(currency=batch["currency"]), added)

    def _ask_again(self, batch: Batch, count: int, total: Money) -> None:
        async def said(words: str) -> None:
            if words:
                self._ask_file(batch, count, total, words)
            else:
                self.say(_("A batch is exported again only with a reason."), "refused")

        self.ask(_("again, because"), said)

    def _ask_file(self, batch: Batch, count: int, total: Money, again: str) -> None:
        async def named(words: str) -> None:
            if words:
                in_worker(self, partial(self._export, batch, count, total, again, words), group="act")

        self.ask(_("file"), named, text=f"{batch['batch']}.csv")

    async def _export(self, batch: Batch, count: int, total: Money, again: str, name: str) -> None:
        desk, file = self.desk, Path(name).expanduser()

        def work(tx: Transaction) -> tuple[ExportRow, bytes]:
            actor = authority.deciding(tx, desk.operator, now=desk.clock())
            return service_exporting.export(
                tx,
                actor,
                batch["batch"],
                count=count,
                sum_minor=total.minor,
                file=file,
                now=desk.clock(),
                again=again,
            )

        if file.exists():
            self.say(_("{file} is there already: name another one.").format(file=file), "refused")
            return
        written = await self.attempt(service_exporting.export_to(desk.database, file, work), undo=False)
        if written is None:
            return
        await self.read_again()
        words = _("{file}: {count} payouts, SHA-256 {sha256}.")
        self.say(words.format(file=file, count=f"{written.payout_count:,}", sha256=written.sha256))
