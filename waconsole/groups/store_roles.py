"""Who is an admin of a group, as WhatsApp tells it: written on the stay that lasts."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Transaction

ADMIN: Final = "admin"
MEMBER: Final = "member"
ADMINS_MAX: Final = 2_000


def set_role(tx: Transaction, group_id: int, member_id: int, role: str) -> bool:
    """The role of a member in a group they are in; False when that is no news, or they are not in it."""
    cursor = tx.execute(
        """
        UPDATE membership
           SET role = :role
         WHERE group_id = :group_id AND left_at IS NULL AND role <> :role
           AND member_id IN (SELECT o.id FROM member_root AS r JOIN member_root AS o ON o.root_id = r.root_id
                              WHERE r.id = :member_id)
        """,
        {"group_id": group_id, "member_id": member_id, "role": role},
    )
    return cursor.rowcount > 0


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
