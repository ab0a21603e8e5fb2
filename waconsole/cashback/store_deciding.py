"""Decisions on lines: written once, with the words that go with them; how each line stands; who met whom."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

from waconsole.cashback.deciding import SALT_BYTES, DecisionRow, Standing, words_hash
from waconsole.clock import DAY
from waconsole.database.connection import Row, Transaction
from waconsole.errors import Refused

LINES_MAX: Final = 100_000
CONFLICTS_MAX: Final = 1_000
_DECISION: Final = ", ".join(DecisionRow._fields)
_STANDING: Final = ", ".join(Standing._fields)


class Decidable(NamedTuple):
    """A line with all that a decision asks of it; `wallet` is the ref of the member whose accounts hold it."""

    id: int
    ref: str
    payee_id: int
    wallet: str
    currency: str
    amount_minor: int
    rule: str
    rule_version: int
    ordered_at: int
    matures_at: int
    standing: Standing


def decidable(tx: Transaction, ref: str) -> Decidable | None:
    """The line called `ref` as it stands now, or None."""
    row = tx.one(
        f"""
        SELECT l.ref, l.payee_id, m.ref AS wallet, l.currency, l.amount_minor, l.rule, l.rule_version, l.ordered_at,
               l.matures_at, {", ".join(f"s.{name}" for name in Standing._fields)}
          FROM cashback_line AS l
          JOIN line_state AS s ON s.id = l.id
          JOIN member AS m ON m.id = l.payee_id
         WHERE l.ref = :ref
        """,
        {"ref": ref},
    )
    if row is None:
        return None
    said = tuple(row)
    standing = Standing(*said[9:])
    return Decidable._make((standing.id, *said[:9], standing))


def standing(tx: Transaction, line_id: int) -> Standing:
    """How a line stands."""
    row = tx.one(f"SELECT {_STANDING} FROM line_state WHERE id = ?", (line_id,))
    assert row is not None
    return Standing(*row)


def line_ref(tx: Transaction, line_id: int) -> str:
    """The name of a line."""
    return str(tx.value("SELECT ref FROM cashback_line WHERE id = ?", (line_id,)))


def payee_of(tx: Transaction, ref: str) -> str:
    """The ref of the member that stands for a line's payee."""
    return str(
        tx.value(
            """
            SELECT m.ref
              FROM cashback_line AS l
              JOIN member_root AS r ON r.id = l.payee_id
              JOIN member AS m ON m.id = r.root_id
             WHERE l.ref = ?
            """,
            (ref,),
        )
    )


def ambassador_member(tx: Transaction, ambassador_id: int) -> tuple[int, str]:
    """(row, ref) of the member an ambassador was added as."""
    row = tx.one(
        "SELECT m.id, m.ref FROM ambassador AS a JOIN member AS m ON m.id = a.member_id WHERE a.id = ?",
        (ambassador_id,),
    )
    assert row is not None
    return row[0], row[1]


def add_decision(tx: Transaction, row: DecisionRow, chain_seq: int) -> None:
    """Write a decision; how its line stands follows. Raises Refused with what the tables say against it."""
    add(
        tx,
        f"INSERT INTO line_decision ({_DECISION}, chain_seq) VALUES ({places(row)}, ?)",
        (*row, chain_seq),
    )


def decision(tx: Transaction, decision_id: int) -> DecisionRow:
    """A decision as it was made."""
    row = tx.one(f"SELECT {_DECISION} FROM line_decision WHERE id = ?", (decision_id,))
    assert row is not None
    return DecisionRow(*row)


def last_decision(tx: Transaction, line_id: int) -> int | None:
    """The last decision on a line that stands: none that undoes one, none that was undone."""
    found = tx.value(
        """
        SELECT max(d.id) FROM line_decision AS d
         WHERE d.line_id = ? AND d.kind <> 'undone' AND NOT EXISTS (SELECT 1 FROM line_decision AS u WHERE u.undoes_id = d.id)
        """,
        (line_id,),
    )
    return None if found is None else int(found)


