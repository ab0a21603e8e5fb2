"""Pushes that another program sent, as a file told them. The same row again is the same fact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from waconsole.database.connection import Transaction
from waconsole.members import store_repeats


class PushRow(NamedTuple):
    """A push as it is written; times in microseconds UTC, the purpose marketing or utility."""

    member_id: int
    sent_at: int
    purpose: str
    recorded_at: int
    import_run_id: int


COLUMNS: Final = PushRow._fields
SAME: Final = ("sent_at", "purpose")
_NAMES: Final = ", ".join(COLUMNS)


def add_pushes(tx: Transaction, rows: Sequence[PushRow]) -> int:
    """Write pushes; answers how many were not there."""
    rows_given = store_repeats.not_told_before(tx, "elsewhere_push", COLUMNS, SAME)
    return tx.executemany(
        f"""
        INSERT INTO elsewhere_push ({_NAMES})
        {rows_given}
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


def forget_repeated(tx: Transaction, member_id: int) -> None:
    """Of pushes told under several numbers of one person, keep the first: as if the numbers had been known before."""
    again = store_repeats.told_again("elsewhere_push", SAME)
    tx.execute(
        f"DELETE FROM elsewhere_push WHERE id IN ({again})",
        {"member_id": member_id},
    )
