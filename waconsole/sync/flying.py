"""What is on its way: each message at its instant, looked at once more, handed to the driver once."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from waconsole.clock import SECOND
from waconsole.database.connection import Database
from waconsole.outbox.service_road import PAUSED
from waconsole.outbox.service_take import Taken
from waconsole.outbox.store_breakers import may_leave
from waconsole.outbox.store_due import REPLIES
from waconsole.sync.ticking import Ticking
from waconsole.whatsapp.driver import Action, Driver, Verdict

SEND_SECONDS_MAX: Final = 60.0  # a driver has timeouts of its own, and shorter ones
STOPPED: Final = Verdict("unknown", action=Action.UNKNOWN, detail="stopped")

Landed = list[tuple[Taken, Verdict]]


class Flying:
    """The messages of one run that are on their way."""

    def __init__(
        self, database: Database, driver: Driver, ticking: Ticking, *, wires_max: int, others_max: int
    ) -> None:
        """`driver` takes `wires_max` at once, of them `others_max` that are no replies; `ticking` gives the blue ticks before."""
        self._database, self._driver, self._ticking = database, driver, ticking
        self._tasks: dict[asyncio.Task[Verdict], Taken] = {}
        self._wires, self._wires_of_others = asyncio.Semaphore(wires_max), asyncio.Semaphore(others_max)
        self._early: set[int] = set()  # attempts whose instant has not come

    def __len__(self) -> int:
        """How many are taken and have not landed."""
        return len(self._tasks)

    @property
    def leaving(self) -> int:
        """How many of them are at the wire: the others wait for their instant."""
        return len(self._tasks) - len(self._early)

    @property
    def others_leaving(self) -> int:
        """How many at the wire are no replies."""
        return sum(it.lane != REPLIES and it.attempt_id not in self._early for it in self._tasks.values())

    def start(self, taken: Taken, now: int, *, send_seconds_max: float = SEND_SECONDS_MAX) -> None:
        """Send one, which was taken at `now`."""
        delay = (taken.at - now) / SECOND
        if delay > 0:
            self._early.add(taken.attempt_id)
        task = asyncio.create_task(self._send(taken, delay, send_seconds_max))
        self._tasks[task] = taken

    async def wait(self, seconds: float, changed: asyncio.Event | None) -> bool:
        """Wait for the first that lands, for `changed`, or so long; False when nothing of it happened."""
        waiter = None if changed is None else asyncio.create_task(changed.wait())
        wanted = [*self._tasks, *([] if waiter is None else [waiter])]
        try:
            done, _ = await asyncio.wait(wanted, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if waiter is not None:
                waiter.cancel()
        return bool(done)

    def landed(self) -> Landed:
        """What came back since."""
        return [(self._tasks.pop(task), task.result()) for task in list(self._tasks) if task.done()]

    async def cut_off(self) -> Landed:
        """End what is on its way: it may have been sent."""
        for task in self._tasks:
            task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        landed = [
            (taken, result if isinstance(result, Verdict) else STOPPED)
            for taken, result in zip(self._tasks.values(), results, strict=True)
        ]
        self._tasks.clear()
        self._early.clear()
        return landed

    async def _send(self, taken: Taken, delay_seconds: float, send_seconds_max: float) -> Verdict:
        """Hand one message to the driver. Whatever goes wrong with it, nobody knows what became of the message."""
        if delay_seconds > 0:
            await asyncio.sleep(delay_seconds)
            self._early.discard(taken.attempt_id)
        async with contextlib.AsyncExitStack() as wire:
            if taken.lane != REPLIES:
                await wire.enter_async_context(self._wires_of_others)
            await wire.enter_async_context(self._wires)
            if taken.tick is not None and may_leave(self._database.pages(), taken.attempt_id):
                await self._ticking.lead(taken.tick)
            if not may_leave(self._database.pages(), taken.attempt_id):
                return PAUSED
            try:
                async with asyncio.timeout(send_seconds_max):
                    return await self._driver.send(taken.message)
            except Exception as error:  # a driver never raises: one that does must not stop the queue
                return Verdict("unknown", action=Action.UNKNOWN, detail=type(error).__name__)
