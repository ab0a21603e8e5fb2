"""One invite probed as it comes in: haste of its referrer, a ring it closes, oneself. Reads by index only."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Final, NamedTuple

from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.fraud.model import Rule
from waconsole.fraud.rules import ATTEMPTS, SPAN, Rules

UPWARD_MAX: Final = 32  # generations of referrers that are walked up
ABOVE_MAX: Final = 1_000  # people met on the way
VALUES_MAX: Final = 64  # texts of policies that are kept read


class Edge(NamedTuple):
    """An invite between the rows that stand for the persons, in whole seconds, and what was haste when it was made.

    `has_invited` says whether the invitee ever invited anybody: who never did had brought nobody.
    """

    referrer: int
    invitee: int
    at: int
    attempts: int
    seconds: int
    has_invited: bool


_POLICY: Final = """
    (SELECT p.value FROM policy_in_force_row AS p
      WHERE p.name = :{name} AND p.valid_from <= i.invited_at
      ORDER BY p.begins_at DESC, p.version DESC LIMIT 1)
"""
_EDGE: Final = f"""
    SELECT a.root_id, b.root_id, i.invited_at, {_POLICY.format(name="attempts")}, {_POLICY.format(name="span")},
           EXISTS (SELECT 1 FROM member AS m JOIN invite AS o ON o.referrer_id = m.id WHERE m.root_id = b.root_id)
      FROM invite AS i
      JOIN member_root AS a ON a.id = i.referrer_id
      JOIN member_root AS b ON b.id = i.invitee_id
     WHERE i.id = :id AND NOT EXISTS (SELECT 1 FROM open_run AS r WHERE r.id = i.import_run_id)
"""


def edge(tx: Transaction, invite_id: int) -> Edge | None:
    """The invite as an edge of the graph, in one look; None where it is not there (yet)."""
    row = tx.one(_EDGE, {"id": invite_id, "attempts": ATTEMPTS, "span": SPAN})
    if row is None:
        return None
    who, whom, at, attempts, span, has_invited = row
    return Edge(who, whom, at // SECOND, *_haste(attempts, span), bool(has_invited))


@lru_cache(maxsize=VALUES_MAX)
def _haste(attempts: str, span: str) -> tuple[int, int]:
    """How many attempts are too many, and within less than how many seconds, by the texts of two policies."""
    then = Rules(
        {name: Rule(name, 0, json.loads(text)) for name, text in ((ATTEMPTS, attempts), (SPAN, span))}
    )
    return then.attempts, then.seconds


_OWN: Final = """
      FROM member AS m
      JOIN invite AS i ON i.referrer_id = m.id AND i.invited_at {after} AND i.invited_at {before}
     WHERE m.root_id = :referrer
"""
_BESIDE: Final = f"""
    SELECT (SELECT count(*) FROM (SELECT 1 {_OWN.format(after="> :since", before="<= :at")} LIMIT :attempts)) AS until_then,
           (SELECT count(*) FROM (SELECT 1 {_OWN.format(after=">= :at", before="< :until")} LIMIT :attempts)) AS from_then
"""
_AROUND: Final = f"""
    SELECT group_concat(at / {SECOND})
      FROM (SELECT i.invited_at AS at {_OWN.format(after="> :since", before="< :until")}
             ORDER BY i.invited_at LIMIT 2 * :attempts) AS some
"""


def is_hasty(tx: Transaction, one: Edge) -> bool:
    """Whether its referrer made too many attempts within the span, it among them or close by, by event time.

    The attempts of the span that ends with it, and of the one that begins with it, are counted first: that settles
    nearly every one. Else it is looked for a span in between; of twice as many as are too many some are in one.
    """
    at, reach = one.at * SECOND, one.seconds * SECOND
    values = {
        "referrer": one.referrer,
        "at": at,
        "since": at - reach,
        "until": at + reach,
        "attempts": one.attempts,
    }
    row = tx.one(_BESIDE, values)
    assert row is not None
    if one.attempts <= max(row) or one.attempts > sum(row):
        return bool(one.attempts <= max(row))
    text = tx.value(_AROUND, values) or ""  # one text is read in a third of the time of a hundred rows
    times, last = [int(at) for at in text.split(",") if at], one.attempts - 1
    return any(late - early < one.seconds for early, late in zip(times, times[last:], strict=False))


def is_below(tx: Transaction, one: Edge) -> bool:
    """Whether the invitee had brought the referrer, over any number of steps: the walk goes up, where one parent waits."""
    if not one.has_invited:
        return False
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
