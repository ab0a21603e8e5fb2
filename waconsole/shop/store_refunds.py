"""Refunds: those that count, those whose order is not here yet, and those their order refused when it came."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from waconsole.database.connection import Row, Transaction

REFUNDS_OF_ONE_MAX: Final = 10_000
KNOWN_AT_ONCE_MAX: Final = 100_000


class RefundRow(NamedTuple):
    """A refund as it is written; `order_id` and `amount_minor` None: it waits for its order."""

    reference: str
    refund_ref: str
    refunded_at: int
    amount: str
    amount_minor: int | None
    order_id: int | None
    line: int
    origin: str
    recorded_at: int
    import_run_id: int


def add_refund(tx: Transaction, row: RefundRow) -> bool:
    """Write a refund; False when the very same one is there."""
    cursor = tx.execute(
        """
        INSERT INTO refund (reference, refund_ref, refunded_at, amount, amount_minor, order_id, line, origin,
                            recorded_at, import_run_id)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
        """,
        row,
    )
    return cursor.rowcount > 0


def refunds_by_reference(tx: Transaction, references: Sequence[str]) -> dict[str, list[Row]]:
    """Every refund of some orders, waiting and refused ones too, in the order they came.

    Rows of (id, reference, refund_ref, refunded_at, amount, amount_minor, order_id, refusal, line, import_run_id).
    """
    found: dict[str, list[Row]] = {}
    for row in tx.rows(
        """
        SELECT f.id, f.reference, f.refund_ref, f.refunded_at, f.amount, f.amount_minor, f.order_id, f.refusal,
               f.line, f.import_run_id
          FROM json_each(:references) AS wanted
         CROSS JOIN refund AS f ON f.reference = wanted.value
         ORDER BY f.id
         LIMIT :limit
        """,
        {"references": json.dumps(references), "limit": KNOWN_AT_ONCE_MAX},
    ):
        found.setdefault(row["reference"], []).append(row)
    return found


def name_refund(tx: Transaction, refund_id: int, refund_ref: str) -> None:
    """Let a refund that had no name of the shop's have this one."""
    tx.execute("UPDATE refund SET refund_ref = :ref WHERE id = :id", {"ref": refund_ref, "id": refund_id})


def move_waiting(tx: Transaction, before: str, reference: str) -> int:
    """Let refunds that waited under another name of their order wait under its reference; answers how many.

    One that is known under the reference already is the same fact.
    """
    names = {"reference": reference, "before": before}
    tx.execute(
        """
        DELETE FROM refund
         WHERE reference = :before AND order_id IS NULL AND refusal = ''
           AND EXISTS (SELECT 1 FROM refund AS there
                        WHERE there.reference = :reference AND there.refund_ref = refund.refund_ref
                          AND (refund.refund_ref <> ''
                               OR there.refunded_at = refund.refunded_at AND there.amount = refund.amount))
        """,
        names,
    )
    return tx.execute(
        "UPDATE refund SET reference = :reference WHERE reference = :before AND order_id IS NULL AND refusal = ''",
        names,
    ).rowcount


def waiting_references(tx: Transaction, *, limit: int) -> list[str]:
    """References of refunds that wait though their order is here by now."""
    rows = tx.rows(
        """
        SELECT DISTINCT f.reference
          FROM refund AS f
          JOIN visible_order AS o ON o.reference = f.reference
         WHERE f.order_id IS NULL AND f.refusal = '' AND f.import_run_id NOT IN (SELECT id FROM open_run)
         LIMIT :limit
        """,
        {"limit": limit},
    )
    return [row["reference"] for row in rows]


def settle(tx: Transaction, refund_id: int, *, order_id: int, amount_minor: int) -> None:
    """A refund's order has come: it counts."""
    tx.execute(
        "UPDATE refund SET order_id = :order_id, amount_minor = :amount_minor WHERE id = :id",
        {"order_id": order_id, "amount_minor": amount_minor, "id": refund_id},
    )


def refuse(tx: Transaction, refund_id: int, refusal: str) -> None:
    """A refund's order has come, and does not allow it: it is kept, and counts nowhere."""
    tx.execute("UPDATE refund SET refusal = :refusal WHERE id = :id", {"refusal": refusal, "id": refund_id})


def remove_refund(tx: Transaction, refund_id: int) -> None:
    """Take out a refund that was another spelling of one that is there."""
    tx.execute("DELETE FROM refund WHERE id = :id", {"id": refund_id})


def remove_run(tx: Transaction, run_id: int, *, limit: int) -> int:
    """Take out up to `limit` refunds that only an unsealed run knew; answers how many."""
    return tx.execute(
        """
        DELETE FROM refund WHERE id IN (
            SELECT id FROM refund WHERE import_run_id = :run_id ORDER BY id DESC LIMIT :limit)
        """,
        {"run_id": run_id, "limit": limit},
    ).rowcount


def refunds(tx: Transaction, order_id: int) -> list[Row]:
    """(refunded_at, amount_minor, refund_ref) of an order's refunds that count."""
    return tx.rows(
        """
        SELECT refunded_at, amount_minor, refund_ref
          FROM visible_refund
         WHERE order_id = :id
         ORDER BY refunded_at, id
         LIMIT :limit
        """,
        {"id": order_id, "limit": REFUNDS_OF_ONE_MAX},
    )
