"""The composer in a real terminal: an edit until its numbers stand, a commit of another process, the waterfall, the loop.

`python -m benchmarks.composer LEDGER` asks a ledger that `benchmarks.segments` made, of which it takes a copy.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import median
from typing import Final

from benchmarks.composer_worker import NOW, Turn
from benchmarks.place import HOME, SIDE_FILES
from benchmarks.report import Report, p95
from benchmarks.screen import environment
from benchmarks.terminal import Part, Terminal
from waconsole.clock import HOUR, SECOND
from waconsole.database.engine import connect

LEAVES: Final = (
    "(orders(180d) >= 1 or clicks(30d) >= 1)", "not tag:vip", "not lang:de", "last_push > 36h", "coupon_share(180d) < 70%",
    "not review:open", "last_order <= 300d", "not is:dormant", "refunds(ever) = 0", "carts(30d) = 0", "spend(365d) >= 10 HKD",
)  # fmt: skip
ALONE: Final = "clicks(category=c3, 7d) >= 1"
EDITS: Final = 40
COMMITS: Final = 40
COMMIT_SECONDS: Final = (0.05, 0.25)
HEAD: Final = 1
NUMBERS: Final = Part(0, 3, 24, 18)
PAINTED_MAX_MS: Final = 30
SEEN_MAX_MS: Final = 150
LOOP_MAX_MS: Final = 16
TURNS_SHOWN: Final = 5
MS: Final = "ms"


def run(report: Report, ledger: Path) -> None:
    """All of it, in one console."""
    report.begin("Composer")
    with tempfile.TemporaryDirectory(prefix="waconsole-composer-") as place:
        path, told = Path(place) / "ledger", Path(place) / "turns.json"
        for ending in SIDE_FILES:
            if Path(f"{ledger}{ending}").exists():
                shutil.copyfile(f"{ledger}{ending}", f"{path}{ending}")
        _template(path)
        argv = [sys.executable, "-m", "benchmarks.composer_worker", str(path), str(told)]
        with Terminal(argv, environment={**environment(), "PYTHONPATH": str(HOME)}) as terminal:
            begun = _edits(report, terminal)
            _live(report, terminal, path)
            terminal.send(b"\x11")
            _ended(terminal)
        turns: list[Turn] = json.loads(told.read_text(encoding="utf-8"))
        _loop(report, [one for one in turns if one[0] > begun])


def _template(path: Path) -> None:
    """One that can be sent, and who agreed to it: without either the waterfall ends at once."""
    connection = connect(path, read_only=False)
    connection.execute(
        "INSERT INTO template (waba_id, name, language, category, status, told_at)"
        " VALUES ('', 'promo', 'en', 'MARKETING', 'APPROVED', 0)"
    )
    connection.execute(
        "INSERT INTO consent (member_id, purpose, state, source, decided_at, recorded_at, origin)"
        " SELECT id, 'marketing', 'yes', 'file', 0, 0, 'import' FROM member WHERE id % 5 > 0"
    )
    connection.close()


def _open(terminal: Terminal, rule: str) -> None:
    terminal.until("Inbox", seconds=60)
    terminal.settle()
    terminal.send(b"ge")
    terminal.settle(1.0)
    terminal.send(b"+")
    terminal.settle(1.0)
    terminal.send(b"\x1b[200~" + rule.encode() + b"\x1b[201~")
    terminal.settle(1.5)


def _edits(report: Report, terminal: Terminal) -> float:
    """One digit of the last condition comes and goes; each time its numbers are others. Answers when that began."""
    _open(terminal, " and ".join((*LEAVES, "clicks(category=c3, 30d) >= 1")))
    begun = time.perf_counter()
    for what, keys in (("a threshold", b""), ("a window", b"\x1b[D" * 7)):
        terminal.send(keys)
        terminal.settle()
        head, all_numbers, worked = [], [], []
        for place in range(EDITS):
            key = b"\x7f" if place % 2 else str(place // 2 % 10).encode()
            before = _cpu_ms(terminal)
            numbers = terminal.press(key, 0.5, part=NUMBERS)
            worked.append(_cpu_ms(terminal) - before)
            if numbers is not None:
                all_numbers.append(numbers.part_ms)
                head.append(numbers.first_ms)
        report.goal(f"{what} edited: all numbers stand, p95", p95(all_numbers), PAINTED_MAX_MS, MS,
                    f"median {median(all_numbers):.0f}, first byte {median(head):.0f}; {len(all_numbers)} of {EDITS} seen,"
                    f" worked {median(worked):.0f} with all that follows")  # fmt: skip
    return begun


def _cpu_ms(terminal: Terminal) -> float:
    """What the program has worked so far, all threads together."""
    fields = Path(f"/proc/{terminal.process_id}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _live(report: Report, terminal: Terminal, path: Path) -> None:
    """Commits by another connection, about seven a second; how long until each is painted."""
    for keys in (b"\r", b";", b"\x15", ALONE.encode(), b"\r"):
        terminal.send(keys)
        terminal.settle(1.0)
    other = connect(path, read_only=False)
    now = NOW * SECOND
    strangers = _strangers(other, now)
    before = _counted(terminal.shown(HEAD))
    random, committed, painted = Random(7), [], []
    worked = _cpu_ms(terminal)
    for member in strangers:
        other.execute(
            "INSERT INTO click (member_id, clicked_at, category, recorded_at) VALUES (?, ?, 'c3', 0)",
            (member, now - HOUR),
        )
        committed.append(time.perf_counter())
        painted += terminal.painting(random.uniform(*COMMIT_SECONDS))
    painted += terminal.painting(1.0)
    other.close()
    seen: list[float] = []
    for at, found in painted:
        count = _counted(terminal.shown(HEAD, found))
        while len(seen) < len(committed) and count >= before + len(seen) + 1:
            seen.append((at - committed[len(seen)]) * 1000)
    note = f"median {median(seen):.0f}, {len(seen)} of {COMMITS} seen; worked {(_cpu_ms(terminal) - worked) / COMMITS:.0f} a commit"
    report.goal("a commit of another process painted, p95", p95(seen), SEEN_MAX_MS, MS, note)


def _strangers(connection: object, now: int) -> list[int]:
    rows = connection.execute(  # type: ignore[attr-defined]
        "SELECT id FROM member WHERE id NOT IN (SELECT member_id FROM click WHERE category = 'c3' AND clicked_at >= ?)"
        " ORDER BY id LIMIT ?",
        (now - 8 * 24 * HOUR, COMMITS),
    )
    return [int(row[0]) for row in rows]


def _counted(line: str) -> int:
    """How many the head says, 0 for no number."""
    found = re.search(r"([0-9,]+)  of [0-9,]+ members", line)
    return int(found[1].replace(",", "")) if found else 0


def _ended(terminal: Terminal) -> None:
    for _ in _ticks():
        if terminal.has_ended:
            return


def _ticks() -> Iterator[None]:
    for _ in range(100):
        time.sleep(0.05)
        yield


def _loop(report: Report, turns: list[Turn]) -> None:
    """What the screen's own thread was busy with at once, since the rule stood: others on the machine lengthen it."""
    for _at, took, worked, what in sorted(turns, key=lambda one: -one[2])[:TURNS_SHOWN]:
        report.say("a turn of the loop", f"{took:.1f} ms", f"worked {worked:.1f}: {what}")
    over = sum(one[1] > LOOP_MAX_MS for one in turns)
    note = (
        f"{over} over {LOOP_MAX_MS} ms by the clock, {sum(one[2] > LOOP_MAX_MS for one in turns)} by its work"
    )
    report.goal("the loop's longest turn, of work", max(one[2] for one in turns), LOOP_MAX_MS, MS, note)


if __name__ == "__main__":
    run(Report(), Path(sys.argv[1]))
