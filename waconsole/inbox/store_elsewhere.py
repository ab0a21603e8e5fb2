"""That members wrote elsewhere, as a file told it. The same row again is the same fact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from waconsole.database.connection import Transaction
from waconsole.members import store_merge


class SaidRow(NamedTuple):
    """That a member wrote: in a group, or directly when it is None; times in microseconds UTC."""

    member_id: int
    said_at: int
    group_id: int | None
    recorded_at: int
    import_run_id: int


def add_said(tx: Transaction, rows: Sequence[SaidRow]) -> int:
    """Write that they wrote; answers how many rows were not there."""
    rows_given = "VALUES (?1, ?2, ?3, ?4, ?5)"
    if store_merge.has_merges(tx):
        rows_given = """
            SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (
               SELECT 1
                 FROM member_root AS me
                 JOIN member_root AS o ON o.root_id = me.root_id AND o.id <> me.id
                 JOIN elsewhere_message AS first ON first.member_id = o.id AND first.said_at = ?2 AND first.group_id IS ?3
                WHERE me.id = ?1)"""
    return tx.executemany(
        f"""
        INSERT INTO elsewhere_message (member_id, said_at, group_id, recorded_at, import_run_id)
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
    tx.execute(
        """
        DELETE FROM elsewhere_message WHERE id IN (
            SELECT one.id
              FROM member_root AS me
              JOIN member_root AS r ON r.root_id = me.root_id
              JOIN elsewhere_message AS one ON one.member_id = r.id
             WHERE me.id = :member_id AND EXISTS (
                   SELECT 1
                     FROM member_root AS o
                     JOIN elsewhere_message AS first ON first.member_id = o.id
                    WHERE o.root_id = r.root_id AND first.id < one.id AND first.said_at = one.said_at AND first.group_id IS one.group_id
                      AND first.import_run_id NOT IN (SELECT id FROM open_run)))
        """,
        {"member_id": member_id},
    )
