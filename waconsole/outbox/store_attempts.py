"""Attempt rows: what was tried, written before the wire, and what came of it. Their only writer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.outbox.store_rows import RECIPIENT

IN_FLIGHT_MAX: Final = 10_000
REFUSALS_COUNTED_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queued message with all that decides whether it may leave; instants in microseconds UTC, `text` raw."""

    id: int
    ref: str
    conversation_id: int
    purpose: str
    state_reason: str
    text: str
    body: str
    expires_at: int | None
    window_until: int | None
    phone: str | None
    bsuid: str | None
    group_id: str | None
    consent: str | None
    reply_to: str | None


_WAITING: Final = f"""
    SELECT o.id, o.ref, o.conversation_id, o.purpose, o.state_reason, o.text, o.body, o.expires_at, c.window_until,
           p.value AS phone, b.value AS bsuid, g.whatsapp_id AS group_id,
           (SELECT state FROM consent_in_force WHERE member_id = r.root_id AND purpose = 'marketing') AS consent,
           coalesce((SELECT wamid FROM visible_message WHERE id = o.answers_id AND conversation_id = o.conversation_id),
                    (SELECT wamid FROM outgoing
                      WHERE message_id = o.answers_id AND conversation_id = o.conversation_id)) AS reply_to
      FROM outgoing AS o
      {RECIPIENT}
"""


# Of a conversation only its first waiting message, and none while one is on its way.
_FIRST: Final = """
    NOT EXISTS (SELECT 1 FROM outgoing AS e
                 WHERE e.conversation_id = o.conversation_id AND e.number_id = o.number_id AND e.id <> o.id
                   AND e.state IN ('queued', 'sending') AND (e.state = 'sending' OR e.id < o.id))
"""


def waiting(tx: Transaction, outgoing_id: int) -> Waiting:
    """One outgoing row with all that decides whether it may leave."""
    row = tx.one(f"{_WAITING} WHERE o.id = :id", {"id": outgoing_id})
    assert row is not None
    return Waiting(**dict(row))


def due(tx: Transaction, number_id: int, *, now: int, wait_max: int, limit: int) -> list[Waiting]:
    """Queued messages of a number that may be tried now, in order; of a conversation only its first one.

    A message waits while an earlier one of its conversation is queued or on its way, so that a
    thread keeps its order and a recipient gets one at a time. `not_before` further away than
    `wait_max` was written by a clock that has been set back since: it counts as past.
    """
    rows = tx.rows(
        f"""
        {_WAITING}
         WHERE o.state = 'queued' AND o.number_id = :number_id AND o.driver = 'cloud'
           AND (o.not_before IS NULL OR o.not_before <= :now OR o.not_before > :now + :wait_max)
           AND {_FIRST}
         ORDER BY o.not_before, o.id
         LIMIT :limit
        """,
        {"number_id": number_id, "now": now, "wait_max": wait_max, "limit": limit},
    )
    return [Waiting(**dict(row)) for row in rows]


def next_due_at(tx: Transaction, number_id: int) -> int | None:
    """The earliest instant that the first message of a conversation waits for (0: none); None: nothing is queued."""
    value = tx.value(
        f"""
        SELECT coalesce(o.not_before, 0) FROM outgoing AS o
         WHERE o.state = 'queued' AND o.number_id = :number_id AND o.driver = 'cloud' AND {_FIRST}
         ORDER BY o.not_before LIMIT 1
        """,
        {"number_id": number_id},
    )
    return None if value is None else int(value)


def next_n(tx: Transaction, outgoing_id: int) -> int:
    """The number of the next attempt, from 1."""
    return int(
        tx.value("SELECT coalesce(max(n), 0) + 1 FROM attempt WHERE outgoing_id = :id", {"id": outgoing_id})
    )


def begin(tx: Transaction, *, outgoing_id: int, n: int, opaque: str, owner: str, now: int) -> int:
    """Write an attempt that is about to be made; answers its id."""
    return tx.insert(
        """
        INSERT INTO attempt (outgoing_id, n, opaque, owner, started_at)
        VALUES (:outgoing_id, :n, :opaque, :owner, :now)
        """,
        {"outgoing_id": outgoing_id, "n": n, "opaque": opaque, "owner": owner, "now": now},
    )


def end(
    tx: Transaction,
    attempt_id: int,
    *,
    outcome: str,
    now: int,
    wamid: str | None = None,
    code: int | None = None,
    detail: str = "",
    trace: str = "",
) -> None:
    """Write what came of an attempt. What an echo has settled as accepted stays so."""
    tx.execute(
        """
        UPDATE attempt
           SET outcome = :outcome, ended_at = coalesce(ended_at, :now), wamid = coalesce(wamid, :wamid),
               code = coalesce(:code, code), detail = CASE :detail WHEN '' THEN detail ELSE :detail END,
               trace = CASE :trace WHEN '' THEN trace ELSE :trace END
         WHERE id = :id AND outcome <> 'accepted' AND (outcome = '' OR :outcome = 'accepted')
        """,
        {
            "id": attempt_id,
            "outcome": outcome,
            "now": now,
            "wamid": wamid,
            "code": code,
            "detail": detail,
            "trace": trace,
        },
    )


def by_opaque(tx: Transaction, opaque: str) -> Row | None:
    """(id, outgoing_id, n, outcome) of the attempt that carried `opaque`, or None."""
    return tx.one(
        "SELECT id, outgoing_id, n, outcome FROM attempt WHERE opaque = :opaque", {"opaque": opaque}
    )


def refusals(tx: Transaction, outgoing_id: int, code: int | None = None) -> int:
    """How many attempts in a row, up to now, were not sent (with that code)."""
    rows = tx.rows(
        "SELECT outcome, code FROM attempt WHERE outgoing_id = :id ORDER BY n DESC LIMIT :limit",
        {"id": outgoing_id, "limit": REFUSALS_COUNTED_MAX},
    )
    count = 0
    for row in rows:
        if row["outcome"] not in ("refused", "unsent") or (code is not None and row["code"] != code):
            break
        count += 1
    return count


def on_their_way(tx: Transaction, number_id: int) -> list[Row]:
    """(attempt_id, outgoing_id, outcome, wamid) of every message of a number whose sending nobody has ended."""
    return tx.rows(
        """
        SELECT a.id AS attempt_id, o.id AS outgoing_id, a.outcome, a.wamid
          FROM outgoing AS o
          JOIN attempt AS a ON a.id = (SELECT id FROM attempt WHERE outgoing_id = o.id ORDER BY n DESC LIMIT 1)
         WHERE o.state = 'sending' AND o.number_id = :number_id
         LIMIT :limit
        """,
        {"number_id": number_id, "limit": IN_FLIGHT_MAX},
    )


def last_outcome(tx: Transaction, outgoing_id: int) -> str | None:
    """What came of the newest attempt, or None when there was none."""
    value = tx.value(
        "SELECT outcome FROM attempt WHERE outgoing_id = :id ORDER BY n DESC LIMIT 1", {"id": outgoing_id}
    )
    return None if value is None else str(value)
