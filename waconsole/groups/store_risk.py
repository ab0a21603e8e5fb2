"""What is known of people who ask to come into a group. Reads only, other rooms' tables through their views."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from waconsole.database.connection import Row, Transaction

MARKED_MAX: Final = 10_000
CARRIED_MAX: Final = 200_000
_AMONG: Final = "IN (SELECT value FROM json_each(:ids))"


def _asked(member_ids: Sequence[int], limit: int = CARRIED_MAX) -> dict[str, object]:
    return {"ids": json.dumps(sorted(set(member_ids))), "limit": limit}


def marks(tx: Transaction) -> list[Row]:
    """(member_id, kind, place) of everybody who is blocked, frozen, under review or was taken out of a group."""
    return tx.rows(
        """
        SELECT member_id, kind, review_ref AS place FROM member_gate
         UNION
        SELECT member_id, 'review', review_ref FROM open_review_member
         UNION
        SELECT r.member_id, 'removed', g.name FROM known_removal AS r JOIN "group" AS g ON g.id = r.group_id
         ORDER BY member_id, kind, place LIMIT :limit
        """,
        {"limit": MARKED_MAX},
    )


def carried(tx: Transaction, member_ids: Sequence[int]) -> list[Row]:
    """(member_id, device, payment, address) of these people, from their own rows and from invites that brought them."""
    return tx.rows(
        f"""
        SELECT r.root_id AS member_id, m.device, m.payment, m.address
          FROM member_root AS r JOIN member AS m ON m.id = r.id
         WHERE r.root_id {_AMONG} AND m.device || m.payment || m.address <> ''
         UNION ALL
        SELECT invitee_id, device, payment, address FROM invite_edge
         WHERE invitee_id {_AMONG} AND device || payment || address <> ''
         LIMIT :limit
        """,
        _asked(member_ids),
    )


def groups_of(tx: Transaction, member_ids: Sequence[int]) -> list[Row]:
    """(member_id, group_id, name) of every group these people are in."""
    return tx.rows(
        f"""
        SELECT p.member_id, g.id AS group_id, g.name
          FROM present_membership AS p JOIN visible_group AS g ON g.id = p.group_id
         WHERE p.member_id {_AMONG} ORDER BY p.member_id, g.name LIMIT :limit
        """,
        _asked(member_ids),
    )


def refs(tx: Transaction, member_ids: Sequence[int]) -> dict[int, str]:
    """The refs of these people."""
    rows = tx.rows(f"SELECT id, ref FROM member WHERE id {_AMONG} LIMIT :limit", _asked(member_ids))
    return {row["id"]: row["ref"] for row in rows}


def asked_in(tx: Transaction, group_id: int, member_ids: Sequence[int]) -> list[Row]:
    """(member_id, channel, play, invited_at): that we asked these people into the group, the latest last."""
    return tx.rows(
        f"""
        SELECT member_id, channel, play, invited_at FROM known_invitation
         WHERE group_id = :group_id AND member_id {_AMONG} AND withdrawn = 0
         ORDER BY invited_at, id LIMIT :limit
        """,
        {**_asked(member_ids), "group_id": group_id},
    )


def brought_by(tx: Transaction, member_ids: Sequence[int]) -> list[Row]:
    """(member_id, referrer, channel, invited_at) of who invited these people, the earliest last."""
    return tx.rows(
        f"""
        SELECT e.invitee_id AS member_id, m.ref AS referrer, e.channel, e.invited_at
          FROM invite_edge AS e JOIN member AS m ON m.id = e.referrer_id
         WHERE e.invitee_id {_AMONG} ORDER BY e.invited_at DESC, e.id DESC LIMIT :limit
        """,
        _asked(member_ids),
    )
