"""One process of the crowd: a console that writes and reads as a person does, or the one that queues for everybody.

`python -m benchmarks.crowd_worker LEDGER console PLACE` says `ready`, works from the first line on
stdin to the second, and prints its waits as JSON; `… LEDGER enqueue` and `… LEDGER people COUNT`
end by themselves.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from benchmarks.queueing import EVERYBODY, SAID, people
from waconsole import catalogue, clock
from waconsole.clock import HOUR
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Transient
from waconsole.inbox import service, service_reply, store_list
from waconsole.inbox.store_conversations import add_member_conversations
from waconsole.operators import service as operators
from waconsole.outbox import store
from waconsole.outbox.service_bulk import Wanted, enqueue_all

EVERY_SECONDS: Final = 0.05
OPERATOR: Final = "Ana"
THREADS_MAX: Final = 5_000  # whose rows the consoles change


def staffed(tx: Transaction, count: int) -> int:
    """An operator, our number, and so many members to write to; answers our number."""
    operators.add(tx, OPERATOR, "owner", now=1)
    return people(tx, count)


async def console(database: Database, dice: random.Random, stop: Callable[[], bool]) -> dict[str, object]:
    """Write every 50 ms and read a page; the waits in ms, and how often the ledger was locked."""
    writes: list[float] = []
    reads: list[float] = []
    locked = 0
    threads = await database.read(
        lambda tx: [row[0] for row in tx.rows(f"SELECT id FROM conversation ORDER BY id LIMIT {THREADS_MAX}")]
    )
    acts = (_note, _snooze, _mute)
    while not stop():
        begun = time.perf_counter()
        try:
            await acts[len(writes) % len(acts)](database, dice.choice(threads))
        except Transient:
            locked += 1
        wrote = time.perf_counter()
        await database.read(lambda tx: store_list.first_page(tx, "1", {}, now=clock.now()))
        read = time.perf_counter()
        writes.append((wrote - begun) * 1e3)
        reads.append((read - wrote) * 1e3)
        await asyncio.sleep(max(EVERY_SECONDS - (read - begun), 0.0))
    return {"writes": writes, "reads": reads, "locked": locked}


async def _note(database: Database, thread: int) -> None:
    await service_reply.note(database, thread, "seen, on my list", operator=OPERATOR, now=clock.now())


async def _snooze(database: Database, thread: int) -> None:
    now = clock.now()
    await service.snooze(database, [thread], now + HOUR, operator=OPERATOR, now=now)


async def _mute(database: Database, thread: int) -> None:
    await service.mute(database, [thread], clock.now() % 2 == 0, operator=OPERATOR, now=clock.now())


async def enqueue(database: Database) -> int:
    """Queue one message for every member; answers how many."""
    number_id = await database.read(store.cloud_number)
    assert number_id is not None
    wanted = Wanted("crowd", number_id, SAID, "marketing", campaign="crowd")
    return (
        await enqueue_all(database, EVERYBODY, wanted, open_threads=add_member_conversations, now=clock.now())
    ).added


async def _console(database: Database, place: int) -> dict[str, object]:
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    ending = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
    return await console(database, random.Random(place), ending.done)


async def _main(ledger: Path, role: str, number: int) -> object:
    async with catalogue.open_ledger(ledger, now=clock.now()) as database:
        work: Awaitable[object]
        if role == "console":
            work = _console(database, number)
        elif role == "enqueue":
            work = enqueue(database)
        else:
            work = database.write(lambda tx: staffed(tx, number))
        return await work


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_main(Path(sys.argv[1]), sys.argv[2], int([*sys.argv, "0"][3])))))
