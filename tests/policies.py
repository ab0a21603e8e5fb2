"""Set a policy in a test, the way the program does."""

from __future__ import annotations

from typing import Any

from waconsole.database.connection import Transaction
from waconsole.operators import service as operators
from waconsole.policy import service, store


def change(tx: Transaction, name: str, *, now: int, **fields: Any) -> int:
    """Set fields of a policy, in force at `now`; answers the new version's number."""
    value, _ = store.in_force(tx, name, now=now)
    return service.set_version(
        tx,
        name,
        {**value, **fields},
        says=value["says"],
        reason="a test",
        valid_from=0,
        set_by=operators.acting(tx, None, now=now),
        now=now,
    )
