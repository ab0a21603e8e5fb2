"""Goals of the books: posts beside the bare prototype in the same run, verification, a balance on a page.

The prototype (`baselines/ledger_proto.py`) keeps its chain in the transfer itself and guards less; it posts on its own
connection, durably, with its temporary files in memory as ours has them.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.place import Place
from benchmarks.report import Report
from waconsole import catalogue
from waconsole.chain import service as chain
from waconsole.clock import SECOND
from waconsole.database import schema
from waconsole.database.connection import Database, Transaction
from waconsole.ledger import service, service_verify, store, store_balances
from waconsole.ledger.model import Wanted
from waconsole.money import Money

WALLETS: Final = 2_000
SINGLE: Final = 1_000
MANY: Final = 20_000
AT_ONCE: Final = 100
NEW: Final = 10_000
READS: Final = 5_000
SINGLE_RATIO_MIN: Final = 0.5
MANY_PER_SECOND_MIN: Final = 5_000.0
VERIFY_SECONDS_MAX: Final = 30.0  # a million
NEW_SECONDS_MAX: Final = 1.0
PAGE_MS_MAX: Final = 0.1
READ_MS_MAX: Final = 0.5
MILLION: Final = 1_000_000
SIZE: Final = "WACONSOLE_BENCH_TRANSFERS"  # how many to verify; a million takes minutes to write


def run(report: Report, place: Place) -> None:
    """Both ledgers in a folder of their own, in turns, so that the machine's mood is the same for both."""
    del place
    report.begin("The books")
    with tempfile.TemporaryDirectory(prefix="waconsole-books-") as folder:
        before = os.environ.get("WACONSOLE_CONFIG")
        os.environ["WACONSOLE_CONFIG"] = str(Path(folder, "config.toml"))
        try:
            asyncio.run(_run(report, Path(folder)))
        finally:
            if before is None:
                del os.environ["WACONSOLE_CONFIG"]
            else:
                os.environ["WACONSOLE_CONFIG"] = before


