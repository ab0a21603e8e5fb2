"""What a run of the sync says of what it left."""

from __future__ import annotations

import pytest

from tests.conftest import NOW
from waconsole.database.connection import Database, Transaction
from waconsole.outbox import store_breakers, store_numbers_rows
from waconsole.outbox.store_breakers import CAMPAIGN, PAUSED
from waconsole.sync.left_waiting import why_waiting


async def test_a_paused_campaign_and_a_full_portfolio_are_said(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {"name": "Shop", "queued": 9, "reached": 250, "reach_max": 250},
        {"name": "Idle", "queued": 0, "reached": 250, "reach_max": 250},
        {"name": "Free", "queued": 9, "reached": 250, "reach_max": None},
    ]
    assert await database.read(lambda tx: why_waiting(tx, now=NOW)) == []
    monkeypatch.setattr(store_numbers_rows, "number_rows", lambda *_, **__: rows)

    def work(tx: Transaction) -> list[str]:
        store_breakers.set_state(tx, CAMPAIGN, "spring", PAUSED, reason="missed", since=NOW)
        return why_waiting(tx, now=NOW)

    paused, full = await database.write(work)
    assert paused.startswith("The campaign spring: it paused itself")
    assert full.startswith(
        "Shop wrote to 250 people in 24 hours, and its portfolio may to 250: the others wait."
    )
