"""Goal: the conversation list, and any page of a thread at the price of page one."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from array import array
from collections.abc import Callable
from typing import Final

from benchmarks.place import Place
from benchmarks.report import Report, p95
from waconsole import catalogue, clock
from waconsole.database.connection import Transaction
from waconsole.inbox import store_list, store_thread

LIST_MAX_MS: Final = 2
PAGE_MAX: Final = 1.2
PAGE: Final = 64
LIST_READS: Final = 300
PAGE_READS: Final = 400


def run(report: Report, place: Place) -> None:
    """Store calls on the connection of the screen, warm."""
    place.imported()
    report.begin("Lists, on the connection of the screen")
    asyncio.run(_lists(report, place))


async def _lists(report: Report, place: Place) -> None:
    now = clock.now()
    async with catalogue.open_ledger(place.ledger, now=now, read_only=True) as database:
        tx = database.pages()
        samples = _timed(lambda: store_list.first_page(tx, "1", {}, now=now, limit=PAGE), LIST_READS)
        probe = _timed(lambda: _probe(tx), LIST_READS)
        report.goal(
            "conversation list, p95", p95(samples), LIST_MAX_MS, "ms",
            f"p50 {statistics.median(samples):.2f}; baseline: {PAGE} rows by primary key p50 {statistics.median(probe):.2f}",
        )  # fmt: skip
        giant = tx.value("SELECT id FROM conversation ORDER BY message_count DESC LIMIT 1")
        _pages(report, tx, store_thread.keys(tx, giant))


def _probe(tx: Transaction) -> object:
    marks = ", ".join(str(key) for key in range(1, PAGE + 1))
    return tx.rows(f"SELECT * FROM conversation WHERE id IN ({marks})")


def _pages(report: Report, tx: Transaction, keys: array[int]) -> None:
    """The page at the end, which a thread opens with, and pages anywhere: asked in turn, each seen once before."""
    rng = random.Random(3)
    starts = [rng.randrange(max(1, len(keys) - PAGE)) for _ in range(PAGE_READS)]
    first: list[float] = []
    anywhere: list[float] = []
    for start in starts:
        first += _page(tx, keys[-PAGE:])
        anywhere += _page(tx, keys[start : start + PAGE])
    one, other = statistics.median(first), statistics.median(anywhere)
    note = f"page one {one:.2f} ms, any page {other:.2f} ms of {len(keys):,} entries"
    report.goal("any page of a thread against page one", other / one, PAGE_MAX, "x", note)


def _page(tx: Transaction, page: array[int]) -> list[float]:
    store_thread.by_keys(tx, page)
    return _timed(lambda: store_thread.by_keys(tx, page), 1)


def _timed(work: Callable[[], object], times: int) -> list[float]:
    samples = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        samples.append((time.perf_counter() - began) * 1_000)
    return samples
