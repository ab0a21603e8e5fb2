"""What decides whether a message may reach members, read for all of them at once. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from waconsole.database.connection import Transaction

IDS_AT_ONCE: Final = 32_768
Ids = npt.NDArray[np.int64]


class Sends(NamedTuple):
    """What was sent to whom and when, side by side; `wins` says what was there to win somebody over."""

    members: Ids
    at: Ids
    wins: npt.NDArray[np.bool_]


def _column(tx: Transaction, sql: str, values: dict[str, Any]) -> Ids:
    cursor = tx.execute(sql, values)
    cursor.row_factory = None
    return np.fromiter((row[0] for row in cursor), np.int64)


def sends(tx: Transaction, *, since: int, until: int, elsewhere: bool = True) -> Sends:
    """Every direct message that the caps count, between two instants that both belong; those sent `elsewhere` too, or not."""
    ours = "" if elsewhere else " AND outgoing_id IS NOT NULL"
    cursor = tx.execute(
        f"""
        SELECT member_id, sent_at, wins FROM direct_send
         WHERE counts = 1 AND sent_at >= :since AND sent_at <= :until{ours}
        """,
        {"since": since, "until": until},
    )
    cursor.row_factory = None
    rows = np.array(cursor.fetchall(), np.int64).reshape(-1, 3)
    return Sends(rows[:, 0], rows[:, 1], rows[:, 2] != 0)


def talking(tx: Transaction, *, since: int, until: int) -> Ids:
    """Who wrote to us directly after `since`, up to `until`, in ascending order."""
    return _column(
        tx,
        """
        SELECT DISTINCT member_id FROM heard_message
         WHERE group_id IS NULL AND said_at > :since AND said_at <= :until ORDER BY member_id
        """,
        {"since": since, "until": until},
    )


def suppressed(tx: Transaction, *, now: int, is_marketing: bool) -> Ids:
    """For whom WhatsApp takes nothing of this kind, in ascending order."""
    return _column(
        tx,
        """
        SELECT DISTINCT r.root_id
          FROM suppression AS s
         CROSS JOIN member_root AS r ON r.id = s.member_id
         WHERE s.lifted_at IS NULL AND (s.until IS NULL OR s.until > :now) AND (:marketing OR s.scope <> 'marketing')
         ORDER BY r.root_id
        """,
        {"now": now, "marketing": int(is_marketing)},
    )


def unreachable(tx: Transaction) -> Ids:
    """Of whom no number and no id is known by which WhatsApp could reach them, in ascending order."""
    return _column(
        tx,
        """
        SELECT p.id FROM visible_member AS p
         WHERE NOT EXISTS (SELECT 1 FROM alias AS a
                            WHERE a.member_id = p.id AND a.kind IN ('phone', 'bsuid') AND a.group_id = 0
                              AND a.seen_until IS NULL)
         ORDER BY p.id
        """,
        {},
    )


def alias_signs(tx: Transaction) -> tuple[int, int]:
    """How often an alias ended, moved or was taken out, and the highest there is: new ones have higher ids."""
    changes = tx.value("SELECT coalesce(sum(changes), 0) FROM column_mark WHERE fact IN ('alias', 'reach')")
    return int(changes), int(tx.value("SELECT coalesce(max(id), 0) FROM alias"))


def addressed(tx: Transaction, *, after: int) -> Ids:
    """Who got an address by which WhatsApp could reach them with the aliases above that id, in no order."""
    return _column(
        tx,
        """
        SELECT member_id FROM alias
         WHERE id > :after AND kind IN ('phone', 'bsuid') AND group_id = 0 AND seen_until IS NULL
        """,
        {"after": after},
    )


def zones(tx: Transaction) -> list[str]:
    """Every time zone a member has, '' for none."""
    return [str(row["timezone"]) for row in tx.rows("SELECT DISTINCT timezone FROM member LIMIT 10000")]


def in_zone(tx: Transaction, zone: str) -> Ids:
    """The members of a time zone, in ascending order."""
    return _column(tx, "SELECT id FROM visible_member WHERE timezone = :zone ORDER BY id", {"zone": zone})


def refs(tx: Transaction, ids: Sequence[int]) -> list[str]:
    """The refs of members, in the order of `ids`."""
    found: dict[int, str] = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        wanted = ", ".join(str(int(one)) for one in ids[start : start + IDS_AT_ONCE])
        cursor = tx.execute(f"SELECT id, ref FROM member WHERE id IN ({wanted})")
        cursor.row_factory = None
        found.update(cursor.fetchall())
    return [found[int(one)] for one in ids]
