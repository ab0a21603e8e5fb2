"""Pushes that another program sent, as a file told them. The same row again is the same fact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from waconsole.database.connection import Transaction


class PushRow(NamedTuple):
    """A push as it is written; times in microseconds UTC, the purpose marketing or utility."""

    member_id: int
    sent_at: int
    purpose: str
    recorded_at: int
    import_run_id: int


def add_pushes(tx: Transaction, rows: Sequence[PushRow]) -> int:
    """Write pushes; answers how many were not there."""
    return tx.executemany(
        """
        INSERT INTO elsewhere_push (member_id, sent_at, purpose, recorded_at, import_run_id)
        VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
        """,
        rows,
    ).rowcount


def remove_run(tx: Transaction, run_id: int, *, limit: int) -> int:
    """Take out up to `limit` pushes that only an unsealed run knew; answers how many."""
    return tx.execute(
        """
        DELETE FROM elsewhere_push WHERE id IN (
            SELECT id FROM elsewhere_push WHERE import_run_id = :run_id ORDER BY id DESC LIMIT :limit)
        """,
        {"run_id": run_id, "limit": limit},
    ).rowcount
