"""A sheet of every batch: what it pays, its SHA-256, and how far it has come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, ClassVar, Final, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from waconsole.cashback.pane_rows import number, state_word
from waconsole.cashback.paying import BatchRow
from waconsole.database.connection import Row as Found
from waconsole.kit import ages
from waconsole.kit.columns import Column, ColumnHeads
from waconsole.kit.empty import Empty
from waconsole.kit.glyphs import glyph
from waconsole.kit.line import SafeLine, key_line
from waconsole.kit.reader import Line
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import Cell, HeldRows, Row
from waconsole.money import Money, decimal
from waconsole.text import SafeText, _, safe

HEAD_CELLS: Final = 10

Batch = dict[str, Any]  # a row of `store_batches.batches`


class Wanted(NamedTuple):
    """What the operator wants: this batch, or a new one where there is none."""

    batch: Batch | None = None


class Batches(ModalScreen[Wanted | None]):
    """Every batch, the newest first; Enter answers the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus", "item", _("Make a batch"), id="batches.item",
                tooltip=_("Put what is approved in one currency into a sealed batch.")),
        Binding("escape,right", "leave", _("Back"), id="batches.back", tooltip=_("Close this sheet.")),
    ]  # fmt: skip
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column(_("age"), 6, "right"),
        Column(_("sum"), 14, "right"),
        Column(_("currency"), 8),
        Column(_("payouts"), 8, "right", gap=2),
        Column(_("state"), 20),
        Column(_("made by"), 12, priority=2),
        Column(_("SHA-256"), 16, priority=1),
        Column(_("batch")),
    )
    DEFAULT_CSS = """
    Batches { align: center bottom; background: $background 60%; }
    Batches > Vertical {
        width: 100%; max-width: 116; height: 80%; background: $panel; border-top: solid $role-accent; padding: 0 2 1 2;
    }
    Batches .batches--title { color: $role-title; text-style: bold; margin-bottom: 1; }
    Batches RowList { background: $panel; height: 1fr; }
    """

    def __init__(self, batches: Sequence[Batch], now: int, zone: tzinfo) -> None:
        """Rows of `store_batches.batches`."""
        super().__init__()
        self._batches = list(batches)
        self._source = HeldRows()
        self._source.replace([_row(place, one, now, zone) for place, one in enumerate(self._batches)])

    def compose(self) -> ComposeResult:
        """Title, heads, batches, keys."""
        with Vertical():
            title = _("Batches: {count}").format(count=f"{len(self._batches):,}")
            yield SafeLine(safe(title), classes="batches--title")
            yield ColumnHeads(self.COLUMNS)
            yield RowList(self._source, self.COLUMNS, rest_seconds=0)
            if not self._batches:
                yield Empty(
                    safe(_("No batch yet.")), safe(_("What is approved is paid by a batch: + makes one."))
                )
            yield key_line(("⏎", _("Open")), ("+", _("Make a batch")), ("esc", _("Back")))

    def on_mount(self) -> None:
        """The list takes the keys."""
        self.query_one(RowList).focus()

    def on_row_list_opened(self, message: RowList.Opened) -> None:
        """This one."""
        message.stop()
        self.dismiss(Wanted(self._batches[message.key]))

    def action_item(self) -> None:
        """A new one."""
        self.dismiss(Wanted())

    def action_leave(self) -> None:
        """Close the sheet."""
        self.dismiss(None)


def _state(one: Batch) -> Cell:
    if not one["exports"]:
        return Cell(safe(f"{glyph('owed')} {_('not exported')}"), "owed")
    if one["open"]:
        words = _("{count} without a result").format(count=f"{one['open']:,}")
        return Cell(safe(f"{glyph('clock')} {words}"), "held")
    return Cell(safe(f"{glyph('done')} {_('every result is in')}"), "done")


def _row(place: int, one: Batch, now: int, zone: tzinfo) -> Row:
    return Row(
        place,
        (
            Cell(ages.ago(one["made_at"], now, zone), "muted"),
            Cell(safe(decimal(one["sum_minor"], one["currency"])), "title"),
            Cell(safe(one["currency"]), "muted"),
            Cell(safe(f"{one['count']:,}")),
            _state(one),
            Cell(safe(one["made_by"]), "muted"),
            Cell(safe(one["sha256"][:16]), "muted"),
            Cell(safe(one["batch"]), "title"),
        ),
    )


def lines(
    row: BatchRow, payouts: Sequence[Found], exports: Sequence[Found], zone: tzinfo, *, is_revealed: bool
) -> list[Line]:
    """A batch in full: its figures, each payout, each time it was exported."""
    found = [
        _pair(_("sum"), str(Money(row.sum_minor, row.currency)), "title"),
        _pair(_("payouts"), f"{row.payout_count:,}"),
        _pair(_("SHA-256"), row.sha256),
        _pair(_("made"), ages.exact(row.made_at, zone)),
    ]
    for place, one in enumerate(exports):
        why = f": {one['reason']}" if one["reason"] else ""
        said = f"{one['by']}, {ages.exact(one['exported_at'], zone)}{why}"
        found.append(_pair(_("exported") if not place else "", said))
    found.append(Line(SafeText("")))
    for payout in payouts:
        amount = str(Money(payout["amount_minor"], row.currency)).rjust(18)
        netted = (
            f"  {_('netted')} {Money(payout['netted_minor'], row.currency)}" if payout["netted_minor"] else ""
        )
        told = payout["result"] and _("told: {result}").format(result=payout["result"])
        state = state_word(payout["state"]) if payout["batch_id"] == row.id else told or _("elsewhere")
        who = number(payout["phone"], is_revealed=is_revealed) or _("erased")
        found.append(Line(safe(f"{amount}  {who}  {payout['line']}  {state}{netted}")))
    return found


def _pair(head: str, text: str, role: str = "") -> Line:
    return Line(safe(f"{head.ljust(HEAD_CELLS)}{text}"), role)
