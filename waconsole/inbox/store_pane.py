"""What the inbox pane asks besides rows: the tabs and their counts, what an act on many would leave out.

Reads only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from waconsole.database.connection import Row, Transaction
from waconsole.operators import store as operators
from waconsole.operators.store import Operator
from waconsole.text import ForeignText

IDS_AT_ONCE: Final = 500
TAGS_MAX: Final = 500
GROUPS_MAX: Final = 500


class Standing(NamedTuple):
    """How a conversation stands towards an act on many."""

    id: int
    owed: int
    unread: int
    muted: bool
    snoozed_until: int
    assigned_to: int | None
    taken_by: int | None


class TabCounts(NamedTuple):
    """How many conversations stand in each fixed tab."""

    all: int
    owed: int
    mine: int
    join: int


def operator_for(tx: Transaction, name: str | None) -> Operator | None:
    """Whoever would act under `name` (None: the first owner), without making anybody."""
    if name is not None:
        return operators.operator_by_name(tx, name)
    everybody = operators.operators(tx)
    return next((one for one in everybody if one.role == "owner"), everybody[0] if everybody else None)


def tab_counts(tx: Transaction, *, operator_id: int, now: int) -> TabCounts:
    """The exact number of conversations in each fixed tab."""
    row = tx.one(
        """
        SELECT coalesce(sum(message_count > 0 OR group_id IS NOT NULL OR window_until IS NOT NULL), 0) AS "all",
               coalesce(sum(owed > 0 AND muted = 0 AND snoozed_until <= :now), 0) AS owed,
               coalesce(sum(coalesce(assigned_to = :operator, 0)
                            OR id IN (SELECT object_id FROM lease
                                       WHERE object_kind = 'conversation' AND operator_id = :operator
                                         AND expires_at > :now)), 0) AS mine,
               coalesce(sum(owed > 0 AND id IN (SELECT conversation_id FROM visible_item
                                                 WHERE state = 'open' AND kind = 'join')), 0) AS "join"
          FROM visible_conversation
        """,
        {"operator": operator_id, "now": now},
    )
    assert row is not None
    return TabCounts(**dict(row))


def _chunks(tx: Transaction, sql: str, ids: Sequence[int], **values: Any) -> Iterator[Row]:
    """Rows of `sql`, whose `{ids}` stands for a list of at most `IDS_AT_ONCE` ids at a time."""
    for start in range(0, len(ids), IDS_AT_ONCE):
        part = ids[start : start + IDS_AT_ONCE]
        marks = ", ".join(f":id{place}" for place in range(len(part)))
        named = {f"id{place}": one for place, one in enumerate(part)}
        yield from tx.execute(sql.format(ids=marks), {**values, **named})


def standings(tx: Transaction, ids: Sequence[int], *, now: int) -> list[Standing]:
    """How each conversation stands, in the order asked for; those that are gone are left out."""
    sql = """
        SELECT c.id, c.owed, c.unread, c.muted, c.snoozed_until, c.assigned_to,
               (SELECT operator_id FROM lease
                 WHERE object_kind = 'conversation' AND object_id = c.id AND expires_at > :now) AS taken_by
          FROM visible_conversation AS c
         WHERE c.id IN ({ids})
    """
    found = {
        row["id"]: Standing(**{**dict(row), "muted": bool(row["muted"])})
        for row in _chunks(tx, sql, ids, now=now)
    }
    return [found[one] for one in ids if one in found]


def newest_messages(tx: Transaction, ids: Sequence[int]) -> list[int]:
    """The id of the newest message from others in each conversation that has one."""
    sql = """
        SELECT (SELECT id FROM visible_message
                 WHERE conversation_id = c.id AND direction = 'in' AND kind <> 'system'
                 ORDER BY sent_at DESC, id DESC LIMIT 1)
          FROM visible_conversation AS c
         WHERE c.id IN ({ids})
    """
    return [row[0] for row in _chunks(tx, sql, ids) if row[0] is not None]


def open_items_of(tx: Transaction, message_ids: Sequence[int]) -> list[tuple[int, int]]:
    """(item, its message) of the open items of these messages, the one owed first before the others."""
    sql = "SELECT owed_until, id, message_id FROM visible_item WHERE state = 'open' AND message_id IN ({ids})"
    rows = sorted(_chunks(tx, sql, message_ids), key=tuple)
    return [(row["id"], row["message_id"]) for row in rows]


def members_of(tx: Transaction, message_ids: Sequence[int]) -> list[tuple[int, int]]:
    """(member, message) of those of these messages that a member wrote."""
    sql = """
        SELECT a.member_id, m.id FROM visible_message AS m JOIN alias AS a ON a.id = m.alias_id WHERE m.id IN ({ids})
    """
    return [(row[0], row[1]) for row in _chunks(tx, sql, message_ids)]


def tag_names(tx: Transaction) -> list[ForeignText]:
    """The tags in use, to complete one being typed."""
    rows = tx.rows("SELECT DISTINCT name FROM tag ORDER BY name LIMIT :limit", {"limit": TAGS_MAX})
    return [row["name"] for row in rows]


def group_names(tx: Transaction) -> list[ForeignText]:
    """The groups' names, to complete one being typed."""
    rows = tx.rows("SELECT name FROM visible_group ORDER BY folded LIMIT :limit", {"limit": GROUPS_MAX})
    return [row["name"] for row in rows]


# The fixed tabs as conditions over `c` (visible_conversation), with :me and :now. A member to whom something is only
# queued has a conversation in which nobody has said anything yet: it is shown once somebody has.
TAB_CONDITIONS: Final = {
    "all": "(c.message_count > 0 OR c.group_id IS NOT NULL OR c.window_until IS NOT NULL)",
    "owed": "c.owed > 0 AND c.muted = 0 AND c.snoozed_until <= :now",
    "mine": """(c.assigned_to = :me OR c.id IN (
        SELECT object_id FROM lease
         WHERE object_kind = 'conversation' AND operator_id = :me AND expires_at > :now))""",
    "join": """c.owed > 0 AND c.id IN (
        SELECT conversation_id FROM visible_item WHERE state = 'open' AND kind = 'join')""",
}
