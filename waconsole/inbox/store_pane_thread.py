"""What the inbox pane asks of one thread besides its rows: where it opens, its items, hits and tasks.

Reads only.
"""

from __future__ import annotations

from array import array
from typing import Any, Final, NamedTuple

from waconsole.database.connection import Row, Transaction
from waconsole.text import ForeignText

HITS_MAX: Final = 100_000


class Opening(NamedTuple):
    """What decides where a thread opens; instants in microseconds UTC, names and drafts raw."""

    id: int
    name: ForeignText
    phone: str | None
    group_id: int | None
    member_id: int | None
    driver: str
    message_count: int
    unread: int
    window_until: int | None
    snoozed_until: int
    muted: bool
    assigned_to: ForeignText | None
    taken_by: ForeignText | None
    draft: ForeignText
    lead_message_id: int | None
    lead_at: int | None
    new_message_id: int | None
    new_at: int | None


class TickState(NamedTuple):
    """The blue tick that a message has, or that was asked for it; instants in microseconds UTC, words raw.

    `given_at` is None while WhatsApp has not said yes; `outcome` is "" while it has not answered.
    """

    given_at: int | None
    asked_at: int
    outcome: str
    detail: ForeignText
    by_hand: ForeignText | None


class TaskState(NamedTuple):
    """How far a human hand has come with an outgoing message; names and reasons raw."""

    id: int
    state: str
    deadline_at: int
    copied_at: int | None
    copied_by: ForeignText | None
    decided_at: int | None
    decided_by: ForeignText | None
    reason: ForeignText


def opening(tx: Transaction, conversation_id: int, *, now: int) -> Opening | None:
    """Where the thread of a conversation opens; None when it is not in this ledger."""
    row = tx.one(
        """
        SELECT c.id, coalesce(g.name, m.name, '') AS name,
               (SELECT phone FROM member_phone WHERE member_id = c.member_id) AS phone,
               c.group_id, c.member_id,
               CASE WHEN n.driver = 'human' THEN 'human' ELSE coalesce(g.driver, n.driver) END AS driver,
               c.message_count, c.unread,
               c.window_until, c.snoozed_until, c.muted, o.name AS assigned_to,
               (SELECT t.name FROM lease AS l JOIN operator AS t ON t.id = l.operator_id
                 WHERE l.object_kind = 'conversation' AND l.object_id = c.id AND l.expires_at > :now) AS taken_by,
               c.draft, i.message_id AS lead_message_id,
               l.sent_at AS lead_at, c.read_through_at, c.read_through_id
          FROM visible_conversation AS c
          JOIN number AS n ON n.id = c.number_id
          LEFT JOIN visible_group AS g ON g.id = c.group_id
          LEFT JOIN visible_member AS m ON m.id = c.member_id
          LEFT JOIN operator AS o ON o.id = c.assigned_to
          LEFT JOIN visible_item AS i ON i.id = c.lead_item_id
          LEFT JOIN visible_message AS l ON l.id = i.message_id
         WHERE c.id = :id
        """,
        {"id": conversation_id, "now": now},
    )
    if row is None:
        return None
    fields = dict(row)
    new = None
    if row["unread"]:
        new = tx.one(
            """
            SELECT id, sent_at
              FROM visible_message
             WHERE conversation_id = :id AND (sent_at, id) > (:read_through_at, :read_through_id)
               AND direction = 'in' AND kind <> 'system'
             ORDER BY sent_at, id
             LIMIT 1
            """,
            {name: fields[name] for name in ("id", "read_through_at", "read_through_id")},
        )
    del fields["read_through_at"], fields["read_through_id"]
    fields["muted"] = bool(fields["muted"])
    return Opening(
        **fields,
        new_message_id=None if new is None else new["id"],
        new_at=None if new is None else new["sent_at"],
    )


_AROUND: Final = """
    SELECT * FROM (SELECT sent_at AS at, id * 4 AS key FROM visible_message
                    WHERE conversation_id = :id AND sent_at {sign} :at ORDER BY sent_at {way}, id {way} LIMIT :limit)
     UNION ALL
    SELECT * FROM (SELECT written_at, id * 4 + 1 FROM outgoing
                    WHERE conversation_id = :id AND written_at {sign} :at AND message_id IS NULL AND (kind <> 'reaction' OR driver = 'human')
                    ORDER BY written_at {way}, id {way} LIMIT :limit)
     UNION ALL
    SELECT * FROM (SELECT written_at, id * 4 + 2 FROM note
                    WHERE conversation_id = :id AND written_at {sign} :at AND withdrawn = 0
                    ORDER BY written_at {way}, id {way} LIMIT :limit)
"""


