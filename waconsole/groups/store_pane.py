"""What the groups pane lists: every group with the figures of its conversation. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.members.model import folded

GROUPS_MAX: Final = 100_000


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One row of the list; names raw, instants in microseconds UTC."""

    id: int
    ref: str
    name: str
    purpose: str
    kpi: str
    language: str
    timezone: str
    driver: str
    exported_at: int | None
    conversation_id: int | None
    messages: int
    unread: int
    owed: int
    last_at: int | None
    members: int
    asking: int


def groups(tx: Transaction) -> list[GroupRow]:
    """Every visible group by name; its figures come from its first conversation."""
    rows = tx.rows(
        """
        SELECT g.id, g.ref, g.name, g.purpose, g.kpi, g.language, g.timezone, g.driver, g.exported_at,
               c.id AS conversation_id, coalesce(c.message_count, 0) AS messages, coalesce(c.unread, 0) AS unread,
               coalesce(c.owed, 0) AS owed, c.last_at, coalesce(p.members, 0) AS members,
               coalesce(j.asking, 0) AS asking
          FROM visible_group AS g
          LEFT JOIN visible_conversation AS c
            ON c.id = (SELECT min(id) FROM visible_conversation WHERE group_id = g.id)
          LEFT JOIN (SELECT group_id, count(*) AS members FROM present_membership GROUP BY group_id) AS p
            ON p.group_id = g.id
          LEFT JOIN (SELECT group_id, count(*) AS asking FROM join_request WHERE state = 'asked' GROUP BY group_id) AS j
            ON j.group_id = g.id
         ORDER BY g.folded, g.id
         LIMIT :limit
        """,
        {"limit": GROUPS_MAX},
    )
    return [GroupRow(**dict(row)) for row in rows]


def names(tx: Transaction) -> dict[int, str]:
    """What every visible group is called, raw, by its id."""
    rows = tx.rows("SELECT id, name FROM visible_group LIMIT :limit", {"limit": GROUPS_MAX})
    return {row["id"]: row["name"] for row in rows}


def beginning_with(tx: Transaction, text: str, *, limit: int) -> list[tuple[int, str, int | None]]:
    """(id, name, conversation id) of groups whose name begins with `text`; read by index."""
    begun = folded(text)
    if not begun:
        return []
    found = tx.rows(
        """
        SELECT g.id, g.name, (SELECT min(id) FROM visible_conversation WHERE group_id = g.id) AS conversation_id
          FROM visible_group AS g
         WHERE g.folded >= :begun AND g.folded < :beyond
         ORDER BY g.folded
         LIMIT :limit
        """,
        {"begun": begun, "beyond": begun + "\U0010ffff", "limit": limit},
    )
    return [(row["id"], row["name"], row["conversation_id"]) for row in found]
