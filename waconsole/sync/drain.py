"""What goes out: takes queued messages of one number, hands them to its driver, writes what came of it.

The attempt is committed before the wire, the answers of all that came in meanwhile in one
transaction with the next take. At most ten are on their way, one per recipient. Whoever holds the
number's lock knows that what is still `sending` belongs to somebody who died: that is `unknown`.
Offline is a normal state: the first that cannot leave stops the others, one goes first later.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from waconsole.clock import SECOND
from waconsole.database.connection import Database, Transaction
from waconsole.inbox.service_live import apply_changes
from waconsole.outbox import service_road as road
from waconsole.outbox import store, store_attempts
from waconsole.outbox.pace import LONGEST_SECONDS, WAIT_MAX, back_off, seconds_until
from waconsole.outbox.service_road import Taken, Taking
from waconsole.outbox.service_ticks import ticked
from waconsole.sync.drain_lock import DrainLock
from waconsole.sync.drained import Drained
from waconsole.sync.ticking import Landed, Ticking
from waconsole.whatsapp.driver import Action, Driver, Verdict

__all__ = ("IN_FLIGHT_MAX", "Drained", "drain")

IN_FLIGHT_MAX: Final = 10
SEND_SECONDS_MAX: Final = 60.0  # a driver has timeouts of its own, and shorter ones
END_SECONDS_MAX: Final = 10.0  # how long what is on its way may take when we are asked to end
ONCE_WAIT_SECONDS_MAX: Final = 10.0  # what `--once` waits for back-offs that end soon
BUSY_SECONDS_MAX: Final = 30.0  # what `--once` waits for another drain to do the work
STOPPED_SECONDS_MAX: Final = 300.0  # how seldom a number that stands still is tried
LOOK_SECONDS: Final = 0.5
LOCK_LOOK_SECONDS: Final = 0.1


async def drain(
    database: Database,
    number_id: int,
    driver: Driver,
    *,
    clock: Callable[[], int],
    owner: str,
    once: bool,
    stop: Callable[[], bool] = lambda: False,
    chance: Callable[[], float] = random.random,
    told: Callable[[Drained], None] = lambda _: None,
    blue_ticks: bool = False,
) -> Drained:
    """Send what is due of a number: until nothing is (`once`), or until `stop` says so.

    `owner` names this process in the attempts; `told` hears the running count after each bundle.
    With `blue_ticks` a reply tells its member first that we have read. A caller that cancels leaves
    what was on its way as unknown.
    """
    ref = await database.read(lambda tx: str(store.number_row(tx, number_id)["ref"]))
    lock = DrainLock(database.path, ref)
    run = _Run(
        database, number_id, driver, clock, owner, once, stop, chance, told, blue_ticks, Ticking(driver)
    )
    try:
        if await run.wait_for(lock):
            await run.go()
        return run.drained
    finally:
        lock.close()


@dataclass(slots=True, eq=False)
class _Run:
    """One holder of a number's lock, from taking it to giving it back."""

    database: Database
    number_id: int
    driver: Driver
    clock: Callable[[], int]
    owner: str
    once: bool
    stop: Callable[[], bool]
    chance: Callable[[], float]
    told: Callable[[Drained], None]
    blue_ticks: bool
    ticking: Ticking
    drained: Drained = field(default_factory=Drained)
    flying: dict[asyncio.Task[Verdict], Taken] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    stood_still: bool = False  # the number was stopped when we last looked: one goes, then the others
    holds: bool = False  # messages are held because of that, until it is tried again
    in_vain: int = 0  # rounds that the network or the number ended, one after the other
    quiet_until: float = 0.0  # by the loop's clock, which nobody sets back
    patience: float = field(default_factory=lambda: ONCE_WAIT_SECONDS_MAX)
    end_by: float = 0.0  # when what is on its way is cut off, once we were asked to end

    async def wait_for(self, lock: DrainLock) -> bool:
        """Take the lock. False when another drain has it and did the work, or is still at it."""
        waited = 0.0
        while not lock.take():
            has_work = await self.database.read(self._has_work)
            if self.stop() or (self.once and (not has_work or waited >= BUSY_SECONDS_MAX)):
                self.drained.reason = "busy" if has_work else ""
                return False
            await asyncio.sleep(LOCK_LOOK_SECONDS if self.once else LOOK_SECONDS)
            waited += LOCK_LOOK_SECONDS
        return True

    def _has_work(self, tx: Transaction) -> bool:
        return self._is_due(tx) or bool(store_attempts.on_their_way(tx, self.number_id))

    def _is_due(self, tx: Transaction) -> bool:
        return bool(store_attempts.due(tx, self.number_id, now=self.clock(), wait_max=WAIT_MAX, limit=1))

    async def go(self) -> None:
        """Work until nothing is left to do (`once`), or until we are asked to end."""
        self.database.on_change.append(self.changed.set)
        if not self.once:
            self.database.watch()
        try:
            await self.database.write(self._begin)
            self.told(self.drained)
            await self._round([])
            while self.flying or await self._is_to_go_on():
                await self._round(await self._landed())
            await self._write_ticks(await self.ticking.settle())
        except asyncio.CancelledError:
            await self._cut_off()
            raise
        finally:
            await self.ticking.give_up()
            self.database.on_change.remove(self.changed.set)

    def _begin(self, tx: Transaction) -> None:
        self.drained.unknown += road.abandon(tx, self.number_id, now=self.clock())
        self.stood_still = road.let_go(tx, self.number_id)
        store.hurry(tx, self.number_id)

    async def _round(self, landed: list[tuple[Taken, Verdict]]) -> None:
        """One transaction: write what came back, take what is next; then send it."""
        self.changed.clear()
        came_online = self._learn([verdict for _, verdict in landed])
        room = self._room()
        if not landed and (room <= 0 or not await self.database.read(self._is_due)):
            return
        ticks = self.ticking.landed()

        def work(tx: Transaction) -> tuple[list[str], Taking]:
            now = self.clock()
            ticked(tx, ticks, now=now)
            states = [
                road.conclude(tx, self.number_id, taken, verdict, now=now, chance=self.chance())
                for taken, verdict in landed
            ]
            for (_, verdict), state in zip(landed, states, strict=True):
                if state == "accepted" and verdict.wamid:
                    apply_changes(tx, verdict.wamid)  # a reaction may have come before our own answer
            if self.stood_still and not self.in_vain and "accepted" in states:
                road.start_number(tx, self.number_id)
            if came_online:
                store.hurry(tx, self.number_id)
            looked = Taking()
            if room > 0:
                looked = road.take(
                    tx, self.number_id, owner=self.owner, now=now, limit=room, blue_ticks=self.blue_ticks
                )
            return states, looked

        states, looked = await self.database.write(work)
        for taken in looked.taken:
            self.flying[asyncio.create_task(self._send(taken))] = taken
        self.stood_still = self.stood_still and "accepted" not in states
        self._count(states)

    def _room(self) -> int:
        """How many more may go now."""
        if self.stop() or (self.once and self.in_vain):
            return 0
        if asyncio.get_running_loop().time() < self.quiet_until:
            return 0
        return (1 if self.stood_still or self.in_vain else IN_FLIGHT_MAX) - len(self.flying)

    def _learn(self, verdicts: list[Verdict]) -> bool:
        """Draw from answers how the network and the number are; True when the network has come back."""
        if not verdicts:
            return False
        outcomes = {verdict.outcome for verdict in verdicts}
        if any(verdict.action is Action.STOP for verdict in verdicts):
            self.stood_still = self.holds = True
            self._rest("number", STOPPED_SECONDS_MAX)
        elif "unsent" in outcomes and "accepted" not in outcomes:
            self._rest("offline", LONGEST_SECONDS)
        elif outcomes & {"accepted", "refused"}:
            was_offline = self.drained.reason == "offline"
            self.in_vain, self.drained.reason = 0, ""
            slow = [verdict for verdict in verdicts if verdict.action is Action.SLOW]
            if slow:
                wait = back_off(1, self.chance(), slow[0].retry_after_seconds) / SECOND
                self.quiet_until = asyncio.get_running_loop().time() + wait
            return was_offline
        return False

    def _rest(self, reason: str, seconds_max: float) -> None:
        self.in_vain += 1
        self.drained.reason = reason
        wait = back_off(self.in_vain, self.chance(), longest_seconds=seconds_max) / SECOND
        self.quiet_until = asyncio.get_running_loop().time() + wait

    async def _send(self, taken: Taken) -> Verdict:
        """Hand one message to the driver. Whatever goes wrong with it, nobody knows what became of the message."""
        if taken.tick is not None:
            await self.ticking.lead(taken.tick)
        try:
            async with asyncio.timeout(SEND_SECONDS_MAX):
                return await self.driver.send(taken.message)
        except Exception as error:  # a driver never raises: one that does must not stop the queue
            return Verdict("unknown", action=Action.UNKNOWN, detail=type(error).__name__)

    async def _landed(self) -> list[tuple[Taken, Verdict]]:
        """What came back, after waiting for the first of it, for something new to send, or to look around."""
        if not self.flying:
            return []
        ending, timeout = self.stop(), LOOK_SECONDS
        if ending:
            now = asyncio.get_running_loop().time()
            self.end_by = self.end_by or now + END_SECONDS_MAX
            timeout = max(self.end_by - now, 0.0)
        waiter = asyncio.create_task(self.changed.wait())
        wanted = [*self.flying, *([] if ending else [waiter])]
        done, _ = await asyncio.wait(wanted, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        waiter.cancel()
        if not done and ending:
            await self._cut_off()
        return [(self.flying.pop(task), task.result()) for task in list(self.flying) if task.done()]

    async def _cut_off(self) -> None:
        """End what is on its way: it may have been sent."""
        for task in self.flying:
            task.cancel()
        results = await asyncio.gather(*self.flying, return_exceptions=True)
        unknown = Verdict("unknown", action=Action.UNKNOWN, detail="stopped")
        landed = [
            (taken, result if isinstance(result, Verdict) else unknown)
            for taken, result in zip(self.flying.values(), results, strict=True)
        ]
        self.flying.clear()

        def work(tx: Transaction) -> list[str]:
            return [
                road.conclude(tx, self.number_id, taken, verdict, now=self.clock(), chance=self.chance())
                for taken, verdict in landed
            ]

        self._count(await self.database.write(work) if landed else [])

    def _count(self, states: list[str]) -> None:
        self.drained.sent += states.count("accepted")
        self.drained.unknown += states.count("unknown")
        self.drained.failed += states.count("failed")
        if states:
            self.told(self.drained)

    async def _is_to_go_on(self) -> bool:
        """Nothing is on its way: wait until something may be sent. False when the run is over."""
        loop = asyncio.get_running_loop()
        while not self.stop():
            await self._write_ticks(self.ticking.landed())
            if self.once and self.in_vain:
                return False
            quiet = self.quiet_until - loop.time()
            if self.holds and quiet <= 0:
                self.holds = False
                await self.database.write(lambda tx: road.let_go(tx, self.number_id))
            due_at = await self.database.read(lambda tx: store_attempts.next_due_at(tx, self.number_id))
            wait = None if due_at is None else seconds_until(due_at, self.clock())
            if wait is not None:
                wait = max(wait, quiet)
            if self.once and (wait is None or wait > self.patience):
                return False
            if wait is not None and wait <= 0:
                return True
            pause = LOOK_SECONDS if wait is None else min(wait, LOOK_SECONDS)
            self.patience -= pause
            await self._pause(pause)
        return False

    async def _write_ticks(self, ticks: Landed) -> None:
        if ticks:
            await self.database.write(lambda tx: ticked(tx, ticks, now=self.clock()))

    async def _pause(self, seconds: float) -> None:
        """Wait, but not past the moment something changes in the ledger."""
        try:
            async with asyncio.timeout(seconds):
                await self.changed.wait()
        except TimeoutError:
            return
        self.changed.clear()
