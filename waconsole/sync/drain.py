"""What goes out: takes queued messages of one number, hands them to its driver, writes what came of it.

The attempt is committed before the wire, the answers of all that came in meanwhile in one
transaction with the next take. At most ten are on their way, one per recipient, with room left
for replies. The number's lock keeps two processes of one machine from working at the same
number; leases and the database keep them apart where it does not reach. Offline is a normal state:
the first that cannot leave stops the others, one goes first later.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from waconsole.clock import SECOND
from waconsole.database.connection import Database, Transaction
from waconsole.inbox.service_sent import show_all_sent
from waconsole.outbox import service_leases as leases
from waconsole.outbox import service_road as road
from waconsole.outbox import service_take, store, store_due, store_flights, store_numbers
from waconsole.outbox.service_road import Conclusion
from waconsole.outbox.service_take import Taking
from waconsole.outbox.service_ticks import ticked
from waconsole.sync import flying as flights
from waconsole.sync.drain_lock import DrainLock
from waconsole.sync.drained import Drained, tripped_sentence
from waconsole.sync.flying import Flying
from waconsole.sync.keeping import Keeping
from waconsole.sync.lull import Lull
from waconsole.sync.owners import is_gone, run_of
from waconsole.sync.ticking import Landed as Ticks
from waconsole.sync.ticking import Ticking
from waconsole.whatsapp.driver import Driver

__all__ = ("IN_FLIGHT_MAX", "Drained", "drain")

# At 0.4 s to an answer so many keep 80 messages a second going.
IN_FLIGHT_MAX: Final = 32
OTHERS_IN_FLIGHT_MAX: Final = 28  # of them; a reply finds room at any time
SEND_SECONDS_MAX: Final = flights.SEND_SECONDS_MAX
END_SECONDS_MAX: Final = 10.0  # how long what is on its way may take when we are asked to end
ONCE_WAIT_SECONDS_MAX: Final = 10.0  # what `--once` waits for back-offs that end soon
BUSY_SECONDS_MAX: Final = 30.0  # what `--once` waits for another drain to do the work
EARLY_MAX: Final = 10  # as many again are taken before there is a wire for them, or before their instant
GATHER_SECONDS_MAX: Final = (
    0.1  # while the rate is busy with what was taken, answers are gathered for one commit
)
LOOK_SECONDS: Final = 0.5
LOCK_LOOK_SECONDS: Final = 0.1
CHOOSES_IDS: Final = "gateway"


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
    number = await database.read(lambda tx: dict(store_numbers.number_row(tx, number_id)))
    lock, ticking, ours = DrainLock(database.path, number["ref"]), Ticking(driver), run_of(owner)
    chooses_ids, drained = number["driver"] == CHOOSES_IDS, Drained()
    run = _Run(
        database, number_id, clock, ours, once, stop, chance, told, blue_ticks, ticking,
        Flying(database, driver, ticking, stop, wires_max=IN_FLIGHT_MAX, others_max=OTHERS_IN_FLIGHT_MAX),
        Keeping(database, number_id, driver, ours, clock, chooses_ids=chooses_ids), Lull(drained, chance), drained,
    )  # fmt: skip
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
    clock: Callable[[], int]
    owner: str
    once: bool
    stop: Callable[[], bool]
    chance: Callable[[], float]
    told: Callable[[Drained], None]
    blue_ticks: bool
    ticking: Ticking
    flying: Flying
    keeping: Keeping
    lull: Lull
    drained: Drained
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    gather_until: float = (
        0.0  # by the loop's clock, which nobody sets back: until then the rate lets nothing go
    )
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
        return self._is_due(tx) or bool(store_flights.on_their_way(tx, self.number_id))

    def _is_due(self, tx: Transaction) -> bool:
        now = self.clock()
        at = service_take.next_at(tx, self.number_id, now=now)
        return at is not None and at <= now

    async def go(self) -> None:
        """Work until nothing is left to do (`once`), or until we are asked to end."""
        self.database.on_change.append(self.changed.set)
        if not self.once:
            self.database.watch()
        try:
            await self.database.write(self._begin)
            self.keeping.kept()
            await self.keeping.look_for_lost()
            self.told(self.drained)
            await self._round([])
            while self.flying or await self._is_to_go_on():
                await self._round(await self._landed())
            await self._write_ticks(await self.ticking.settle())
            if await self.database.read(self._is_paused):
                self.drained.reason = "paused"
        except asyncio.CancelledError:
            await self._cut_off()
            raise
        finally:
            await self.ticking.give_up()
            self.database.on_change.remove(self.changed.set)

    def _begin(self, tx: Transaction) -> None:
        now = self.clock()
        self.drained.unknown += leases.abandon(tx, self.number_id, owner=self.owner, is_gone=is_gone, now=now)
        self.drained.unknown += self.keeping.keep(tx)
        self.lull.stood_still = road.let_go(tx, self.number_id)
        store.hurry(tx, self.number_id)

    def _is_paused(self, tx: Transaction) -> bool:
        number = store_numbers.number_row(tx, self.number_id)
        return road.is_paused(tx, number) and store_due.is_anything_queued(tx, self.number_id)

    async def _round(self, landed: flights.Landed) -> None:
        """One transaction: write what came back, take what is next; then send it."""
        self.changed.clear()
        came_online = self.lull.learn([verdict for _, verdict in landed if verdict is not road.PAUSED])
        room, keeps = self._room(), self.keeping.is_due()
        if not landed and not keeps and (room <= 0 or not await self.database.read(self._is_due)):
            return
        ticks, chosen = self.ticking.landed(), await self.keeping.ids(max(room, 0))
        others = OTHERS_IN_FLIGHT_MAX + EARLY_MAX - self.flying.others

        def work(tx: Transaction) -> tuple[Conclusion, Taking, int, int]:
            now = self.clock()
            ticked(tx, ticks, now=now)
            lost = self.keeping.keep(tx) if keeps else 0
            done = road.conclude_all(tx, self.number_id, landed, now=now, chance=self.chance())
            accepted = [one for one, state in zip(landed, done.states, strict=True) if state == "accepted"]
            if accepted:
                show_all_sent(tx, [verdict.wamid for _, verdict in accepted if verdict.wamid], now=now)
                is_tried = self.lull.stood_still and not self.lull.in_vain
                road.start_number(tx, self.number_id, [taken for taken, _ in accepted], is_tried=is_tried)
            if came_online:
                store.hurry(tx, self.number_id)
            looked = Taking()
            if room > 0:
                looked = service_take.take(
                    tx, self.number_id, owner=self.owner, now=now, limit=room, chosen=chosen, chance=self.chance(),
                    others_max=others, blue_ticks=self.blue_ticks,
                )  # fmt: skip
            return done, looked, now, lost

        done, looked, now, lost = await self.database.write(work)
        self.drained.unknown += lost
        self.changed.clear()  # that was our own commit
        self.keeping.used(len(looked.taken) if chosen else 0)
        for taken in looked.taken:
            self.flying.start(taken, now, send_seconds_max=SEND_SECONDS_MAX)
        self._gather(looked, now)
        self.lull.stood_still = self.lull.stood_still and "accepted" not in done.states
        self._count(done)
        if keeps:
            self.keeping.kept()
            await self.keeping.look_for_lost()

    def _gather(self, looked: Taking, now: int) -> None:
        wait = min((looked.opens_at - now) / SECOND, GATHER_SECONDS_MAX)
        self.gather_until = asyncio.get_running_loop().time() + max(wait, 0.0)

    def _room(self) -> int:
        """How many more may go now."""
        if self.stop() or (self.once and self.lull.in_vain):
            return 0
        if asyncio.get_running_loop().time() < self.lull.quiet_until:
            return 0
        if self.lull.stood_still or self.lull.in_vain:
            return 1 - len(self.flying)
        return IN_FLIGHT_MAX + EARLY_MAX - len(self.flying)

    async def _landed(self) -> flights.Landed:
        """What came back, after waiting for the first of it, for something new to send, or to look around."""
        if not self.flying:
            return []
        loop = asyncio.get_running_loop()
        ending, timeout = self.stop(), LOOK_SECONDS
        if ending:
            self.end_by = self.end_by or loop.time() + END_SECONDS_MAX
            timeout = max(self.end_by - loop.time(), 0.0)
        elif self.gather_until > loop.time():
            await asyncio.sleep(self.gather_until - loop.time())
            return self.flying.landed()
        happened = await self.flying.wait(timeout, None if ending else self.changed)
        if not happened and ending:
            await self._cut_off()
        return self.flying.landed()

    async def _cut_off(self) -> None:
        """End what is on its way: it may have been sent."""
        landed = await self.flying.cut_off()
        if landed:
            self._count(
                await self.database.write(
                    lambda tx: road.conclude_all(
                        tx, self.number_id, landed, now=self.clock(), chance=self.chance()
                    )
                )
            )

    def _count(self, done: Conclusion) -> None:
        self.drained.sent += done.states.count("accepted")
        self.drained.unknown += done.states.count("unknown")
        self.drained.failed += done.states.count("failed")
        self.drained.said += [tripped_sentence(one) for one in done.tripped]
        if done.states:
            self.told(self.drained)

    async def _is_to_go_on(self) -> bool:
        """Nothing is on its way: wait until something may be sent. False when the run is over."""
        loop = asyncio.get_running_loop()
        while not self.stop():
            await self._write_ticks(self.ticking.landed())
            if self.once and self.lull.in_vain:
                return False
            quiet = self.lull.quiet_until - loop.time()
            if self.lull.holds and quiet <= 0:
                self.lull.holds = False
                await self.database.write(lambda tx: road.let_go(tx, self.number_id))
            now = self.clock()
            due_at = await self.database.read(lambda tx: service_take.next_at(tx, self.number_id, now=now))  # noqa: B023
            wait = None if due_at is None else max((due_at - now) / SECOND, quiet, 0.0)
            if self.once and (wait is None or wait > self.patience):
                return False
            if (wait is not None and wait <= 0) or (self.keeping.is_due() and not self.once):
                return True
            pause = LOOK_SECONDS if wait is None else min(wait, LOOK_SECONDS)
            self.patience -= pause
            await self._pause(pause)
        return False

    async def _write_ticks(self, ticks: Ticks) -> None:
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
