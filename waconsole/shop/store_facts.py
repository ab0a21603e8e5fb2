"""Products, clicks, carts and costs: rows that stand for themselves. The same row again is the same fact."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.members import store_repeats

KNOWN_AT_ONCE_MAX: Final = 10_000

ProductRow = tuple[str, str, str, str, int | None, int, int]
"""product, name, category, currency, price_minor, recorded_at, import_run_id"""
ClickRow = tuple[int, int, str, str, str, int, int]
"""As `CLICK_COLUMNS`."""
CartRow = tuple[int, int, str, int, int]
"""As `CART_COLUMNS`."""
CostRow = tuple[int, str, str, str, int, int, int]
"""spent_at, group_name, kind, currency, amount_minor, recorded_at, import_run_id"""

CLICK_COLUMNS: Final = (
    "member_id",
    "clicked_at",
    "category",
    "product",
    "url",
    "recorded_at",
    "import_run_id",
)
CLICK_SAME: Final = ("clicked_at", "product", "category", "url")
CART_COLUMNS: Final = ("member_id", "changed_at", "state", "recorded_at", "import_run_id")
CART_SAME: Final = ("changed_at", "state")
_CLICK_NAMES: Final = ", ".join(CLICK_COLUMNS)
_CART_NAMES: Final = ", ".join(CART_COLUMNS)

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
    rows_given = store_repeats.not_told_before(tx, "click", CLICK_COLUMNS, CLICK_SAME)
    return tx.executemany(
        f"""
        INSERT INTO click ({_CLICK_NAMES})
        {rows_given}
            ON CONFLICT DO NOTHING
        """,
        rows,
    ).rowcount


def add_carts(tx: Transaction, rows: Sequence[CartRow]) -> int:
    """Write what became of carts; answers how many were not there."""
    rows_given = store_repeats.not_told_before(tx, "cart", CART_COLUMNS, CART_SAME)
    return tx.executemany(
        f"""
        INSERT INTO cart ({_CART_NAMES})
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
    again = store_repeats.told_again("click", CLICK_SAME)
    tx.execute(
        f"DELETE FROM click WHERE id IN ({again})",
        {"member_id": member_id},
    )


def forget_repeated_carts(tx: Transaction, member_id: int) -> None:
    """The same for carts."""
    again = store_repeats.told_again("cart", CART_SAME)
    tx.execute(
        f"DELETE FROM cart WHERE id IN ({again})",
        {"member_id": member_id},
    )
