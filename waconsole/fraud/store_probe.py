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


_AROUND: Final = """
      FROM member AS m
      JOIN invite AS i ON i.referrer_id = m.id AND i.invited_at > :since AND i.invited_at < :until
     WHERE m.root_id = :referrer
"""


def around(tx: Transaction, one: Edge, *, attempts: int, seconds: int) -> list[int]:
    """When its referrer made attempts less than `seconds` before or after it, by event time, in order.

    Nothing where they are fewer than `attempts`, which one look into the index tells, and at most twice as many: more
    say nothing new.
    """
    since, until = (one.at - seconds) * SECOND, (one.at + seconds) * SECOND
    values = {"referrer": one.referrer, "since": since, "until": until, "limit": attempts}
    if tx.value(f"SELECT count(*) FROM (SELECT 1 {_AROUND} LIMIT :limit) AS some", values) < attempts:
        return []
    ordered = f"SELECT i.invited_at AS at {_AROUND} ORDER BY i.invited_at LIMIT 2 * :limit"
    text = tx.value(f"SELECT group_concat(at / {SECOND}) FROM ({ordered}) AS some", values)
    return [int(at) for at in text.split(",")]  # one text is read in a third of the time of a hundred rows


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
