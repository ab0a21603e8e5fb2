"""Products, clicks, carts and costs: rows that stand for themselves. The same row again is the same fact."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.members import store_merge

KNOWN_AT_ONCE_MAX: Final = 10_000

ProductRow = tuple[str, str, str, str, int | None, int, int]
"""product, name, category, currency, price_minor, recorded_at, import_run_id"""
ClickRow = tuple[int, int, str, str, str, int, int]
"""member_id, clicked_at, category, product, url, recorded_at, import_run_id"""
CartRow = tuple[int, int, str, int, int]
"""member_id, changed_at, state, recorded_at, import_run_id"""
CostRow = tuple[int, str, str, str, int, int, int]
"""spent_at, group_name, kind, currency, amount_minor, recorded_at, import_run_id"""

# A run's rows are the youngest: they are found from the end.
_REMOVALS: Final = (
    """
    DELETE FROM product WHERE id IN (
        SELECT id FROM product WHERE import_run_id = :run_id ORDER BY id DESC LIMIT :limit)
    """,
    """
    DELETE FROM click WHERE id IN (
        SELECT id FROM click WHERE import_run_id = :run_id ORDER BY id DESC LIMIT :limit)
    """,
    """
    DELETE FROM cart WHERE id IN (
        SELECT id FROM cart WHERE import_run_id = :run_id ORDER BY id DESC LIMIT :limit)
    """,
    """
    DELETE FROM cost WHERE id IN (
        SELECT id FROM cost WHERE import_run_id = :run_id ORDER BY id DESC LIMIT :limit)
    """,
)


def add_products(tx: Transaction, rows: Sequence[ProductRow]) -> int:
    """Write products; a known one is left as it is. Answers how many were written."""
    return tx.executemany(
        """
        INSERT INTO product (product, name, category, currency, price_minor, recorded_at, import_run_id)
        VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
        """,
        rows,
    ).rowcount


def products_known(tx: Transaction, products: Sequence[str]) -> dict[str, Row]:
    """(product, name, category, currency, price_minor) of the known ones among `products`."""
    rows = tx.rows(
        """
        SELECT p.product, p.name, p.category, p.currency, p.price_minor
          FROM json_each(:products) AS wanted
         CROSS JOIN product AS p ON p.product = wanted.value
         LIMIT :limit
        """,
        {"products": json.dumps(products), "limit": KNOWN_AT_ONCE_MAX},
    )
    return {row["product"]: row for row in rows}


def add_clicks(tx: Transaction, rows: Sequence[ClickRow]) -> int:
    """Write clicks; answers how many were not there."""
    rows_given = "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    if store_merge.has_merges(tx):
        rows_given = """
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (
               SELECT 1
                 FROM member_root AS me
                 JOIN member_root AS o ON o.root_id = me.root_id AND o.id <> me.id
                 JOIN click AS first ON first.member_id = o.id AND first.clicked_at = ?2 AND first.product = ?4 AND first.category = ?3 AND first.url = ?5
                WHERE me.id = ?1)"""
    return tx.executemany(
        f"""
        INSERT INTO click (member_id, clicked_at, category, product, url, recorded_at, import_run_id)
        {rows_given}
            ON CONFLICT DO NOTHING
        """,
        rows,
    ).rowcount


def add_carts(tx: Transaction, rows: Sequence[CartRow]) -> int:
    """Write what became of carts; answers how many were not there."""
    rows_given = "VALUES (?1, ?2, ?3, ?4, ?5)"
    if store_merge.has_merges(tx):
        rows_given = """
            SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (
               SELECT 1
                 FROM member_root AS me
                 JOIN member_root AS o ON o.root_id = me.root_id AND o.id <> me.id
                 JOIN cart AS first ON first.member_id = o.id AND first.changed_at = ?2 AND first.state = ?3
                WHERE me.id = ?1)"""
    return tx.executemany(
        f"""
        INSERT INTO cart (member_id, changed_at, state, recorded_at, import_run_id)
        {rows_given}
            ON CONFLICT DO NOTHING
        """,
        rows,
    ).rowcount


def add_costs(tx: Transaction, rows: Sequence[CostRow]) -> int:
    """Write costs; answers how many were not there."""
    return tx.executemany(
        """
        INSERT INTO cost (spent_at, group_name, kind, currency, amount_minor, recorded_at, import_run_id)
        VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
        """,
        rows,
    ).rowcount


def remove_run(tx: Transaction, run_id: int, *, limit: int) -> int:
    """Take out up to `limit` rows of each kind that only an unsealed run knew; answers how many."""
    return sum(tx.execute(sql, {"run_id": run_id, "limit": limit}).rowcount for sql in _REMOVALS)


def forget_repeated_clicks(tx: Transaction, member_id: int) -> None:
    """Of clicks told under several numbers of one person, keep the first: as if the numbers had been known before."""
    tx.execute(
        """
        DELETE FROM click WHERE id IN (
            SELECT one.id
              FROM member_root AS me
              JOIN member_root AS r ON r.root_id = me.root_id
              JOIN click AS one ON one.member_id = r.id
             WHERE me.id = :member_id AND EXISTS (
                   SELECT 1
                     FROM member_root AS o
                     JOIN click AS first ON first.member_id = o.id
                    WHERE o.root_id = r.root_id AND first.id < one.id AND first.clicked_at = one.clicked_at AND first.product = one.product AND first.category = one.category AND first.url = one.url
                      AND first.import_run_id NOT IN (SELECT id FROM open_run)))
        """,
        {"member_id": member_id},
    )


def forget_repeated_carts(tx: Transaction, member_id: int) -> None:
    """The same for carts."""
    tx.execute(
        """
        DELETE FROM cart WHERE id IN (
            SELECT one.id
              FROM member_root AS me
              JOIN member_root AS r ON r.root_id = me.root_id
              JOIN cart AS one ON one.member_id = r.id
             WHERE me.id = :member_id AND EXISTS (
                   SELECT 1
                     FROM member_root AS o
                     JOIN cart AS first ON first.member_id = o.id
                    WHERE o.root_id = r.root_id AND first.id < one.id AND first.changed_at = one.changed_at AND first.state = one.state
                      AND first.import_run_id NOT IN (SELECT id FROM open_run)))
        """,
        {"member_id": member_id},
    )
