"""One process that asks the six references: `python -m benchmarks.segments_worker FOLDER SCALE sql|columns|duckdb`.

Each answers a JSON line. `sql` is the best composed SQL of the spike (`baselines/b2_segments.py`, its text as it was) on
the spike's own database, `columns` the product on a ledger of the same facts, `duckdb` a native copy in memory.
"""

from __future__ import annotations

import gc
import json
import os
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any, Final

from waconsole import catalogue
from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.database.engine import connect
from waconsole.query.fields import Vocabulary
from waconsole.segments.service_asking import Asking, read

BASELINE: Final = Path(__file__).parent / "baselines" / "b2_segments.py"
CLICKED: Final = "clicks(category=c3, 7d) >= 3"
BOUGHT: Final = "(last_order <= 30d and orders(365d) >= 5 and spend(365d) >= 150 HKD)"
RULES: Final = {
    "s1": f"{CLICKED} and orders(7d) = 0",
    "s2": BOUGHT,
    "s3": "coupon_share(180d) > 70% and orders(180d) >= 3",
    "s4": "last_push >= 36h and last_click <= 14d and lang:pt",
    "s5": f"({CLICKED} or {BOUGHT}) and last_push >= 36h and not tag:vip and not review:open",
    "s6": "orders(category=c5, 180d) >= 1 and orders(60d) = 0 and clicks(30d) = 0 and pushes(30d) >= 2",
}
TIMES: Final = 3
NEW_WINDOWS: Final = (364, 350, 330, 300, 270, 240, 200, 180, 150, 120, 90, 60)


def milliseconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """How long it takes once."""
    begun = clock()
    work()
    return (clock() - begun) * 1000


def both(work: Callable[[], object]) -> tuple[float, float]:
    """(milliseconds, of which this process worked): they differ by as much as others worked meanwhile."""
    cpu = 0.0

    def worked() -> None:
        nonlocal cpu
        cpu = milliseconds(work, time.process_time)

    return milliseconds(worked), cpu


def medians(samples: dict[str, list[tuple[float, float]]], which: int) -> dict[str, float]:
    """The median of each, of all time or of the time worked."""
    return {name: statistics.median(one[which] for one in some) for name, some in samples.items()}


def resident_mb() -> float:
    """What this process holds of memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def baseline_sql() -> tuple[dict[str, str], int]:
    """The spike's six statements and its instant, made by its own lines."""
    text = BASELINE.read_text(encoding="utf-8")
    made: dict[str, Any] = {"NOW": 1_760_000_000, "H": 3600, "D": 86400}
    exec(text[text.index("d = lambda") : text.index("# naive:")], made)
    return made["SQL"], made["NOW"]


