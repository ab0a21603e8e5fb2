"""That members wrote elsewhere, as a file told it. The same row again is the same fact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from waconsole.database.connection import Transaction


class SaidRow(NamedTuple):
    """That a member wrote: in a group, or directly when it is None; times in microseconds UTC."""

    member_id: int
    said_at: int
    group_id: int | None
    recorded_at: int
    import_run_id: int


def add_said(tx: Transaction, rows: Sequence[SaidRow]) -> int:
    """Write that they wrote; answers how many rows were not there."""
    return tx.executemany(
        """
        INSERT INTO elsewhere_message (member_id, said_at, group_id, recorded_at, import_run_id)
        VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
        """,
        rows,
    ).rowcount


def remove_run(tx: Transaction, run_id: int, *, limit: int) -> int:
    """Take out up to `limit` rows that only an unsealed run knew; answers how many."""
    return tx.execute(
        """
        DELETE FROM elsewhere_message WHERE id IN (
            SELECT id FROM elsewhere_message WHERE import_run_id = :run_id ORDER BY id DESC LIMIT :limit)
        """,
        {"run_id": run_id, "limit": limit},
    ).rowcount
