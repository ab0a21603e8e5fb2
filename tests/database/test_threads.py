"""Readers are opened when somebody reads: once, however many begin at the same time, and never left open."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from waconsole.database import engine, threads
from waconsole.database.connection import open_database
from waconsole.errors import Refused


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[sqlite3.Connection]:
    """Every connection that was opened to read."""
    found: list[sqlite3.Connection] = []

    def noted(path: Path, *, read_only: bool) -> sqlite3.Connection:
        found.append(engine.connect(path, read_only=read_only))
        return found[-1]

    monkeypatch.setattr(threads, "connect", noted)
    return found


async def test_many_who_begin_to_read_open_one_connection(
    tmp_path: Path, opened: list[sqlite3.Connection]
) -> None:
    async with open_database(tmp_path / "a.db") as database:
        reads = (database.read(lambda tx: tx.value("SELECT 7")) for _ in range(5))
        assert await asyncio.gather(*reads) == [7] * 5

    (one,) = opened
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        one.execute("SELECT 1")


async def test_only_writing_opens_nobody_who_reads(tmp_path: Path, opened: list[sqlite3.Connection]) -> None:
    async with open_database(tmp_path / "a.db") as database:
        await database.write(lambda tx: tx.execute(f"PRAGMA application_id = {engine.APPLICATION_ID}"))
        await database.write(lambda tx: tx.execute("CREATE TABLE t (a)"))
        assert await database.glance(lambda tx: tx.value("SELECT count(*) FROM t")) == 0
        assert not opened

        database.interrupt_stream()  # nobody reads
        assert await database.stream(lambda tx: tx.value("SELECT count(*) FROM t")) == 0
        assert len(opened) == 1


async def test_who_gives_up_while_it_opens_leaves_it_to_the_next(tmp_path: Path) -> None:
    async with open_database(tmp_path / "a.db") as database:
        gone = asyncio.create_task(database.read(lambda tx: tx.value("SELECT 1")))
        await asyncio.sleep(0)
        gone.cancel()
        assert await database.read(lambda tx: tx.value("SELECT 2")) == 2


async def test_a_reader_that_is_refused_may_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *, read_only: bool) -> None:
        raise Refused("Not now.")

    async with open_database(tmp_path / "a.db") as database:
        with monkeypatch.context() as failing:
            failing.setattr(threads, "connect", refuse)
            with pytest.raises(Refused, match=r"Not now\."):
                await database.read(lambda tx: tx.value("SELECT 1"))
        assert await database.read(lambda tx: tx.value("SELECT 1")) == 1
