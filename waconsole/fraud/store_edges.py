"""The graph as columns, straight out of the engine: what a sweep of everything reads. Reads only.

A million rows as Python tuples take seconds. The engine joins each column into one text and numpy reads it, which is
ten times as fast. Persons are put in for member rows here and not by a view: a look-up a row is what costs.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.fraud.edges import Column, Edges

ORDERS_MAX: Final = 1_000_000  # sent back in full, of everybody
MERGES_MAX: Final = 1_000_000

# Filled in where an import is open: its rows are seen by nobody.
_SEALED: Final = "{table}.import_run_id NOT IN (SELECT id FROM open_run)"


def edges(tx: Transaction, *, now: int) -> Edges:
    """Every attempt up to `now`, between the rows that stand for the persons, in the order of their ids."""
    known = [row[0] for row in tx.rows("SELECT id FROM known_programme ORDER BY id LIMIT 2")]
    programmes = "group_concat(programme_id)" if len(known) > 1 else "NULL"
    ids, who, whom, at, under = _columns(
        tx,
        f"""
        SELECT group_concat(id), group_concat(referrer_id), group_concat(invitee_id),
               group_concat(invited_at / {SECOND}), {programmes}
          FROM invite
         WHERE invited_at <= :now AND {_seen(tx, "invite")}
        """,
        {"now": now},
    )
    if len(known) == 1:  # one programme needs no column
        under = np.full(len(ids), known[0], np.int64)
    moved = roots(tx)
    return Edges(ids, _moved(who, moved), _moved(whom, moved), at, under)


def roots(tx: Transaction) -> tuple[Column, Column]:
    """The member rows that were merged, and the row that stands for each; sorted."""
    rows = tx.rows(
        """
        SELECT m.member_id, r.root_id
          FROM merge AS m
          JOIN member_root AS r ON r.id = m.member_id
         WHERE m.parted_at IS NULL
         ORDER BY m.member_id
         LIMIT :limit
        """,
        {"limit": MERGES_MAX},
    )
    pairs = np.array([tuple(row) for row in rows], np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def first_orders(tx: Transaction, count: int, *, now: int) -> tuple[Column, Column]:
    """For each of the people 0 … `count` - 1: when they first ordered (0: never), and how often up to `now`."""
    members, first, often = _columns(
        tx,
        f"""
        SELECT group_concat(member_id), group_concat(first_at / {SECOND}), group_concat(orders)
          FROM (SELECT member_id, min(ordered_at) AS first_at, count(*) AS orders
                  FROM "order"
                 WHERE ordered_at <= :now AND {_seen(tx, '"order"')}
                 GROUP BY member_id) AS each
        """,
        {"now": now},
    )
    members = _moved(members, roots(tx))
    is_ours = members < count
    members, first, often = members[is_ours], first[is_ours], often[is_ours]
    orders = np.bincount(members, weights=often, minlength=count).astype(np.int64)
    began = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(began, members, first)
    began[orders == 0] = 0
    return began, orders


def sent_back(tx: Transaction, *, now: int) -> list[tuple[int, int, int, str, int]]:
    """Every order that was refunded in full up to `now`: (id, person, total in minor units, currency, second)."""
    rows = tx.rows(
        """
        SELECT f.order_id, f.member_id, o.total_minor, f.currency, f.ordered_at
          FROM visible_refund AS f
          JOIN "order" AS o ON o.id = f.order_id
         WHERE f.refunded_at <= :now AND f.ordered_at <= :now AND o.total_minor > 0
         GROUP BY f.order_id
        HAVING sum(f.amount_minor) >= o.total_minor
         ORDER BY f.order_id
         LIMIT :limit
        """,
        {"now": now, "limit": ORDERS_MAX},
    )
    return [(row[0], row[1], row[2], row[3], row[4] // SECOND) for row in rows]


def _seen(tx: Transaction, table: str) -> str:
    """The condition that leaves out what an open import wrote; nothing to ask where none is open."""
    return _SEALED.format(table=table) if tx.value("SELECT EXISTS (SELECT 1 FROM open_run)") else "1"


def _columns(tx: Transaction, sql: str, values: dict[str, object]) -> list[Column]:
    row = tx.one(sql, values)
    assert row is not None
    return [
        np.empty(0, np.int64) if text is None else np.fromstring(str(text), dtype=np.int64, sep=",")
        for text in row
    ]


def _moved(members: Column, moved: tuple[Column, Column]) -> Column:
    """`members` with the row that stands for each."""
    before, after = moved
    if not len(before) or not len(members):
        return members
    to = np.arange(max(int(members.max()), int(before.max())) + 1)
    to[before] = after
    return to[members]
