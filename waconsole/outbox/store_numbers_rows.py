"""Our numbers as a list shows them: how each stands, why, what waits on it, and what its portfolio has reached. Reads only."""

from __future__ import annotations

from typing import Any, Final

from waconsole.clock import iso
from waconsole.database.connection import Row, Transaction
from waconsole.outbox import store_breakers, store_numbers, store_pacing

WAITING: Final = ("queued", "scheduled", "sending", "held", "unknown")
COUNTS_MAX: Final = 10_000
HUMAN: Final = "human"


def number_rows(tx: Transaction, *, now: int) -> list[dict[str, Any]]:
    """A row for each number of ours that an API reaches, as the command line answers it.

    Keys: number (ref), name, phone (E.164 or None), phone_number_id, waba_id, driver, state (`ready`,
    `paused`, or `stopped` where WhatsApp takes nothing of it), quality (as told, or ""), reason (why it is
    paused or stopped), by (the operator who paused it), since (ISO 8601), per_second (what it sends at most),
    reached and reach_max (people its portfolio wrote to in 24 hours outside a window; None: any number may be),
    and how many messages are queued, scheduled, sending, held and unknown.
    """
    numbers = [row for row in store_numbers.all_numbers(tx) if row["driver"] != HUMAN]
    everything = store_breakers.breaker(tx, store_breakers.ALL, "")
    names = {
        row["id"]: row["name"] for row in tx.rows("SELECT id, name FROM operator LIMIT :n", {"n": COUNTS_MAX})
    }
    counts: dict[int, dict[str, int]] = {}
    for row in tx.rows(
        """
        SELECT number_id, state, count(*) AS times FROM visible_outgoing
         WHERE state IN ('queued', 'scheduled', 'sending', 'held', 'unknown')
         GROUP BY number_id, state LIMIT :limit
        """,
        {"limit": COUNTS_MAX},
    ):
        counts.setdefault(row["number_id"], {})[row["state"]] = row["times"]
    return [_row(tx, row, everything, names, counts.get(row["id"], {}), now=now) for row in numbers]


def _row(
    tx: Transaction,
    row: Row,
    everything: store_breakers.Breaker,
    names: dict[int, str],
    counts: dict[str, int],
    *,
    now: int,
) -> dict[str, Any]:
    state, reason, by, since = "ready", "", None, None
    if row["paused_at"] is not None:
        state, reason, by, since = "paused", row["paused_reason"], row["paused_by"], row["paused_at"]
    elif everything.state == store_breakers.PAUSED:
        state, reason, by, since = "paused", everything.reason, everything.operator_id, everything.since
    elif row["stopped_reason"]:
        state, reason, since = "stopped", row["stopped_reason"], row["stopped_at"]
    rules = store_pacing.rules(tx, now=now)
    known = store_pacing.portfolio(tx, row["portfolio"])
    reached, _ = store_pacing.reached(
        tx,
        row["portfolio"],
        after=now - rules.portfolio_span - rules.reach_span,
        through=now + rules.reach_span,
    )
    return {
        "number": row["ref"],
        "name": row["name"],
        "phone": row["phone"],
        "phone_number_id": row["phone_number_id"],
        "waba_id": row["waba_id"],
        "driver": row["driver"],
        "state": state,
        "quality": row["quality"],
        "reason": reason,
        "by": names.get(by) if by is not None else None,
        "since": None if since is None else iso(since),
        "per_second": row["per_second_max"]
        or (rules.shared_per_second if row["shared"] else rules.per_second),
        "reached": reached,
        "reach_max": known.limit_max if known.is_told else rules.portfolio_first_max,
        **{one: counts.get(one, 0) for one in WAITING},
    }
