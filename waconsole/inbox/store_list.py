"""What the conversation list shows: pages by key, and the ids of a whole query. Reads only.

A row is a conversation with its leading work item: the open one that is owed first.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from waconsole.database.connection import Row, Transaction
from waconsole.inbox.model import PREVIEW_CHARACTERS_MAX
from waconsole.text import ForeignText

IDS_AT_ONCE: Final = 5000
LIST_MAX: Final = 10_000_000


class ConversationRow(NamedTuple):
    """One row of the list; instants in microseconds UTC, names and texts raw."""

    id: int
    ref: str
    name: ForeignText
    phone: str | None
    group_id: int | None
    member_id: int | None
    driver: str
    unread: int
    owed: int
    owed_until: int | None
    window_until: int | None
    snoozed_until: int
    muted: bool
    assigned_to: str | None
    taken_by: str | None
    last_at: int
    item_id: int | None
    item_kind: str | None
    item_message_id: int | None
    preview: ForeignText
    draft: bool


class Counters(NamedTuple):
    """The numbers of the top line and of the tabs."""

    conversations: int
    unread: int
    owed: int
    mine: int
    join: int
    tasks: int


_ROW: Final = f"""
    SELECT c.id, c.ref, coalesce(g.name, m.name, '') AS name,
           (SELECT phone FROM member_phone WHERE member_id = c.member_id) AS phone,
           c.group_id, c.member_id,
           CASE WHEN n.driver = 'human' THEN 'human' ELSE coalesce(g.driver, n.driver) END AS driver,
           c.unread, c.owed, c.owed_until, c.window_until, c.snoozed_until, c.muted, o.name AS assigned_to,
           (SELECT t.name FROM lease AS l JOIN operator AS t ON t.id = l.operator_id
             WHERE l.object_kind = 'conversation' AND l.object_id = c.id AND l.expires_at > :now) AS taken_by,
           c.last_at, i.id AS item_id, i.kind AS item_kind, i.message_id AS item_message_id,
           substr(coalesce(im.text, lm.text, ''), 1, {PREVIEW_CHARACTERS_MAX}) AS preview,
           c.draft <> '' AS draft
      FROM visible_conversation AS c
      JOIN number AS n ON n.id = c.number_id
      LEFT JOIN "group" AS g ON g.id = c.group_id
      LEFT JOIN member AS m ON m.id = c.member_id
      LEFT JOIN operator AS o ON o.id = c.assigned_to
      LEFT JOIN work_item AS i ON i.id = c.lead_item_id
      LEFT JOIN message AS im ON im.id = i.message_id
      LEFT JOIN message AS lm ON lm.id = c.last_message_id
"""


_FIELDS: Final = ConversationRow._fields
_MUTED, _DRAFT = _FIELDS.index("muted"), _FIELDS.index("draft")


def _row(row: Row) -> ConversationRow:
    """A row whose columns stand in the order of the fields (by place: a dict of names costs four times as much)."""
    values = list(row)
    values[_MUTED], values[_DRAFT] = bool(values[_MUTED]), bool(values[_DRAFT])
    return ConversationRow(*values)


def first_page(
    tx: Transaction, where: str, parameters: dict[str, Any], *, now: int, limit: int = 64
) -> list[ConversationRow]:
    """The first rows of a query, the clock that dies first before the others.

    `where` is SQL over `c` (visible_conversation) made by `inbox.fields`, never text of an operator.
    """
    rows = tx.rows(
        f"{_ROW} WHERE {where} ORDER BY c.urgent_at, c.last_at DESC, c.id LIMIT :limit",
        {**parameters, "now": now, "limit": limit},
    )
    return [_row(row) for row in rows]


def ids(tx: Transaction, where: str, parameters: dict[str, Any], *, now: int) -> array[int]:
    """The ids of a whole query in list order, as a vector."""
    found = array("q")
    cursor = tx.execute(
        f"""
        SELECT c.id
          FROM visible_conversation AS c
         WHERE {where}
         ORDER BY c.urgent_at, c.last_at DESC, c.id
         LIMIT :limit
        """,
        {**parameters, "now": now, "limit": LIST_MAX},
    )
    while rows := cursor.fetchmany(IDS_AT_ONCE):
        found.extend(row[0] for row in rows)
    return found


def by_ids(tx: Transaction, wanted: Sequence[int], *, now: int) -> list[ConversationRow]:
    """Rows by key, in the order asked for; ids that are gone are left out."""
    marks = ", ".join(f":id{place}" for place in range(len(wanted)))
    rows = tx.rows(
        f"{_ROW} WHERE c.id IN ({marks})",
        {"now": now, **{f"id{place}": key for place, key in enumerate(wanted)}},
    )
    found = {row["id"]: _row(row) for row in rows}
    return [found[key] for key in wanted if key in found]


def count(tx: Transaction, where: str, parameters: dict[str, Any], *, now: int) -> int:
    """How many conversations a query has, exactly."""
    return int(
        tx.value(f"SELECT count(*) FROM visible_conversation AS c WHERE {where}", {**parameters, "now": now})
    )


def counters(tx: Transaction, *, operator_id: int, now: int) -> Counters:
    """The exact numbers of the top line: items owed leave out what is muted or snoozed."""
    row = tx.one(
        """
        SELECT count(*) AS conversations,
               coalesce(sum(unread), 0) AS unread,
               coalesce(sum(CASE WHEN muted = 0 AND snoozed_until <= :now THEN owed ELSE 0 END), 0) AS owed,
               coalesce(sum(assigned_to = :operator
                            OR id IN (SELECT object_id FROM lease
                                       WHERE object_kind = 'conversation' AND operator_id = :operator
                                         AND expires_at > :now)), 0) AS mine,
               (SELECT count(*) FROM visible_item WHERE state = 'open' AND kind = 'join') AS "join",
               (SELECT count(*) FROM task WHERE state IN ('offered', 'copied')) AS tasks
          FROM visible_conversation
        """,
        {"operator": operator_id, "now": now},
    )
    assert row is not None
    return Counters(**dict(row))
