"""What goes out: takes queued messages of one number, hands them to its driver, writes what came of it.

The attempt is committed before the wire, the answers of all that came in meanwhile in one
transaction with the next take. At most ten are on their way, one per recipient, with room left
for replies. The number's lock keeps two processes of one machine from working at the same
number; leases and the database keep them apart where it does not reach. Offline is a normal state:
the first that cannot leave stops the others, one goes first later.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from waconsole.clock import SECOND
from waconsole.database.connection import Database, Transaction
from waconsole.errors import WaconsoleError
from waconsole.inbox.service_sent import show_all_sent
from waconsole.outbox import service_leases as leases
from waconsole.outbox import service_road as road
from waconsole.outbox import service_take, store, store_due, store_flights, store_numbers
from waconsole.outbox.service_road import Conclusion
from waconsole.outbox.service_take import Taking
from waconsole.outbox.service_ticks import ticked
from waconsole.sync import flying as flights
from waconsole.sync.drain_lock import DrainLock
from waconsole.sync.drained import Drained
from waconsole.sync.flying import Flying
from waconsole.sync.hand import AGAIN_SECONDS, Hand
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
EARLY_MAX: Final = 10  # as many again are taken before there is a wire for them, or before their instant
# While the rate is busy with what was taken, answers are gathered for one commit.
GATHER_SECONDS_MAX: Final = 0.1
LOOK_SECONDS: Final = 0.5
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
        Hand(ONCE_WAIT_SECONDS_MAX),
    )  # fmt: skip
    try:
        taken = await lock.wait(run.has_work, once=once, stop=stop)
        if not taken:
            await run.go()
        drained.reason = "busy" if taken == "busy" else drained.reason
        return drained
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
    hand: Hand
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    gather_until: float = 0.0  # by the loop's clock: until then the rate lets nothing go
    end_by: float = 0.0  # when what is on its way is cut off, once we were asked to end

    async def has_work(self) -> bool:
        """Whether something is due, or on its way."""
        on_their_way = store_flights.on_their_way
        return await self.database.read(lambda tx: self._is_due(tx) or bool(on_their_way(tx, self.number_id)))

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
            while self.flying or self.hand.landed or await self._is_to_go_on():
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

    async def _round(self, new: flights.Landed) -> None:
        """Write what came back and take what is next; what cannot be written now is kept in hand."""
        self.hand.landed += new
        try:
            await self._written(new)
        except WaconsoleError as error:
            if not (self.flying or self.hand.landed):
                raise
            if said := self.hand.failed(error, once=self.once, end_by=self._end_by()):
                self.drained.said.append(said)
                self.told(self.drained)
            self.flying.halt()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _written(self, new: flights.Landed) -> None:
        """One transaction: write what came back, take what is next; then send it."""
        self.changed.clear()
        came_online = self.lull.learn([verdict for _, verdict in new if verdict is not road.PAUSED])
        landed, room, keeps = list(self.hand.landed), self._room(), self.keeping.is_due()
        must = landed or keeps or self.hand.is_failing
        if not must and (room <= 0 or not await self.database.read(self._is_due)):
            return
        ticks, chosen = self.ticking.landed(), await self.keeping.ids(max(room, 0))
        others = OTHERS_IN_FLIGHT_MAX + EARLY_MAX - self.flying.others

        def work(tx: Transaction) -> tuple[Conclusion, Taking, int, int]:
            now = self.clock()
            ticked(tx, ticks, now=now)
            lost = self.keeping.keep(tx) if keeps else 0
            done = self._conclude(tx, landed)
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
        self.hand.written(len(landed))
        self.drained.unknown += lost
        self.changed.clear()  # that was our own commit
        self.keeping.used(len(looked.taken) if chosen else 0)
        for taken in looked.taken:
            self.flying.start(taken, now, send_seconds_max=SEND_SECONDS_MAX)
        self._gather(looked, now)
        self.lull.stood_still = self.lull.stood_still and "accepted" not in done.states
        self.drained.count(done)
        if done.states:
            self.told(self.drained)
        if keeps:
            self.keeping.kept()
            await self.keeping.look_for_lost()

    def _gather(self, looked: Taking, now: int) -> None:
        wait = min((looked.opens_at - now) / SECOND, GATHER_SECONDS_MAX)
        self.gather_until = asyncio.get_running_loop().time() + max(wait, 0.0)

    def _room(self) -> int:
        """How many more may go now."""
        if self.stop() or self.hand.is_failing or (self.once and self.lull.in_vain):
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
        ending = self.stop()
        timeout = max(self._end_by() - loop.time(), 0.0) if ending else LOOK_SECONDS
        if not ending and self.gather_until > loop.time():
            await asyncio.sleep(self.gather_until - loop.time())
            return self.flying.landed()
        happened = await self.flying.wait(timeout, None if ending else self.changed)
        return await self.flying.cut_off() if ending and not happened else self.flying.landed()

    def _end_by(self) -> float:
        """When what is on its way is cut off, by the loop's clock; 0 while nobody asked us to end."""
        if self.stop() and not self.end_by:
            self.end_by = asyncio.get_running_loop().time() + END_SECONDS_MAX
        return self.end_by

    async def _cut_off(self) -> None:
        """We are cancelled: write what is in hand, and what is on its way as possibly sent, if that goes at once."""
        landed = [*self.hand.landed, *await self.flying.cut_off()]
        with contextlib.suppress(WaconsoleError):  # that we are to end comes first
            await self.database.write(lambda tx: self._conclude(tx, landed))

    def _conclude(self, tx: Transaction, landed: flights.Landed) -> Conclusion:
        now, chance = self.clock(), self.chance()
        return road.conclude_all(tx, self.number_id, landed, now=now, chance=chance)

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
            if self.once and (wait is None or wait > self.hand.patience):
                return False
            if (wait is not None and wait <= 0) or (self.keeping.is_due() and not self.once):
                return True
            pause = LOOK_SECONDS if wait is None else min(wait, LOOK_SECONDS)
            self.hand.patience -= pause
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
