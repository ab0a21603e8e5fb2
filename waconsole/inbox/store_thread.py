"""What a thread and its card show: messages, what we wrote, notes, in the order of their times. Reads only.

A thread entry's key is `id * 4 + source`, so that one vector of integers holds them all.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Final, NamedTuple

from waconsole.database.connection import Row, Transaction
from waconsole.outbox import store_pane_reached
from waconsole.outbox.outcome_words import Reached
from waconsole.text import ForeignText

MESSAGE, OUTGOING, NOTE = 0, 1, 2
KEYS_AT_ONCE: Final = 5000
EXTRAS_MAX: Final = 20_000


class Entry(NamedTuple):
    """One line of a thread; instants in microseconds UTC, names and texts raw.

    Of what we send: `out_state` is our effort ("" for every other line) with its reason and the
    error code of the last attempt, `reached` WhatsApp's word, None until it has said one. `type` is Meta's word
    for a message of the wire.
    """

    key: int
    source: int
    id: int
    at: int
    sender: ForeignText
    phone: str | None
    member_id: int | None
    direction: str
    kind: str
    text: ForeignText
    edited: bool
    state: str
    item_id: int | None
    item_kind: str | None
    item_state: str | None
    item_rule: str | None
    item_evidence: ForeignText | None
    item_owed_until: int | None
    media_kind: str | None
    media_name: ForeignText | None
    media_sha256: str | None
    out_state: str
    out_reason: ForeignText
    out_code: int | None
    wamid: str | None
    type: str
    reached: Reached | None = None


class GroupCard(NamedTuple):
    """What the card says of a group."""

    name: ForeignText
    purpose: ForeignText
    kpi: ForeignText
    language: str
    timezone: str
    driver: str
    members: int
    admins: int
    messages: int
    exported_at: int | None


class MemberCard(NamedTuple):
    """What the card says of a member."""

    id: int
    ref: str
    name: ForeignText
    phone: str | None
    language: str
    timezone: str
    marketing: str | None
    tags: tuple[ForeignText, ...]
    groups: tuple[ForeignText, ...]
    namesakes: int


def keys(tx: Transaction, conversation_id: int) -> array[int]:
    """The keys of a whole thread, oldest first."""
    extras = tx.rows(
        """
        SELECT written_at AS at, id * 4 + 1 AS key FROM outgoing
         WHERE conversation_id = :id AND message_id IS NULL AND (kind <> 'reaction' OR driver = 'human')
         UNION ALL
        SELECT written_at, id * 4 + 2 FROM note WHERE conversation_id = :id AND withdrawn = 0
         ORDER BY 1, 2
         LIMIT :limit
        """,
        {"id": conversation_id, "limit": EXTRAS_MAX},
    )
    found = array("q")
    place = 0
    cursor = tx.execute(
        "SELECT sent_at, id FROM visible_message WHERE conversation_id = :id ORDER BY sent_at, id",
        {"id": conversation_id},
    )
    while rows := cursor.fetchmany(KEYS_AT_ONCE):
        for sent_at, message_id in rows:
            while place < len(extras) and extras[place][0] < sent_at:
                found.append(extras[place][1])
                place += 1
            found.append(message_id * 4)
    found.extend(row[1] for row in extras[place:])
    return found


def last_keys(tx: Transaction, conversation_id: int, limit: int = 64) -> array[int]:
    """The keys of the newest entries of a thread, oldest first: what the first paint needs."""
    rows = tx.rows(
        """
        SELECT at, key
          FROM (SELECT * FROM (SELECT sent_at AS at, id * 4 AS key, id AS sub FROM visible_message
                                WHERE conversation_id = :id ORDER BY sent_at DESC, id DESC LIMIT :limit)
                 UNION ALL
                SELECT * FROM (SELECT written_at, id * 4 + 1, id FROM outgoing
                                WHERE conversation_id = :id AND message_id IS NULL AND (kind <> 'reaction' OR driver = 'human') ORDER BY written_at DESC, id DESC LIMIT :limit)
                 UNION ALL
                SELECT * FROM (SELECT written_at, id * 4 + 2, id FROM note
                                WHERE conversation_id = :id AND withdrawn = 0
                                ORDER BY written_at DESC, id DESC LIMIT :limit)) AS newest
         ORDER BY at DESC, key % 4 DESC, key DESC
         LIMIT :limit
        """,
        {"id": conversation_id, "limit": limit},
    )
    return array("q", (row["key"] for row in reversed(rows)))


_MESSAGE: Final = """
    SELECT m.id * 4 AS key, 0 AS source, m.id, m.sent_at AS at,
           CASE a.kind WHEN 'phone' THEN coalesce(nullif(p.name, ''), a.value) ELSE coalesce(a.value, w.name, '') END AS sender,
           CASE a.kind WHEN 'phone' THEN a.value END AS phone,
           a.member_id, m.direction, m.kind, m.text, m.edited, m.notice AS state,
           i.id AS item_id, i.kind AS item_kind, i.state AS item_state, i.rule AS item_rule, i.evidence AS item_evidence,
           i.owed_until AS item_owed_until, f.kind AS media_kind, f.name AS media_name, f.sha256 AS media_sha256,
           coalesce(o.state, '') AS out_state, coalesce(o.state_reason, '') AS out_reason,
           CASE WHEN o.state = 'failed'
                THEN (SELECT code FROM attempt WHERE outgoing_id = o.id ORDER BY n DESC LIMIT 1) END AS out_code, o.wamid, m.type
      FROM message AS m
      LEFT JOIN alias AS a ON a.id = m.alias_id
      LEFT JOIN member AS p ON p.id = a.member_id
      LEFT JOIN work_item AS i ON i.id = (SELECT max(id) FROM work_item WHERE message_id = m.id)
      LEFT JOIN media AS f ON f.message_id = m.id
      LEFT JOIN outgoing AS o ON o.message_id = m.id AND m.direction = 'out'
      LEFT JOIN operator AS w ON w.id = o.operator_id
