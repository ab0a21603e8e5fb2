"""Goal: a rule compiles between two keys, and narrows the inbox before the hand has left the key."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from typing import Final

from benchmarks.place import Place
from benchmarks.report import Report
from waconsole import catalogue, clock
from waconsole.database.connection import Transaction
from waconsole.inbox import store_list
from waconsole.query import parse
from waconsole.query.compile import Compiled, check, compile_query
from waconsole.query.complete import complete

COMPILE_MAX_MS: Final = 5
INDEXED_MAX_MS: Final = 20
ANY_MAX_MS: Final = 300
COMPLETE_MAX_MS: Final = 2
TIMES: Final = 5
COMPILED_TIMES: Final = 200
RULE: Final = (
    '(is:owed or is:late) in:"Mamans Lyon 3" -is:muted age<2d window<2h unread>=3 (tag:vip or tag:gold) '
    'item:question owed>0 not from:"Inès" "taille 2" prix'
)


def run(report: Report, place: Place) -> None:
    """Parsing and compiling in this process; narrowing on the connection of the screen, warm."""
    place.imported()
    report.begin("The query language, and the inbox narrowed by it")
    began = time.perf_counter()
    vocabulary = catalogue.vocabulary()
    parse.parser()
    report.say(
        "loaded with the first query", f"{(time.perf_counter() - began) * 1_000:.0f} ms", "once a process"
    )

    def compiled() -> object:
        parse.forget()
        return compile_query(RULE, "conversation", vocabulary, now=0)

    def checked() -> object:
        parse.forget()
        return check(RULE, "conversation", vocabulary)

    report.goal("a rule of 12 leaves compiled, p50", _median(compiled, COMPILED_TIMES), COMPILE_MAX_MS, "ms")
    report.goal("the same checked for a key, p50", _median(checked, COMPILED_TIMES), COMPILE_MAX_MS, "ms")
    asyncio.run(_narrowed(report, place))


async def _narrowed(report: Report, place: Place) -> None:
    now = clock.now()
    async with catalogue.open_ledger(place.ledger, now=now) as database:
        tx = database.pages()
        now = int(tx.value("SELECT max(sent_at) FROM message")) + clock.HOUR
        group = tx.value('SELECT name FROM "group" ORDER BY id LIMIT 1')
        name = tx.value("SELECT value FROM alias ORDER BY id LIMIT 1")
        for query in ("is:owed", f'in:"{group}"', f'from:"{name}"', "tag:vip", "age<30d"):
            took, count = _first_page(tx, query, now)
            report.goal(f"narrowed by {query}", took, INDEXED_MAX_MS, "ms", f"{count} rows of the first page")
        for query in (
            "item:question",
            "order",
            '"order 2"',
            f'order -from:"{name}"',
            "order or is:late",
            "not order",
        ):
            took, count = _first_page(tx, query, now)
            report.goal(f"narrowed by {query}", took, ANY_MAX_MS, "ms", f"{count} rows of the first page")
        vocabulary = catalogue.vocabulary()
        typed = f"is:owed from:{str(name)[:2]}"
        took = _median(lambda: complete(typed, len(typed), "conversation", vocabulary, tx), TIMES)
        report.goal("names offered by two letters", took, COMPLETE_MAX_MS, "ms")


def _first_page(tx: Transaction, query: str, now: int) -> tuple[float, int]:
    """(milliseconds, rows): compiled and read, the median of some."""
    vocabulary = catalogue.vocabulary()

    def page() -> list[store_list.ConversationRow]:
        found: Compiled = compile_query(query, "conversation", vocabulary, now=now)
        return store_list.first_page(tx, found.where, found.parameters, now=now)

    return _median(page, TIMES), len(page())


def _median(work: Callable[[], object], times: int) -> float:
    samples = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        samples.append((time.perf_counter() - began) * 1_000)
    return statistics.median(samples)
