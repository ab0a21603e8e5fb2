"""A hundred items triaged by keys alone, each painted at once, and all of it undone exactly."""

from __future__ import annotations

import asyncio
import gc
import time
from pathlib import Path
from typing import Any, Final

import pytest
from textual.pilot import Pilot

from tests.inbox.ledger_builder import triage
from tests.inbox.pane_app import InboxApp, inbox, settle
from waconsole.database.connection import Database, Transaction

ITEMS: Final = 100
PRESSES_MAX: Final = 130
PAINTED_SECONDS_MAX: Final = 0.050
FRAME_SECONDS: Final = 1 / 60
PAUSE_SECONDS: Final = 0.03  # a quick hand
ROUNDS_MAX: Final = 3


async def standing(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Everything an act of the inbox may change, as rows."""
    tables = ("work_item", "conversation", "lease", "tag", "note", "outgoing", "task", "message")

    def work(tx: Transaction) -> dict[str, list[tuple[Any, ...]]]:
        return {
            table: [tuple(row) for row in tx.rows(f"SELECT * FROM {table} ORDER BY id")] for table in tables
        }

    return await database.read(work)


async def painted(app: InboxApp, action: str) -> float:
    """Seconds of work, in all threads, from the handling of a pane's action to the frame that shows what it did.

    Work, not wall time: others may have the machine. A frame waits at most `FRAME_SECONDS` besides.
    """
    started = time.process_time()
    await app.run_action(action, app.pane)
    handled = time.perf_counter()
    while app.painted_at < handled:  # noqa: ASYNC110 - a frame is no event
        await asyncio.sleep(0.002)
    seconds = time.process_time() - started
    await asyncio.sleep(PAUSE_SECONDS)
    return seconds


async def presses(app: InboxApp, pilot: Pilot[None], key: str, limit: int) -> int:
    """Press `key` until nothing is owed; how often it was pressed."""
    for pressed in range(limit):
        if app.pane.counters is not None and app.pane.counters.owed == 0:
            return pressed
        await pilot.press(key)
    return limit


@pytest.mark.parametrize("items", [30, pytest.param(ITEMS, marks=pytest.mark.slow)])
async def test_a_hundred_items_of_several_groups_are_triaged_in_130_presses_and_undone_exactly(
    ledger_path: Path, items: int
) -> None:
    async with inbox(ledger_path, triage, 5, items) as (app, pilot):
        database = app.desk.database
        before = await standing(database)
        await pilot.press("right_square_bracket")
        pressed = 1 + await presses(app, pilot, "e", PRESSES_MAX)
        await settle(pilot)

        assert app.pane.counters is not None and app.pane.counters.owed == 0
        assert pressed <= PRESSES_MAX * items // ITEMS
        assert "Nothing needs you now." in app.said
        assert app.pane.thread.entry is not None

        for _ in range(items):
            await pilot.press("z")
        await settle(pilot)
        assert await standing(database) == before
        await pilot.press("z")
        assert app.said[-1] == "There is nothing to undo."


async def test_items_are_triaged_from_the_list_without_losing_the_cursor(ledger_path: Path) -> None:
    async with inbox(ledger_path, triage, 7, 42, size=(80, 24)) as (app, pilot):
        before = await standing(app.desk.database)
        pressed = await presses(app, pilot, "e", PRESSES_MAX)
        assert pressed == 42
        assert app.pane.rows.cursor_key is not None
        await pilot.press("z")
        await pilot.press("e")
        for _ in range(42):
            await pilot.press("z")
        assert await standing(app.desk.database) == before


@pytest.mark.bench  # a time: `make bench` measures it on a machine that does nothing else
async def test_each_of_a_hundred_items_is_painted_within_50_ms(ledger_path: Path) -> None:
    async with inbox(ledger_path, triage, 5, ITEMS) as (app, pilot):
        # The tests' own process holds far more objects than a console; its collector is not what is measured.
        gc.collect()
        gc.freeze()
        best = [1e9] * ITEMS
        for turn in range(ROUNDS_MAX):
            if turn:
                # Somebody else had the machine: take all of it back and measure each once more.
                for _ in range(ITEMS):
                    await app.action_undo()
            await pilot.press("right_square_bracket")
            seconds = [await painted(app, "done") for _ in range(ITEMS)]
            assert app.pane.counters is not None and app.pane.counters.owed == 0
            best = list(map(min, best, seconds))
            p95 = sorted(best)[int(ITEMS * 0.95)]
            print(
                f"done and next, work to its frame: p50 {sorted(best)[ITEMS // 2] * 1e3:.1f} ms, p95 {p95 * 1e3:.1f} ms"
            )
            if p95 + FRAME_SECONDS <= PAINTED_SECONDS_MAX:
                break
        gc.unfreeze()
        assert 0 < p95 + FRAME_SECONDS <= PAINTED_SECONDS_MAX


async def test_all_that_match_are_done_with_one_sheet_and_undone_as_one(ledger_path: Path) -> None:
    async with inbox(ledger_path, triage, 5, ITEMS) as (app, pilot):
        before = await standing(app.desk.database)
        await pilot.press("asterisk", "enter")
        assert app.pane.status().marks == 5
        await pilot.press("space")
        assert app.pane.status().marks == 4
        await pilot.press("e")
        await settle(pilot)
        await pilot.press("y")
        await settle(pilot)
        assert app.pane.counters is not None and app.pane.counters.owed == 20
        assert app.said[-1] == "Done: 4 conversations."
        await pilot.press("z")
        assert await standing(app.desk.database) == before
