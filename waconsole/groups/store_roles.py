"""Who is an admin of a group, as this ledger knows it."""

from __future__ import annotations

from waconsole.database.connection import Transaction


def is_admin(tx: Transaction, group_id: int, member_id: int) -> bool:
    """Whether somebody is an admin of a group now, as far as this ledger knows."""
    return bool(
        tx.value(
            """
            SELECT 1
              FROM present_membership AS p
              JOIN member_root AS r ON r.id = :member_id
             WHERE p.group_id = :group_id AND p.member_id = r.root_id AND p.role = 'admin'
             LIMIT 1
            """,
            {"group_id": group_id, "member_id": member_id},
        )
    )
