"""What layers, picks and means are worked out from, read for all members at once. Reads only, but for picks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from waconsole.database.connection import Row, Transaction
from waconsole.segments import store_segments

Ids = npt.NDArray[np.int64]
PICKS_MAX: Final = 10_000


def pairs(tx: Transaction, sql: str, parameters: Mapping[str, Any]) -> dict[int, Any]:
    """(id, value) of a statement that answers those two."""
    cursor = tx.execute(sql, dict(parameters))
    cursor.row_factory = None
    return {row[0]: row[1] for row in cursor if row[0] is not None}


def only_currency(tx: Transaction, now: int) -> str:
    """The one currency that orders are in; "" where there are several, or no orders."""
    found = store_segments.only_currency(tx, now=now)
    return "" if found == store_segments.NO_CURRENCY else found


def everybody(tx: Transaction) -> Ids:
    """All members that can be asked about, in ascending order."""
    return _numbers(
        tx,
        "SELECT p.id FROM visible_member AS p WHERE p.id NOT IN (SELECT id FROM erased_member) ORDER BY p.id",
        {},
    )[:, 0]


def bought(tx: Transaction, *, since: int, until: int) -> Ids:
    """(member, latest order, orders) of who ordered between two instants that both belong."""
    return _numbers(
        tx,
        """
        SELECT member_id, max(ordered_at), count(*) FROM visible_order
         WHERE ordered_at BETWEEN :since AND :until GROUP BY member_id
        """,
        {"since": since, "until": until},
    )


def pushed(tx: Transaction, *, since: int, until: int) -> Ids:
    """(member, instant) of every direct marketing message between two instants, by member and instant."""
    return _numbers(
        tx,
        """
        SELECT member_id, sent_at FROM direct_send
         WHERE is_marketing AND sent_at BETWEEN :since AND :until ORDER BY member_id, sent_at
        """,
        {"since": since, "until": until},
    )


def signs(tx: Transaction, *, since: int, until: int) -> Ids:
    """(member, instant) of every click, order and direct message between two instants, by member and instant."""
    return _numbers(
        tx,
        """
        SELECT member_id, clicked_at AS at FROM visible_click WHERE clicked_at BETWEEN :since AND :until
         UNION ALL
        SELECT member_id, ordered_at FROM visible_order WHERE ordered_at BETWEEN :since AND :until
         UNION ALL
        SELECT member_id, said_at FROM heard_message
         WHERE group_id IS NULL AND member_id IS NOT NULL AND said_at BETWEEN :since AND :until
         ORDER BY 1, 2
        """,
        {"since": since, "until": until},
    )


def _numbers(tx: Transaction, sql: str, values: Mapping[str, Any]) -> Ids:
    cursor = tx.execute(sql, dict(values))
    cursor.row_factory = None
    rows = cursor.fetchall()
    width = len(cursor.description)
    return np.array(rows, np.int64).reshape(-1, width)


def missed(tx: Transaction, *, since: int, codes: tuple[int, ...]) -> tuple[int, int]:
    """(marketing templates that were taken for delivery since then, those that came back with one of these codes)."""
    row = tx.one(
        """
        SELECT count(*) AS sent,
               coalesce(sum(EXISTS (SELECT 1 FROM delivery AS d
                                     WHERE d.wamid = o.wamid AND d.error_code IN (SELECT value FROM json_each(:codes)))), 0)
                   AS missed
          FROM outgoing AS o
         WHERE o.template_category = 'MARKETING' AND o.wamid IS NOT NULL AND o.written_at >= :since
        """,
        {"since": since, "codes": "[" + ",".join(map(str, codes)) + "]"},
    )
    assert row is not None
    return int(row["sent"]), int(row["missed"])


def add_pick(tx: Transaction, fields: dict[str, Any]) -> int:
    """Write down a pick; answers its id."""
    return tx.insert(
        """
        INSERT INTO focus_pick (rule, seed, focus_share, random_share, matched, focused, at_random, digest, picked_at)
        VALUES (:rule, :seed, :focus_share, :random_share, :matched, :focused, :at_random, :digest, :now)
        """,
        fields,
    )


def picks(tx: Transaction) -> list[Row]:
    """Every pick, the latest first."""
    return tx.rows(
        """
        SELECT id, rule, seed, focus_share, random_share, matched, focused, at_random, digest, picked_at
          FROM focus_pick ORDER BY id DESC LIMIT :limit
        """,
        {"limit": PICKS_MAX},
    )
