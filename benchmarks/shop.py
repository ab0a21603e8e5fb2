"""Goal: importing orders, beside a bare insert of the same rows as ready tuples.

The file is made by rules of its own. Import and bare insert each run in a process of their own, so
that each peak of memory is its own; both commit as often.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from benchmarks.place import HOME, Place
from benchmarks.report import BYTES_PER_MB, Report
from waconsole import catalogue
from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.database.engine import connect
from waconsole.shop import store
from waconsole.sync.intake_chat import Talk
from waconsole.sync.intake_shop import ShopImport, import_shop
from waconsole.sync.shop_parts import CHUNK_PARTS, PART_ROWS

RATIO_MAX: Final = 1.8
PEAK_MAX_MB: Final = 256
ORDERS_PER_MEMBER: Final = 5
NOW: Final = 1_795_000_000
YEARS_SECONDS: Final = 3 * 365 * 86_400
HEADER: Final = "reference,phone,ordered_at,currency,total,coupon,category,product,quantity,unit_price"
QUIET: Final = Talk(lambda _: None, lambda _done, _of: None, lambda: False)
# In the order a bare insert may write them: what is referred to comes first.
TABLES: Final = ("member", "alias", '"order"', "order_line")


def run(report: Report, place: Place) -> None:
    """Import as many orders as there are messages, by buyers nobody knew; then insert those very rows bare."""
    report.begin(
        f"Import of {place.messages:,} orders by {place.messages // ORDERS_PER_MEMBER:,} new members"
    )
    with tempfile.TemporaryDirectory(dir=place.folder) as name:
        folder = Path(name)
        written(folder / "orders.csv", place.messages)
        imported, bare = _apart("import", folder), _apart("bare", folder)
    each = 1e6 / place.messages
    for what, took in (("import", imported), ("baseline: bare insert of the same rows", bare)):
        report.say(
            what,
            f"{took['seconds'] * each:.1f} us/order",
            f"{took['seconds']:.1f} s, CPU {took['cpu']:.1f} s",
        )
    report.goal(
        "import of orders against the bare insert", imported["seconds"] / bare["seconds"], RATIO_MAX, "x"
    )
    report.say("the same in CPU time", f"{imported['cpu'] / bare['cpu']:.2f} x")
    report.goal("import of orders, peak memory", imported["peak"] / BYTES_PER_MB, PEAK_MAX_MB, "MB")


def written(path: Path, orders: int) -> None:
    """A file of orders: one line item each, prices and times at random."""
    dice = random.Random(5)
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER + "\n")
        for number in range(orders):
            member, price, quantity = (
                dice.randrange(max(orders // ORDERS_PER_MEMBER, 1)),
                dice.randrange(500, 20_000),
                dice.randrange(1, 4),
            )
            at = datetime.fromtimestamp(NOW - dice.randrange(YEARS_SECONDS), UTC)
            coupon, category = ("NEW" if dice.random() < 0.2 else ""), dice.randrange(12)
            file.write(
                f"R{number:07},+336{member:08},{at:%Y-%m-%dT%H:%M:%SZ},EUR,{price * quantity / 100:.2f},{coupon},"
                f"c{category},c{category}-{dice.randrange(100)},{quantity},{price / 100:.2f}\n"
            )  # fmt: skip


def _apart(what: str, folder: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.shop", what, str(folder)],
        check=True, capture_output=True, text=True, cwd=HOME,
    )  # fmt: skip
    return dict(json.loads(done.stdout))


async def _import(folder: Path) -> tuple[float, float]:
    async with catalogue.open_ledger(folder / "imported.db", now=NOW * SECOND) as database:
        began, cpu = time.perf_counter(), time.process_time()
        wanted = ShopImport("orders", folder / "orders.csv", ZoneInfo("UTC"))
        result = await import_shop(database, wanted, QUIET, now=NOW * SECOND)
        assert result.new == result.rows
        return time.perf_counter() - began, time.process_time() - cpu


async def _bare(folder: Path) -> tuple[float, float]:
    """The rows of the imported ledger, read beforehand chunk by chunk, into an empty one: same tables and settings."""
    seconds = cpu = 0.0
    with contextlib.closing(connect(folder / "imported.db", read_only=True)) as source:
        source.row_factory = None
        async with catalogue.open_ledger(folder / "bare.db", now=NOW * SECOND) as database:
            for table in TABLES:
                cursor = source.execute(f"SELECT * FROM {table} ORDER BY id")
                names = [f'"{column[0]}"' for column in cursor.description if column[0] != "root_id"]
                columns = ", ".join(names)
                cursor = source.execute(f"SELECT {columns} FROM {table} ORDER BY id")
                sql = f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(names))})"
                while rows := cursor.fetchmany(PART_ROWS * CHUNK_PARTS):
                    began, at = time.perf_counter(), time.process_time()
                    await database.write(_inserting(sql, rows))
                    seconds, cpu = seconds + time.perf_counter() - began, cpu + time.process_time() - at
            assert await database.read(store.next_order_id) > 1
    return seconds, cpu


def _inserting(sql: str, rows: list[Any]) -> Callable[[Transaction], object]:
    return lambda tx: tx.executemany(sql, rows)


def main() -> None:
    """`python -m benchmarks.shop import|bare FOLDER` prints seconds, CPU and peak as JSON."""
    what, folder = sys.argv[1], Path(sys.argv[2])
    seconds, cpu = asyncio.run(_import(folder) if what == "import" else _bare(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak}))


if __name__ == "__main__":
    main()
