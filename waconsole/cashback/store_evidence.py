"""What evidence is made of: how long a payee has been here, what of theirs was refunded and paid, whom they share groups with."""

from __future__ import annotations

from typing import Final

from waconsole.cashback.evidence import Share
from waconsole.database.connection import Transaction

PAYEES_MAX: Final = 100_000


def here_since(tx: Transaction, root_id: int) -> int | None:
    """When a person is first known to have been here: their first order, or their first joining that is dated."""
    found = tx.value(
        """
        SELECT min(began_at) FROM (
            SELECT min(o.ordered_at) AS began_at
              FROM member_root AS r
             CROSS JOIN "order" AS o ON o.member_id = r.id
             WHERE r.root_id = :root AND o.import_run_id NOT IN (SELECT id FROM open_run)
            UNION ALL
            SELECT min(m.joined_at)
              FROM member_root AS r
             CROSS JOIN membership AS m ON m.member_id = r.id
             WHERE r.root_id = :root AND m.joined_at > 0)
        """,
        {"root": root_id},
    )
    return None if found is None else int(found)


def shares(tx: Transaction, scheme_id: int) -> dict[int, Share]:
    """How many of the orders that earned each payee of a scheme something were refunded, by who stands for the payee.

    It reads every line of the scheme: ask once and keep it.
    """
    rows = tx.rows(
        """
        SELECT r.root_id, count(*), sum(EXISTS (SELECT 1 FROM line_reversal AS v WHERE v.line_id = l.id))
          FROM cashback_line AS l
          JOIN member_root AS r ON r.id = l.payee_id
         WHERE l.scheme_id = :scheme AND l.order_id IS NOT NULL
         GROUP BY r.root_id
         LIMIT :limit
        """,
        {"scheme": scheme_id, "limit": PAYEES_MAX},
    )
    return {row[0]: Share(row[2], row[1]) for row in rows}


def paid_before(tx: Transaction, root_id: int, line_id: int) -> int:
    """How many other lines a person was paid for."""
    return int(
        tx.value(
            """
            SELECT count(*)
              FROM member_root AS r
             CROSS JOIN cashback_line AS l ON l.payee_id = r.id
             CROSS JOIN line_state AS t ON t.id = l.id
             WHERE r.root_id = :root AND l.id <> :line AND t.state = 'confirmed'
            """,
            {"root": root_id, "line": line_id},
        )
    )


def shared_groups(tx: Transaction, one_id: int, other_id: int, *, at: int, besides: int | None) -> int:
    """In how many groups two people were together at an instant, besides one."""
    return int(
        tx.value(
            """
            SELECT count(DISTINCT m.group_id)
              FROM member_root AS r
             CROSS JOIN membership AS m ON m.member_id = r.id
             WHERE r.root_id = :one AND m.joined_at <= :at AND coalesce(m.left_at, :at + 1) > :at
               AND m.group_id IS NOT :besides
               AND EXISTS (SELECT 1
                             FROM member_root AS s
                            CROSS JOIN membership AS n ON n.member_id = s.id
                            WHERE s.root_id = :other AND n.group_id = m.group_id AND n.joined_at <= :at
                              AND coalesce(n.left_at, :at + 1) > :at)
            """,
            {"one": one_id, "other": other_id, "at": at, "besides": besides},
        )
    )


def people_of(tx: Transaction, line_id: int) -> tuple[int, int | None, int | None, int]:
    """(payee, buyer or None, the ambassador's group or None, scheme) of a line; people by who stands for them."""
    row = tx.one(
        """
        SELECT p.root_id, b.root_id, a.group_id, l.scheme_id
          FROM cashback_line AS l
          JOIN member_root AS p ON p.id = l.payee_id
          JOIN ambassador_stay AS a ON a.id = l.ambassador_id
          LEFT JOIN "order" AS o ON o.id = l.order_id
          LEFT JOIN member_root AS b ON b.id = o.member_id
         WHERE l.id = ?
        """,
        (line_id,),
    )
    assert row is not None
    return row[0], row[1], row[2], row[3]
