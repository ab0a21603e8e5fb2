"""Batches, their lines, exports and results: written once, read in the order in which they are paid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from waconsole.cashback.paying import LINES_MAX, BatchLineRow, BatchRow, ExportRow, Payout, ResultRow
from waconsole.cashback.store_deciding import add, places
from waconsole.database.connection import Row, Transaction

BATCHES_MAX: Final = 10_000
EXPORTS_MAX: Final = 1_000
WALLETS_MAX: Final = 1_000


class Ready(NamedTuple):
    """A line that may go into a batch; `root_id` stands for its payee, `phone` is their number or None."""

    ref: str
    root_id: int
    phone: str | None


def ready(tx: Transaction, currency: str) -> list[Ready]:
    """What is approved, not held and in the wallet, in the order of the lines' names."""
    rows = tx.rows(
        """
        SELECT l.ref, r.root_id, p.phone
          FROM line_state AS s
          JOIN cashback_line AS l ON l.id = s.id
          JOIN member_root AS r ON r.id = l.payee_id
          LEFT JOIN member_phone AS p ON p.member_id = r.root_id
         WHERE s.state = 'approved' AND s.held = 0 AND s.unpaid_minor > 0 AND l.currency = :currency
         ORDER BY l.ref
         LIMIT :limit
        """,
        {"currency": currency, "limit": LINES_MAX},
    )
    return [Ready(*row) for row in rows]


def wallets(tx: Transaction, root_id: int) -> list[str]:
    """The refs of all rows that are one person: their accounts bear them."""
    rows = tx.rows(
        "SELECT m.ref FROM member_root AS r JOIN member AS m ON m.id = r.id WHERE r.root_id = ? ORDER BY m.id LIMIT ?",
        (root_id, WALLETS_MAX),
    )
    return [str(row[0]) for row in rows]


def payee_root(tx: Transaction, line_id: int) -> int:
    """The member that stands for a line's payee."""
    sql = "SELECT r.root_id FROM cashback_line AS l JOIN member_root AS r ON r.id = l.payee_id WHERE l.id = ?"
    return int(tx.value(sql, (line_id,)))


def add_batch(tx: Transaction, row: BatchRow, chain_seq: int) -> None:
    """Write a batch. Raises Refused."""
    add(
        tx,
        f"INSERT INTO batch ({', '.join(BatchRow._fields)}, chain_seq) VALUES ({places(row)}, ?)",
        (*row, chain_seq),
    )


def add_batch_line(tx: Transaction, row: BatchLineRow, chain_seq: int, salt: bytes, phone: str) -> None:
    """Write a line of a batch, and beside it the number that is paid. Raises Refused."""
    add(
        tx,
        f"INSERT INTO batch_line ({', '.join(BatchLineRow._fields)}, chain_seq) VALUES ({places(row)}, ?)",
        (*row, chain_seq),
    )
    add(tx, "INSERT INTO batch_payee (id, salt, phone) VALUES (?, ?, ?)", (row.id, salt, phone))


def add_export(tx: Transaction, row: ExportRow, chain_seq: int) -> None:
    """Write that a batch was exported. Raises Refused."""
    add(
        tx,
        f"INSERT INTO batch_export ({', '.join(ExportRow._fields)}, chain_seq) VALUES ({places(row)}, ?)",
        (*row, chain_seq),
    )


def add_result(tx: Transaction, row: ResultRow, chain_seq: int) -> None:
    """Write what a provider said. Raises Refused."""
    add(
        tx,
        f"INSERT INTO payout_result ({', '.join(ResultRow._fields)}, chain_seq) VALUES ({places(row)}, ?)",
        (*row, chain_seq),
    )


def batch_named(tx: Transaction, ref: str) -> BatchRow | None:
    """A batch by its name, or None."""
    row = tx.one(f"SELECT {', '.join(BatchRow._fields)} FROM batch WHERE ref = ?", (ref,))
    return None if row is None else BatchRow(*row)


