"""The forms a batch can be written in, as data: `payout/*.toml`. A new bank is a new file.

A column holds a payout's `line`, `payee`, `currency`, `amount`, `minor`, `reference` or `code`, or a fixed text. The plain
form, without a name, is the one whose bytes the batch is sealed with.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from waconsole.cashback.paying import Payout, amount, plain
from waconsole.errors import NotFound, Refused

FOLDER: Final = Path(__file__).with_name("payout")
PLAIN: Final = "plain"
COLUMNS_MAX: Final = 40
ROWS_MAX: Final = 1_000_000
_FORMULA: Final = tuple("=+-@\t\r\n|%＝＋－＠")

_CELLS: Final[Mapping[str, Callable[[Payout], str]]] = {
    "line": lambda one: one.line,
    "payee": lambda one: one.payee,
    "currency": lambda one: one.currency,
    "amount": amount,
    "minor": lambda one: str(one.amount_minor),
    "reference": lambda one: one.reference,
    "code": lambda one: one.code,
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its head, and either what it holds of a payout or a fixed text."""

    head: str
    cell: str
    text: str


@dataclass(frozen=True, slots=True)
class Template:
    """A form a batch is written in; `source` says where its columns are from."""

    name: str
    says: str
    source: str
    columns: tuple[Column, ...] = ()
    separator: str = ","
    decimal: str = "."
    has_head: bool = True
    needs_codes: bool = False
    rows_max: int = ROWS_MAX

    def render(self, payouts: Sequence[Payout]) -> bytes:
        """The bytes of a file; the same payouts are the same bytes. Raises Refused for more rows than it may have."""
        if not self.name:
            return plain(payouts)
        if len(payouts) > self.rows_max:
            raise Refused(
                f"A file for {self.name} has at most {self.rows_max:,} rows, and this batch {len(payouts):,}."
            )
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=self.separator, lineterminator="\n")
        if self.has_head:
            writer.writerow([one.head for one in self.columns])
        for payout in payouts:
            writer.writerow([self._cell(one, payout) for one in self.columns])
        return out.getvalue().encode()

    def _cell(self, column: Column, payout: Payout) -> str:
        if not column.cell:
            return column.text
        cell = _CELLS[column.cell](payout)
        return cell.replace(".", self.decimal) if column.cell == "amount" else cell


@cache
def all_of_them() -> tuple[Template, ...]:
    """The plain form, then those of the files in the order of their names."""
    files = sorted(FOLDER.glob("*.toml"))
    first = Template(
        "", "line, payee, currency, amount, reference: what `reconcile` reads back", "docs/payout.md"
    )
    return first, *(template_of(file.stem, tomllib.loads(file.read_text(encoding="utf-8"))) for file in files)


def named(name: str | None) -> Template:
    """The form called `name`; the plain one for None. Raises NotFound."""
    wanted = "" if name in (None, PLAIN) else name
    for one in all_of_them():
        if one.name == wanted:
            return one
    known = ", ".join(one.name or PLAIN for one in all_of_them())
    raise NotFound(f"There is no form called {name}: choose one of {known}.")


def template_of(name: str, said: Mapping[str, Any]) -> Template:
    """A form as its file says it. Raises Refused for what is none."""
    columns = tuple(
        Column(str(one.get("head", "")), str(one.get("cell", "")), str(one.get("text", "")))
        for one in said["column"]
    )
    odd = [one.cell for one in columns if one.cell and one.cell not in _CELLS]
    if odd or not 0 < len(columns) <= COLUMNS_MAX:
        raise Refused(f"{name}: a column holds one of {', '.join(_CELLS)}, or a text; at most {COLUMNS_MAX}.")
    if any(text.startswith(_FORMULA) for one in columns for text in (one.text, one.head) if text):
        raise Refused(f"{name}: a text that begins like a formula is none of ours.")
    return Template(
        name,
        str(said["says"]),
        str(said["source"]),
        columns,
        separator=str(said.get("separator", ",")),
        decimal=str(said.get("decimal", ".")),
        has_head=bool(said.get("head", True)),
        needs_codes=bool(said.get("codes", False)),
        rows_max=int(said.get("rows_max", ROWS_MAX)),
    )
