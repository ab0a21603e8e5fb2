"""Whether the pointers agree with the merges they are made from: which row stands for whom, and since when. Reads only."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Transaction
from waconsole.members.store_merge import MERGES_MAX

CROOKED_MAX: Final = 1000

# Every row of a standing merge with each row above it; the last of them stands for the person.
_UP: Final = """
    WITH RECURSIVE up (id, top, since, steps) AS (
        SELECT member_id, into_id, merged_at, 1 FROM merge WHERE parted_at IS NULL
         UNION ALL
        SELECT u.id, g.into_id, max(u.since, g.merged_at), u.steps + 1
          FROM up AS u
          JOIN merge AS g ON g.member_id = u.top AND g.parted_at IS NULL
         WHERE u.steps < :steps_max),
    said (id, top, since, steps) AS (
        SELECT id, top, since, steps
          FROM (SELECT id, top, since, steps, row_number() OVER (PARTITION BY id ORDER BY steps DESC) AS place
                  FROM up) AS ranked
         WHERE place = 1)
"""


def crooked(tx: Transaction) -> list[str]:
    """What is wrong, one sentence part each: `m-… stands under m-…, and its merges say m-…`; empty when all is well."""
    values = {"steps_max": MERGES_MAX, "limit": CROOKED_MAX}
    if not tx.value("SELECT 1 FROM merge LIMIT 1") and not tx.value(
        "SELECT 1 FROM member WHERE merged_into IS NOT NULL OR one_since <> 0 LIMIT 1"
    ):
        return []
    rows = tx.rows(
        f"""
        {_UP}
        SELECT m.ref, p.ref AS points, t.ref AS merges, s.steps, m.one_since <> s.since AS is_misdated
          FROM said AS s
          JOIN member AS m ON m.id = s.id
          LEFT JOIN member AS t ON t.id = s.top
          LEFT JOIN member AS p ON p.id = m.merged_into
         WHERE s.steps >= :steps_max OR m.merged_into IS NOT s.top OR m.one_since <> s.since
         UNION ALL
        SELECT m.ref, p.ref, NULL, 0, 0
          FROM member AS m
          JOIN member AS p ON p.id = m.merged_into
         WHERE m.id NOT IN (SELECT id FROM said)
         LIMIT :limit
        """,
        values,
    )
    found = [_says(row["ref"], row["points"], row["merges"], row["steps"]) for row in rows]
    tops = tx.rows(
        f"""
        {_UP}
        SELECT m.ref
          FROM member AS m
          LEFT JOIN (SELECT top, max(since) AS since FROM said GROUP BY top) AS s ON s.top = m.id
         WHERE m.merged_into IS NULL AND m.one_since <> coalesce(s.since, 0)
         LIMIT :limit
        """,
        values,
    )
    found += [f"{row['ref']} does not know since when it stands for others" for row in tops]
    strays = tx.value(
        """
        SELECT count(*)
          FROM alias AS a
          JOIN member AS m ON m.id = coalesce(a.moved_from, a.member_id)
         WHERE a.member_id <> m.root_id OR a.moved_from = a.member_id
        """
    )
    return [
        *found,
        *([f"{strays:,} names or numbers hang on another row than their person's"] if strays else []),
    ]


def _says(ref: str, points: str | None, merges: str | None, steps: int) -> str:
    if steps >= MERGES_MAX:
        return f"the merges of {ref} go in a circle"
    if points == merges:
        return f"{ref} does not know since when it is one with {merges}"
    return f"{ref} stands {f'under {points}' if points else 'for itself'}, and its merges say {merges or 'for itself'}"
