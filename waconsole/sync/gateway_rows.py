"""How far a gateway was heard, and who its groups hold as this ledger knows them."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.groups import store_live
from waconsole.sync.gateway_people import GroupKnown, Known

PEOPLE_MAX: Final = 10_000


def heard_through(tx: Transaction, number_id: int) -> int | None:
    """Up to when a gateway's phone was heard without a gap, in microseconds UTC; None when it never was."""
    value = tx.value("SELECT through_at FROM gateway_mark WHERE number_id = :id", {"id": number_id})
    return None if value is None else int(value)


def hear_through(tx: Transaction, number_id: int, at: int) -> None:
    """A gateway's phone was heard without a gap up to `at`; the mark never goes back."""
    tx.execute(
        """
        INSERT INTO gateway_mark (number_id, through_at) VALUES (:number_id, :at)
            ON CONFLICT (number_id) DO UPDATE SET through_at = max(through_at, excluded.through_at)
        """,
        {"number_id": number_id, "at": at},
    )


def group_known(tx: Transaction, whatsapp_id: str) -> GroupKnown | None:
    """A group with its people, or None while it was never met."""
    group = store_live.group_by_whatsapp_id(tx, whatsapp_id)
    if group is None:
        return None
    row = tx.one(
        """
        SELECT g.description, g.approval, g.looked_at, s.subject
          FROM "group" AS g
          LEFT JOIN group_subject AS s ON s.group_id = g.id
         WHERE g.id = :id
        """,
        {"id": group["id"]},
    )
    assert row is not None
    return GroupKnown(
        row["subject"], row["description"], row["approval"], row["looked_at"], _people(tx, group["id"])
    )


def _people(tx: Transaction, group_id: int) -> tuple[Known, ...]:
    rows = tx.rows(
        """
        SELECT p.member_id, p.role, a.kind, a.value
          FROM present_membership AS p
          JOIN alias AS a ON a.member_id = p.member_id AND a.kind IN ('phone', 'wa_id', 'lid')
         WHERE p.group_id = :group_id
         ORDER BY p.member_id
         LIMIT :limit
        """,
        {"group_id": group_id, "limit": PEOPLE_MAX},
    )
    found: dict[int, tuple[str, set[str], set[str]]] = {}
    for row in rows:
        _, phones, lids = found.setdefault(row["member_id"], (row["role"], set(), set()))
        (lids if row["kind"] == "lid" else phones).add(row["value"])
    return tuple(
        Known(member_id, role, frozenset(phones), frozenset(lids))
        for member_id, (role, phones, lids) in found.items()
    )


def due_count(tx: Transaction, number_id: int, *, now: int) -> int:
    """How many messages are queued for a number and wait for nothing of their own."""
    return int(
        tx.value(
            """
            SELECT count(*) FROM outgoing
             WHERE number_id = :id AND state = 'queued' AND coalesce(not_before, 0) <= :now
            """,
            {"id": number_id, "now": now},
        )
    )


def waiting_files(tx: Transaction, *, now: int, limit: int) -> list[Row]:
    """(id, media_id, name, tries, sent_at) of files to be asked a gateway for now, those of the newest messages first."""
    return tx.rows(
        """
        SELECT f.id, f.media_id, f.name, f.tries, m.sent_at
          FROM media AS f
          JOIN message AS m ON m.id = f.message_id
          JOIN conversation AS c ON c.id = m.conversation_id
          JOIN number AS n ON n.id = c.number_id
         WHERE f.state = 'waiting' AND f.due_at <= :now AND n.driver = 'gateway'
         ORDER BY f.id DESC
         LIMIT :limit
        """,
        {"now": now, "limit": limit},
    )