def lines_of(tx: Transaction, batch_id: int) -> list[Row]:
    """(id, line_id, line, reference, amount_minor, netted_minor, phone, state, batch_id, result) in the order of the file."""
    return tx.rows(
        """
        SELECT b.id, b.line_id, l.ref AS line, b.reference, b.amount_minor, b.netted_minor, p.phone, s.state, s.batch_id,
               (SELECT r.result FROM payout_result AS r WHERE r.batch_line_id = b.id ORDER BY r.id DESC LIMIT 1) AS result
          FROM batch_line AS b
          JOIN cashback_line AS l ON l.id = b.line_id
          JOIN line_state AS s ON s.id = l.id
          LEFT JOIN batch_payee AS p ON p.id = b.id
         WHERE b.batch_id = ?
         ORDER BY l.ref
         LIMIT ?
        """,
        (batch_id, LINES_MAX),
    )


def payouts(tx: Transaction, batch: BatchRow) -> list[Payout | None]:
    """The rows of a batch's file, in order; None where the number that was paid has been erased."""
    codes = {
        row["id"]: row["code"]
        for row in tx.rows(
            "SELECT c.id, c.code FROM store_credit AS c JOIN batch_line AS b ON b.id = c.id WHERE b.batch_id = ? LIMIT ?",
            (batch.id, LINES_MAX),
        )
    }
    return [
        None
        if row["phone"] is None
        else Payout(
            row["line"],
            row["phone"],
            batch.currency,
            row["amount_minor"],
            row["reference"],
            codes.get(row["id"], ""),
        )
        for row in lines_of(tx, batch.id)
        if row["amount_minor"]
    ]


def add_codes(tx: Transaction, codes: Sequence[tuple[int, str]]) -> None:
    """Keep the codes of store credits: (line of a batch, code). Raises Refused."""
    for row in codes:
        add(tx, "INSERT INTO store_credit (id, code) VALUES (?, ?)", row)


def without_code(tx: Transaction, batch_id: int) -> list[int]:
    """The payouts of a batch that have no code yet."""
    rows = tx.rows(
        """
        SELECT b.id FROM batch_line AS b
         WHERE b.batch_id = ? AND b.amount_minor > 0 AND NOT EXISTS (SELECT 1 FROM store_credit AS c WHERE c.id = b.id)
         ORDER BY b.id LIMIT ?
        """,
        (batch_id, LINES_MAX),
    )
    return [int(row[0]) for row in rows]


def exports_of(tx: Transaction, batch_id: int) -> list[Row]:
    """(place, template, sha256, by, exported_at, reason) of every export of a batch, in order."""
    return tx.rows(
        """
        SELECT e.place, e.template, e.sha256, o.name AS by, e.exported_at, w.words AS reason
          FROM batch_export AS e
          JOIN operator AS o ON o.id = e.operator_id
          LEFT JOIN decision_words AS w ON w.row_kind = 'export' AND w.row_id = e.id
         WHERE e.batch_id = ?
         ORDER BY e.place
         LIMIT ?
        """,
        (batch_id, EXPORTS_MAX),
    )


def batches(tx: Transaction) -> list[dict[str, Any]]:
    """Every batch, the newest first: its figures, who made it, how often it was exported, what became of its payouts."""
    rows = tx.rows(
        """
        SELECT b.ref AS batch, b.currency, b.payout_count AS count, b.sum_minor, b.sha256, o.name AS made_by, b.made_at,
               (SELECT count(*) FROM batch_export AS e WHERE e.batch_id = b.id) AS exports,
               (SELECT count(*) FROM line_state AS s WHERE s.batch_id = b.id AND s.state IN ('batched', 'exported')) AS open
          FROM batch AS b
          JOIN operator AS o ON o.id = b.made_by
         ORDER BY b.id DESC
         LIMIT ?
        """,
        (BATCHES_MAX,),
    )
    return [dict(row) for row in rows]


def batch_of_line(tx: Transaction, line: str) -> str | None:
    """The batch a line is in now, or was in last."""
    found = tx.value(
        """
        SELECT b.ref FROM batch_line AS x JOIN batch AS b ON b.id = x.batch_id JOIN cashback_line AS l ON l.id = x.line_id
         WHERE l.ref = ? ORDER BY x.id DESC LIMIT 1
        """,
        (line,),
    )
    return None if found is None else str(found)
