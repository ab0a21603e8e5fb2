"""What is on its way: each message at its instant, looked at once more, handed to the driver once."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from typing import Final

from waconsole.clock import SECOND
from waconsole.database.connection import Database
from waconsole.errors import WaconsoleError
from waconsole.outbox.service_breakers import stops_campaign
from waconsole.outbox.service_road import PAUSED
from waconsole.outbox.service_take import Taken
from waconsole.outbox.store_breakers import may_leave
from waconsole.outbox.store_due import REPLIES
from waconsole.sync.ticking import Ticking
from waconsole.whatsapp.driver import Action, Driver, Verdict

SEND_SECONDS_MAX: Final = 60.0  # a driver has timeouts of its own, and shorter ones
INSTANT_SECONDS: Final = 0.001  # a shorter wait is none
STOPPED: Final = Verdict("unknown", action=Action.UNKNOWN, detail="stopped")
UNREAD: Final = Verdict("unsent", action=Action.RETRY, detail="The ledger could not be read.")

Landed = list[tuple[Taken, Verdict]]


class Flying:
    """The messages of one run that are on their way.

    More are taken than the driver takes at once, so that none of its wires waits for a commit. What
    is not on the wire yet when something says that nothing will be taken stays: it has not left.
    """

    def __init__(
        self,
        database: Database,
        driver: Driver,
        ticking: Ticking,
        stop: Callable[[], bool],
        *,
        wires_max: int,
        others_max: int,
    ) -> None:
        """`driver` takes `wires_max` at once, of them `others_max` that are no replies; `ticking` gives the blue ticks before."""
        self._database, self._driver, self._ticking, self._stop = database, driver, ticking, stop
        self._tasks: dict[asyncio.Task[Verdict], Taken] = {}
        self._wires, self._wires_of_others = asyncio.Semaphore(wires_max), asyncio.Semaphore(others_max)
        self._on_the_wire: set[int] = set()  # attempts
        self._is_halted = False

    def __len__(self) -> int:
        """How many are taken and have not landed."""
        return len(self._tasks)

    @property
    def others(self) -> int:
        """How many of them are no replies."""
        return sum(taken.lane != REPLIES for taken in self._tasks.values())

    def start(self, taken: Taken, now: int, *, send_seconds_max: float = SEND_SECONDS_MAX) -> None:
        """Send one, which was taken at `now`."""
        self._is_halted = False
        task = asyncio.create_task(self._tried(taken, (taken.at - now) / SECOND, send_seconds_max))
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

    def halt(self) -> None:
        """What waits for a wire stays: it has not left. What is taken later goes."""
        self._is_halted = True

    async def cut_off(self) -> Landed:
        """End what is on its way: it may have been sent, where it was on the wire."""
        left = set(self._on_the_wire)
        for task in self._tasks:
            task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        landed = []
        for taken, result in zip(self._tasks.values(), results, strict=True):
            ended = STOPPED if taken.attempt_id in left else PAUSED
            landed.append((taken, result if isinstance(result, Verdict) else ended))
        self._tasks.clear()
        return landed

    async def _tried(self, taken: Taken, delay_seconds: float, send_seconds_max: float) -> Verdict:
        """As `_send`; where the ledger cannot be asked whether a message may leave, it has not left."""
        try:
            return await self._send(taken, delay_seconds, send_seconds_max)
        except (sqlite3.Error, WaconsoleError):  # before the wire: what fails on it is a verdict
            return UNREAD

    async def _send(self, taken: Taken, delay_seconds: float, send_seconds_max: float) -> Verdict:
        """Hand one message to the driver, when its instant and a wire have come, and nothing holds it back by then."""
        is_early = delay_seconds > INSTANT_SECONDS
        if is_early:
            await asyncio.sleep(delay_seconds)
        waits = is_early or self._wires.locked() or self._wires_of_others.locked()
        async with contextlib.AsyncExitStack() as wire:
            if taken.lane != REPLIES:
                await wire.enter_async_context(self._wires_of_others)
            await wire.enter_async_context(self._wires)
            if waits and (self._is_halted or self._stop()):
                return PAUSED
            if taken.tick is not None and self._may_leave(taken):
                await self._ticking.lead(taken.tick)
            if not self._may_leave(taken):
                return PAUSED
            self._on_the_wire.add(taken.attempt_id)
            verdict = await self._hand_over(taken, send_seconds_max)
            self._on_the_wire.discard(taken.attempt_id)
            if _halts(verdict):
                self._is_halted = True  # before the next gets this wire
            return verdict

    def _may_leave(self, taken: Taken) -> bool:
        return may_leave(self._database.pages(), taken.attempt_id)

    async def _hand_over(self, taken: Taken, send_seconds_max: float) -> Verdict:
        """Whatever goes wrong with a message on the wire, nobody knows what became of it."""
        try:
            async with asyncio.timeout(send_seconds_max):
                return await self._driver.send(taken.message)
        except Exception as error:  # a driver never raises: one that does must not stop the queue
            return Verdict("unknown", action=Action.UNKNOWN, detail=type(error).__name__)


def _halts(verdict: Verdict) -> bool:
    """Whether an answer says that what waits for a wire would fare no better."""
    return (
        verdict.outcome == "unsent"
        or verdict.action in (Action.STOP, Action.SLOW)
        or stops_campaign(verdict.code)
    )
