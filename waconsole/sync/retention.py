"""Raw bodies hold what people wrote: they are emptied once nobody needs them, and only then.

A body whose things were all taken in is emptied after the days of the policy `inbound.retention`.
The row stays with its digest, so that the same body is still known; what stands aside keeps its own
raw text, and the body it came in stays whole until it is settled.
"""

from __future__ import annotations

from typing import Final

from waconsole.clock import DAY
from waconsole.database.connection import Database
from waconsole.policy import store as policy
from waconsole.sync import receive_rows as rows

EMPTIED_AT_ONCE: Final = 500
STEPS_MAX: Final = 2_000


async def empty_old_bodies(database: Database, *, now: int) -> int:
    """Empty what is older than the policy says, in short transactions; answers how many bodies."""
    days = await database.read(lambda tx: policy.in_force(tx, "inbound.retention", now=now)[0]["days"])
    emptied = 0
    for _ in range(STEPS_MAX):
        part = await database.write(
            lambda tx: rows.empty_bodies(tx, before=now - days * DAY, limit=EMPTIED_AT_ONCE)
        )
        emptied += part
        if part < EMPTIED_AT_ONCE:
            break
    return emptied