def asked_by_sql(folder: Path, scale: str) -> dict[str, Any]:
    """The baseline: one warm-up, then the median."""
    connection = sqlite3.connect(folder / f"{scale}.db", isolation_level=None)
    for pragma in ("cache_size=-262144", f"mmap_size={2 << 30}", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    return _each(lambda sql: connection.execute(sql).fetchone()[0])


def asked_by_duckdb(folder: Path, scale: str) -> dict[str, Any]:
    """The same statements on DuckDB's own tables, two threads, warm."""
    import duckdb

    source = sqlite3.connect(folder / f"{scale}.db")
    engine = duckdb.connect()
    engine.execute("SET threads = 2")
    import numpy as np

    for table in ("contacts", "orders", "events"):
        names = [row[1] for row in source.execute(f"PRAGMA table_info({table})") if row[1] != "phone"]
        rows = source.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall()
        columns = dict(zip(names, np.array(rows, np.int64).T.copy(), strict=True))
        engine.register("columns", columns)
        engine.execute(f"CREATE TABLE {table} AS SELECT * FROM columns")
        engine.unregister("columns")
    return _each(lambda sql: engine.execute(sql).fetchall()[0][0])


def _each(ask: Callable[[str], int]) -> dict[str, Any]:
    statements, _ = baseline_sql()
    counts = {name: ask(sql) for name, sql in statements.items()}
    samples = {name: [both(lambda: ask(sql)) for _ in range(TIMES)] for name, sql in statements.items()}
    return {"counts": counts, "ms": medians(samples, 0), "cpu_ms": medians(samples, 1)}


class Product:
    """Columns over a ledger of the same facts, in this process."""

    def __init__(self, path: Path) -> None:
        """The ledger is open for reading, as the screen has it."""
        import numpy  # noqa: F401  the goal counts from here

        from waconsole.segments.service_columns import Columns

        self.make = Columns
        self.connection = connect(path, read_only=True)
        self.tx = Transaction(self.connection, lambda: False)
        self.vocabulary: Vocabulary = catalogue.vocabulary()
        self.asking = Asking(self.vocabulary, baseline_sql()[1] * SECOND, UTC)

    def measured(self) -> dict[str, Any]:
        """Everything the goals name, the rules first asked with columns loaded."""
        questions = {name: read(self.tx, rule, self.asking) for name, rule in RULES.items()}
        before, engine = resident_mb(), self.make()
        loads = [both(lambda: engine.load(self.tx, self.asking))]
        counts = {name: engine.matches(self.tx, question).count for name, question in questions.items()}
        edits = [self._edit(engine, rule) for rule in self._edits()]
        windows = [self._edit(engine, f"rfm_layer({days}d) = champions") for days in NEW_WINDOWS]
        resident = resident_mb() - before
        colds: dict[str, list[tuple[float, float]]] = {name: [] for name in RULES}
        warms: dict[str, list[tuple[float, float]]] = {name: [] for name in RULES}
        for _ in range(TIMES):
            del engine
            gc.collect()  # what was held before is let go here, not while something else is measured
            engine = self.make()
            loads.append(both(lambda: engine.load(self.tx, self.asking)))
            for name, question in questions.items():
                colds[name].append(both(lambda: engine.matches(self.tx, question).count))
                warms[name].append(both(lambda: engine.matches(self.tx, question).count))
        found = {"load": loads, "edit": [one for one, _ in edits], "window": [one for one, _ in windows[1:]]}
        return {
            "counts": counts,
            "ms": medians(colds, 0),
            "cpu_ms": medians(colds, 1),
            "warm_ms": medians(warms, 0),
            "resident_mb": resident,
            "keyed_ms": [keyed for _, keyed in edits],
            **{f"{name}_ms": [one[0] for one in some] for name, some in found.items()},
            **{f"{name}_cpu_ms": [one[1] for one in some] for name, some in found.items()},
        }

    def _edits(self) -> list[str]:
        """One leaf of s5 changes at a time: windows of 1 to 30 days for three categories, then thresholds."""
        found = [
            RULES["s5"].replace("category=c3, 7d", f"category=c{category}, {days}d")
            for days in range(1, 31)
            for category in (1, 3, 9)
        ]
        found += [RULES["s5"].replace(">= 150 HKD", f">= {amount} HKD") for amount in range(151, 166)]
        return found + [RULES["s3"].replace("70%", f"{share}%") for share in range(50, 65)]

    def _edit(self, engine: Any, rule: str) -> tuple[tuple[float, float], float]:
        """(evaluation as `both` has it, milliseconds with reading and checking the text)."""
        begun = time.perf_counter()
        question = read(self.tx, rule, self.asking)
        evaluated = both(lambda: engine.matches(self.tx, question).count)
        return evaluated, (time.perf_counter() - begun) * 1000

    def live(self, path: Path) -> float:
        """Milliseconds from another connection's commit to the new count."""
        engine = self.make()
        engine.load(self.tx, self.asking)
        question = read(self.tx, RULES["s1"], self.asking)
        engine.matches(self.tx, question)
        other = connect(path, read_only=False)
        sql = "INSERT INTO click (member_id, clicked_at, category, recorded_at) VALUES (1, ?, 'c3', 0)"
        row = other.execute(sql, (self.asking.now,)).lastrowid
        took = milliseconds(lambda: engine.matches(self.tx, question).count)
        other.execute("DELETE FROM click WHERE id = ?", (row,))
        other.close()
        return took


def main(words: list[str]) -> None:
    """Measure one of the three, and say it as JSON."""
    folder, scale, which = Path(words[0]), words[1], words[2]
    if which == "columns":
        path = folder / f"{scale}.ledger"
        product = Product(path)
        answer = product.measured()
        answer["live_ms"] = product.live(path)
    else:
        answer = (asked_by_sql if which == "sql" else asked_by_duckdb)(folder, scale)
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1:])
