"""The books as text: CSV that no spreadsheet takes for a formula, and beancount. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from waconsole.clock import iso
from waconsole.ledger.model import MOVES
from waconsole.money import decimal

COLUMNS: Final = (
    "seq", "transfer", "kind", "journal", "effective_at", "recorded_at", "debit", "credit", "currency", "amount",
    "amount_minor", "pending", "reverses", "purpose", "owner", "source", "rule", "rule_version", "expires_at", "actor",
    "approved_by", "reason",
)  # fmt: skip
FORMULA_SIGNS: Final = tuple("=+-@\t\r\n|%＝＋－＠")
"""What makes a spreadsheet read a cell as a formula or a command (OWASP, CSV injection), in half and full width."""

_ROOTS: Final[Mapping[str, str]] = {
    "member": "Liabilities",
    "clearing": "Assets",
    "expense": "Expenses",
    "income": "Income",
    "budget": "Equity",
}
_UNFIT: Final = re.compile(r"[^A-Za-z0-9]+")


def guarded(cell: str) -> str:
    """A cell that stays text in a spreadsheet: what begins like a formula gets an apostrophe before it."""
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell


def csv_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A head and a line for every transfer."""
    yield _line(COLUMNS)
    for row in rows:
        yield _line([_cell(row, name) for name in COLUMNS])


def _cell(row: Mapping[str, Any], name: str) -> str:
    if name == "amount":
        return decimal(row["amount"], row["currency"])
    value = row[{"transfer": "ref", "amount_minor": "amount"}.get(name, name)]
    if value is None:
        return ""
    if name.endswith("_at"):
        return iso(value)
    return guarded(value) if isinstance(value, str) else str(value)


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def beancount_lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Everything that moved, as beancount reads it: accounts are opened at their first transfer. What pends moves nothing."""
    moves = sorted((row for row in rows if row["kind"] in MOVES), key=lambda row: row["effective_at"])
    names = _names([(row[side], row["currency"]) for row in moves for side in ("debit", "credit")])
    opened: set[tuple[str, str]] = set()
    yield 'option "title" "waconsole"'
    for row in moves:
        day, currency = iso(row["effective_at"])[:10], row["currency"]
        for side in ("debit", "credit"):
            account = (row[side], currency)
            if account not in opened:
                opened.add(account)
                yield f"{day} open {names[account]} {commodity(currency)}"
                yield f"  account: {_quoted(row[side])}"
    for row in moves:
        day, currency = iso(row["effective_at"])[:10], row["currency"]
        amount = decimal(row["amount"], currency)
        yield ""
        yield f"{day} * {_quoted(row['purpose'])} {_quoted(row['reason'])}"
        yield f"  transfer: {_quoted(row['ref'])}"
        yield f"  {names[row['debit'], currency]}  {amount} {commodity(currency)}"
        yield f"  {names[row['credit'], currency]}  -{amount} {commodity(currency)}"


def commodity(currency: str) -> str:
    """A currency as beancount writes it: capitals."""
    return currency.upper()


def _names(accounts: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """A beancount name for every account, each its own also where two names differ in signs alone."""
    names: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for account in accounts:
        if account in names:
            continue
        first, *rest = account[0].split(":")
        parts = [_ROOTS.get(first, "Equity"), *([] if first in _ROOTS and rest else [first]), *rest]
        base = ":".join([parts[0], *(_component(part) for part in parts[1:])]) + f":{commodity(account[1])}"
        name, place = base, 2
        while name in taken:
            name, place = f"{base}-{place}", place + 1
        taken.add(name)
        names[account] = name
    return names


def _component(part: str) -> str:
    word = _UNFIT.sub("-", part).strip("-")
    return (word[:1].upper() + word[1:]) or "X"


def _quoted(text: str) -> str:
    plain = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'
