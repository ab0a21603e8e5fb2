"""One invite probed as it comes in: haste of its referrer, a ring it closes, oneself. Reads by index only."""

from __future__ import annotations

from typing import Final, NamedTuple

from waconsole.clock import SECOND
from waconsole.database.connection import Transaction

UPWARD_MAX: Final = 32  # generations of referrers that are walked up
ABOVE_MAX: Final = 1_000  # people met on the way


class Edge(NamedTuple):
    """An invite between the rows that stand for the persons, in whole seconds."""

    referrer: int
    invitee: int
    at: int


def edge(tx: Transaction, invite_id: int) -> Edge | None:
    """The invite as an edge of the graph; None where it is not there (yet)."""
    row = tx.one(
        "SELECT referrer_id, invitee_id, invited_at FROM invite_edge WHERE id = :id", {"id": invite_id}
    )
    return None if row is None else Edge(row[0], row[1], row[2] // SECOND)


def around(tx: Transaction, one: Edge, *, attempts: int, seconds: int) -> list[int]:
    """When its referrer made attempts less than `seconds` before or after it, by event time, in order.

    At most twice `attempts`: more say nothing new. Nothing is looked at where they made fewer in all.
    """
    span = seconds * SECOND
    at = one.at * SECOND
    rows = tx.rows(
        """
        SELECT i.invited_at
          FROM member AS m
          JOIN invite AS i ON i.referrer_id = m.id AND i.invited_at > :since AND i.invited_at < :until
         WHERE m.root_id = :referrer
         ORDER BY i.invited_at
         LIMIT :limit
        """,
        {"referrer": one.referrer, "since": at - span, "until": at + span, "limit": 2 * attempts},
    )
    return [row[0] // SECOND for row in rows]


def is_below(tx: Transaction, one: Edge) -> bool:
    """Whether the invitee had brought the referrer, over any number of steps: the walk goes up, where one parent waits."""
    row = tx.one(
        """
        WITH RECURSIVE above (member_id, depth) AS (
            SELECT :referrer, 0
             UNION
            SELECT r.root_id, a.depth + 1
              FROM above AS a
              JOIN member AS m ON m.root_id = a.member_id
              JOIN invite AS i ON i.invitee_id = m.id
              JOIN member_root AS r ON r.id = i.referrer_id
             WHERE a.depth < :upward AND a.member_id <> :invitee
             LIMIT :limit)
        SELECT 1 FROM above WHERE member_id = :invitee AND depth > 0 LIMIT 1
        """,
        {"referrer": one.referrer, "invitee": one.invitee, "upward": UPWARD_MAX, "limit": ABOVE_MAX},
    )
    return row is not None
