"""What a replay reads: the orders of a period in their turn, and what its lines are."""

from __future__ import annotations

from collections.abc import Iterator

from waconsole.database.connection import Transaction


def order_ids_between(tx: Transaction, begins: int, ends: int) -> Iterator[int]:
    """Visible orders from an instant until another, in the order in which they earned (`store_earning.in_turn`)."""
    cursor = tx.execute(
        """
        SELECT o.id
          FROM "order" AS o
          LEFT JOIN import_run AS i ON i.id = o.import_run_id
         WHERE o.ordered_at >= :begins AND o.ordered_at < :ends
           AND o.import_run_id NOT IN (SELECT id FROM open_run)
         ORDER BY coalesce(i.sealed_at, o.recorded_at), o.import_run_id, o.ordered_at, o.reference
        """,
        {"begins": begins, "ends": ends},
    )
    cursor.row_factory = None
    return (row[0] for row in cursor)


def line_of_order(tx: Transaction, order_id: int, scheme_id: int) -> int | None:
    """What an order earned under a scheme, in minor units, or None."""
    found = tx.value(
        "SELECT amount_minor FROM cashback_line WHERE order_id = :order_id AND scheme_id = :scheme_id",
        {"order_id": order_id, "scheme_id": scheme_id},
    )
    return None if found is None else int(found)


def credit_of_month(tx: Transaction, ref: str) -> tuple[int, str] | None:
    """(minor units, currency) of the line of a month's credit, or None."""
    row = tx.one("SELECT amount_minor, currency FROM cashback_line WHERE ref = :ref", {"ref": ref})
    return None if row is None else (row[0], row[1])
