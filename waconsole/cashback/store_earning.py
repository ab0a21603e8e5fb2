"""What catching up looks at: orders by whose they are, who was in which group then, how far it came."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from waconsole.cashback.roster import Order
from waconsole.database.connection import Row, Transaction

STAYS_MAX: Final = 1_000_000
FOREVER: Final = 9_223_372_036_854_775_807


def last_order_id(tx: Transaction) -> int:
    """The id of the newest order, of unsealed runs too."""
    return int(tx.value('SELECT coalesce(max(id), 0) FROM "order"'))


def first_unseen_order(tx: Transaction, after: int, *, now: int) -> int | None:
    """The first order above an id that is not to be seen yet: of an unsealed run, or of a time to come."""
    found = tx.value(
        """
        SELECT id FROM "order"
         WHERE id > :after AND (ordered_at > :now OR import_run_id IN (SELECT id FROM open_run))
         ORDER BY id LIMIT 1
        """,
        {"after": after, "now": now},
    )
    return None if found is None else int(found)


_UNEARNED: Final = """
    AND NOT EXISTS (SELECT 1 FROM cashback_line AS l WHERE l.order_id = o.id AND l.scheme_id = :scheme_id)
"""


def own_orders(tx: Transaction, said: Mapping[str, object]) -> Iterable[int]:
    """Ids of a person's orders that earned nothing under a scheme.

    `said`: root_id, scheme_id, begins_at, ends_at (before it), after (an order's id).
    """
    return _ids(
        tx,
        f"""
        SELECT o.id
          FROM member_root AS r
         CROSS JOIN "order" AS o ON o.member_id = r.id
         WHERE r.root_id = :root_id AND o.ordered_at >= :begins_at AND o.ordered_at < :ends_at AND o.id > :after
           {_UNEARNED}
        """,
        said,
    )


def group_orders(tx: Transaction, said: Mapping[str, object]) -> Iterable[int]:
    """As `own_orders`, of everybody who was in the group `group_id` then."""
    return _ids(
        tx,
        f"""
        SELECT o.id
          FROM membership AS m
         CROSS JOIN member_root AS i ON i.id = m.member_id
         CROSS JOIN member_root AS r ON r.root_id = i.root_id
         CROSS JOIN "order" AS o ON o.member_id = r.id
         WHERE m.group_id = :group_id
           AND o.ordered_at >= max(:begins_at, m.joined_at) AND o.ordered_at < min(:ends_at, coalesce(m.left_at, :ends_at))
           AND o.id > :after
           {_UNEARNED}
        """,
        said,
    )


def referred_orders(tx: Transaction, said: Mapping[str, object]) -> Iterable[int]:
    """As `own_orders`, of everybody who was ever said to be referred by the person `root_id`."""
    return _ids(
        tx,
        f"""
        SELECT o.id
          FROM member_root AS f
         CROSS JOIN attribution AS t ON t.referrer_id = f.id
         CROSS JOIN member_root AS i ON i.id = t.buyer_id
         CROSS JOIN member_root AS r ON r.root_id = i.root_id
         CROSS JOIN "order" AS o ON o.member_id = r.id
         WHERE f.root_id = :root_id AND o.ordered_at >= :begins_at AND o.ordered_at < :ends_at AND o.id > :after
           {_UNEARNED}
        """,
        said,
    )


def _ids(tx: Transaction, sql: str, said: Mapping[str, object]) -> Iterable[int]:
    cursor = tx.execute(sql, said)
    cursor.row_factory = None
    return (row[0] for row in cursor)


def orders_after(tx: Transaction, after: int, *, limit: int) -> array[int]:
    """Ids of the orders above one, at most `limit` of them."""
    return array(
        "q",
        _ids(
            tx,
            'SELECT id FROM "order" WHERE id > :after ORDER BY id LIMIT :limit',
            {"after": after, "limit": limit},
        ),
    )


def in_turn(tx: Transaction, order_ids: Iterable[int], *, now: int) -> array[int]:
    """Visible orders up to `now` in the order in which they earn: import after import, within one by time, then reference."""
    return array(
        "q",
        _ids(
            tx,
            """
            SELECT o.id
              FROM json_each(:ids) AS wanted
             CROSS JOIN "order" AS o ON o.id = wanted.value
              LEFT JOIN import_run AS i ON i.id = o.import_run_id
             WHERE o.import_run_id NOT IN (SELECT id FROM open_run) AND o.ordered_at <= :now
             ORDER BY coalesce(i.sealed_at, o.recorded_at), o.import_run_id, o.ordered_at, o.reference
            """,
            {"ids": json.dumps(list(order_ids)), "now": now},
        ),
    )


def orders(tx: Transaction, order_ids: Sequence[int]) -> list[Order]:
    """Visible orders, as asked for."""
    rows = tx.rows(
        """
        SELECT o.id, o.reference, r.root_id, m.ref, o.ordered_at, o.currency, o.total_minor
          FROM json_each(:ids) AS wanted
         CROSS JOIN "order" AS o ON o.id = wanted.value
         CROSS JOIN member_root AS r ON r.id = o.member_id
         CROSS JOIN member AS m ON m.id = r.root_id
         WHERE o.import_run_id NOT IN (SELECT id FROM open_run)
         LIMIT :limit
        """,
        {"ids": json.dumps(list(order_ids)), "limit": len(order_ids)},
    )
    place = {order_id: number for number, order_id in enumerate(order_ids)}
    return sorted((Order(*row) for row in rows), key=lambda one: place[one.id])


def earned(tx: Transaction, order_ids: Sequence[int]) -> set[tuple[int, int]]:
    """(order, scheme) of what some orders earned already."""
    rows = tx.rows(
        """
        SELECT l.order_id, l.scheme_id
          FROM json_each(:ids) AS wanted
         CROSS JOIN cashback_line AS l ON l.order_id = wanted.value
         LIMIT :limit
        """,
        {"ids": json.dumps(list(order_ids)), "limit": STAYS_MAX},
    )
    return {(row[0], row[1]) for row in rows}


def stays(tx: Transaction, root_ids: Iterable[int]) -> list[Row]:
    """(root_id, group_id, joined_at, left_at, id) of some people's stays in groups, the first joined first."""
    return tx.rows(
        """
        SELECT r.root_id, m.group_id, m.joined_at, coalesce(m.left_at, :forever) AS left_at, m.id
          FROM json_each(:ids) AS wanted
         CROSS JOIN member_root AS r ON r.root_id = wanted.value
         CROSS JOIN membership AS m ON m.member_id = r.id
         ORDER BY m.joined_at, m.id
         LIMIT :limit
        """,
        {"ids": json.dumps(list(root_ids)), "forever": FOREVER, "limit": STAYS_MAX},
    )


def earned_in_month(tx: Transaction, ambassador_ids: Iterable[int], period: str, currency: str) -> int:
    """What an ambassador earned in a calendar month, whatever became of it: reversals do not open a cap again."""
    return sum(
        int(
            tx.value(
                """
                SELECT coalesce(sum(amount_minor), 0)
                  FROM cashback_line
                 WHERE ambassador_id = ? AND period = ? AND currency = ?
                """,
                (ambassador_id, period, currency),
            )
        )
        for ambassador_id in ambassador_ids
    )


def credited_months(tx: Transaction, scheme_id: int, member_ids: Iterable[int]) -> set[str]:
    """The months for which a person had their credit under a scheme."""
    found: set[str] = set()
    for member_id in member_ids:
        rows = tx.rows(
            """
            SELECT period FROM cashback_line
             WHERE scheme_id = ? AND payee_id = ? AND order_id IS NULL
             LIMIT ?
            """,
            (scheme_id, member_id, STAYS_MAX),
        )
        found |= {row[0] for row in rows}
    return found


def first_unseen_refund(tx: Transaction, after: int) -> int | None:
    """The first refund above an id that belongs to an unsealed run."""
    found = tx.value(
        """
        SELECT id FROM refund
         WHERE id > :after AND import_run_id IN (SELECT id FROM open_run)
         ORDER BY id LIMIT 1
        """,
        {"after": after},
    )
    return None if found is None else int(found)


def lines_to_reverse(tx: Transaction, after: int) -> array[int]:
    """Ids of lines whose order was refunded, by a refund above an id that took nothing back of them yet."""
    return array(
        "q",
        _ids(
            tx,
            """
            SELECT DISTINCT l.id
              FROM refund AS f
             CROSS JOIN cashback_line AS l ON l.order_id = f.order_id
             WHERE f.id > :after AND f.refusal = ''
               AND f.import_run_id NOT IN (SELECT id FROM open_run)
               AND NOT EXISTS (SELECT 1 FROM line_reversal AS v WHERE v.line_id = l.id AND v.refund_id = f.id)
             ORDER BY l.id
            """,
            {"after": after},
        ),
    )
