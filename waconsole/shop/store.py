"""Orders and their lines: written in bulk, found by reference, listed newest first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from waconsole.database.connection import Row, Transaction

LINES_OF_ONE_MAX: Final = 10_000
KNOWN_AT_ONCE_MAX: Final = 10_000


class OrderRow(NamedTuple):
    """An order as it is written: `id` from `next_order_id` on, time in microseconds UTC, total in minor units."""

    id: int
    reference: str
    member_id: int
    ordered_at: int
    currency: str
    total_minor: int
    origin: str
    recorded_at: int
    import_run_id: int


class LineRow(NamedTuple):
    """A line item as it is written; quantity 0: no item, unit price None: not said."""

    order_id: int
    category: str
    product: str
    coupon: str
    quantity: int
    unit_price_minor: int | None
    import_run_id: int


def next_order_id(tx: Transaction) -> int:
    """The id the next order gets."""
    return int(tx.value('SELECT coalesce(max(id), 0) + 1 FROM "order"'))


def add_orders(tx: Transaction, rows: Sequence[OrderRow]) -> int:
    """Write orders; one whose reference is known is left out. Answers how many were written."""
    return tx.executemany(
        """
        INSERT INTO "order" (id, reference, member_id, ordered_at, currency, total_minor, origin, recorded_at,
                             import_run_id)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (reference) DO NOTHING
        """,
        rows,
    ).rowcount


def add_lines(tx: Transaction, rows: Sequence[LineRow]) -> int:
    """Write line items; one that is there already is the same fact. Answers how many were written."""
    return tx.executemany(
        """
        INSERT INTO order_line (order_id, category, product, coupon, quantity, unit_price_minor, import_run_id)
        VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
        """,
        rows,
    ).rowcount


def orders_by_reference(tx: Transaction, references: Sequence[str]) -> dict[str, Row]:
    """Known orders by reference, of unsealed runs too.

    Rows of (id, reference, root_id, ordered_at, currency, total_minor, import_run_id, is_open).
    """
    rows = tx.rows(
        """
        SELECT o.id, o.reference, r.root_id, o.ordered_at, o.currency, o.total_minor, o.import_run_id,
               o.import_run_id IN (SELECT id FROM open_run) AS is_open
          FROM json_each(:references) AS wanted
         CROSS JOIN "order" AS o ON o.reference = wanted.value
         CROSS JOIN member_root AS r ON r.id = o.member_id
         LIMIT :limit
        """,
        {"references": json.dumps(references), "limit": KNOWN_AT_ONCE_MAX},
    )
    return {row["reference"]: row for row in rows}


def lines_of(tx: Transaction, order_ids: Sequence[int]) -> list[Row]:
    """(order_id, category, product, coupon, quantity, unit_price_minor, import_run_id) of some orders' lines."""
    return tx.rows(
        """
        SELECT l.order_id, l.category, l.product, l.coupon, l.quantity, l.unit_price_minor, l.import_run_id
          FROM json_each(:ids) AS wanted
         CROSS JOIN order_line AS l ON l.order_id = wanted.value
         LIMIT :limit
        """,
        {"ids": json.dumps(order_ids), "limit": KNOWN_AT_ONCE_MAX * 100},
    )


def show_order(tx: Transaction, order_id: int) -> None:
    """An order that was told outside an import run no longer waits for that run, nor do its lines."""
    tx.execute('UPDATE "order" SET import_run_id = 0 WHERE id = :id', {"id": order_id})
    tx.execute("UPDATE order_line SET import_run_id = 0 WHERE order_id = :id", {"id": order_id})


def remove_run(tx: Transaction, run_id: int, *, limit: int) -> int:
    """Take out up to `limit` lines and orders that only an unsealed run knew; answers how many."""
    some = {"run_id": run_id, "limit": limit}
    lines = tx.execute(
        """
        DELETE FROM order_line WHERE id IN (
            SELECT id FROM order_line WHERE import_run_id = :run_id ORDER BY id DESC LIMIT :limit)
        """,
        some,
    ).rowcount
    if lines:
        return lines
    return tx.execute(
        """
        DELETE FROM "order" WHERE id IN (
            SELECT id FROM "order" WHERE import_run_id = :run_id ORDER BY id DESC LIMIT :limit)
        """,
        some,
    ).rowcount


def orders(tx: Transaction, member_id: int | None, *, limit: int | None) -> list[Row]:
    """Orders, newest first, of everybody or of one person; `limit` None: every one.

    Rows of (reference, member, phone, ordered_at, currency, total_minor, refunded_minor).
    """
    where = "" if member_id is None else "WHERE o.member_id = :member_id"
    return tx.rows(
        f"""
        SELECT o.id, o.reference, m.ref AS member, p.phone, o.ordered_at, o.currency, o.total_minor,
               (SELECT coalesce(sum(f.amount_minor), 0) FROM visible_refund AS f WHERE f.order_id = o.id)
                   AS refunded_minor
          FROM visible_order AS o
          JOIN member AS m ON m.id = o.member_id
          LEFT JOIN member_phone AS p ON p.member_id = o.member_id
         {where}
         ORDER BY o.ordered_at DESC, o.id DESC
         LIMIT :limit
        """,
        {"member_id": member_id, "limit": -1 if limit is None else limit},
    )


def count_orders(tx: Transaction, member_id: int | None) -> int:
    """How many orders there are, of everybody or of one person."""
    where = "" if member_id is None else "WHERE member_id = :member_id"
    return int(tx.value(f"SELECT count(*) FROM visible_order {where}", {"member_id": member_id}))


def order_named(tx: Transaction, reference: str) -> Row | None:
    """One order by reference, as in `orders`."""
    return tx.one(
        """
        SELECT o.id, o.reference, m.ref AS member, p.phone, o.ordered_at, o.currency, o.total_minor,
               (SELECT coalesce(sum(f.amount_minor), 0) FROM visible_refund AS f WHERE f.order_id = o.id)
                   AS refunded_minor
          FROM visible_order AS o
          JOIN member AS m ON m.id = o.member_id
          LEFT JOIN member_phone AS p ON p.member_id = o.member_id
         WHERE o.reference = :reference
        """,
        {"reference": reference},
    )


def lines(tx: Transaction, order_id: int) -> list[Row]:
    """(category, product, coupon, quantity, unit_price_minor) of an order's items, as they came."""
    return tx.rows(
        """
        SELECT category, product, coupon, quantity, unit_price_minor
          FROM visible_order_line
         WHERE order_id = :id
         ORDER BY id
         LIMIT :limit
        """,
        {"id": order_id, "limit": LINES_OF_ONE_MAX},
    )