def keys_around(tx: Transaction, conversation_id: int, at: int, *, limit: int) -> array[int]:
    """At most `limit` thread keys before the instant `at` and as many from it on, oldest first."""
    values = {"id": conversation_id, "at": at, "limit": limit}
    before = tx.rows(
        f"SELECT at, key FROM ({_AROUND.format(sign='<', way='DESC')}) AS near"
        " ORDER BY at DESC, key % 4 DESC, key DESC LIMIT :limit",
        values,
    )
    after = tx.rows(
        f"SELECT at, key FROM ({_AROUND.format(sign='>=', way='ASC')}) AS near"
        " ORDER BY at, key % 4, key LIMIT :limit",
        values,
    )
    return array("q", [row["key"] for row in (*reversed(before), *after)])


def message_at(tx: Transaction, conversation_id: int, message_id: int) -> int | None:
    """When a message of a conversation was sent; None when it is not there."""
    value = tx.value(
        "SELECT sent_at FROM visible_message WHERE id = :message AND conversation_id = :id",
        {"message": message_id, "id": conversation_id},
    )
    return None if value is None else int(value)


def lead_item(tx: Transaction, conversation_id: int, *, after: tuple[int, int] = (-1, -1)) -> Row | None:
    """(id, message_id, owed_until, kind) of the open item that is owed first, beyond `after` (owed_until, id)."""
    return tx.one(
        """
        SELECT id, message_id, owed_until, kind
          FROM visible_item
         WHERE conversation_id = :id AND state = 'open' AND (owed_until, id) > (:at, :item)
         ORDER BY owed_until, id
         LIMIT 1
        """,
        {"id": conversation_id, "at": after[0], "item": after[1]},
    )


def open_item_keys(tx: Transaction, conversation_id: int) -> list[int]:
    """Thread keys of the messages with an open item, the one owed first before the others."""
    rows = tx.rows(
        """
        SELECT message_id * 4 AS key FROM visible_item
         WHERE conversation_id = :id AND state = 'open'
         ORDER BY owed_until, id
         LIMIT :limit
        """,
        {"id": conversation_id, "limit": HITS_MAX},
    )
    return [row["key"] for row in rows]


def hits(tx: Transaction, conversation_id: int, where: str, parameters: dict[str, Any]) -> array[int]:
    """Thread keys of the messages of a conversation that a query finds, oldest first.

    `where` is SQL over `m` (visible_message) made by `inbox.fields`.
    """
    cursor = tx.execute(
        f"""
        SELECT m.id * 4 FROM visible_message AS m
         WHERE m.conversation_id = :conversation AND ({where})
         ORDER BY m.sent_at, m.id
         LIMIT :limit
        """,
        {**parameters, "conversation": conversation_id, "limit": HITS_MAX},
    )
    return array("q", (row[0] for row in cursor))


def task_of(tx: Transaction, outgoing_id: int) -> TaskState | None:
    """The task of an outgoing row, or None when no human hand has to send it."""
    row = tx.one(
        """
        SELECT t.id, t.state, t.deadline_at, t.copied_at, c.name AS copied_by, t.decided_at, d.name AS decided_by, t.reason
          FROM task AS t
          LEFT JOIN operator AS c ON c.id = t.copied_by
          LEFT JOIN operator AS d ON d.id = t.decided_by
         WHERE t.outgoing_id = :id
        """,
        {"id": outgoing_id},
    )
    return None if row is None else TaskState(**dict(row))


def tick_of(tx: Transaction, message_id: int) -> TickState | None:
    """The blue tick of a received message: its own, or the first given to one after it, which counts for both."""
    row = tx.one(
        """
        SELECT k.given_at, k.asked_at, k.outcome, k.detail, w.name AS by_hand
          FROM message AS m
          JOIN blue_tick AS k ON k.conversation_id = m.conversation_id
          JOIN message AS x ON x.wamid = k.wamid
          LEFT JOIN operator AS w ON w.id = k.operator_id AND k.outgoing_id IS NULL
         WHERE m.id = :id AND m.direction = 'in'
           AND (x.id = m.id OR (k.given_at IS NOT NULL AND (x.sent_at, x.id) > (m.sent_at, m.id)))
         ORDER BY k.given_at IS NULL, k.given_at
         LIMIT 1
        """,
        {"id": message_id},
    )
    return None if row is None else TickState(**dict(row))


def number_stopped(tx: Transaction, conversation_id: int) -> str:
    """Why the number that a conversation hangs on stands still, raw; "" when it does not."""
    value = tx.value(
        "SELECT n.stopped_reason FROM conversation AS c JOIN number AS n ON n.id = c.number_id WHERE c.id = :id",
        {"id": conversation_id},
    )
    return str(value or "")


def sent_as(tx: Transaction, outgoing_id: int) -> tuple[str, str]:
    """(state, reason) of an outgoing row; of one that a human hand sends, the state of its task."""
    row = tx.one(
        """
        SELECT coalesce(t.state, o.state) AS state, o.state_reason AS reason
          FROM outgoing AS o LEFT JOIN task AS t ON t.outgoing_id = o.id WHERE o.id = :id
        """,
        {"id": outgoing_id},
    )
    return ("queued", "") if row is None else (row["state"], row["reason"])
