"""Notices: what an operator must be told, each thing once, until somebody has seen it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from waconsole.database.connection import Row, Transaction

NOTICES_MAX: Final = 10_000
DETAIL_CHARACTERS_MAX: Final = 2_000
_COLUMNS: Final = """
    n.id, n.key, n.at, n.told_at, n.level, n.subject, n.named, n.sentence, n.detail, n.seen_by, o.name AS seen_by_name, n.seen_at
"""


def add(
    tx: Transaction,
    *,
    key: str,
    at: int,
    now: int,
    level: str,
    subject: str,
    named: str,
    sentence: str,
    detail: str = "",
) -> bool:
    """Tell something; False when it was told before. `named` and `detail` are foreign."""
    cursor = tx.execute(
        """
        INSERT INTO notice (key, at, told_at, level, subject, named, sentence, detail)
        VALUES (:key, :at, :now, :level, :subject, :named, :sentence, :detail)
            ON CONFLICT (key) DO NOTHING
        """,
        {
            "key": key,
            "at": at,
            "now": now,
            "level": level,
            "subject": subject,
            "named": named,
            "sentence": sentence,
            "detail": detail[:DETAIL_CHARACTERS_MAX],
        },
    )
    return cursor.rowcount > 0


def notices(tx: Transaction, *, unseen: bool = True, limit: int = NOTICES_MAX) -> list[Row]:
    """Notices (`_COLUMNS`), the newest first; only those nobody has seen, or all."""
    where = "WHERE n.seen_at IS NULL" if unseen else ""
    return tx.rows(
        f"""
        SELECT {_COLUMNS} FROM notice AS n LEFT JOIN operator AS o ON o.id = n.seen_by
         {where}
         ORDER BY n.at DESC, n.id DESC
         LIMIT :limit
        """,
        {"limit": limit},
    )


def see(tx: Transaction, ids: Sequence[int], *, operator_id: int, now: int) -> int:
    """An operator has seen notices; answers how many nobody had."""
    changed = 0
    for notice_id in ids:
        cursor = tx.execute(
            "UPDATE notice SET seen_by = :operator_id, seen_at = :now WHERE id = :id AND seen_at IS NULL",
            {"operator_id": operator_id, "now": now, "id": notice_id},
        )
        changed += cursor.rowcount
    return changed


def unseen_count(tx: Transaction) -> dict[str, int]:
    """How many notices nobody has seen, by level."""
    rows = tx.rows(
        "SELECT level, count(*) AS times FROM notice WHERE seen_at IS NULL GROUP BY level LIMIT 10"
    )
    return {row["level"]: row["times"] for row in rows}
