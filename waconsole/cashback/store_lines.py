"""Lines and their reversals: written once, listed, told in full."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

from waconsole.cashback.lines import DisputeRow, LineRow, ReversalRow
from waconsole.database.connection import Row, Transaction
from waconsole.errors import Refused

REVERSALS_MAX: Final = 10_000
HELD: Final = "held"


def add_line(tx: Transaction, row: LineRow, chain_seq: int) -> None:
    """Write what was earned. Raises Refused with what the tables say against it."""
    _add(
        tx,
        f"INSERT INTO cashback_line ({', '.join(LineRow._fields)}, chain_seq) VALUES ({_places(row)}, ?)",
        (*row, chain_seq),
    )


def add_reversal(tx: Transaction, row: ReversalRow, chain_seq: int) -> None:
    """Write what a refund took back. Raises Refused with what the tables say against it."""
    _add(
        tx,
        f"INSERT INTO line_reversal ({', '.join(ReversalRow._fields)}, chain_seq) VALUES ({_places(row)}, ?)",
        (*row, chain_seq),
    )


def add_dispute(tx: Transaction, row: DisputeRow, chain_seq: int) -> None:
    """Write that somebody says a line is not right."""
    _add(
        tx,
        "INSERT INTO dispute (id, line_id, reason, operator_id, disputed_at, chain_seq) VALUES (?, ?, ?, ?, ?, ?)",
        (*row, chain_seq),
    )


def disputes(tx: Transaction, line_id: int) -> list[Row]:
    """(operator, disputed_at, reason) of what was said against a line, in order."""
    return tx.rows(
        """
        SELECT o.name AS operator, d.disputed_at, d.reason
          FROM dispute AS d JOIN operator AS o ON o.id = d.operator_id
         WHERE d.line_id = ? ORDER BY d.id LIMIT ?
        """,
        (line_id, REVERSALS_MAX),
    )


def _places(row: Sequence[object]) -> str:
    return ", ".join("?" * len(row))


def _add(tx: Transaction, sql: str, row: Sequence[object]) -> None:
    try:
        tx.execute(sql, row)
    except sqlite3.IntegrityError as error:
        raise Refused(str(error)) from None


def line_by_id(tx: Transaction, line_id: int) -> LineRow:
    """A line as it was earned."""
    row = tx.one(f"SELECT {', '.join(LineRow._fields)} FROM cashback_line WHERE id = ?", (line_id,))
    assert row is not None
    return LineRow(*row)


class Standing(NamedTuple):
    """How a line stands: what of it is not decided on, in the wallet and in no batch, or rejected, in minor units."""

    state: str
    round: int
    open_minor: int
    unpaid_minor: int
    rejected_minor: int


def standing(tx: Transaction, line_id: int) -> Standing:
    """How a line stands."""
    sql = "SELECT state, round, open_minor, unpaid_minor, rejected_minor FROM line_state WHERE id = ?"
    row = tx.one(sql, (line_id,))
    assert row is not None
    return Standing(*row)


def payee_ref(tx: Transaction, line_id: int) -> str:
    """The ref of the row a line is paid to: its accounts bear it, whatever it was merged into."""
    sql = "SELECT m.ref FROM cashback_line AS l JOIN member AS m ON m.id = l.payee_id WHERE l.id = ?"
    return str(tx.value(sql, (line_id,)))


def reversals(tx: Transaction, line_id: int) -> list[ReversalRow]:
    """What refunds took back of a line, in order."""
    rows = tx.rows(
        f"SELECT {', '.join(ReversalRow._fields)} FROM line_reversal WHERE line_id = ? ORDER BY id LIMIT ?",
        (line_id, REVERSALS_MAX),
    )
    return [ReversalRow(*row) for row in rows]


def refunds_left(tx: Transaction, line_id: int) -> list[Row]:
    """(id, amount_minor, refunded_at) of the order's refunds that took nothing back of a line yet, in order."""
    return tx.rows(
        """
        SELECT f.id, f.amount_minor, f.refunded_at
          FROM cashback_line AS l
          JOIN visible_refund AS f ON f.order_id = l.order_id
         WHERE l.id = :id AND NOT EXISTS (SELECT 1 FROM line_reversal AS v WHERE v.line_id = l.id AND v.refund_id = f.id)
         ORDER BY f.refunded_at, f.id
         LIMIT :limit
        """,
        {"id": line_id, "limit": REVERSALS_MAX},
    )


_LISTED: Final = """
    SELECT l.id, l.ref AS line, p.phone, m.ref AS member, m.name AS payee_name, l.currency,
           l.amount_minor, l.full_minor, l.basis_minor, t.state, t.held, t.solo, t.reversed_minor, s.name AS scheme,
           l.rule, l.rule_version AS version, o.reference AS order_reference, l.period, l.ordered_at, l.matures_at,
           l.accrued_at, l.inputs, EXISTS (SELECT 1 FROM dispute AS d WHERE d.line_id = l.id) AS disputed
      FROM cashback_line AS l
      JOIN line_state AS t ON t.id = l.id
      JOIN scheme AS s ON s.id = l.scheme_id
      JOIN member_root AS r ON r.id = l.payee_id
      JOIN member AS m ON m.id = r.root_id
      LEFT JOIN member_phone AS p ON p.member_id = m.id
      LEFT JOIN "order" AS o ON o.id = l.order_id
"""


def lines(
    tx: Transaction, *, state: str | None, payee_root_id: int | None, scheme_id: int | None, limit: int | None
) -> tuple[int, list[Row]]:
    """(how many lines there are, the first `limit` of them) in the order in which they were earned.

    Rows of (id, line, phone, member, payee_name, currency, amount_minor, full_minor, basis_minor, state, held,
    reversed_minor, scheme, rule, version, order_reference, period, ordered_at, matures_at, accrued_at, inputs, disputed). `phone`
    is NULL where none is known. `state` may also be `held`.
    """
    wanted = [
        "t.held = 1" if state == HELD else "t.state = :state" if state is not None else "",
        "" if payee_root_id is None else "r.root_id = :payee",
        "" if scheme_id is None else "l.scheme_id = :scheme",
    ]
    where = " AND ".join(filter(None, wanted)) or "1"
    said = {"state": state, "payee": payee_root_id, "scheme": scheme_id}
    count = tx.value(
        f"""
        SELECT count(*)
          FROM cashback_line AS l
          JOIN line_state AS t ON t.id = l.id
          JOIN member_root AS r ON r.id = l.payee_id
         WHERE {where}
        """,
        said,
    )
    rows = tx.rows(
        f"{_LISTED} WHERE {where} ORDER BY l.id LIMIT :limit",
        {**said, "limit": -1 if limit is None else limit},
    )
    return int(count), rows


def line_named(tx: Transaction, ref: str) -> Row | None:
    """A line by its ref, as in `lines`; None when there is none."""
    return tx.one(f"{_LISTED} WHERE l.ref = :ref", {"ref": ref})
