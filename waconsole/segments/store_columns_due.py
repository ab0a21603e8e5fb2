"""Whether rows of facts wait to be sealed: asked often, so it loads nothing that columns need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from waconsole.database.connection import Transaction

ROWS_MIN: Final = 4_096
"""Fewer rows are read in a few milliseconds: they are left where they are."""
TABLES: Final[Mapping[str, str]] = {
    "member": "member",
    "order": '"order"',
    "line": "order_line",
    "coupon": "order_line",
    "refund": "refund",
    "click": "click",
    "cart": "cart",
    "invite": "invite",
    "push": "elsewhere_push",
    "consent": "consent",
    "heard": "elsewhere_message",
    "message": "message",
}
"""The table that the rows of each fact lie in."""


def last_id(tx: Transaction, fact: str) -> int:
    """The highest row id of a fact."""
    return int(tx.value(f"SELECT coalesce(max(id), 0) FROM {TABLES[fact]}"))


def next_id(tx: Transaction, fact: str, after: int, through: int) -> int | None:
    """The lowest row id of a fact above one id and up to another; None where there is none."""
    found: int | None = tx.value(
        f"SELECT min(id) FROM {TABLES[fact]} WHERE id > :after AND id <= :through",
        {"after": after, "through": through},
    )
    return found


def is_due(tx: Transaction) -> bool:
    """Whether so many rows came since the last sealing that another is worth it; not while an import is open."""
    if tx.value("SELECT 1 FROM open_run LIMIT 1"):
        return False
    sealed = {
        row["fact"]: row["through_id"]
        for row in tx.rows("SELECT fact, through_id FROM column_mark LIMIT 1000")
    }
    return any(last_id(tx, fact) - sealed.get(fact, 0) >= ROWS_MIN for fact in TABLES)