"""
_OUTGOING: Final = """
    SELECT o.id * 4 + 1 AS key, 1 AS source, o.id, o.written_at AS at, coalesce(w.name, '') AS sender, NULL AS phone,
           NULL AS member_id, 'out' AS direction, 'text' AS kind, o.text, 0 AS edited,
           coalesce(t.state, o.state) AS state, NULL AS item_id, NULL AS item_kind, NULL AS item_state,
           NULL AS item_rule, NULL AS item_evidence, t.deadline_at AS item_owed_until, NULL AS media_kind,
           NULL AS media_name, NULL AS media_sha256, o.state AS out_state, o.state_reason AS out_reason,
           CASE WHEN o.state = 'failed'
                THEN (SELECT code FROM attempt WHERE outgoing_id = o.id ORDER BY n DESC LIMIT 1) END AS out_code, o.wamid, o.kind AS type
      FROM outgoing AS o
      LEFT JOIN task AS t ON t.outgoing_id = o.id
      LEFT JOIN operator AS w ON w.id = o.operator_id
"""
_NOTE: Final = """
    SELECT n.id * 4 + 2 AS key, 2 AS source, n.id, n.written_at AS at, w.name AS sender, NULL AS phone,
           NULL AS member_id, 'none' AS direction, 'note' AS kind, n.text, 0 AS edited, '' AS state, NULL AS item_id,
           NULL AS item_kind, NULL AS item_state, NULL AS item_rule, NULL AS item_evidence,
           NULL AS item_owed_until, NULL AS media_kind, NULL AS media_name, NULL AS media_sha256, '' AS out_state,
           '' AS out_reason, NULL AS out_code, NULL AS wamid, '' AS type
      FROM note AS n
      JOIN operator AS w ON w.id = n.operator_id
"""
_SOURCES: Final = {MESSAGE: (_MESSAGE, "m"), OUTGOING: (_OUTGOING, "o"), NOTE: (_NOTE, "n")}


_EDITED: Final = Entry._fields.index("edited")


def _entry(row: Row, reached: Reached | None) -> Entry:
    """An entry of a row whose columns stand in the order of the fields (by place: this is every line painted)."""
    values = list(row)
    values[_EDITED] = bool(values[_EDITED])
    return Entry._make([*values, reached])


def by_keys(tx: Transaction, wanted: Sequence[int]) -> list[Entry]:
    """Entries by key, in the order asked for; what is gone is left out."""
    found: dict[int, Entry] = {}
    for source, (select, table) in _SOURCES.items():
        ids = [key // 4 for key in wanted if key % 4 == source]
        if not ids:
            continue
        marks = ", ".join(f":id{place}" for place in range(len(ids)))
        values = {f"id{place}": row_id for place, row_id in enumerate(ids)}
        rows = tx.rows(f"{select} WHERE {table}.id IN ({marks})", values)
        wamids = [wamid for row in rows if (wamid := row["wamid"]) is not None]
        heard = store_pane_reached.reached(tx, wamids) if wamids else {}
        found.update((row["key"], _entry(row, heard.get(row["wamid"]))) for row in rows)
    return [found[key] for key in wanted if key in found]


def group_card(tx: Transaction, conversation_id: int) -> GroupCard | None:
    """The card of a conversation's group; None when it is with a member."""
    row = tx.one(
        """
        SELECT g.name, g.purpose, g.kpi, g.language, g.timezone, g.driver,
               (SELECT count(*) FROM present_membership AS p WHERE p.group_id = g.id) AS members,
               (SELECT count(*) FROM present_membership AS p WHERE p.group_id = g.id AND p.role = 'admin') AS admins,
               c.message_count AS messages, g.exported_at
          FROM visible_conversation AS c
          JOIN visible_group AS g ON g.id = c.group_id
         WHERE c.id = :id
        """,
        {"id": conversation_id},
    )
    return None if row is None else GroupCard(**dict(row))


def member_card(tx: Transaction, member_id: int) -> MemberCard | None:
    """The card of a member; None when there is no such member."""
    row = tx.one(
        """
        SELECT m.id, m.ref, m.name, m.language, m.timezone,
               (SELECT phone FROM member_phone WHERE member_id = m.id) AS phone,
               (SELECT state FROM consent_in_force WHERE member_id = m.id AND purpose = 'marketing') AS marketing,
               (SELECT count(*) FROM member AS o
                 WHERE o.folded = m.folded AND m.folded <> '' AND o.id <> m.id AND o.merged_into IS NULL) AS namesakes
          FROM visible_member AS m
         WHERE m.id = :id
        """,
        {"id": member_id},
    )
    if row is None:
        return None
    tags = tx.rows("SELECT name FROM tag WHERE member_id = :id ORDER BY name LIMIT 100", {"id": member_id})
    named = tx.rows(
        """
        SELECT g.name FROM present_membership AS p JOIN visible_group AS g ON g.id = p.group_id
         WHERE p.member_id = :id ORDER BY g.folded LIMIT 100
        """,
        {"id": member_id},
    )
    return MemberCard(
        **dict(row),
        tags=tuple(tag["name"] for tag in tags),
        groups=tuple(group["name"] for group in named),
    )
