"""Goal: message search on the imported ledger. Queries and bodies are those of `benchmarks.search`."""

from __future__ import annotations

import contextlib
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.place import Place
from benchmarks.report import BYTES_PER_MB, Report, p95
from benchmarks.search import KINDS, RUNS
from waconsole.database.engine import connect
from waconsole.inbox import search, search_page, words

SIZE_MAX: Final = 0.65
CHECKED_EVERY: Final = 20
AT_ONCE: Final = 2_000


def run(report: Report, place: Place) -> None:
    """First pages, recall by the documented rule, and the index beside a trigram index of the same texts."""
    place.imported()
    report.begin("Search: first page, warm, on the connection of the screen")
    with contextlib.closing(connect(place.ledger, read_only=True)) as connection:
        for name, goal_ms, asked in KINDS:
            _pages(report, connection, name, goal_ms, asked)
        _scan(report, connection)
        _recall(report, connection)
        _size(report, connection, place.folder)


def _pages(
    report: Report, connection: sqlite3.Connection, name: str, goal_ms: float, asked: list[str]
) -> None:
    samples: list[float] = []
    counted: list[float] = []
    slowest = (0.0, "")
    for text in asked:
        search_page.first_page(connection, words.terms(text))
        of_this: list[float] = []
        for _ in range(RUNS):
            began = time.perf_counter()
            search_page.first_page(connection, words.terms(text))
            of_this.append((time.perf_counter() - began) * 1_000)
        samples += of_this
        slowest = max(slowest, (statistics.median(of_this), text))
        began = time.perf_counter()
        search_page.count(connection, words.terms(text))
        counted.append((time.perf_counter() - began) * 1_000)
    note = f"p50 {statistics.median(samples):.2f}, slowest “{slowest[1]}” {slowest[0]:.2f}, exact count <= {max(counted):.0f} ms"
    if "no goal" in name:
        report.say(f"first page, {name}", f"p95 {p95(samples):.2f} ms", note)
    else:
        report.goal(f"first page p95, {name}", p95(samples), goal_ms, "ms", note)


def _scan(report: Report, connection: sqlite3.Connection) -> None:
    began = time.perf_counter()
    connection.execute("SELECT id FROM message WHERE text LIKE '%zzzq%' ORDER BY id DESC LIMIT 50").fetchall()
    report.say("baseline: LIKE, no hit", f"{(time.perf_counter() - began) * 1_000:.0f} ms")


def _recall(report: Report, connection: sqlite3.Connection) -> None:
    """Every query against a scan of every twentieth message by `words.matches`."""
    sample = connection.execute(
        "SELECT id, text FROM visible_message WHERE id % :every = 0 AND kind <> 'system'",
        {"every": CHECKED_EVERY},
    ).fetchall()
    expected = missing = extra = 0
    for text in (text for _, _, asked in KINDS for text in asked):
        terms = words.terms(text)
        by_rule = {key for key, body in sample if words.matches(terms, body)}
        condition, values = search.match_sql(terms)
        by_index = {
            row[0]
            for row in connection.execute(
                f"SELECT m.id FROM visible_message AS m WHERE {condition} AND m.id % :every = 0",
                {**values, "every": CHECKED_EVERY},
            )
        }
        expected += len(by_rule)
        missing += len(by_rule - by_index)
        extra += len(by_index - by_rule)
    note = f"{len(sample):,} messages read by the rule, {expected:,} hits"
    report.goal("recall", 1 - missing / max(expected, 1), 1, "", note, at_least=True)
    report.goal("precision", expected / max(expected + extra, 1), 1, "", at_least=True)


def _size(report: Report, connection: sqlite3.Connection, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as held:
        began = time.perf_counter()
        trigram = _trigram_bytes(connection, Path(held) / "trigram.db")
        seconds = time.perf_counter() - began
    ours = _pages_of(connection, "search\\_%")
    report.say(
        "baseline: trigram index, optimised", f"{trigram / BYTES_PER_MB:.1f} MB", f"built in {seconds:.0f} s"
    )
    report.goal("index size against trigram", ours / trigram, SIZE_MAX, "x", f"{ours / BYTES_PER_MB:.1f} MB")


def _trigram_bytes(source: sqlite3.Connection, path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as target:
        target.execute("PRAGMA journal_mode = OFF")
        target.execute("CREATE VIRTUAL TABLE trigram USING fts5 (text, content = '', tokenize = 'trigram')")
        target.execute("BEGIN")
        for some in _texts(source):
            target.executemany("INSERT INTO trigram (rowid, text) VALUES (?, ?)", some)
        target.execute("COMMIT")
        target.execute("INSERT INTO trigram (trigram) VALUES ('optimize')")
        return _pages_of(target, "trigram\\_%")


def _texts(source: sqlite3.Connection) -> Iterator[list[tuple[int, str]]]:
    cursor = source.execute("SELECT id, text FROM message WHERE kind <> 'system' ORDER BY id")
    while rows := cursor.fetchmany(AT_ONCE):
        yield [tuple(row) for row in rows]


def _pages_of(connection: sqlite3.Connection, pattern: str) -> int:
    """The bytes of the pages of the tables whose names fit `pattern`."""
    (size,) = connection.execute(
        "SELECT sum(pgsize) FROM dbstat WHERE aggregate = 1 AND name LIKE ? ESCAPE '\\'", (pattern,)
    ).fetchone()
    return int(size)
