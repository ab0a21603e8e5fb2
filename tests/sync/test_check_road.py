"""What doctor says of the road: one sentence for each thing that is in the way, and nothing of it against the ledger."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.conftest import NOW
from tests.outbox.road import PHONE_NUMBER_ID, add_number, add_thread, queue
from tests.sync.sync_ledger import attempt, everything
from waconsole.clock import DAY, HOUR, MINUTE
from waconsole.database.connection import Database, Transaction
from waconsole.operators import service as operators
from waconsole.outbox import service_pacing, store, store_numbers
from waconsole.settings import CloudSettings, GatewaySettings, ReceiverSettings, Settings
from waconsole.settings.secrets import Secret, secret
from waconsole.sync.check_road import road_checks

NOBODY: int = 9  # the discard port: nobody listens there
CONNECTED = Settings(
    cloud=CloudSettings(
        phone_number_id=PHONE_NUMBER_ID, waba_id="2", token=Secret("t"), app_secret=Secret("s"), verify_token=Secret("v")
    ),
    receiver=ReceiverSettings(port=NOBODY),
)  # fmt: skip


async def advice(database: Database, settings: Settings = CONNECTED, *, now: int = NOW) -> dict[str, str]:
    """What is advised, by name."""
    checks = await database.read(lambda tx: list(road_checks(tx, settings, now=now)))
    assert all(check.ok for check in checks)
    return {check.name: check.says for check in checks if check.advice}


async def test_a_ledger_without_a_number_is_told_how_to_connect_one(database: Database) -> None:
    assert set(await advice(database, Settings())) == {"number"}


async def test_what_a_number_lacks_is_named(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text('[cloud]\ntoken = "x"\n')
    file.chmod(0o644)
    cloud = replace(
        CONNECTED.cloud, waba_id="", token=secret("cloud.token", "NONE", {}, file), verify_token=Secret()
    )

    said = (await advice(database, replace(CONNECTED, cloud=cloud)))["number"]

    assert "open to others" in said and "cloud.verify_token is not set" in said and "cloud.waba_id" in said


async def test_everything_in_the_way_is_said(database: Database) -> None:
    def work(tx: Transaction) -> None:
        everything(tx)
        number_id = store_numbers.number_by_phone_number_id(tx, PHONE_NUMBER_ID)
        assert number_id is not None
        store_numbers.set_number_stopped(tx, number_id, "Session has expired.", NOW - MINUTE)
        closing = add_thread(tx, number_id, 7, window_until=NOW + 30 * MINUTE)
        queue(tx, number_id, closing, "Are you still there?")
        old = queue(tx, number_id, add_thread(tx, number_id, 8), "long ago")
        attempt(tx, old, "unknown", at=NOW - 2 * DAY)
        store.set_outgoing_state(tx, old, "unknown", "no_answer")
        tx.execute("UPDATE inbound SET state = 'done', received_at = :at", {"at": NOW - 3 * DAY})
        service_pacing.pause(tx, operators.acting(tx, "Ana", now=NOW), now=NOW)

    await database.write(work)

    said = await advice(database)

    assert "Shop stands still" in said["stopped"] and "Session has expired" in said["stopped"]
    assert "Everything is paused by Ana" in said["paused"] and "campaign spring" in said["paused"]
    assert "more than a day" in said["unknown"] and ": 1." in said["unknown"]
    assert "the window is closed: 1." in said["held"]
    assert "within the hour: 1." in said["window"]
    assert "No webhook has come since" in said["receiver"] and "port 9" in said["receiver"]
    assert "emptied never" in said["retention"]
    assert "after_sun_2 (paused)" in said["templates"]
    assert "seen by nobody: 1." in said["notices"]


async def test_a_gateway_that_is_off_unreachable_or_silent_is_told(database: Database) -> None:
    await database.write(
        lambda tx: store_numbers.add_gateway(tx, session="default", name="Linked phone", phone=None, now=NOW)
    )
    assert "Linked phone is reached by nothing else" in (await advice(database))["gateway"]

    gateway = GatewaySettings(enabled=True, base_url=f"http://127.0.0.1:{NOBODY}", api_key=Secret("k"))
    said = await advice(database, replace(CONNECTED, gateway=gateway), now=NOW + HOUR)
    assert "Nothing answers at http://127.0.0.1:9" in said["gateway"]


async def test_nothing_is_advised_where_nothing_is_in_the_way(database: Database) -> None:
    def work(tx: Transaction) -> None:
        number_id = add_number(tx)
        queue(tx, number_id, add_thread(tx, number_id, 1), "hello")
        tx.execute(
            "INSERT INTO inbound (received_at, body, digest, state) VALUES (:now, x'', 'd', 'done')",
            {"now": NOW},
        )

    await database.write(work)

    assert await advice(database) == {}
