"""Invitations to groups: whom they may go to, who was asked, what came of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound
from waconsole.members.model import folded

BUYERS_MAX: Final = 2_000_000
LISTED_MAX: Final = 1_000_000
GROUPS_SHOWN_MAX: Final = 6
_AMONG: Final = "IN (SELECT value FROM json_each(:ids))"


class Group(NamedTuple):
    """The group people are asked into; words raw, `invite_link` empty where nobody knows it."""

    id: int
    ref: str
    name: str
    driver: str
    invite_link: str


def group_named(tx: Transaction, name: str) -> Group:
    """The one group that a ref, WhatsApp's id or a name names. Raises NotFound."""
    rows = tx.rows(
        """
        SELECT id, ref, name, driver, invite_link FROM visible_group
         WHERE ref = :name OR whatsapp_id = :name OR folded = :folded
         ORDER BY ref <> :name, name <> :name, id LIMIT :limit
        """,
        {"name": name, "folded": folded(name), "limit": GROUPS_SHOWN_MAX},
    )
    if not rows:
        raise NotFound(f"No group is called {name}: `waconsole groups list` shows them.")
    exact = [row for row in rows if name in (row["ref"], row["name"])] or rows
    if len(exact) > 1 and exact[0]["ref"] != name:
        several = ", ".join(f"{row['ref']} ({row['name']})" for row in exact)
        raise NotFound(f"{name} names more than one group: {several}. Name one by its ref.")
    return Group(*exact[0])


def buyers(tx: Transaction, *, now: int) -> list[Row]:
    """(member_id, first_at, last_at) of everybody who ordered by `now`."""
    return tx.rows(
        """
        SELECT o.member_id, min(o.ordered_at) AS first_at, max(o.ordered_at) AS last_at
          FROM visible_order AS o JOIN visible_member AS m ON m.id = o.member_id
         WHERE o.ordered_at <= :now
         GROUP BY o.member_id LIMIT :limit
        """,
        {"now": now, "limit": BUYERS_MAX},
    )


def spending(tx: Transaction, *, since: int, now: int) -> list[Row]:
    """(member_id, currency, minor) of orders from `since` to `now`, less what was refunded of them by `now`."""
    return tx.rows(
        """
        SELECT member_id, currency, sum(minor) AS minor
          FROM (SELECT member_id, currency, total_minor AS minor FROM visible_order
                 WHERE ordered_at >= :since AND ordered_at <= :now
                 UNION ALL
                SELECT member_id, currency, -amount_minor FROM visible_refund
                 WHERE ordered_at >= :since AND ordered_at <= :now AND refunded_at <= :now)
         GROUP BY member_id, currency LIMIT :limit
        """,
        {"since": since, "now": now, "limit": BUYERS_MAX},
    )


def standings(tx: Transaction, group_id: int, member_ids: Sequence[int]) -> list[Row]:
    """How these people (rows that stand for a person) stand: see `plays.Standing`; with ref, name, phone, language."""
    return tx.rows(
        f"""
        SELECT m.id, m.ref, m.name, m.language,
               (SELECT phone FROM member_phone WHERE member_id = m.id) AS phone,
               EXISTS (SELECT 1 FROM member_root AS o CROSS JOIN membership AS p
                        WHERE o.root_id = m.id AND p.member_id = o.id AND p.group_id = :group_id
                          AND p.left_at IS NULL) AS is_in_group,
               (SELECT max(i.invited_at) FROM member_root AS o JOIN group_invitation AS i ON i.member_id = o.id
                 WHERE o.root_id = m.id AND i.withdrawn = 0) AS invited_at,
               EXISTS (SELECT 1 FROM member_gate AS g WHERE g.member_id = m.id AND g.kind = 'blocked') AS is_blocked,
               EXISTS (SELECT 1 FROM member_gate AS g WHERE g.member_id = m.id)
                 OR EXISTS (SELECT 1 FROM open_review_member AS v WHERE v.member_id = m.id) AS is_reviewed,
               (SELECT state FROM consent_in_force WHERE member_id = m.id AND purpose = 'marketing') AS consent
          FROM visible_member AS m
         WHERE m.id {_AMONG} LIMIT :limit
        """,
        {"group_id": group_id, "ids": json.dumps(list(member_ids)), "limit": BUYERS_MAX},
    )


def rounds(tx: Transaction, group_id: int, *, since: int) -> int:
    """How often people were asked into a group since then; what was taken back does not count."""
    return int(
        tx.value(
            """
            SELECT count(DISTINCT round) FROM group_invitation
             WHERE group_id = :group_id AND invited_at > :since AND withdrawn = 0
            """,
            {"group_id": group_id, "since": since},
        )
    )


def add(tx: Transaction, fields: dict[str, Any]) -> int:
    """Write that somebody is asked; answers the row's id. Raises sqlite3.IntegrityError within 30 days of the last time."""
    return tx.insert(
        """
        INSERT INTO group_invitation (ref, group_id, member_id, play, channel, round, outgoing_id, operator_id, inputs,
                                      invited_at)
        VALUES (:ref, :group_id, :member_id, :play, :channel, :round, :outgoing_id, :operator_id, :inputs, :invited_at)
        """,
        fields,
    )


def columns(tx: Transaction, row_id: int) -> dict[str, object]:
    """What an operator can change of an invitation: whether it was taken back."""
    row = tx.one("SELECT withdrawn FROM group_invitation WHERE id = :id", {"id": row_id})
    if row is None:
        raise NotFound("That invitation is not in this ledger.")
    return dict(row)


def withdraw(tx: Transaction, row_id: int) -> None:
    """Take an invitation back that has not left; its message is cancelled before."""
    tx.execute("UPDATE group_invitation SET withdrawn = 1 WHERE id = :id", {"id": row_id})


def invitations(tx: Transaction, *, group_id: int | None, play: str | None, since: int | None) -> list[Row]:
    """Who was asked, the latest first, with what became of message and person."""
    return tx.rows(
        """
        SELECT i.id, i.ref, i.play, i.channel, i.round, i.inputs, i.invited_at, i.withdrawn, g.ref AS group_ref,
               g.name AS group_name, m.ref AS member_ref, m.name AS member_name,
               (SELECT phone FROM member_phone WHERE member_id = m.id) AS phone, o.ref AS outgoing,
               o.state, o.state_reason, p.name AS operator, s.joined_at, s.left_at,
               (SELECT t.ref FROM task AS t WHERE t.outgoing_id = o.id) AS task
          FROM known_invitation AS i
          JOIN "group" AS g ON g.id = i.group_id
          JOIN member AS m ON m.id = i.member_id
          JOIN outgoing AS o ON o.id = i.outgoing_id
          JOIN operator AS p ON p.id = i.operator_id
          LEFT JOIN membership AS s ON s.id = i.stay_id
         WHERE (:group_id IS NULL OR i.group_id = :group_id) AND (:play IS NULL OR i.play = :play)
           AND (:since IS NULL OR i.invited_at >= :since)
         ORDER BY i.invited_at DESC, i.id DESC LIMIT :limit
        """,
        {"group_id": group_id, "play": play, "since": since, "limit": LISTED_MAX},
    )
