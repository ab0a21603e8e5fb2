"""Groups of the wire: known by WhatsApp's own id, with the comings and goings it tells."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.groups import store, store_standing
from waconsole.groups.model import group_ref
from waconsole.groups.stays import WROTE, Happened, Stay, stays

EVENTS_MAX: Final = 10_000


def group_by_whatsapp_id(tx: Transaction, whatsapp_id: str) -> Row | None:
    """(id, ref, name, language) of the group of that id, or None."""
    return tx.one('SELECT id, ref, name, language FROM "group" WHERE whatsapp_id = :id', {"id": whatsapp_id})


def ensure_group(
    tx: Transaction, whatsapp_id: str, *, now: int, driver: str = "cloud", number_id: int | None = None
) -> Row:
    """The group of that id, made under its id as name when it is new. (id, ref, name, language).

    `number_id` is the number of ours that met it: the first one is the one it is reached by.
    """
    known = group_by_whatsapp_id(tx, whatsapp_id)
    if known is None:
        store.add_group(
            tx, ref=group_ref(whatsapp_id), name=whatsapp_id, driver=driver, origin="live", now=now,
            whatsapp_id=whatsapp_id,
        )  # fmt: skip
        known = group_by_whatsapp_id(tx, whatsapp_id)
    assert known is not None
    if number_id is not None:
        store_standing.set_number(tx, known["id"], number_id)
    return known


def groups_of_number(tx: Transaction, number_id: int) -> list[Row]:
    """(id, whatsapp_id, added_at) of the groups that are reached by a number and not ended."""
    return tx.rows(
        """
        SELECT id, whatsapp_id, added_at FROM "group"
         WHERE number_id = :number_id AND whatsapp_id IS NOT NULL AND ended_at IS NULL
         ORDER BY id LIMIT :limit
        """,
        {"number_id": number_id, "limit": store.GROUPS_MAX},
    )


def happened(tx: Transaction, group_id: int, member_id: int, event: Happened) -> bool:
    """Take in that somebody came, went or wrote; the stays follow by event time. False when it was known."""
    if event.kind == WROTE and was_there(tx, group_id, member_id, event.at):
        return False
    cursor = tx.execute(
        """
        INSERT INTO membership_event (group_id, member_id, kind, channel, happened_at)
        VALUES (:group_id, :member_id, :kind, :channel, :at)
            ON CONFLICT DO NOTHING
        """,
        {
            "group_id": group_id,
            "member_id": member_id,
            "kind": event.kind,
            "channel": event.channel,
            "at": event.at,
        },
    )
    if cursor.rowcount == 0:
        return False
    _bring_up(tx, group_id, member_id)
    return True


def came_at(tx: Transaction, group_id: int, member_id: int, *, since: int) -> int | None:
    """When somebody first came into a group from `since` on, or None."""
    value = tx.value(
        """
        SELECT min(e.happened_at)
          FROM membership_event AS e
          JOIN member_root AS r ON r.id = e.member_id
         WHERE e.group_id = :group_id AND e.kind = 'joined' AND e.happened_at >= :since
           AND r.root_id = (SELECT root_id FROM member_root WHERE id = :member_id)
        """,
        {"group_id": group_id, "member_id": member_id, "since": since},
    )
    return None if value is None else int(value)


def was_there(tx: Transaction, group_id: int, member_id: int, at: int) -> bool:
    """Whether a known stay of a member covers that instant."""
    return bool(
        tx.value(
            """
            SELECT 1 FROM membership
             WHERE group_id = :group_id AND member_id = :member_id
               AND joined_at <= :at AND (left_at IS NULL OR left_at >= :at)
             LIMIT 1
            """,
            {"group_id": group_id, "member_id": member_id, "at": at},
        )
    )


def _bring_up(tx: Transaction, group_id: int, member_id: int) -> None:
    """Write the live stays of a member anew; a stay that an import knows is only ended."""
    rows = tx.rows(
        """
        SELECT kind, channel, happened_at
          FROM membership_event
         WHERE group_id = :group_id AND member_id = :member_id
         ORDER BY happened_at
         LIMIT :limit
        """,
        {"group_id": group_id, "member_id": member_id, "limit": EVENTS_MAX},
    )
    events = [Happened(row["kind"], row["happened_at"], row["channel"]) for row in rows]
    imported = _imported_stays(tx, group_id, member_id)
    fresh: list[Stay] = []
    for stay in stays(events):
        covering = next(
            (
                row
                for row in imported
                if row["joined_at"] <= stay.joined_at and (row["left_at"] or stay.joined_at) >= stay.joined_at
            ),
            None,
        )
        if covering is None:
            fresh.append(stay)
        elif stay.left_at is not None:
            store.end_stay(tx, covering["id"], stay.left_at)
    store.set_live_stays(tx, group_id, member_id, fresh)


def _imported_stays(tx: Transaction, group_id: int, member_id: int) -> list[Row]:
    """(id, joined_at, left_at) of what files told of a member's time in a group."""
    return tx.rows(
        """
        SELECT id, joined_at, left_at
          FROM membership
         WHERE group_id = :group_id AND member_id = :member_id AND origin <> 'live'
         ORDER BY joined_at
         LIMIT :limit
        """,
        {"group_id": group_id, "member_id": member_id, "limit": store.GROUPS_MAX},
    )


def move_group(tx: Transaction, other_id: int, group_id: int) -> None:
    """Who came to, went from and wrote in `other_id` did so in `group_id`; the stays there follow."""
    both = {"id": group_id, "other": other_id}
    tx.execute("UPDATE OR IGNORE membership_event SET group_id = :id WHERE group_id = :other", both)
    tx.execute("DELETE FROM membership_event WHERE group_id = :other", {"other": other_id})
    rows = tx.rows(
        "SELECT DISTINCT member_id FROM membership_event WHERE group_id = :id LIMIT :limit",
        {"id": group_id, "limit": EVENTS_MAX},
    )
    for row in rows:
        _bring_up(tx, group_id, row["member_id"])
