"""What the rest of the house relies on: whole transactions, cancellation, turns, word of changes."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import NOW
from waconsole import catalogue
from waconsole.database import facts
from waconsole.database.connection import Database, Transaction
from waconsole.database.engine import connect
from waconsole.database.lock import TurnLock
from waconsole.errors import NotFound, Refused


def _set(name: str, value: str = "1") -> object:
    return lambda tx: facts.set_fact(tx, name, value)


async def test_what_fails_leaves_nothing(database: Database) -> None:
    def work(tx: Transaction) -> None:
        facts.set_fact(tx, "a", "1")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await database.write(work)

    assert await database.read(lambda tx: facts.fact(tx, "a")) is None


async def test_a_cancelled_caller_leaves_no_open_transaction(database: Database) -> None:
    def slow(tx: Transaction) -> None:
        time.sleep(0.2)
        facts.set_fact(tx, "slow", "1")

    task = asyncio.create_task(database.write(slow))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await database.write(lambda tx: facts.set_fact(tx, "next", "1"))
    assert await database.read(lambda tx: facts.fact(tx, "slow")) == "1"
    with closing(sqlite3.connect(database.path, timeout=0.1, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")


async def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(Refused):
        await database.read(lambda tx: facts.set_fact(tx, "a", "1"))


async def test_another_process_is_heard_of_within_a_moment(database: Database, ledger_path: Path) -> None:
    heard = asyncio.Event()
    database.on_change.append(heard.set)
    database.watch()
    await asyncio.sleep(0.06)

    with closing(connect(ledger_path, read_only=False)) as other:
        other.execute("INSERT INTO ledger_fact (name, value) VALUES ('b', '1')")

    await asyncio.wait_for(heard.wait(), 2)


async def test_our_own_commit_is_told_once(database: Database) -> None:
    told: list[int] = []
    database.watch()
    await asyncio.sleep(0.06)
    database.on_change.append(lambda: told.append(1))

    await database.write(lambda tx: facts.set_fact(tx, "a", "1"))
    await asyncio.sleep(0.15)

    assert told == [1]


async def test_a_bulk_writer_learns_that_somebody_waits(database: Database) -> None:
    seen: list[bool] = []

    def bulk(tx: Transaction) -> None:
        deadline = time.monotonic() + 2
        while not tx.somebody_waits() and time.monotonic() < deadline:
            time.sleep(0.005)
        seen.append(tx.somebody_waits())

    bulk_task = asyncio.create_task(database.write(bulk))
    await asyncio.sleep(0.02)
    await database.write(lambda tx: facts.set_fact(tx, "interactive", "1"))
    await bulk_task

    assert seen == [True]


def test_the_turn_passes_between_processes_and_dies_with_them(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    script = (
        "import sys, time; from pathlib import Path; from waconsole.database.lock import TurnLock\n"
        "lock = TurnLock(Path(sys.argv[1])); lock.take(); print('mine', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script, str(ledger)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "mine\n"
    holder.kill()
    holder.wait()
    holder.stdout.close()

    lock = TurnLock(ledger)
    lock.take()
    assert not lock.somebody_waits()
    lock.give_back()
    lock.close()


async def test_ledger_files_are_closed_to_others(database: Database, ledger_path: Path) -> None:
    await database.write(lambda tx: facts.set_fact(tx, "a", "1"))

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in ledger_path.parent.glob("ledger.db*")}

    assert "ledger.db-wal" in modes
    assert set(modes.values()) == {0o600}


async def test_a_newer_ledger_is_refused(ledger_path: Path) -> None:
    async with catalogue.open_ledger(ledger_path, now=NOW):
        pass
    with closing(connect(ledger_path, read_only=False)) as raw:
        raw.execute("PRAGMA user_version = 9999")

    with pytest.raises(Refused, match="newer waconsole"):
        async with catalogue.open_ledger(ledger_path, now=NOW):
            pass


@pytest.mark.parametrize("content", [b"not a database, certainly not one of ours" * 50, b"\0" * 4096])
async def test_what_is_no_ledger_is_refused(ledger_path: Path, content: bytes) -> None:
    ledger_path.write_bytes(content)

    with pytest.raises(Refused, match="--ledger FILE"):
        async with catalogue.open_ledger(ledger_path, now=NOW):
            pass

    assert ledger_path.read_bytes() == content


async def test_another_programs_database_is_left_alone(ledger_path: Path) -> None:
    with closing(sqlite3.connect(ledger_path)) as other:
        other.execute("CREATE TABLE theirs (x)")
    before = ledger_path.read_bytes()

    with pytest.raises(Refused, match="another program"):
        async with catalogue.open_ledger(ledger_path, now=NOW):
            pass

    assert ledger_path.read_bytes() == before


async def test_reading_only_needs_a_ledger_and_refuses_acts(ledger_path: Path) -> None:
    with pytest.raises(NotFound):
        async with catalogue.open_ledger(ledger_path, now=NOW, read_only=True):
            pass
    async with catalogue.open_ledger(ledger_path, now=NOW):
        pass

    async with catalogue.open_ledger(ledger_path, now=NOW, read_only=True) as database:
        with pytest.raises(Refused, match="reading only"):
            await database.write(lambda tx: facts.set_fact(tx, "a", "1"))


async def test_a_copy_gets_an_installation_id_when_it_is_opened(ledger_path: Path) -> None:
    async with catalogue.open_ledger(ledger_path, now=NOW, installed=False) as database:
        assert await database.read(lambda tx: facts.fact(tx, facts.INSTALLATION)) is None

    async with catalogue.open_ledger(ledger_path, now=NOW) as database:
        assert await database.read(lambda tx: facts.fact(tx, facts.INSTALLATION)) is not None


async def test_the_act_log_is_never_changed(database: Database) -> None:
    def work(tx: Transaction) -> None:
        from waconsole.operators import service
        from waconsole.operators.store import Act

        acting = service.acting(tx, None, now=NOW)
        service.record(tx, acting, "try", [Act("conversation", 1, {}, {})], now=NOW)

    await database.write(work)
    for attack in (
        "UPDATE act SET verb = 'x'",
        "DELETE FROM act",
        "INSERT OR REPLACE INTO act SELECT * FROM act",
        """REPLACE INTO act (id, stroke, operator_id, verb, object_kind, object_id, before, after, decided_at)
           VALUES (1, '', 1, '', '', 1, '', '', 1)""",
    ):
        for pragma in ("recursive_triggers = OFF", "recursive_triggers = ON", "foreign_keys = OFF"):

            def raw(tx: Transaction, attack: str = attack, pragma: str = pragma) -> None:
                tx.execute(f"PRAGMA {pragma}")
                tx.execute(attack)

            with pytest.raises(Refused, match="act log"):
                await database.write(raw)


def test_no_ledger_is_made_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    async def opening() -> None:
        async with catalogue.open_ledger(tmp_path / "missing" / "ledger.db", now=NOW):
            pass

    with pytest.raises(Refused, match="folder exists"):
        asyncio.run(opening())
    assert os.listdir(tmp_path) == []
