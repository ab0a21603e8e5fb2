"""Let cashback catch up with what came in: read first, then written in short transactions, in turn."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from waconsole.cashback import service_earning, store_marks
from waconsole.cashback.service_earning import Accrued, Look
from waconsole.database.connection import Database, Transaction
from waconsole.errors import WaconsoleError
from waconsole.sync.referring import catch_up_referred
from waconsole.sync.waiting import a_while, until_changed
from waconsole.text import safe

AGAIN_SECONDS: Final = 5.0  # after something went wrong that passes
PAUSE_SECONDS: Final = 2.0  # what comes in bit by bit is caught up with at once
STEP: Final = 8  # orders, months or lines: below 10 ms
BEYOND_SAID_MAX: Final = 5
AT_ONCE: Final = 48  # in one transaction, unless somebody waits
LOOK_SECONDS: Final = 60.0  # a month may be over, though nobody told anything

One = TypeVar("One")


async def catch_up(database: Database, *, now: int, stop: Callable[[], bool] = lambda: False) -> Accrued:
    """Write what orders, months and refunds make of cashback; repeating it changes nothing.

    It stops between two transactions when `stop` says so, and goes on from there the next time. Raises Refused when
    the key of the books is not here.
    """
    await catch_up_referred(database, now=now, stop=stop)
    found = await database.stream(lambda tx: service_earning.look(tx, now=now))
    done = Accrued()
    if not await _all(database, found.orders, partial(service_earning.accrue, done=done, now=now), stop):
        return done
    if not await _all(database, found.months, partial(service_earning.credit, done=done, now=now), stop):
        return done
    if not await _all(database, found.lines, partial(service_earning.reverse_some, done=done, now=now), stop):
        return done
    await _keep(database, found, done)
    return done


async def _keep(database: Database, found: Look, done: Accrued) -> None:
    """Write down how far it came, unless a budget left something that is to be looked for again."""
    if found.marks and not done.over:
        await database.write(lambda tx: store_marks.keep_marks(tx, found.marks))


async def _all(
    database: Database,
    things: Sequence[One],
    work: Callable[[Transaction, Sequence[One]], None],
    stop: Callable[[], bool],
) -> bool:
    """Do `work` on all of them, step by step; False when it was stopped."""

    def some(tx: Transaction, start: int) -> int:
        """Steps until somebody waits; answers how far it came."""
        for begin in range(start, min(start + AT_ONCE, len(things)), STEP):
            work(tx, things[begin : begin + STEP])
            start = begin + STEP
            if tx.somebody_waits():
                break
        return start

    start = 0
    while start < len(things):
        if stop():
            return False
        start = await database.write(partial(some, start=start))
    return True


def left_out(done: Accrued) -> str:
    """A sentence on what earned nothing though it should, or an empty text."""
    said = []
    if done.over:
        names = ", ".join(sorted(done.over))
        said.append(
            f"The budget of {names} has nothing left for what was earned: raise it with `cashback schemes add`."
        )
    if done.beyond:
        some = ", ".join(sorted(done.beyond)[:BEYOND_SAID_MAX])
        said.append(safe(f"Too large to earn cashback: {some}. Look at their totals."))
    return " ".join(said)


async def keep_catching_up(database: Database, *, clock: Callable[[], int], stop: Callable[[], bool]) -> None:
    """Do it whenever something changed until cancelled; what goes wrong is tried again."""
    changed = asyncio.Event()
    changed.set()
    database.on_change.append(changed.set)
    try:
        while not stop():
            changed.clear()
            with contextlib.suppress(WaconsoleError):
                await catch_up(database, now=clock(), stop=stop)
            await a_while(PAUSE_SECONDS, stop)
            await until_changed(changed, LOOK_SECONDS, stop)
    finally:
        database.on_change.remove(changed.set)
