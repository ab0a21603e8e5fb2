"""What verification reads of decisions and payouts: rows as they stand, and what each line went through, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from waconsole.cashback.deciding import DECISION, DecisionRow, Standing
from waconsole.cashback.paying import (
    BATCH,
    BATCH_LINE,
    EXPORT,
    LINES_MAX,
    RESULT,
    BatchLineRow,
    BatchRow,
    ExportRow,
    Payout,
    ResultRow,
)
from waconsole.database.connection import Transaction

Row = BatchRow | BatchLineRow | ExportRow | ResultRow
KINDS: Final[Mapping[str, tuple[type[Row], str]]] = {
    BATCH: (BatchRow, "batch"),
    BATCH_LINE: (BatchLineRow, "batch_line"),
    EXPORT: (ExportRow, "batch_export"),
    RESULT: (ResultRow, "payout_result"),
}
TABLES: Final[Mapping[str, str]] = {
    DECISION: "line_decision",
    EXPORT: "batch_export",
    RESULT: "payout_result",
}


class Reversed(NamedTuple):
    """A reversal, as far as it changes how a line stands."""

    id: int
    line_id: int
    amount_minor: int
    total_minor: int


def rows_after(tx: Transaction, kind: str, link_seq: int) -> Iterator[tuple[int, Row]]:
    """(link, row) of every batch, line of one, export or result sealed after a link."""
    row, table = KINDS[kind]
    cursor = tx.execute(
        f"SELECT chain_seq, {', '.join(row._fields)} FROM {table} WHERE chain_seq > ? ORDER BY chain_seq",
        (link_seq,),
    )
    cursor.row_factory = None
    return ((link, row(*said)) for link, *said in cursor)


def decisions_after(tx: Transaction, link_seq: int) -> Iterator[tuple[int, str, str | None, DecisionRow]]:
    """(link, the line's ref, its batch's ref, decision) of every decision sealed after a link."""
    cursor = tx.execute(
        f"""
        SELECT d.chain_seq, l.ref, b.ref, {", ".join(f"d.{name}" for name in DecisionRow._fields)}
          FROM line_decision AS d
          LEFT JOIN cashback_line AS l ON l.id = d.line_id
          LEFT JOIN batch AS b ON b.id = d.batch_id
         WHERE d.chain_seq > ?
         ORDER BY d.chain_seq
        """,
        (link_seq,),
    )
    cursor.row_factory = None
    return ((link, line, batch, DecisionRow(*said)) for link, line, batch, *said in cursor)


_TOUCHED: Final = """
    SELECT id FROM cashback_line WHERE chain_seq > :after
     UNION SELECT line_id FROM line_decision WHERE chain_seq > :after
     UNION SELECT line_id FROM line_reversal WHERE chain_seq > :after
"""


def standings(tx: Transaction, after: int) -> Iterator[tuple[int, int, int, Standing | None]]:
    """(line, what it earned, when, how it stands) of the lines that something was sealed of after a link; of all for 0."""
    cursor = tx.execute(
        f"""
        SELECT l.id, l.amount_minor, l.accrued_at, {", ".join(f"s.{name}" for name in Standing._fields)}
          FROM cashback_line AS l
          LEFT JOIN line_state AS s ON s.id = l.id
         WHERE l.id IN ({_TOUCHED})
         ORDER BY l.id
        """,
        {"after": after},
    )
    cursor.row_factory = None
    return (
        (line, minor, at, None if said[0] is None else Standing(*said)) for line, minor, at, *said in cursor
    )


def histories(tx: Transaction, after: int) -> Iterator[DecisionRow | Reversed]:
    """All decisions and reversals of the same lines, line by line, in the order in which they were sealed."""
    fields = ", ".join(DecisionRow._fields)
    nothing = ", NULL" * (len(DecisionRow._fields) - 4)
    cursor = tx.execute(
        f"""
        SELECT 1, chain_seq, {fields} FROM line_decision WHERE line_id IN ({_TOUCHED})
         UNION ALL
        SELECT 0, chain_seq, id, line_id, amount_minor, total_minor{nothing}
          FROM line_reversal WHERE line_id IN ({_TOUCHED})
         ORDER BY 4, 2
        """,
        {"after": after},
    )
    cursor.row_factory = None
    return (DecisionRow(*said) if is_decision else Reversed(*said[:4]) for is_decision, _, *said in cursor)


def stray_standing(tx: Transaction) -> int | None:
    """A row that says how a line stands that is not there."""
    found = tx.value("SELECT id FROM line_state WHERE id NOT IN (SELECT id FROM cashback_line) LIMIT 1")
    return None if found is None else int(found)


def moved(tx: Transaction, ref: str) -> tuple[str, int] | None:
    """(kind, amount) of a transfer, or None."""
    row = tx.one("SELECT kind, amount FROM transfer WHERE ref = ?", (ref,))
    return None if row is None else (row[0], row[1])


def undecided_transfer(tx: Transaction) -> int | None:
    """A transfer that posts cashback or pays it out though no decision says so."""
    found = tx.value(
        """
        SELECT t.seq
          FROM transfer AS t
         WHERE t.purpose = 'payout' AND t.kind = 'pending' AND t.ref LIKE 'payout:%'
           AND NOT EXISTS (
               SELECT 1 FROM line_decision AS d
                 JOIN cashback_line AS l ON l.id = d.line_id
                 JOIN batch AS b ON b.id = d.batch_id
                WHERE d.kind = 'exported' AND l.ref = t.source AND t.ref = 'payout:' || b.ref || ':' || l.ref)
         LIMIT 1
        """
    )
    return None if found is None else int(found)


def words(tx: Transaction) -> Iterator[tuple[str, int, bytes, str, str | None]]:
    """(kind, row, salt, words, the hash the row was sealed with) of all words that are kept."""
    for kind, table in TABLES.items():
        cursor = tx.execute(
            f"""
            SELECT w.row_id, w.salt, w.words, r.words_hash
              FROM decision_words AS w LEFT JOIN {table} AS r ON r.id = w.row_id
             WHERE w.row_kind = ?
            """,
            (kind,),
        )
        cursor.row_factory = None
        for row_id, salt, said, hashed in cursor:
            yield kind, row_id, salt, said, hashed


def payees(tx: Transaction) -> Iterator[tuple[int, bytes, str, str | None]]:
    """(line of a batch, salt, number, the hash it was sealed with) of all numbers that are kept."""
    cursor = tx.execute(
        "SELECT p.id, p.salt, p.phone, b.payee_hash FROM batch_payee AS p LEFT JOIN batch_line AS b ON b.id = p.id"
    )
    cursor.row_factory = None
    return iter(cursor)


def payouts(tx: Transaction, batch_id: int) -> list[tuple[str, str | None, int, str]]:
    """(line, number or None, minor units, reference) of the payouts of a batch, in the order of its file."""
    rows = tx.rows(
        """
        SELECT l.ref, p.phone, b.amount_minor, b.reference
          FROM batch_line AS b
          JOIN cashback_line AS l ON l.id = b.line_id
          LEFT JOIN batch_payee AS p ON p.id = b.id
         WHERE b.batch_id = ? AND b.amount_minor > 0
         ORDER BY l.ref
         LIMIT ?
        """,
        (batch_id, LINES_MAX),
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def as_payouts(rows: list[tuple[str, str | None, int, str]], currency: str) -> list[Payout] | None:
    """The same as they are written; None where a number was erased."""
    return (
        None
        if any(phone is None for _, phone, _, _ in rows)
        else [Payout(line, str(phone), currency, minor, reference) for line, phone, minor, reference in rows]
    )
