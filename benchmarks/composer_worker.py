"""The console as it is, at the instant of the spike's ledger: `python -m benchmarks.composer_worker LEDGER FILE`.

What its loop was busy with without a pause is written to FILE when it ends, as JSON: of each turn its milliseconds,
those its thread worked, and what it was.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from waconsole import clock
from waconsole.console import launch
from waconsole.settings import Settings

NOW: Final = 1_760_000_000
TOLD_MS: Final = 4.0
TURNS_MAX: Final = 100_000
NAME_CHARACTERS_MAX: Final = 80

Turn = tuple[float, float, float, str]
"""When it began, how long it took, how long the thread worked; what it was."""


def watched(turns: list[Turn]) -> None:
    """Keep of every turn of any loop in this process that took `TOLD_MS` or longer how long it took."""
    handle: Any = asyncio.events.Handle
    plain = handle._run

    def run(self: Any) -> None:
        began, worked = time.perf_counter(), time.thread_time()
        plain(self)
        took = (time.perf_counter() - began) * 1000
        if took >= TOLD_MS and len(turns) < TURNS_MAX:
            turns.append((began, took, (time.thread_time() - worked) * 1000, _named(self._callback)))

    handle._run = run


def _named(callback: Any) -> str:
    """What a turn was: the task it went on with, else what was called."""
    task = getattr(callback, "__self__", None)
    name = task.get_name() if isinstance(task, asyncio.Task) else getattr(callback, "__qualname__", callback)
    return str(name)[:NAME_CHARACTERS_MAX]


def main(ledger: Path, told: Path) -> int:
    """Run the console until it is left."""
    turns: list[Turn] = []
    watched(turns)
    behind = time.time_ns() // 1000 - NOW * clock.SECOND
    clock.now = lambda: time.time_ns() // 1000 - behind
    code = launch.run(ledger, Settings(), now=None, read_only=False, operator=None)
    told.write_text(json.dumps(turns), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
