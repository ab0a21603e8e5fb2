"""Decisions on items, the words beside them, and who is frozen or blocked: written once, sealed; how an item stands follows."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Sequence
from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.errors import Refused
from waconsole.fraud.deciding import SALT_BYTES, DecisionRow, StandingRow, words_hash

DECISIONS_MAX: Final = 10_000
STANDINGS_MAX: Final = 100_000
DECISION: Final = ", ".join(DecisionRow._fields)
STANDING: Final = ", ".join(StandingRow._fields)


def next_id(tx: Transaction, table: str) -> int:
    """The id the next row of a table of this room gets."""
    return int(tx.value(f"SELECT coalesce(max(id), 0) + 1 FROM {table}"))


def add_decision(tx: Transaction, row: DecisionRow, chain_seq: int) -> None:
    """Write a decision; how its item stands, and which freezes end, follows. Raises Refused with what the tables say against it."""
    marks = ", ".join("?" * (len(row) + 1))
    _add(tx, f"INSERT INTO review_decision ({DECISION}, chain_seq) VALUES ({marks})", [(*row, chain_seq)])


def add_standings(tx: Transaction, rows: Sequence[StandingRow], chain_seq: int) -> None:
    """Write who is frozen or blocked from now on, sealed by links from `chain_seq` on. Raises Refused."""
    marks = ", ".join("?" * (len(StandingRow._fields) + 1))
    linked = [(*row, chain_seq + place) for place, row in enumerate(rows)]
    _add(tx, f"INSERT INTO standing ({STANDING}, chain_seq) VALUES ({marks})", linked)


def draw_words(words: str) -> tuple[bytes, str | None]:
    """(salt, hash) that stand for words in a sealed row; no hash for no words."""
    salt = secrets.token_bytes(SALT_BYTES)
    return salt, words_hash(salt, words) if words else None


def add_words(tx: Transaction, decision_id: int, salt: bytes, words: str) -> None:
    """Keep words beside what was sealed; nothing for none."""
    if words:
        tx.execute("INSERT INTO review_words (id, salt, words) VALUES (?, ?, ?)", (decision_id, salt, words))


def decision(tx: Transaction, decision_id: int) -> DecisionRow | None:
    """A decision as it was made, or None."""
    row = tx.one(f"SELECT {DECISION} FROM review_decision WHERE id = ?", (decision_id,))
    return None if row is None else DecisionRow(*row)


def last_standing(tx: Transaction, review_id: int) -> DecisionRow | None:
    """The last decision on an item that stands: no undo, none that was undone; a proposal counts."""
    row = tx.one(
        f"""
        SELECT {DECISION} FROM review_decision
         WHERE id = (SELECT max(id) FROM review_decision_standing WHERE review_id = ?)
        """,
        (review_id,),
    )
    return None if row is None else DecisionRow(*row)


def proposal(tx: Transaction, review_id: int, stamp: str) -> DecisionRow | None:
    """What one operator proposed about an item and nobody confirmed, took back or decided otherwise; questions do not count."""
    row = tx.one(
        f"""
        SELECT {DECISION} FROM review_decision
         WHERE is_proposal = 1 AND stamp = :stamp
           AND id = (SELECT max(id) FROM review_decision_standing WHERE review_id = :review AND outcome <> 'ask')
        """,
        {"review": review_id, "stamp": stamp},
    )
    return None if row is None else DecisionRow(*row)


def decisions(tx: Transaction, review_id: int) -> list[Row]:
    """(id, outcome, reason, rule, is_proposal, undoes_id, until_at, held_minor, by, proposed_by, decided_at, words), in order."""
    return tx.rows(
        """
        SELECT d.id, d.outcome, d.reason, d.rule, d.is_proposal, d.undoes_id, d.until_at, d.held_minor, o.name AS by,
               p.name AS proposed_by, d.decided_at, w.words
          FROM review_decision AS d
          LEFT JOIN operator AS o ON o.id = d.operator_id
          LEFT JOIN operator AS p ON p.id = d.proposed_by
          LEFT JOIN review_words AS w ON w.id = d.id
         WHERE d.review_id = :review
         ORDER BY d.id
         LIMIT :limit
        """,
        {"review": review_id, "limit": DECISIONS_MAX},
    )


def operator_name(tx: Transaction, operator_id: int | None) -> str:
    """What an operator is called."""
    return str(tx.value("SELECT name FROM operator WHERE id = ?", (operator_id,)) or "nobody")


def standings(tx: Transaction, review_id: int) -> list[Row]:
    """(id, member_id, kind, began_at) of those an item freezes or blocks now."""
    return tx.rows(
        """
        SELECT id, member_id, kind, began_at FROM standing
         WHERE review_id = :review AND ended_at IS NULL ORDER BY id LIMIT :limit
        """,
        {"review": review_id, "limit": STANDINGS_MAX},
    )


def ended_with(tx: Transaction, decision_id: int) -> list[Row]:
    """(member_id, kind, began_at, rule, rule_version) of what a decision ended: undoing it begins that again."""
    return tx.rows(
        """
        SELECT member_id, kind, began_at, rule, rule_version FROM standing
         WHERE ended_by = :decision ORDER BY id LIMIT :limit
        """,
        {"decision": decision_id, "limit": STANDINGS_MAX},
    )


def freezable(tx: Transaction, review_id: int, member_ids: Sequence[int]) -> set[int]:
    """Those of an item's people whom a rule may freeze now: not frozen by it yet, and the item not decided."""
    marks = ", ".join("?" * len(member_ids))
    rows = tx.rows(
        f"""
        SELECT m.member_id
          FROM review_member AS m
          JOIN review AS v ON v.id = m.review_id AND v.state <> 'decided'
         WHERE m.review_id = ? AND m.member_id IN ({marks})
           AND NOT EXISTS (SELECT 1 FROM standing AS s WHERE s.member_id = m.member_id AND s.review_id = m.review_id
                              AND s.kind = 'frozen' AND s.ended_at IS NULL)
         LIMIT ?
        """,
        (review_id, *member_ids, STANDINGS_MAX),
    )
    return {row["member_id"] for row in rows}


