"""That members wrote elsewhere, as a file told it. The same row again is the same fact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from waconsole.database.connection import Transaction
from waconsole.members import store_repeats


class SaidRow(NamedTuple):
    """That a member wrote: in a group, or directly when it is None; times in microseconds UTC."""

    member_id: int
    said_at: int
    group_id: int | None
    recorded_at: int
    import_run_id: int


COLUMNS: Final = SaidRow._fields
SAME: Final = ("said_at", "group_id")
_NAMES: Final = ", ".join(COLUMNS)


def add_said(tx: Transaction, rows: Sequence[SaidRow]) -> int:
    """Write that they wrote; answers how many rows were not there."""
    rows_given = store_repeats.not_told_before(tx, "elsewhere_message", COLUMNS, SAME)
    return tx.executemany(
        f"""
        INSERT INTO elsewhere_message ({_NAMES})
        {rows_given}
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


def forget_repeated(tx: Transaction, member_id: int) -> None:
    """Of messages told under several numbers of one person, keep the first: as if the numbers had been known before."""
    again = store_repeats.told_again("elsewhere_message", SAME)
    tx.execute(
        f"DELETE FROM elsewhere_message WHERE id IN ({again})",
        {"member_id": member_id},
    )
