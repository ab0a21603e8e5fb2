"""Raw bodies hold what people wrote: they are emptied once nobody needs them, and only then.

A body whose things were all taken in is emptied after the days of the policy `inbound.retention`.
The row stays with its digest, so that the same body is still known. What stands aside keeps its own
raw text, and the body it came in stays whole, until it is settled or the days of `inbound.retention_aside`
are over: it holds personal words too. It is done once a day by whoever syncs.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from waconsole.clock import DAY
from waconsole.database import facts
from waconsole.database.connection import Database, Transaction
from waconsole.errors import WaconsoleError
from waconsole.policy import store as policy
from waconsole.sync import receive_rows as rows

EMPTIED_AT_ONCE: Final = 500
STEPS_MAX: Final = 2_000
EMPTIED: Final = "bodies_emptied_at"  # the fact that says when it was last done, in microseconds UTC
FIRST_SECONDS: Final = 30.0  # whoever has just begun has better things to do
LOOK_SECONDS: Final = 3600.0


async def empty_old_bodies(database: Database, *, now: int) -> int:
    """Empty what is older than the policies say, in short transactions; answers how many bodies."""
    days, aside_days = await database.read(
        lambda tx: [
            policy.in_force(tx, name, now=now)[0]["days"]
            for name in ("inbound.retention", "inbound.retention_aside")
        ]
    )
    emptied = 0
    for empty, span in ((rows.empty_bodies, days), (rows.empty_aside, max(days, aside_days))):
        for _ in range(STEPS_MAX):
            part = await database.write(
                lambda tx, empty=empty, span=span: empty(tx, before=now - span * DAY, limit=EMPTIED_AT_ONCE)  # type: ignore[misc]
            )
            emptied += part
            if part < EMPTIED_AT_ONCE:
                break
    return emptied


def emptied_at(tx: Transaction) -> int | None:
    """When old bodies were last emptied in this ledger; None: never."""
    known = facts.fact(tx, EMPTIED)
    return int(known) if known is not None and known.isdecimal() else None


async def empty_when_due(database: Database, *, now: int) -> bool:
    """Empty old bodies unless that was done within a day; answers whether it was done."""
    last = await database.read(emptied_at)
    if last is not None and 0 <= now - last < DAY:
        return False
    await empty_old_bodies(database, now=now)
    await database.write(lambda tx: facts.set_fact(tx, EMPTIED, str(now)))
    return True


async def keep_emptying(database: Database, *, clock: Callable[[], int]) -> None:
    """Do it once a day until cancelled. What goes wrong is tried again after an hour: it is no hurry."""
    await asyncio.sleep(FIRST_SECONDS)
    while True:
        with contextlib.suppress(WaconsoleError):
            await empty_when_due(database, now=clock())
        await asyncio.sleep(LOOK_SECONDS)
