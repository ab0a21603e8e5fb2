"""Raw bodies are emptied once a day by whoever syncs."""

from __future__ import annotations

from tests.conftest import NOW
from tests.sync.webhooks import ANA, body, our_number, take_in, text
from waconsole.clock import DAY
from waconsole.database.connection import Database, Transaction
from waconsole.sync import receive_again
from waconsole.sync.process import Processed, process_waiting
from waconsole.sync.retention import emptied_at, empty_old_bodies, empty_when_due


async def test_it_is_done_once_a_day_whoever_asks(database: Database) -> None:
    await our_number(database)
    await take_in(database, body(names=[(ANA, "Ana")], messages=[text("wamid.A", "hello")]))

    assert await empty_when_due(database, now=NOW + 40 * DAY)
    assert not await empty_when_due(database, now=NOW + 40 * DAY + 1)
    assert await empty_when_due(database, now=NOW + 41 * DAY)
    assert await database.read(emptied_at) == NOW + 41 * DAY
    assert await database.read(lambda tx: tx.value("SELECT count(*) FROM inbound WHERE body = x''")) == 1


async def test_what_stands_aside_is_emptied_later_and_then_tried_no_more(database: Database) -> None:
    await our_number(database)
    foreign = body(messages=[text("wamid.B", "for somebody else")], number="777")
    await take_in(database, body(messages=[text("wamid.A", "hello")]), foreign)

    def left(tx: Transaction) -> list[tuple[int, int]]:
        sql = "SELECT length(b.body) > 0, length(i.raw) > 0 FROM inbound AS b JOIN inbound_item AS i ON i.inbound_id = b.id"
        return [tuple(row) for row in tx.rows(f"{sql} ORDER BY b.id")]

    assert await empty_old_bodies(database, now=NOW + 31 * DAY) == 1
    assert await database.read(left) == [(0, 0), (1, 1)]
    assert await empty_old_bodies(database, now=NOW + 179 * DAY) == 0
    assert await empty_old_bodies(database, now=NOW + 181 * DAY) == 1
    assert await database.read(left) == [(0, 0), (0, 0)]

    await our_number(database, "777")
    assert (await process_waiting(database, clock=lambda: NOW + 181 * DAY)).received == 0
    assert await database.read(lambda tx: receive_again.bodies_since(tx, 0)) == []
    assert await take_in(database, foreign) == Processed()  # the same body again is still known
