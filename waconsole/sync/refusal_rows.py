"""Rows of what was sent to the receiver and not taken: counted by day and reason, never kept. Their only writer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from waconsole.clock import DAY
from waconsole.database.connection import Row, Transaction

REFUSALS_SHOWN_MAX: Final = 100


def count_refusals(tx: Transaction, refusals: Mapping[str, int], *, now: int) -> None:
    """Count what was not taken, by reason."""
    tx.executemany(
        """
        INSERT INTO inbound_refusal (day, reason, times, last_at)
        VALUES (:day, :reason, :times, :now)
            ON CONFLICT (day, reason) DO UPDATE SET times = times + excluded.times, last_at = excluded.last_at
        """,
        [
            {"day": now // DAY, "reason": reason, "times": times, "now": now}
            for reason, times in refusals.items()
        ],
    )


def refusals(tx: Transaction) -> list[Row]:
    """(reason, times, last_at) of what was not taken, over all days, the latest first."""
    return tx.rows(
        """
        SELECT reason, sum(times) AS times, max(last_at) AS last_at
          FROM inbound_refusal
         GROUP BY reason
         ORDER BY last_at DESC
         LIMIT :limit
        """,
        {"limit": REFUSALS_SHOWN_MAX},
    )
