"""Segments: an exact count at every keystroke, against the best composed SQL of the spike and DuckDB's own tables.

The spike makes its database by its own program (`baselines/gen.py`); the product's ledger holds the same facts, so all
three must count the same. `python -m benchmarks.segments L` measures a million members.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from benchmarks import segments_ledger
from benchmarks.place import HOME, SIDE_FILES, Place
from benchmarks.report import Report, p95
from waconsole import catalogue
from waconsole.database.engine import connect

BASELINES: Final = Path(__file__).parent / "baselines"
SCALE: Final = "M"
GOALS: Final[dict[str, dict[str, float]]] = {
    "M": {
        "sql": 40,
        "each": 5,
        "duckdb": 8,
        "edit": 1,
        "window": 15,
        "load": 50,
        "resident": 100,
        "live": 150,
    },
    "L": {
        "sql": 25,
        "each": 5,
        "duckdb": 3,
        "edit": 10,
        "window": 120,
        "load": 300,
        "resident": 700,
        "live": 150,
    },
}
GOALS["S"] = GOALS["M"]
UPKEEP_MAX: Final = 0.05


def run(report: Report, place: Place, scale: str = SCALE) -> None:
    """Make both databases where they are missing, then ask each in a process of its own."""
    folder = place.folder / "segments"
    folder.mkdir(parents=True, exist_ok=True)
    report.begin(f"Segments: {scale} of the spike, exact counts of six references")
    _baseline(folder, scale)
    _ledger(report, folder, scale)
    sql, columns = _asked(folder, scale, "sql"), _asked(folder, scale, "columns")
    assert sql["counts"] == columns["counts"], (sql["counts"], columns["counts"])
    _counts(report, sql, columns, GOALS[scale])
    if importlib.util.find_spec("duckdb"):
        duckdb = _asked(folder, scale, "duckdb")
        assert duckdb["counts"] == columns["counts"]
        ratio = sum(duckdb["ms"].values()) / sum(columns["ms"].values())
        report.goal("six counts beside DuckDB's own tables", ratio, GOALS[scale]["duckdb"], "times",
                    f"DuckDB {sum(duckdb['ms'].values()):,.0f} ms", at_least=True)  # fmt: skip
    _feel(report, columns, GOALS[scale])


def _baseline(folder: Path, scale: str) -> None:
    if (folder / f"{scale}.db").exists():
        return
    for name in ("gen.py", "common.py"):
        shutil.copyfile(BASELINES / name, folder / name)
    environment = {**os.environ, "PERF_DATA": str(folder)}
    subprocess.run(
        [sys.executable, "gen.py", scale], cwd=folder, env=environment, check=True, capture_output=True
    )


def _ledger(report: Report, folder: Path, scale: str) -> None:
    """The ledger of the same facts, written row by row and then sealed: what that costs is upkeep."""
    path = folder / f"{scale}.ledger"
    if path.exists():
        return
    for ending in SIDE_FILES:
        Path(f"{path}{ending}").unlink(missing_ok=True)
    arrays = _arrays(folder, scale)
    written, sealed, rows = asyncio.run(_write(path, arrays))
    report.say("the ledger written", f"{written:.1f} s", f"{rows:,} rows sealed in {sealed:.1f} s")
    report.goal("sealing beside bare INSERTs in one transaction", sealed / written, 1, "times",
                f"an import takes several times as long as those: at most {UPKEEP_MAX:.0%} of it")  # fmt: skip


def _arrays(folder: Path, scale: str) -> tuple[Any, Any, Any]:
    """What the spike's own program draws; it lies in the folder with its helper."""
    os.environ["PERF_DATA"] = str(folder)
    sys.path.insert(0, str(folder))
    try:
        spec = importlib.util.spec_from_file_location("spike_gen", folder / "gen.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(folder))
    people, orders, events, _ = module.arrays(scale)
    return people, orders, events


async def _write(path: Path, arrays: tuple[Any, Any, Any]) -> tuple[float, float, int]:
    from waconsole.segments.service_columns_sealing import seal

    async with catalogue.open_ledger(path, now=1):
        pass
    connection = connect(path, read_only=False)
    begun = time.perf_counter()
    segments_ledger.write(connection, *arrays)
    written = time.perf_counter() - begun
    connection.close()
    async with catalogue.open_ledger(path, now=1) as database:
        begun = time.perf_counter()
        done = await seal(database, now=1)
        return written, time.perf_counter() - begun, sum(done.values())


def _asked(folder: Path, scale: str, which: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.segments_worker", str(folder), scale, which],
        cwd=HOME, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _counts(report: Report, sql: dict[str, Any], columns: dict[str, Any], goals: dict[str, float]) -> None:
    for name, count in columns["counts"].items():
        ours, theirs = columns["ms"][name], sql["ms"][name]
        report.goal(f"{name}, {count:,} members, cold", theirs / ours, goals["each"], "times",
                    f"{ours:.2f} ms (warm {columns['warm_ms'][name]:.2f}), SQL {theirs:.1f}", at_least=True)  # fmt: skip
    ours, theirs = sum(columns["ms"].values()), sum(sql["ms"].values())
    worked, baseline = sum(columns["cpu_ms"].values()), sum(sql["cpu_ms"].values())
    note = f"{ours:.1f} ms, SQL {theirs:,.0f} ms; worked {worked:.1f} and {baseline:,.0f}: {baseline / worked:.1f} times"
    report.goal(
        "all six beside the best composed SQL", theirs / ours, goals["sql"], "times", note, at_least=True
    )


def _feel(report: Report, columns: dict[str, Any], goals: dict[str, float]) -> None:
    """Beside each figure what this process itself worked: on a busy machine the two differ."""
    for what, name, goal in (
        (f"one leaf edited, p95 of {len(columns['edit_ms'])}", "edit", "edit"),
        ("a new RFM window, p95", "window", "window"),
        ("ready, numpy imported, the worst of four", "load", "load"),
    ):
        of = p95 if name != "load" else max
        report.goal(
            what, of(columns[f"{name}_ms"]), goals[goal], "ms", f"worked {of(columns[f'{name}_cpu_ms']):.2f}"
        )
    report.say("one leaf edited with reading the text, p95", f"{p95(columns['keyed_ms']):.2f} ms")
    report.goal("memory for columns and what was worked out", columns["resident_mb"], goals["resident"], "MB")
    report.goal("another process's click counted", columns["live_ms"], goals["live"], "ms",
                "after the look at data_version, each 25 ms")  # fmt: skip


def main(words: list[str]) -> None:
    """`python -m benchmarks.segments [S|M|L] [FOLDER]`."""
    report = Report()
    folder = Path(words[1] if len(words) > 1 else "bench-segments").resolve()
    run(report, Place(folder, 0), words[0] if words else SCALE)
    report.end()


if __name__ == "__main__":
    main(sys.argv[1:])
