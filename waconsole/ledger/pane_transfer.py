"""One transfer in full: what moved, why, who decided, what belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import Any, Final, NamedTuple

from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound
from waconsole.kit import ages
from waconsole.kit.glyphs import glyph
from waconsole.kit.reader import Line
from waconsole.ledger import store_pane
from waconsole.ledger.store_pane import TransferRow
from waconsole.money import decimal
from waconsole.policy import store as policy
from waconsole.text import SafeText, _, safe

HEAD_CELLS: Final = 14
WORDS_MAX: Final = 2_000


class Seen(NamedTuple):
    """A transfer, the sentence of the rule that computed it, and the transfers that belong to it."""

    row: Row
    rule_says: str
    linked: list[TransferRow]


def seen(tx: Transaction, seq: int) -> Seen:
    """Everything there is to read of a transfer. Raises NotFound."""
    row = store_pane.transfer_in_full(tx, seq)
    if row is None:
        raise NotFound(f"There is no transfer {seq}.")
    says = ""
    if row["rule"]:
        value = policy.version(tx, row["rule"], row["rule_version"])
        says = str(value.get("says", "")) if isinstance(value, dict) else ""
    return Seen(row, says, store_pane.linked(tx, seq, row["journal"]))


def lines(seen: Seen, zone: tzinfo) -> Iterator[Line]:
    """The lines of its sheet."""
    row = seen.row
    currency = row["currency"]
    yield _pair(_("amount"), f"{decimal(row['amount'], currency)} {currency}", "title")
    yield _pair(_("what"), _kind(row))
    yield _pair(_("from"), f"{row['debit']}   {_after(row['debit_balance'], currency)}")
    yield _pair(_("to"), f"{row['credit']}   {_after(row['credit_balance'], currency)}")
    yield Line(SafeText(""))
    yield _pair(_("for"), row["purpose"])
    if row["source"]:
        yield _pair(_("comes from"), row["source"])
    if row["rule"]:
        yield _pair(_("rule"), f"{row['rule']} v{row['rule_version']}")
        if seen.rule_says:
            yield _pair("", seen.rule_says, "muted")
    yield _pair(_("by"), row["actor"])
    if row["approved_by"]:
        yield _pair(_("approved by"), row["approved_by"])
    if row["reason"]:
        yield _pair(_("reason"), row["reason"])
    if row["memo"]:
        yield _pair(_("words"), row["memo"])
    if row["owner"]:
        yield _pair(_("seen to by"), row["owner"])
    yield Line(SafeText(""))
    yield _pair(_("happened"), ages.exact(row["effective_at"], zone))
    yield _pair(_("recorded"), ages.exact(row["recorded_at"], zone))
    if row["expires_at"] is not None:
        yield _pair(_("expires"), ages.exact(row["expires_at"], zone))
    yield _pair(_("sealed"), _("link {seq} of the chain").format(seq=f"{row['chain_seq']:,}"))
    if seen.linked:
        yield Line(SafeText(""))
    for place, other in enumerate(seen.linked):
        amount = f"{decimal(other.amount, other.currency)} {other.currency}"
        ways = f"{other.debit} {glyph('here')} {other.credit}"
        yield _pair(_("belongs to it") if not place else "", f"{other.kind}  {amount}  {ways}  {other.ref}")


def quoted(text: str) -> str:
    """A word of the `:` line, whatever it holds: where there are double quotes in it, between single ones."""
    return f"'{text}'" if '"' in text else f'"{text}"'


def _kind(row: Row) -> str:
    if row["pending"]:
        return _("{kind} of {ref}").format(kind=row["kind"], ref=row["pending"])
    if row["reverses"]:
        return _("gives back {ref}").format(ref=row["reverses"])
    return str(row["kind"])


def _after(minor: int, currency: str) -> str:
    return _("after it {balance} {currency}").format(balance=decimal(minor, currency), currency=currency)


def _pair(head: str, text: Any, role: str = "") -> Line:
    return Line(safe(f"{head.ljust(HEAD_CELLS)}{str(text)[:WORDS_MAX]}"), role)
