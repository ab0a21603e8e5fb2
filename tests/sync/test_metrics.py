"""What a monitor reads of both roads, who may read it, and when raw bodies are emptied."""

from __future__ import annotations

import re
from typing import Final

import httpx

from tests.conftest import NOW
from tests.outbox.road import add_number, add_thread, queue
from tests.sync.webhooks import NUMBER, body, our_number, take_in, text
from waconsole.clock import DAY
from waconsole.database.connection import Database
from waconsole.settings.secrets import Secret
from waconsole.sync.receive import Keeper, application
from waconsole.sync.retention import empty_old_bodies

# One sample as Prometheus' own documentation of the format describes it.
SAMPLE: Final = re.compile(r'[a-z_]+(\{[a-z_]+="[^"\n]*"(,[a-z_]+="[^"\n]*")*\})? -?[0-9.e+]+')


async def fetched(
    database: Database, *, peer: str = "127.0.0.1", headers: dict[str, str] | None = None
) -> httpx.Response:
    """What the receiver answers to a request for its metrics from `peer`."""
    keeper = Keeper(database, clock=lambda: NOW)
    app = application(keeper, secrets=(Secret("s", "test"),), verify_token=Secret("t", "test"))
    transport = httpx.ASGITransport(app=app, client=(peer, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://receiver") as client:
        return await client.get("/metrics", headers=headers)


async def test_a_monitor_reads_figures_and_nobody_s_words(database: Database) -> None:
    def fill(tx):  # type: ignore[no-untyped-def]
        number_id = add_number(tx)
        for place in range(3):
            queue(tx, number_id, add_thread(tx, number_id, place), f"secret words {place}")

    await database.write(fill)
    await take_in(database, body(messages=[text("wamid.1", "more secret words")]), b"not json")

    answer = await fetched(database)

    assert answer.status_code == 200 and answer.headers["content-type"].startswith(
        "text/plain; version=0.0.4"
    )
    lines = answer.text.splitlines()
    assert f'waconsole_outgoing_waiting{{number="number-{NUMBER}",state="queued"}} 3' in lines
    assert 'waconsole_inbound_items_left{state="quarantined"} 1' in lines
    assert "waconsole_inbound_bodies_total 2" in lines and "waconsole_inbound_waiting 0" in lines
    assert all(SAMPLE.fullmatch(line) for line in lines if not line.startswith("#"))
    assert "secret" not in answer.text and "1555" not in answer.text


async def test_metrics_are_told_on_this_machine_alone(database: Database) -> None:
    assert (await fetched(database, peer="192.0.2.7")).status_code == 404
    assert (await fetched(database, headers={"X-Forwarded-For": "192.0.2.7"})).status_code == 404


async def test_old_bodies_are_emptied_unless_something_stands_aside(database: Database) -> None:
    await our_number(database)
    whole = body(messages=[text("wamid.1", "personal")])
    await take_in(
        database, whole, b"not json", body(messages=[text("wamid.2", "kept", sender="15550002222")])
    )

    assert await empty_old_bodies(database, now=NOW + 30 * DAY) == 0
    assert await empty_old_bodies(database, now=NOW + 31 * DAY) == 2

    left = await database.read(
        lambda tx: [row["body"] for row in tx.rows("SELECT body FROM inbound ORDER BY id LIMIT 9")]
    )
    assert left == [b"", b"not json", b""]
    assert (await take_in(database, whole)).processed == 0  # still known by its digest
