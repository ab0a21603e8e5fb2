"""What a statement reads: every line of one person, under all the rows that are them."""

from __future__ import annotations

from typing import Final

from waconsole.cashback.statement import StatedLine
from waconsole.database.connection import Transaction

LINES_MAX: Final = 100_000
CURRENCIES_MAX: Final = 1_000


def lines_of(tx: Transaction, root_id: int, period: str | None) -> list[StatedLine]:
    """The lines of a person that were not rejected, in the order in which they were earned."""
    rows = tx.rows(
        """
        SELECT l.ref, c.name, l.rule_version, l.period, o.reference, l.ordered_at, s.state, s.held, s.solo, l.currency,
               l.amount_minor - s.rejected_minor, s.reversed_minor, s.paid_minor,
               (SELECT coalesce(sum(b.netted_minor), 0) FROM batch_line AS b WHERE b.line_id = l.id)
          FROM cashback_line AS l
          JOIN line_state AS s ON s.id = l.id
          JOIN member_root AS r ON r.id = l.payee_id
          JOIN scheme AS c ON c.id = l.scheme_id
          LEFT JOIN "order" AS o ON o.id = l.order_id
         WHERE r.root_id = :root AND s.state <> 'rejected' AND (:period IS NULL OR l.period = :period)
         ORDER BY l.ordered_at, l.ref
         LIMIT :limit
        """,
        {"root": root_id, "period": period, "limit": LINES_MAX},
    )
    return [
        StatedLine._make((*tuple(row)[:7], bool(row["held"]), bool(row["solo"]), *tuple(row)[9:]))
        for row in rows
    ]


def clawback_of(tx: Transaction, root_id: int) -> list[tuple[str, int]]:
    """(currency, minor units) that stand on the clawback accounts of one person; below zero: they give it back."""
    rows = tx.rows(
        """
        SELECT a.currency, sum(a.balance) AS minor
          FROM member_root AS r
          JOIN member AS m ON m.id = r.id
          JOIN account_balance AS a ON a.name = 'member:' || m.ref || ':clawback'
         WHERE r.root_id = ?
         GROUP BY a.currency
        HAVING minor <> 0
         ORDER BY a.currency
         LIMIT ?
        """,
        (root_id, CURRENCIES_MAX),
    )
    return [(row[0], row[1]) for row in rows]
