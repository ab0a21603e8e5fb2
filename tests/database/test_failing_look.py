"""A look at the ledger that fails is no end of looking: a disk may come back."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from waconsole.database import facts, failures
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Transient


async def test_a_look_that_fails_fails_no_commit_and_is_tried_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = asyncio.Event()
    database.on_change.append(heard.set)
    database.watch()

    def broken(_: Database) -> Transaction:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as failing:
        failing.setattr(Database, "pages", broken)
        await asyncio.sleep(0)
        await database.write(lambda tx: facts.set_fact(tx, "a", "1"))
        assert not heard.is_set()

    async with asyncio.timeout(10):
        await heard.wait()
    assert await database.read(lambda tx: facts.fact(tx, "a")) == "1"


@pytest.mark.parametrize("name", ["SQLITE_NOMEM", "SQLITE_PROTOCOL", "SQLITE_BUSY"])
def test_what_passes_is_said_to_pass(name: str) -> None:
    error = sqlite3.OperationalError("for now")
    error.sqlite_errorname = name

    found = failures.in_words(error, Path("ledger.db"))

    assert isinstance(found, Transient) and "try again" in str(found)
