"""How the numbers stand that messages leave by, and what waits on each. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.text import ForeignText

NUMBERS_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class NumberRow:
    """How a number of ours stands: what waits on it by state, the oldest of it, and what was tried last."""

    id: int
    name: ForeignText
    phone: str | None
    driver: str
    stopped_reason: ForeignText
    stopped_at: int | None
    is_paused: bool
    queued: int
    sending: int
    held: int
    unknown: int
    oldest_at: int | None
    due_at: int | None
    retry_at: int | None
    tried_at: int | None


def numbers(tx: Transaction) -> list[NumberRow]:
    """Every number of ours that an API reaches, with what waits on it."""
    found = tx.rows(
        """
        WITH waiting AS MATERIALIZED (
            SELECT id, number_id, state, written_at, not_before FROM outgoing
             WHERE state IN ('queued', 'sending', 'held', 'unknown') AND driver <> 'human'
        )
        SELECT n.id, n.name, n.phone, n.driver, n.stopped_reason, n.stopped_at,
               n.paused_at IS NOT NULL OR EXISTS (SELECT 1 FROM breaker
                                                   WHERE scope = 'all' AND state = 'paused') AS is_paused,
               coalesce(sum(o.state = 'queued'), 0) AS queued, coalesce(sum(o.state = 'sending'), 0) AS sending,
               coalesce(sum(o.state = 'held'), 0) AS held, coalesce(sum(o.state = 'unknown'), 0) AS unknown,
               min(CASE WHEN o.state IN ('queued', 'sending', 'held') THEN o.written_at END) AS oldest_at,
               min(CASE WHEN o.state = 'queued' THEN coalesce(o.not_before, o.written_at) END) AS due_at,
               min(CASE WHEN o.state = 'queued' AND o.not_before IS NOT NULL AND (SELECT outcome FROM attempt WHERE outgoing_id = o.id
                                                      ORDER BY n DESC LIMIT 1) = 'unsent'
                        THEN o.not_before END) AS retry_at,
               (SELECT max(started_at) FROM attempt WHERE id = (SELECT max(id) FROM attempt)) AS tried_at
          FROM number AS n
          LEFT JOIN waiting AS o ON o.number_id = n.id
         WHERE n.driver <> 'human'
         GROUP BY n.id
         ORDER BY n.id
         LIMIT :limit
        """,
        {"limit": NUMBERS_MAX},
    )
    return [NumberRow(**dict(row)) for row in found]


def count(tx: Transaction) -> int:
    """How many numbers of ours an API reaches."""
    return int(tx.value("SELECT count(*) FROM number WHERE driver <> 'human'"))


def tasks_open(tx: Transaction) -> int:
    """How many messages wait for a human hand."""
    return int(tx.value("SELECT count(*) FROM task WHERE state IN ('offered', 'copied')"))
