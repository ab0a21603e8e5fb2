"""The same act on many messages to send, a part at a time, as one stroke: undo takes all of it back at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.operators import service as operators
from waconsole.operators.store import Operator
from waconsole.outbox import service_acts, store_rows

AT_ONCE: Final = 100  # messages moved in one transaction

# (tx, operator, outgoing, now, stroke) answers the stroke.
Move = Callable[[Transaction, Operator, int, int, str | None], str]


@dataclass(frozen=True, slots=True)
class Moved:
    """How many were moved, and how many an act was not for (any more)."""

    count: int
    left: int


async def move_each(
    database: Database, outgoing_ids: Sequence[int], move: Move, *, operator: str | None, now: int
) -> Moved:
    """Do `move` on each of these messages; what it is not for is left alone."""
    count, stroke = 0, None
    for start in range(0, len(outgoing_ids), AT_ONCE):
        part = outgoing_ids[start : start + AT_ONCE]
        moved, stroke = await database.write(partial(_part, part, move, operator, now, stroke))
        count += moved
    return Moved(count, len(outgoing_ids) - count)


def _part(
    outgoing_ids: Sequence[int], move: Move, name: str | None, now: int, stroke: str | None, tx: Transaction
) -> tuple[int, str | None]:
    acting, count = operators.acting(tx, name, now=now), 0
    for outgoing_id in outgoing_ids:
        try:
            stroke = move(tx, acting, outgoing_id, now, stroke)
        except Refused:
            continue
        count += 1
    return count, stroke


async def hold_all(database: Database, *, operator: str | None, now: int, reason: str = "") -> Moved:
    """Hold whatever waits to be sent, as one stroke."""
    ids = await database.read(lambda tx: store_rows.ids_in(tx, service_acts.HOLDABLE))

    def hold(tx: Transaction, who: Operator, outgoing_id: int, at: int, stroke: str | None) -> str:
        return service_acts.hold(tx, who, outgoing_id, now=at, reason=reason, stroke=stroke)

    return await move_each(database, ids, hold, operator=operator, now=now)


async def release_all(
    database: Database, *, operator: str | None, now: int, reason: str | None = None
) -> Moved:
    """Release whatever is held (for that reason of ours), as one stroke; what held it is asked once more before it leaves."""
    ids = await database.read(lambda tx: store_rows.ids_in(tx, ("held",), reason=reason))

    def release(tx: Transaction, who: Operator, outgoing_id: int, at: int, stroke: str | None) -> str:
        return service_acts.release(tx, who, outgoing_id, now=at, stroke=stroke)

    return await move_each(database, ids, release, operator=operator, now=now)
