"""Goal: importing chats, beside a bare insert of the same message rows."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.place import Place
from benchmarks.report import BYTES_PER_MB, Report
from benchmarks.search import NOW
from waconsole import catalogue
from waconsole.database.engine import connect
from waconsole.inbox import store_messages
from waconsole.inbox.store_messages import MessageRow
from waconsole.sync.chat_chunks import CHUNK_LINES

RATE_MIN: Final = 25_000
BARE_MAX: Final = 8
PEAK_MAX_MB: Final = 256
STAGES: Final = {
    "survey": "first look at the whole file",
    "parse": "parse, with the words for search (small exports)",
    "taken": "taking over what another process read (large ones)",
    "rules": "rules (triage of the last 14 days; small exports)",
    "members": "members and rows",
    "index": "index (words, keys, FTS5)",
    "merge": "index: merging its parts",
    "insert": "insert of message rows",
    "commit": "commit",
    "rest": "the rest",
}


def run(report: Report, place: Place) -> None:
    """Import everything in a process of its own, then insert its rows bare."""
    place.chats()
    report.begin(f"Import of {place.messages:,} messages in {len(place.chats())} groups")
    imported = place.imported(again=True)
    each = 1e6 / imported.messages
    for stage, title in STAGES.items():
        report.say(f"  {title}", f"{imported.apart.get(stage, 0.0) * each:.1f} us/message", "CPU")
    if imported.children_cpu_seconds:
        report.say(
            "  reading large exports in processes of their own",
            f"{imported.children_cpu_seconds * each:.1f} us/message",
            "CPU, beside the rest",
        )
    bare_seconds = asyncio.run(bare_insert(place.ledger))
    report.say("import, wall clock", f"{imported.seconds * each:.1f} us/message", f"{imported.seconds:.1f} s")
    report.say(
        "baseline: bare insert of the same rows",
        f"{bare_seconds * each:.1f} us/message",
        f"{bare_seconds:.1f} s",
    )
    report.goal("import rate", imported.messages / imported.seconds, RATE_MIN, "/s", at_least=True)
    report.goal("import against the bare insert", imported.seconds / bare_seconds, BARE_MAX, "x")
    report.goal("import, peak memory", imported.peak_bytes / BYTES_PER_MB, PEAK_MAX_MB, "MB")


async def bare_insert(ledger: Path) -> float:
    """Seconds to put the rows of `ledger` as ready tuples into an empty one: same table, indexes, settings, commits."""
    seconds = 0.0
    with (
        tempfile.TemporaryDirectory(dir=ledger.parent) as folder,
        contextlib.closing(connect(ledger, read_only=True)) as source,
    ):
        source.row_factory = None
        cursor = source.execute(f"SELECT {', '.join(MessageRow._fields)} FROM message ORDER BY id")
        async with catalogue.open_ledger(Path(folder) / "bare.db", now=NOW * 1_000_000) as database:
            while rows := cursor.fetchmany(CHUNK_LINES):
                some = rows
                began = time.perf_counter()
                await database.write(lambda tx: store_messages.add_messages(tx, some))
                seconds += time.perf_counter() - began
    return seconds
