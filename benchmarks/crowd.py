"""Goal: a bulk import, and a message to 120,000 members, each beside eight consoles at which people work.

Every console is a process of its own: it writes something small every 50 ms by the product's own
services, and reads a page of threads. Its waits beside the bulk work stand beside its waits alone.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.place import HOME, Place
from benchmarks.report import Report

CONSOLES: Final = 8
LINES: Final = 200_000
MEMBERS: Final = 120_000
ALONE_SECONDS: Final = 5.0
P99_MAX_MS: Final = 100.0
BULK_SECONDS_MAX: Final = 1_800
WORDS: Final = "taille prix robe jeudi colis retour merci quand combien stock".split()


@dataclass(slots=True)
class Waits:
    """What all consoles waited, in ms, and how often the ledger was locked for one of them."""

    writes: list[float] = field(default_factory=list)
    reads: list[float] = field(default_factory=list)
    locked: int = 0
    seconds: float = 0.0  # of the bulk work beside them


def run(report: Report, place: Place) -> None:
    """Alone, beside the import, beside the queueing."""
    del place
    report.begin(f"{CONSOLES} consoles beside bulk work")
    with tempfile.TemporaryDirectory(prefix="waconsole-crowd-") as folder:
        ledger = Path(folder) / "ledger.db"
        chat = export(Path(folder) / "chat.txt", LINES)
        worker(ledger, "people", str(MEMBERS))
        _tell(report, "alone", among(ledger, CONSOLES, lambda: time.sleep(ALONE_SECONDS)), None)
        beside = among(ledger, CONSOLES, lambda: import_chat(ledger, chat, LINES))
        _tell(report, f"beside an import of {LINES:,} lines", beside, P99_MAX_MS)
        beside = among(ledger, CONSOLES, lambda: _queue(ledger, MEMBERS))
        _tell(report, f"beside queueing {MEMBERS:,}", beside, P99_MAX_MS)


def _tell(report: Report, what: str, waits: Waits, goal: float | None) -> None:
    report.say(what, f"{waits.seconds:.1f} s", f"{len(waits.writes):,} writes of {CONSOLES} consoles")
    report.say("  a write, median", f"{statistics.median(waits.writes):.1f} ms")
    worst = statistics.quantiles(waits.writes, n=100)[98]
    if goal is None:
        report.say("  baseline: a write, 99 of 100", f"{worst:.1f} ms")
    else:
        report.goal("  a write, 99 of 100", worst, goal, "ms", f"longest {max(waits.writes):.0f} ms")
    report.say("  a page, 99 of 100", f"{statistics.quantiles(waits.reads, n=100)[98]:.1f} ms")
    report.goal("  the ledger was locked", waits.locked, 0, "times")


def among(ledger: Path, consoles: int, bulk: Callable[[], None]) -> Waits:
    """Do `bulk` while so many consoles work; what they waited meanwhile."""
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "benchmarks.crowd_worker", str(ledger), "console", str(place)],
                    cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                )
            )
            for place in range(consoles)
        ]  # fmt: skip
        try:
            for one in running:
                assert one.stdout is not None and one.stdout.readline() == "ready\n"
            _line_to(running)
            waits = Waits()
            begun = time.perf_counter()
            bulk()
            waits.seconds = time.perf_counter() - begun
            for one, said in zip(running, _ended(running), strict=True):
                assert one.returncode == 0
                found = json.loads(said)
                waits.writes += found["writes"]
                waits.reads += found["reads"]
                waits.locked += found["locked"]
            return waits
        finally:
            for one in running:
                if one.poll() is None:
                    one.kill()


def _line_to(running: Sequence[subprocess.Popen[str]]) -> None:
    for one in running:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()


def _ended(running: Sequence[subprocess.Popen[str]]) -> list[str]:
    _line_to(running)
    return [one.communicate()[0] for one in running]


def import_chat(ledger: Path, chat: Path, lines: int) -> None:
    """Import an export as an operator does. Raises when it is not all there."""
    words = [
        "-m",
        "waconsole",
        "--ledger",
        str(ledger),
        "--json",
        "import",
        "chat",
        str(chat),
        "--group",
        "G",
    ]
    done = subprocess.run(
        [sys.executable, *words],
        cwd=HOME,
        stdout=subprocess.PIPE,
        text=True,
        timeout=BULK_SECONDS_MAX,
        check=True,
    )
    assert json.loads(done.stdout)["new"] == lines


def _queue(ledger: Path, members: int) -> None:
    assert worker(ledger, "enqueue") >= members  # and whoever the import brought


def worker(ledger: Path, *words: str) -> int:
    """What `benchmarks.crowd_worker` answers in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.crowd_worker", str(ledger), *words],
        cwd=HOME, stdout=subprocess.PIPE, text=True, timeout=BULK_SECONDS_MAX, check=True,
    )  # fmt: skip
    return int(json.loads(done.stdout))


def export(path: Path, lines: int) -> Path:
    """An export of so many lines over four weeks; the same every time."""
    dice = random.Random(7)
    a_day = lines // 27 + 1
    with path.open("w", encoding="utf-8") as file:
        for number in range(lines):
            day, minute = divmod(number, a_day)
            at = minute * 1440 // a_day
            words = " ".join(dice.choices(WORDS, k=8))
            file.write(f"{day + 1:02}/10/2026, {at // 60:02}:{at % 60:02} - P{number % 90}: {words}\n")
    return path
