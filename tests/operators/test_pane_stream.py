"""Long reads of a pane: a newer one stops the older, the clock stops both, and nobody else is stopped."""

from __future__ import annotations

import asyncio
import time

import pytest

from waconsole.database.connection import Database, Transaction
from waconsole.errors import Transient
from waconsole.operators.pane_stream import LatestRead, Overtaken


def endless(tx: Transaction) -> int:
    """Counts until it is stopped."""
    return int(
        tx.value("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c")
    )


def short(tx: Transaction) -> int:
    """One."""
    return int(tx.value("SELECT 1"))


async def test_a_newer_read_stops_the_older_at_once(database: Database) -> None:
    looking = LatestRead(database)
    older = asyncio.create_task(looking.run(endless))
    await asyncio.sleep(0.05)
    assert looking.seconds is not None

    began = time.monotonic()
    assert await looking.run(short) == 1
    assert time.monotonic() - began < 1
    with pytest.raises(Overtaken):
        await older
    assert looking.seconds is None


async def test_a_read_that_waits_its_turn_is_overtaken_before_it_begins(database: Database) -> None:
    first, second = LatestRead(database), LatestRead(database)
    running = asyncio.create_task(first.run(endless))
    await asyncio.sleep(0.05)
    waiting = asyncio.create_task(second.run(endless))
    await asyncio.sleep(0)
    second.stop()
    first.stop()
    for one in (running, waiting):
        with pytest.raises(Overtaken):
            await one


async def test_a_read_of_another_pane_is_not_stopped(database: Database) -> None:
    mine, other = LatestRead(database), LatestRead(database)
    theirs = asyncio.create_task(other.run(short))
    mine.stop()
    assert await theirs == 1


async def test_what_takes_too_long_is_stopped_in_words(database: Database) -> None:
    with pytest.raises(Transient, match=r"took more than 0\.1 s"):
        await LatestRead(database, seconds_max=0.1).run(endless)


async def test_a_worker_that_is_cancelled_leaves_no_read_behind(database: Database) -> None:
    looking = LatestRead(database)
    task = asyncio.create_task(looking.run(endless))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.wait_for(database.stream(short), 2) == 1
