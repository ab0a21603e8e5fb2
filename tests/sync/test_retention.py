"""Raw bodies are emptied once a day by whoever syncs."""

from __future__ import annotations

from tests.conftest import NOW
from tests.sync.webhooks import ANA, body, our_number, take_in, text
from waconsole.clock import DAY
from waconsole.database.connection import Database
from waconsole.sync.retention import emptied_at, empty_when_due


async def test_it_is_done_once_a_day_whoever_asks(database: Database) -> None:
    await our_number(database)
    await take_in(database, body(names=[(ANA, "Ana")], messages=[text("wamid.A", "hello")]))

    assert await empty_when_due(database, now=NOW + 40 * DAY)
    assert not await empty_when_due(database, now=NOW + 40 * DAY + 1)
    assert await empty_when_due(database, now=NOW + 41 * DAY)
    assert await database.read(emptied_at) == NOW + 41 * DAY
    assert await database.read(lambda tx: tx.value("SELECT count(*) FROM inbound WHERE body = x''")) == 1
