"""What verification reads of cashback: rows as they stand, streamed in the order in which they were sealed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from waconsole.cashback.lines import (
    AMBASSADOR,
    ATTRIBUTION,
    DISPUTE,
    ENDING,
    SCHEME,
    AmbassadorRow,
    AttributionRow,
    DisputeRow,
    EndingRow,
    LineRow,
    ReversalRow,
    SchemeRow,
)
from waconsole.database.connection import Transaction

Row = SchemeRow | AmbassadorRow | EndingRow | AttributionRow | DisputeRow
KINDS: Final[Mapping[str, tuple[type[Row], str]]] = {
    SCHEME: (SchemeRow, "scheme"),
    AMBASSADOR: (AmbassadorRow, "ambassador"),
    ENDING: (EndingRow, "ambassador_ending"),
    ATTRIBUTION: (AttributionRow, "attribution"),
    DISPUTE: (DisputeRow, "dispute"),
}


def rows_after(tx: Transaction, kind: str, link_seq: int) -> Iterator[tuple[int, Row]]:
    """(link, row) of every scheme, ambassador, ending, attribution or dispute sealed after a link."""
    row, table = KINDS[kind]
    cursor = tx.execute(
        f"SELECT chain_seq, {', '.join(row._fields)} FROM {table} WHERE chain_seq > ? ORDER BY id",
        (link_seq,),
    )
    cursor.row_factory = None
    return ((link, row(*said)) for link, *said in cursor)


def lines_after(
    tx: Transaction, link_seq: int
) -> Iterator[tuple[int, int | None, str | None, int | None, str | None, LineRow]]:
    """(link, the order's total, its currency, its time, the books' word, line) of every line sealed after a link.

    The books' word is `amount currency` of the transfer that held the line when it was earned.
    """
    cursor = tx.execute(
        f"""
        SELECT l.chain_seq, o.total_minor, o.currency, o.ordered_at, t.amount || ' ' || t.currency,
               {", ".join(f"l.{name}" for name in LineRow._fields)}
          FROM cashback_line AS l
          LEFT JOIN "order" AS o ON o.id = l.order_id
          LEFT JOIN transfer AS t ON t.ref = 'cashback:' || l.ref || ':accrual:1' AND t.kind = 'pending'
         WHERE l.chain_seq > ?
         ORDER BY l.chain_seq
        """,
        (link_seq,),
    )
    cursor.row_factory = None
    return ((*row[:5], LineRow(*row[5:])) for row in cursor)


def reversals_after(tx: Transaction, link_seq: int) -> Iterator[tuple[int, int, int, int, ReversalRow]]:
    """(link, the line's amount, the order's total, what was reversed before, reversal) of every one sealed after a link."""
    cursor = tx.execute(
        f"""
        SELECT v.chain_seq, l.amount_minor, l.basis_minor,
               coalesce((SELECT p.total_minor FROM line_reversal AS p
                          WHERE p.line_id = v.line_id AND p.id < v.id ORDER BY p.id DESC LIMIT 1), 0),
               {", ".join(f"v.{name}" for name in ReversalRow._fields)}
          FROM line_reversal AS v
          LEFT JOIN cashback_line AS l ON l.id = v.line_id
         WHERE v.chain_seq > ?
         ORDER BY v.chain_seq
        """,
        (link_seq,),
    )
    cursor.row_factory = None
    return ((*row[:4], ReversalRow(*row[4:])) for row in cursor)
