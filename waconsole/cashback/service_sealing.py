"""What cashback has sealed, for `verify`: each row as it stands, and each amount computed again from what its rule saw."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import Any

from waconsole.cashback import model, store_verify
from waconsole.cashback.earning import Terms, cap_minor, cut, full_minor, matures_at, reversed_minor, terms_of
from waconsole.cashback.lines import LINE, REVERSAL, LineRow, sealed
from waconsole.chain.seal import Unsound
from waconsole.chain.service_verify import Sealed, SealedRow
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.policy import store as policy

TERMS_KEPT_MAX = 1_000


def sealed_rows() -> Sealed:
    """The sealed rows of this half of the room, by kind."""
    return {
        **{(model.ROOM, kind): partial(_rows, kind=kind) for kind in store_verify.KINDS},
        (model.ROOM, LINE): _lines,
        (model.ROOM, REVERSAL): _reversals,
    }


def _rows(tx: Transaction, after: int, *, kind: str) -> Iterator[SealedRow]:
    for link, row in store_verify.rows_after(tx, kind, after):
        yield SealedRow(link, row.id, sealed(row))


def _lines(tx: Transaction, after: int) -> Iterator[SealedRow]:
    @lru_cache(TERMS_KEPT_MAX)
    def terms(rule: str, version: int) -> Terms:
        return terms_of(policy.version(tx, rule, version))

    for link, total, currency, ordered_at, held, row in store_verify.lines_after(tx, after):
        yield SealedRow(link, row.id, sealed(row))
        if row.order_id is not None and (total, currency, ordered_at) != (
            row.basis_minor, row.currency, row.ordered_at,
        ):  # fmt: skip
            raise Unsound("cashback_line", row.id, f"Line {row.ref} says another amount than its order.")
        if held != (f"{row.amount_minor} {row.currency}" if row.amount_minor else None):
            raise Unsound("cashback_line", row.id, f"The books never held the amount of line {row.ref}.")
        try:
            is_right = _is_right(row, terms(row.rule, row.rule_version), json.loads(row.inputs))
        except (KeyError, TypeError, ValueError, NotFound, Refused):
            is_right = False
        if not is_right:
            raise Unsound(
                "cashback_line",
                row.id,
                f"Line {row.ref} is not what {row.rule} v{row.rule_version} makes of it.",
            )


def _is_right(row: LineRow, terms: Terms, inputs: Mapping[str, Any]) -> bool:
    """Whether a line is what its terms make of what the rule saw."""
    if row.matures_at != matures_at(terms, row.ordered_at):
        return False
    if terms.credit is not None:
        return (row.amount_minor, row.full_minor, row.currency) == (
            terms.credit.minor, terms.credit.minor, terms.credit.currency,
        )  # fmt: skip
    assert terms.rate is not None
    cap = cap_minor(terms, row.currency)
    return (
        row.full_minor == full_minor(terms.rate, row.basis_minor)
        and cap == inputs["cap_minor"]
        and row.amount_minor == cut(row.full_minor, cap, inputs["cap_used_minor"])
    )


def _reversals(tx: Transaction, after: int) -> Iterator[SealedRow]:
    for link, amount, total, before, row in store_verify.reversals_after(tx, after):
        yield SealedRow(link, row.id, sealed(row))
        wanted = reversed_minor(amount, total, row.refunded_minor)
        if row.total_minor != wanted or row.amount_minor != wanted - before:
            raise Unsound(
                "line_reversal", row.id, f"Reversal {row.id} is not what its refunds make of the line."
            )
