"""Goals of the screen, in a real terminal on the imported ledger: start, keys, memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.control import READY
from benchmarks.place import HOME, Place
from benchmarks.report import BYTES_PER_MB, Report, p95
from benchmarks.terminal import EVERYTHING, Ended, Painted, Part, Terminal

VERSION_MAX: Final = 3
FRAME_MAX: Final = 1.5
KEY_MAX_MS: Final = 10
PAGE_DOWN_MAX_MS: Final = 25
MEMORY_MAX_MB: Final = 40

VERSION_PAIRS: Final = 15
FRAME_PAIRS: Final = 7
KEYS_IN_VIEW: Final = 30
PAGES_DOWN: Final = 20
OURS: Final = ("WACONSOLE_", "TEXTUAL", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
COMPILED: Final = Path(tempfile.gettempdir()) / f"waconsole-bench-{os.getuid()}-compiled"
START_SECONDS: Final = 60.0
SETTLED_SECONDS: Final = 2.0
A_GROUP: Final = "Group 0"  # in the row of every group: when it is painted the list can be used
A_MESSAGE_OPEN: Final = 1.0
# Where the lists stand on a screen of 120 by 40, without their scroll bars.
CONVERSATIONS: Final = Part(0, 2, 48, 39)
ENTRIES: Final = Part(50, 3, 119, 27)


def console(place: Place) -> list[str]:
    """The words that open the ledger on the screen."""
    return [sys.executable, "-m", "waconsole", "--ledger", str(place.ledger)]


def control(kind: str, place: Place) -> list[str]:
    """The words that open a control program."""
    return [sys.executable, "-m", "benchmarks.control", kind, str(place.ledger)]


def environment() -> dict[str, str]:
    """What the programs see: nothing of this shell's settings, and our own code."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**kept, "PYTHONPATH": str(HOME), "PYTHONPYCACHEPREFIX": str(COMPILED)}


def start(report: Report, place: Place) -> None:
    """`--version` beside bare python, the first usable frame beside one Static; in turn, medians."""
    place.imported()
    report.begin("Start")
    _version(report)
    _frame(report, place)


def _version(report: Report) -> None:
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(VERSION_PAIRS):
        bare.append(_run_ms([sys.executable, "-c", "pass"]))
        ours.append(_run_ms([sys.executable, "-m", "waconsole", "--version"]))
    mine, base = statistics.median(ours), statistics.median(bare)
    report.goal(
        "waconsole --version against python",
        mine / base,
        VERSION_MAX,
        "x",
        f"{mine:.0f} ms, python -c pass {base:.0f} ms",
    )
    asked = "import sys; from waconsole.__main__ import main; main(['--version']); sys.exit('textual' in sys.modules)"
    loads = subprocess.run(
        [sys.executable, "-c", asked], cwd=HOME, env=environment(), capture_output=True, check=False
    )
    report.goal("waconsole --version imports textual", float(loads.returncode), 0, "")


def _run_ms(words: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(words, cwd=HOME, env=environment(), check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1_000


def _frame(report: Report, place: Place) -> None:
    ours: list[float] = []
    one: list[float] = []
    try:
        _first_frame(console(place), A_GROUP)  # the first ever start also writes what Python compiles
        _first_frame(control("static", place), READY)
        for _ in range(FRAME_PAIRS):
            one.append(_first_frame(control("static", place), READY))
            ours.append(_first_frame(console(place), A_GROUP))
    except Ended as ended:
        report.not_measured("first usable frame", str(ended))
        return
    mine, base = statistics.median(ours), statistics.median(one)
    note = f"{mine:.0f} ms ({min(ours):.0f} to {max(ours):.0f}), one Static {base:.0f} ms ({min(one):.0f} to {max(one):.0f})"
    report.goal("first usable frame against one Static", mine / base, FRAME_MAX, "x", note)


def _first_frame(words: Sequence[str], marker: str) -> float:
    with Terminal(words, environment=environment()) as terminal:
        return terminal.until(marker, seconds=START_SECONDS)


def keys(report: Report, place: Place) -> None:
    """Keys in the conversation list and in the thread of the giant group, beside the spike's bare list."""
    place.imported()
    report.begin("Keys, until the list looks as it does when all is still")
    try:
        with Terminal(control("rows", place), environment=environment()) as terminal:
            terminal.until("row-", seconds=START_SECONDS)
            terminal.settle()
            _series(report, terminal, "baseline: bare RowList", EVERYTHING, goals=False)
    except Ended as ended:
        report.not_measured("baseline: bare RowList", str(ended))
    try:
        with Terminal(console(place), environment=environment()) as terminal:
            terminal.until(A_GROUP, seconds=START_SECONDS)
            terminal.settle()
            _series(report, terminal, "conversation list", CONVERSATIONS)
            terminal.press(b"\x1b[H", 0.3)
            terminal.press(b"\r", A_MESSAGE_OPEN)
            terminal.settle(A_MESSAGE_OPEN)
            terminal.press(b"\x1b[H", A_MESSAGE_OPEN)
            _series(report, terminal, "thread", ENTRIES)
    except Ended as ended:
        report.not_measured("keys in the console", str(ended))


def _series(report: Report, terminal: Terminal, where: str, part: Part, *, goals: bool = True) -> None:
    half = KEYS_IN_VIEW // 2  # and back, so that nothing scrolls
    down = _pressed(terminal, b"j", half, part) + _pressed(terminal, b"k", half, part)
    pages = _pressed(terminal, b"\x1b[6~", PAGES_DOWN, part)
    for what, painted, goal in (("key in view", down, KEY_MAX_MS), ("page down", pages, PAGE_DOWN_MAX_MS)):
        if len(painted) < 2:
            report.not_measured(f"{where}: {what}", "it painted nothing")
            continue
        took = [one.part_ms for one in painted]
        last = statistics.median(one.last_ms for one in painted)
        size = statistics.median(one.size for one in painted)
        note = f"p50 {statistics.median(took):.1f}; what follows stood after {last:.0f} ms (p50); {size:,.0f} bytes, {len(took)} keys"
        if goals:
            report.goal(f"{where}: {what}, p95", p95(took), goal, "ms", note)
        else:
            report.say(f"{where}: {what}", f"p95 {p95(took):.1f} ms", note)


def _pressed(terminal: Terminal, key: bytes, times: int, part: Part) -> list[Painted]:
    found = [terminal.press(key, part=part) for _ in range(times)]
    return [painted for painted in found if painted is not None]


def memory(report: Report, place: Place) -> None:
    """What the console holds once it stands still, over an empty Textual app."""
    place.imported()
    report.begin("Memory of the console, once it stands still")
    try:
        empty = _resident(control("empty", place), "")
        ours = _resident(console(place), A_GROUP)
    except (Ended, subprocess.CalledProcessError) as error:
        report.not_measured("memory of the console", str(error))
        return
    note = f"console {ours / BYTES_PER_MB:.0f} MB, empty app {empty / BYTES_PER_MB:.0f} MB"
    report.goal("memory over an empty Textual app", (ours - empty) / BYTES_PER_MB, MEMORY_MAX_MB, "MB", note)


def _resident(words: Sequence[str], marker: str) -> int:
    with Terminal(words, environment=environment()) as terminal:
        terminal.until(marker, seconds=START_SECONDS)
        terminal.settle(SETTLED_SECONDS)
        return terminal.resident_bytes
