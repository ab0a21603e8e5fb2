"""Every goal of speed and memory beside its baseline from the same run: `python -m benchmarks`.

The ledger is made by the product's own import from generated export files, in a temporary folder
(`--keep DIR` leaves it there for another run). A goal that is not met is printed, not raised.
"""

from __future__ import annotations

import argparse
import platform
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks import (
    cashback,
    crowd,
    fraud,
    importing,
    ledger,
    paging,
    query,
    queueing,
    road,
    screen,
    searching,
    segments,
    sending,
    shop,
)
from benchmarks.place import Place
from benchmarks.report import Report

MESSAGES: Final = 1_000_000
PARTS: Final[dict[str, Callable[[Report, Place], None]]] = {
    "import": importing.run,
    "search": searching.run,
    "lists": paging.run,
    "query": query.run,
    "start": screen.start,
    "keys": screen.keys,
    "memory": screen.memory,
    "road": road.run,
    "queue": queueing.run,
    "sending": sending.run,
    "crowd": crowd.run,
    "shop": shop.run,
    "books": ledger.run,
    "cashback": cashback.run,
    "segments": segments.run,
    "fraud": fraud.run,
}


def main(words: Sequence[str] | None = None) -> int:
    """Run the parts asked for; answers 0 whatever the figures are."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--messages", type=int, default=MESSAGES, metavar="N", help="how many (1,000,000)")
    parser.add_argument(
        "--only", action="append", choices=PARTS, metavar="NAME", help=f"one of {', '.join(PARTS)}"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="make exports and ledger there, and use them again"
    )
    options = parser.parse_args(words)
    report = Report()
    print(
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.platform()}; "
        f"{options.messages:,} messages. Compare within a run: machines differ."
    )
    with ExitStack() as stack:
        folder = options.keep or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="waconsole-bench-"))
        )
        folder.mkdir(parents=True, exist_ok=True)
        place = Place(folder.resolve(), options.messages)
        for name in options.only or PARTS:
            try:
                PARTS[name](report, place)
            except Exception as error:  # one part that cannot run here leaves the others their say
                report.not_measured(name, f"{type(error).__name__}: {error}")
    report.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
