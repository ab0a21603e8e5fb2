"""Why a run of the sync left something that is queued: a campaign that is paused, a portfolio that reached its limit."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Transaction
from waconsole.outbox import store_alarms, store_numbers_rows
from waconsole.outbox.alarms import alarm_sentence
from waconsole.outbox.store_breakers import CAMPAIGN
from waconsole.text import ForeignText, safe

TOLD_MAX: Final = 3


def why_waiting(tx: Transaction, *, now: int) -> list[str]:
    """What to say of it, at most TOLD_MAX sentences of each kind; a number or everything paused is said elsewhere."""
    paused = [str(alarm_sentence(one)) for one in store_alarms.alarms(tx).paused if one.scope == CAMPAIGN]
    full = [
        f"{safe(ForeignText(row['name']))} wrote to {row['reached']:,} people in 24 hours, and its portfolio may to"
        f" {row['reach_max']:,}: the others wait. `waconsole numbers quality` asks WhatsApp for its limit."
        for row in store_numbers_rows.number_rows(tx, now=now)
        if row["queued"] and row["reach_max"] is not None and row["reached"] >= row["reach_max"]
    ]
    return paused[:TOLD_MAX] + full[:TOLD_MAX]
