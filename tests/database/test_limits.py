"""What takes too long is stopped, with a sentence, and nothing else is."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import pytest

from waconsole.database.connection import Database, Transaction
from waconsole.errors import Transient

ENDLESS: Final = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


def _limited(tx: Transaction, seconds: float) -> int:
    with tx.limited(seconds):
        return int(tx.value(ENDLESS))


async def test_a_statement_is_stopped_when_its_time_is_over(database: Database) -> None:
    began = time.monotonic()

    with pytest.raises(Transient, match=r"more than 0\.1 s and was stopped"):
        await database.stream(lambda tx: _limited(tx, 0.1))

    assert time.monotonic() - began < 5
    assert await database.stream(lambda tx: tx.value("SELECT 1")) == 1


async def test_new_input_stops_the_read_before_it(database: Database) -> None:
    reading = asyncio.create_task(database.stream(lambda tx: _limited(tx, 60)))
    await asyncio.sleep(0.1)

    database.interrupt_stream()

    with pytest.raises(Transient, match="was stopped"):
        await reading


async def test_what_is_in_time_is_not_stopped(database: Database) -> None:
    def work(tx: Transaction) -> int:
        with tx.limited(60):
            return int(tx.value("SELECT 7"))

    assert await database.read(work) == 7


async def test_what_is_limited_within_another_stops_as_that_one_does_and_leaves_it_in_force(
    database: Database,
) -> None:
    is_stopped = False

    def nested(tx: Transaction) -> int:
        nonlocal is_stopped
        with tx.limited(60, lambda: is_stopped):
            with tx.limited(60):
                assert tx.value("SELECT 1") == 1
            is_stopped = True
            return _limited(tx, 60)

    with pytest.raises(Transient, match="was stopped"):
        await database.stream(nested)

    def after(tx: Transaction) -> int:
        with tx.limited(60, lambda: True):
            with tx.limited(60):
                pass
            return int(tx.value(ENDLESS))

    with pytest.raises(Transient, match="stopped"):
        await database.stream(after)
