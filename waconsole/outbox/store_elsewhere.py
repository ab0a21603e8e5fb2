"""Pushes that another program sent, as a file told them. The same row again is the same fact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from waconsole.database.connection import Transaction
from waconsole.members import store_merge


class PushRow(NamedTuple):
    """A push as it is written; times in microseconds UTC, the purpose marketing or utility."""

    member_id: int
    sent_at: int
    purpose: str
    recorded_at: int
    import_run_id: int


def add_pushes(tx: Transaction, rows: Sequence[PushRow]) -> int:
    """Write pushes; answers how many were not there."""
    rows_given = "VALUES (?1, ?2, ?3, ?4, ?5)"
    if store_merge.has_merges(tx):
        rows_given = """
            SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (
               SELECT 1
                 FROM member_root AS me
                 JOIN member_root AS o ON o.root_id = me.root_id AND o.id <> me.id
                 JOIN elsewhere_push AS first ON first.member_id = o.id AND first.sent_at = ?2 AND first.purpose = ?3
                WHERE me.id = ?1)"""
    return tx.executemany(
        f"""
        INSERT INTO elsewhere_push (member_id, sent_at, purpose, recorded_at, import_run_id)
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
    tx.execute(
        """
        DELETE FROM elsewhere_push WHERE id IN (
            SELECT one.id
              FROM member_root AS me
              JOIN member_root AS r ON r.root_id = me.root_id
              JOIN elsewhere_push AS one ON one.member_id = r.id
             WHERE me.id = :member_id AND EXISTS (
                   SELECT 1
                     FROM member_root AS o
                     JOIN elsewhere_push AS first ON first.member_id = o.id
                    WHERE o.root_id = r.root_id AND first.id < one.id AND first.sent_at = one.sent_at AND first.purpose = one.purpose
                      AND first.import_run_id NOT IN (SELECT id FROM open_run)))
        """,
        {"member_id": member_id},
    )
