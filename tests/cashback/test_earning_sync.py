"""Catching up on a ledger that others use too: step by step, stopped and gone on with, by itself when something came."""

from __future__ import annotations

import asyncio

import pytest

from tests.cashback.earnings import LIN, NOW, ambassador, lines, order, scheme
from waconsole.cashback.service_earning import Accrued
from waconsole.database.connection import Database, Transaction
from waconsole.operators import service as operators
from waconsole.sync import earning

ORDERS = 60


def shop(tx: Transaction) -> None:
    """One ambassador with many orders, all of one hour."""
    operators.add(tx, "ann", "owner", now=NOW)
    scheme(tx, cap="1.00 HKD")
    ambassador(tx, LIN)
    for number in range(ORDERS):
        order(tx, f"A{number:03}", LIN, "2026-10-03", "1.00 HKD")


async def test_it_goes_on_where_it_was_stopped_and_keeps_turns(database: Database) -> None:
    await database.write(shop)
    asked = iter([False, True])

    first = await earning.catch_up(database, now=NOW, stop=lambda: next(asked))
    rest = await earning.catch_up(database, now=NOW)

    found = await database.read(lines)
    assert (0 < first.lines < ORDERS, first.lines + rest.lines) == (True, ORDERS)
    assert [one.order for one in found] == [f"A{number:03}" for number in range(ORDERS)]
    assert [one.amount for one in found] == ["0.03 HKD"] * 33 + ["0.01 HKD"] + ["0.00 HKD"] * 26
    assert await earning.catch_up(database, now=NOW) == Accrued()


async def test_two_who_catch_up_at_once_write_each_line_once(database: Database) -> None:
    await database.write(shop)

    both = await asyncio.gather(*(earning.catch_up(database, now=NOW) for _ in range(2)))

    assert sum(one.lines for one in both) == ORDERS
    amounts = [one.amount for one in await database.read(lines)]
    assert amounts == ["0.03 HKD"] * 33 + ["0.01 HKD"] + ["0.00 HKD"] * 26


async def test_a_console_catches_up_by_itself_when_orders_come(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(earning, "PAUSE_SECONDS", 0.0)
    changed = asyncio.Event()
    database.on_change.append(changed.set)
    database.watch()
    task = asyncio.create_task(earning.keep_catching_up(database, clock=lambda: NOW, stop=lambda: False))
    try:
        async with asyncio.timeout(20):
            await database.write(shop)
            while len(await database.read(lines)) < ORDERS:
                await changed.wait()
                changed.clear()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_what_a_budget_left_is_said() -> None:
    assert earning.left_out(Accrued()) == ""
    assert "Too large to earn cashback: A, B." in earning.left_out(Accrued(beyond={"B", "A"}))
    assert "The budget of seed has nothing left" in earning.left_out(Accrued(over={"seed"}))
