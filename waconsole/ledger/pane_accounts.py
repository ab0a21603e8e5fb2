"""A sheet of every account with what stands on it: opening one shows what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from waconsole.database.connection import Row as Found
from waconsole.kit.columns import Column, ColumnHeads
from waconsole.kit.line import SafeLine, key_line
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import Cell, HeldRows, Row
from waconsole.money import decimal
from waconsole.text import SafeText, _, safe

Account = tuple[str, str]  # its name, its currency


class Accounts(ModalScreen[Account | None]):
    """Every account by name; Enter answers the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,right", "leave", _("Back"), id="accounts.back", tooltip=_("Close this sheet.")),
    ]
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column(_("balance"), 16, "right"),
        Column(_("currency"), 8),
        Column(_("pending"), 14, "right", priority=1, gap=2),
        Column(_("account")),
    )
    DEFAULT_CSS = """
    Accounts { align: center bottom; background: $background 60%; }
    Accounts > Vertical {
        width: 100%; max-width: 116; height: 80%; background: $panel; border-top: solid $role-accent; padding: 0 2 1 2;
    }
    Accounts .accounts--title { color: $role-title; text-style: bold; margin-bottom: 1; }
    Accounts RowList { background: $panel; height: 1fr; }
    """

    def __init__(self, accounts: Sequence[Found]) -> None:
        """Rows of `store_balances.accounts`."""
        super().__init__()
        self._accounts = list(accounts)
        self._source = HeldRows()
        self._source.replace([_row(place, one) for place, one in enumerate(self._accounts)])

    def compose(self) -> ComposeResult:
        """Title, heads, accounts, keys."""
        with Vertical():
            title = _("Accounts: {count}").format(count=f"{len(self._accounts):,}")
            yield SafeLine(safe(title), classes="accounts--title")
            yield ColumnHeads(self.COLUMNS)
            yield RowList(self._source, self.COLUMNS, rest_seconds=0)
            yield key_line(("⏎", _("What it is made of")), ("esc", _("Back")))

    def on_mount(self) -> None:
        """The list takes the keys."""
        self.query_one(RowList).focus()

    def on_row_list_opened(self, message: RowList.Opened) -> None:
        """This one."""
        message.stop()
        chosen = self._accounts[message.key]
        self.dismiss((chosen["name"], chosen["currency"]))

    def action_leave(self) -> None:
        """Close the sheet."""
        self.dismiss(None)


def _row(place: int, one: Found) -> Row:
    currency = one["currency"]
    pending = one["debits_pending"] + one["credits_pending"]
    return Row(
        place,
        (
            Cell(safe(decimal(one["balance"], currency)), "refused" if one["balance"] < 0 else ""),
            Cell(safe(currency), "muted"),
            Cell(safe(decimal(pending, currency)) if pending else SafeText(""), "held"),
            Cell(safe(one["name"]), "dim" if one["closed"] else "title"),
        ),
    )
