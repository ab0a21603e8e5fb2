"""While a run sends, what comes is taken in: not only before and after."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import NOW
from waconsole.database.connection import Database
from waconsole.errors import Refused
from waconsole.settings import Settings
from waconsole.sync import outward
from waconsole.sync.drained import Drained
from waconsole.sync.outward import Number, send_once

NUMBERS: list[Number] = [{"id": 1}]


async def test_what_comes_while_a_run_sends_is_taken_in_before_it_ends(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = asyncio.Event()

    async def sending(*_: object, **__: object) -> Drained:
        await asyncio.wait_for(heard.wait(), 5)
        return Drained()

    async def take_in() -> None:
        heard.set()

    monkeypatch.setattr(outward, "_drain", sending)
    monkeypatch.setattr(outward, "MEANWHILE_SECONDS", 0.001)
    done, troubles = await send_once(
        database, Settings(), NUMBERS, clock=lambda: NOW, stop=lambda: False, meanwhile=take_in
    )
    assert (len(done), troubles) == (1, [])


async def test_what_could_not_be_taken_in_is_raised_when_everything_has_left(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = asyncio.Event()

    async def sending(*_: object, **__: object) -> Drained:
        await asyncio.wait_for(tried.wait(), 5)
        return Drained()

    async def take_in() -> None:
        tried.set()
        raise Refused("The disk is full.")

    monkeypatch.setattr(outward, "_drain", sending)
    monkeypatch.setattr(outward, "MEANWHILE_SECONDS", 0.001)
    with pytest.raises(Refused, match="disk is full"):
        await send_once(
            database, Settings(), NUMBERS, clock=lambda: NOW, stop=lambda: False, meanwhile=take_in
        )
