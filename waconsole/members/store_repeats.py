"""One fact of one person, told under several of their numbers, counts once, whichever was known first.

The rows are their rooms' own: here stands only what is the same about them. Tables and columns are words of the code.
"""

from __future__ import annotations

from collections.abc import Sequence

from waconsole.database.connection import Transaction
from waconsole.members import store_merge


def not_told_before(tx: Transaction, table: str, columns: Sequence[str], same: Sequence[str]) -> str:
    """What an INSERT of `columns`, the first of them `member_id`, reads: its parameters in that order.

    Where members were merged a row is left out that agrees in `same` with one of another number of the person.
    """
    given = ", ".join(f"?{place}" for place in range(1, len(columns) + 1))
    if not store_merge.has_merges(tx):
        return f"VALUES ({given})"
    agrees = " AND ".join(f"first.{name} IS ?{columns.index(name) + 1}" for name in same)
    return f"""
        SELECT {given} WHERE NOT EXISTS (
           SELECT 1
             FROM member_root AS me
             JOIN member_root AS o ON o.root_id = me.root_id AND o.id <> me.id
             JOIN {table} AS first ON first.member_id = o.id AND {agrees}
            WHERE me.id = ?1)"""


def told_again(table: str, same: Sequence[str]) -> str:
    """The ids of rows that repeat an earlier one of the person `:member_id`, under whichever number: a SELECT.

    One that only an open import tells of is not there yet, and makes nothing a repetition.
    """
    agrees = " AND ".join(f"first.{name} IS one.{name}" for name in same)
    return f"""
        SELECT one.id
          FROM member_root AS me
          JOIN member_root AS r ON r.root_id = me.root_id
          JOIN {table} AS one ON one.member_id = r.id
         WHERE me.id = :member_id AND EXISTS (
               SELECT 1
                 FROM member_root AS o
                 JOIN {table} AS first ON first.member_id = o.id
                WHERE o.root_id = r.root_id AND first.id < one.id AND {agrees}
                  AND first.import_run_id NOT IN (SELECT id FROM open_run))"""


__all__ = ("not_told_before", "told_again")
