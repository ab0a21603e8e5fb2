"""What stands above and beside the lines of the cashback pane: sums, limits, reasons, the transfers of a line. Reads only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from waconsole.database.connection import Row, Transaction

SUMS_MAX: Final = 200
LATEST_MAX: Final = 5_000
REASONS_MAX: Final = 6
TRANSFERS_MAX: Final = 500

TO_DECIDE: Final = "s.state = 'proposed' AND s.held = 0"  # of a line's standing `s`


def sums(tx: Transaction) -> list[tuple[str, int, int]]:
    """(currency, lines, what is open of them in minor units) of all that is to be decided on."""
    found = tx.rows(
        f"""
        SELECT l.currency, count(*), sum(s.open_minor)
          FROM line_state AS s
          JOIN cashback_line AS l ON l.id = s.id
         WHERE {TO_DECIDE}
         GROUP BY l.currency
         ORDER BY count(*) DESC, l.currency
         LIMIT :limit
        """,
        {"limit": SUMS_MAX},
    )
    return [(row[0], row[1], row[2]) for row in found]


def sums_of(tx: Transaction, ids: Sequence[int]) -> list[tuple[str, int]]:
    """(currency, what is open of lines, or waits to be paid, in minor units)."""
    found = tx.rows(
        """
        SELECT l.currency, sum(CASE WHEN s.open_minor > 0 THEN s.open_minor ELSE s.unpaid_minor END)
          FROM json_each(:ids) AS w
          JOIN cashback_line AS l ON l.id = w.value
          JOIN line_state AS s ON s.id = l.id
         GROUP BY l.currency
         ORDER BY l.currency
         LIMIT :limit
        """,
        {"ids": json.dumps(list(ids)), "limit": SUMS_MAX},
    )
    return [(row[0], row[1]) for row in found]


def to_pay(tx: Transaction) -> list[tuple[str, int, int, str, str]]:
    """(currency, lines, minor units, the first line's name, the last one's) of what would go into a batch now."""
    found = tx.rows(
        """
        SELECT l.currency, count(*), sum(s.unpaid_minor), min(l.ref), max(l.ref)
          FROM line_state AS s
          JOIN cashback_line AS l ON l.id = s.id
         WHERE s.state = 'approved' AND s.held = 0 AND s.unpaid_minor > 0
         GROUP BY l.currency
         ORDER BY l.currency
         LIMIT :limit
        """,
        {"limit": SUMS_MAX},
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in found]


def members_of(tx: Transaction, operator_id: int) -> frozenset[int]:
    """The members an operator is or ever was said to be, by who stands for them."""
    found = tx.rows(
        "SELECT root_id FROM operator_member WHERE operator_id = ? LIMIT ?", (operator_id, SUMS_MAX)
    )
    return frozenset(row[0] for row in found)


def limits_of(tx: Transaction, operator_id: int) -> list[tuple[str, int]]:
    """(currency, minor units a day) of what an operator may approve."""
    found = tx.rows(
        "SELECT currency, amount_minor FROM operator_limit_in_force WHERE operator_id = ? ORDER BY currency LIMIT ?",
        (operator_id, SUMS_MAX),
    )
    return [(row[0], row[1]) for row in found]


def reasons(tx: Transaction, kind: str) -> list[str]:
    """What was written lately as the reason of decisions of a kind, the last one first; each once."""
    found = tx.rows(
        """
        SELECT w.words
          FROM (SELECT id, kind FROM line_decision ORDER BY id DESC LIMIT :latest) AS d
          JOIN decision_words AS w ON w.row_kind = 'decision' AND w.row_id = d.id
         WHERE d.kind = :kind
         GROUP BY w.words
         ORDER BY max(d.id) DESC
         LIMIT :limit
        """,
        {"kind": kind, "latest": LATEST_MAX, "limit": REASONS_MAX},
    )
    return [row[0] for row in found]


def payee_ref(tx: Transaction, line_id: int) -> str | None:
    """The ref of whoever a line is paid to, after every merge; None where there is no such line."""
    found = tx.value(
        """
        SELECT m.ref
          FROM cashback_line AS l
          JOIN member_root AS r ON r.id = l.payee_id
          JOIN member AS m ON m.id = r.root_id
         WHERE l.id = ?
        """,
        (line_id,),
    )
    return None if found is None else str(found)


def scheme_of(tx: Transaction, line_id: int) -> int | None:
    """The scheme a line was earned under; None where there is no such line."""
    found = tx.value("SELECT scheme_id FROM cashback_line WHERE id = ?", (line_id,))
    return None if found is None else int(found)


def transfers(tx: Transaction, ref: str) -> list[Row]:
    """(seq, ref, kind, amount, currency) of the transfers that bear a line's name, in the order of record."""
    begun = f"cashback:{ref}:"
    return tx.rows(
        """
        SELECT seq, ref, kind, amount, currency
          FROM transfer
         WHERE ref >= :begun AND ref < :beyond
         ORDER BY seq
         LIMIT :limit
        """,
        {"begun": begun, "beyond": begun + "\U0010ffff", "limit": TRANSFERS_MAX},
    )