def decisions(tx: Transaction, line_id: int) -> list[Row]:
    """(kind, by, decided_at, amount_minor, netted_minor, solo, words, batch) of every decision on a line, in order."""
    return tx.rows(
        """
        SELECT d.id, d.kind, o.name AS by, d.decided_at, d.amount_minor, d.netted_minor, d.solo, w.words, b.ref AS batch
          FROM line_decision AS d
          JOIN operator AS o ON o.id = d.operator_id
          LEFT JOIN batch AS b ON b.id = d.batch_id
          LEFT JOIN decision_words AS w ON w.row_kind = 'decision' AND w.row_id = d.id
         WHERE d.line_id = ?
         ORDER BY d.id
         LIMIT ?
        """,
        (line_id, LINES_MAX),
    )


def draw_words(words: str) -> tuple[bytes, str | None]:
    """(salt, hash) that stand for words in a sealed row; no hash for no words."""
    salt = secrets.token_bytes(SALT_BYTES)
    return salt, words_hash(salt, words) if words else None


def add_words(tx: Transaction, row_kind: str, row_id: int, salt: bytes, words: str) -> None:
    """Keep words beside what was sealed; nothing for none."""
    if words:
        tx.execute(
            "INSERT INTO decision_words (row_kind, row_id, salt, words) VALUES (?, ?, ?, ?)",
            (row_kind, row_id, salt, words),
        )


def approved_today(tx: Transaction, operator_id: int, currency: str, *, at: int) -> int:
    """What an operator approved in a currency on the day (UTC) of `at`, without what was undone."""
    return int(
        tx.value(
            """
            SELECT coalesce(sum(d.amount_minor), 0)
              FROM line_decision AS d
              JOIN cashback_line AS l ON l.id = d.line_id
             WHERE d.kind = 'approved' AND d.operator_id = :operator AND l.currency = :currency
               AND d.decided_at >= :begins AND d.decided_at < :ends
               AND NOT EXISTS (SELECT 1 FROM line_decision AS u WHERE u.undoes_id = d.id)
            """,
            {
                "operator": operator_id,
                "currency": currency,
                "begins": at - at % DAY,
                "ends": at - at % DAY + DAY,
            },
        )
    )


def operator_name(tx: Transaction, operator_id: int | None) -> str:
    """What an operator is called."""
    return str(tx.value("SELECT name FROM operator WHERE id = ?", (operator_id,)) or "nobody")


def add_conflict(
    tx: Transaction, *, line_id: int, operator_id: int, tried: str, decision_id: int, now: int
) -> None:
    """Note for an operator that another had decided before them; once for the same decision."""
    tx.execute(
        """
        INSERT INTO line_conflict (line_id, operator_id, tried, decision_id, met_at)
        SELECT :line, :operator, :tried, :decision, :now
         WHERE NOT EXISTS (SELECT 1 FROM line_conflict WHERE line_id = :line AND operator_id = :operator
                              AND tried = :tried AND decision_id = :decision)
        """,
        {
            "line": line_id,
            "operator": operator_id,
            "tried": tried,
            "decision": decision_id,
            "now": now,
        },
    )


def conflicts(tx: Transaction, operator_id: int | None = None, *, limit: int = CONFLICTS_MAX) -> list[Row]:
    """(id, line, operator, tried, kind, by, decided_at, met_at) of what nobody looked at yet, the newest first."""
    return tx.rows(
        """
        SELECT c.id, l.ref AS line, o.name AS operator, c.tried, d.kind, w.name AS by, d.decided_at, c.met_at
          FROM line_conflict AS c
          JOIN cashback_line AS l ON l.id = c.line_id
          JOIN operator AS o ON o.id = c.operator_id
          JOIN line_decision AS d ON d.id = c.decision_id
          JOIN operator AS w ON w.id = d.operator_id
         WHERE c.seen_at IS NULL AND (:operator IS NULL OR c.operator_id = :operator)
         ORDER BY c.id DESC
         LIMIT :limit
        """,
        {"operator": operator_id, "limit": limit},
    )


def see_conflicts(tx: Transaction, operator_id: int, *, now: int) -> int:
    """Note that an operator looked at what they met; answers how many."""
    return tx.execute(
        "UPDATE line_conflict SET seen_at = :now WHERE operator_id = :operator AND seen_at IS NULL",
        {"now": now, "operator": operator_id},
    ).rowcount


def places(row: Sequence[object]) -> str:
    """A question mark for each value."""
    return ", ".join("?" * len(row))


def add(tx: Transaction, sql: str, row: Sequence[object]) -> None:
    """Write a row. Raises Refused with what the tables say against it."""
    try:
        tx.execute(sql, row)
    except sqlite3.IntegrityError as error:
        raise Refused(str(error)) from None