def add_notice(
    tx: Transaction,
    *,
    review_id: int,
    member_id: int,
    cause: str,
    cause_id: int,
    outgoing: str,
    said: str,
    now: int,
) -> None:
    """Note what was written to somebody because of an item, or that nothing could be."""
    tx.execute(
        """
        INSERT INTO review_notice (review_id, member_id, cause, cause_id, outgoing, said, written_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (cause, cause_id, member_id) DO NOTHING
        """,
        (review_id, member_id, cause, cause_id, outgoing, said, now),
    )  # fmt: skip


def untold(tx: Transaction, *, limit: int) -> list[Row]:
    """(review_id, member_id, ref, cause, cause_id) of who is frozen now or was asked, and was not written to yet."""
    return tx.rows(
        """
        SELECT s.review_id, s.member_id, m.ref, 'freeze' AS cause, s.id AS cause_id
          FROM standing AS s
          JOIN member_root AS r ON r.id = s.member_id
          JOIN member AS m ON m.id = r.root_id
         WHERE s.kind = 'frozen' AND s.ended_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM review_notice AS n
                            WHERE n.cause = 'freeze' AND n.member_id = s.member_id
                              AND (n.cause_id = s.id OR n.review_id = s.review_id))
         UNION ALL
        SELECT d.review_id, p.member_id, m.ref, 'ask', d.id
          FROM review_decision_standing AS d
          JOIN review_member AS p ON p.review_id = d.review_id
          JOIN member_root AS r ON r.id = p.member_id
          JOIN member AS m ON m.id = r.root_id
         WHERE d.outcome = 'ask'
           AND NOT EXISTS (SELECT 1 FROM review_notice AS n
                            WHERE n.cause = 'ask' AND n.cause_id = d.id AND n.member_id = p.member_id)
         LIMIT :limit
        """,
        {"limit": limit},
    )


def _add(tx: Transaction, sql: str, rows: Sequence[Sequence[object]]) -> None:
    try:
        tx.executemany(sql, rows)
    except sqlite3.IntegrityError as error:
        raise Refused(str(error)) from None