def _prototype() -> Any:
    path = Path(__file__).parent / "baselines" / "ledger_proto.py"
    spec = importlib.util.spec_from_file_location("ledger_proto", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["ledger_proto"] = module
    spec.loader.exec_module(module)
    return module


async def _run(report: Report, folder: Path) -> None:
    proto = _prototype()
    bare = proto.connect(str(folder / "bare.db"), "FULL")
    bare.execute("PRAGMA temp_store = MEMORY")
    proto.create(bare)
    proto.seed(bare, WALLETS)
    chosen = random.Random(5)
    async with catalogue.open_ledger(folder / "ledger.db", now=SECOND) as database:
        await _post(database, "open", WALLETS, AT_ONCE, lambda place: place)
        bare_single = ours_single = bare_many = ours_many = 0.0
        for part in range(4):  # in turns
            bare_single += _bare(proto, bare, f"s{part}", SINGLE // 4, 1, chosen)
            ours_single += await _post(
                database, f"s{part}", SINGLE // 4, 1, lambda _: chosen.randrange(WALLETS)
            )
            bare_many += _bare(proto, bare, f"m{part}", MANY // 4, AT_ONCE, chosen)
            ours_many += await _post(
                database, f"m{part}", MANY // 4, AT_ONCE, lambda _: chosen.randrange(WALLETS)
            )
        begun = time.process_time()
        assert proto.verify(bare) == []
        bare_verify = (time.process_time() - begun) / (SINGLE + MANY) * 1e6
        bare.close()
        report.say("baseline: the prototype's verify", f"{bare_verify:.1f} us CPU", "a transfer")
        report.say("baseline: the bare prototype, one a commit", f"{SINGLE / bare_single:,.0f}/s")
        report.say("baseline: the same, 100 a commit", f"{MANY / bare_many:,.0f}/s")
        report.goal("single posts against the prototype", bare_single / ours_single, SINGLE_RATIO_MIN, "x",
                    f"{SINGLE / ours_single:,.0f}/s", at_least=True)  # fmt: skip
        report.goal("posts, 100 a commit", MANY / ours_many, MANY_PER_SECOND_MIN, "/s",
                    f"{bare_many / ours_many:.2f}x of the prototype", at_least=True)  # fmt: skip
        await _verified(report, database)
        await _balances(report, database, chosen)


def _bare(proto: Any, bare: Any, name: str, count: int, at_once: int, chosen: random.Random) -> float:
    begun = time.perf_counter()
    for start in range(0, count, at_once):
        rows = [
            proto.T(f"{name}-{start}-{place:06d}", 1, chosen.randrange(3, WALLETS), 7)
            for place in range(at_once)
        ]
        proto.post(bare, rows)
    return time.perf_counter() - begun


async def _post(database: Database, name: str, count: int, at_once: int, whom: Callable[[int], int]) -> float:
    begun = time.perf_counter()
    for start in range(0, count, at_once):
        rows = [
            Wanted(
                ref=f"{name}-{start}-{place:06d}", debit="issuer", credit=f"member:{whom(start + place)}:points",
                money=Money(7, "points"), purpose="bench", effective_at=SECOND, actor="bench", reason="test",
            )
            for place in range(at_once)
        ]  # fmt: skip

        def work(tx: Transaction, rows: list[Wanted] = rows) -> None:
            service.post_many(tx, rows, now=SECOND)

        await database.write(work)
    return time.perf_counter() - begun


async def _verified(report: Report, database: Database) -> None:
    """In full and since the last point, to what a million would take."""
    wanted = int(os.environ.get(SIZE, "0"))
    there = await database.read(lambda tx: store.last_transfer(tx)[0])
    if wanted > there:
        chosen = random.Random(7)
        await _post(database, "more", wanted - there, 1_000, lambda _: chosen.randrange(WALLETS))
    begun, worked = time.perf_counter(), time.process_time()
    found = await database.stream(lambda tx: service_verify.verify(tx, catalogue.sealed()))
    seconds, worked = time.perf_counter() - begun, time.process_time() - worked
    count = found.transfer_seq
    report.goal("verify, a million transfers", seconds * MILLION / count, VERIFY_SECONDS_MAX, "s",
                f"{count:,} took {seconds:.2f} s, {worked / count * 1e6:.1f} us CPU each")  # fmt: skip
    begun = time.perf_counter()
    tables = ("chain_link", "transfer", "entry", "balance", "account")
    fault = await database.stream(lambda tx: schema.faults(tx, tables))
    report.say("the engine's own look at these tables", f"{time.perf_counter() - begun:.2f} s", fault)
    await database.write(
        lambda tx: chain.keep_point(tx, link_seq=found.link_seq, transfer_seq=count, now=SECOND)
    )
    chosen = random.Random(8)
    await _post(database, "new", NEW, AT_ONCE, lambda _: chosen.randrange(WALLETS))
    begun = time.perf_counter()
    again = await database.stream(lambda tx: service_verify.verify(tx, catalogue.sealed(), since_last=True))
    assert again.transfer_seq - again.since_seq == NEW
    report.goal("verify, 10,000 new transfers", time.perf_counter() - begun, NEW_SECONDS_MAX, "s")
    size = os.path.getsize(database.path)
    report.say("the file", f"{size / again.transfer_seq:,.0f} B/transfer")


async def _balances(report: Report, database: Database, chosen: random.Random) -> None:
    tx = database.pages()
    accounts = [store.account_id(tx, f"member:{place}:points", "points") or 0 for place in range(WALLETS)]
    begun = time.perf_counter()
    for _ in range(READS):
        store_balances.balance(tx, chosen.choice(accounts))
    report.goal(
        "a balance on the page connection", (time.perf_counter() - begun) / READS * 1e3, PAGE_MS_MAX, "ms"
    )
    begun = time.perf_counter()
    for _ in range(READS // 5):
        account = chosen.choice(accounts)
        await database.read(lambda tx, account=account: store_balances.balance(tx, account))  # type: ignore[misc]
    report.goal(
        "a balance through database.read",
        (time.perf_counter() - begun) / (READS // 5) * 1e3,
        READ_MS_MAX,
        "ms",
    )
