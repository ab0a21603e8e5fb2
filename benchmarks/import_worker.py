"""Imports every export of a folder into a ledger, as the command does, and prints what it took as JSON.

`python -m benchmarks.import_worker LEDGER FOLDER MESSAGES`: a process of its own, so that its peak
of memory is its own. The stages are timed around the product's own functions, a few calls for
each part of a chunk, in CPU time of their thread: what overlaps is counted where it is spent.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from benchmarks import chats
from benchmarks.chats import Chat
from benchmarks.place import Imported
from benchmarks.search import NOW
from waconsole import catalogue
from waconsole.database.connection import Database
from waconsole.inbox import search, store_messages, words
from waconsole.inbox.triage import Triage
from waconsole.sync import chat_chunks, chat_reader, chat_rows, intake_chat
from waconsole.sync.intake_chat import ChatImport, Talk, import_chat

QUIET: Final = Talk(lambda _: None, lambda _done, _of: None, lambda: False)
# (where, function, stage): time inside another stage's function counts for the inner one.
STAGES: Final[tuple[tuple[Any, str, str], ...]] = (
    (intake_chat, "look", "survey"),
    (
        chat_chunks.ChunkReader,
        "next_chunk",
        "parse",
    ),  # of small exports; large ones are read in another process
    (chat_reader.ApartReader, "next_chunk", "taken"),
    (Triage, "draw", "rules"),
    (chat_rows, "_write_part", "members"),
    (store_messages, "add_messages", "insert"),
    (search, "reserve_keys", "index"),
    (search, "index_tokens", "index"),
    (search, "merge_step", "merge"),
    (search, "merge_whole", "merge"),
    (Database, "_transact", "commit"),
)


class Stopwatch:
    """CPU seconds by stage, over all threads; a stage inside another is taken out of it."""

    def __init__(self) -> None:
        """Nothing is timed before `around`."""
        self.spent: dict[str, float] = defaultdict(float)
        self._lock = threading.Lock()
        self._inner = threading.local()

    def around(self, where: Any, name: str, stage: str) -> None:
        """Time every call of a function from now on."""
        work: Callable[..., Any] = getattr(where, name)

        def timed(*values: Any, **named: Any) -> Any:
            outer = getattr(self._inner, "seconds", 0.0)
            self._inner.seconds = 0.0
            began = time.thread_time()
            try:
                return work(*values, **named)
            finally:
                took = time.thread_time() - began
                with self._lock:
                    self.spent[stage] += took - self._inner.seconds
                self._inner.seconds = outer + took

        setattr(where, name, timed)


def peak_bytes() -> int:
    """The most memory this process and the largest it started ever held, added up.

    Linux counts a parent's into `ru_maxrss`, so our own is asked apart there.
    """
    unit = 1 if sys.platform == "darwin" else 1024
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit
    try:
        status = Path("/proc/self/status").read_text("ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit + children
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 + children


async def import_all(ledger: Path, folder: Path, known: list[Chat]) -> Imported:
    """Import the exports one after the other into a new ledger."""
    watch = Stopwatch()
    for where, name, stage in STAGES:
        watch.around(where, name, stage)
    words.tokens(
        "one word",
    )  # what is built on first use belongs to no message
    messages = rows = 0
    now = NOW * 1_000_000
    async with catalogue.open_ledger(ledger, now=now) as database:
        watch.spent.clear()
        began, cpu = time.perf_counter(), time.process_time()
        for chat in known:
            wanted = ChatImport(folder / chat.file, chat.group, ZoneInfo("UTC"), date_order=chat.order)
            imported = await import_chat(database, wanted, QUIET, now=now)
            if imported.totals.messages != chat.messages or imported.unplaced:
                raise SystemExit(f"{chat.file} was not read as it was written: {imported.totals}")
            messages += imported.totals.messages
            rows += imported.totals.rows
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
    apart = {**watch.spent, "rest": cpu_seconds - sum(watch.spent.values())}
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    children_seconds = children.ru_utime + children.ru_stime
    return Imported(seconds, cpu_seconds, children_seconds, messages, rows, peak_bytes(), apart)


def main() -> None:
    """As the module's docstring says."""
    ledger, folder, messages = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    known = chats.written(folder, messages)
    print(json.dumps(asdict(asyncio.run(import_all(ledger, folder, known)))))


if __name__ == "__main__":
    main()
