"""kill -9 in the middle of sending, over and over: no message is lost, none arrives twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from tests.outbox.road import add_thread
from tests.sync.test_drain_road import Road, settings_of
from tests.whatsapp.sandbox.harness import NUMBER, WABA, running
from waconsole import catalogue, clock
from waconsole.clock import HOUR
from waconsole.database.connection import Transaction
from waconsole.operators import service as operators
from waconsole.outbox import service, store
from waconsole.whatsapp.content import Text

MEMBERS: Final = 20
SECONDS_MAX: Final = 60.0
# Answers that are lost, late, refused for a moment; statuses twice and out of order.
FAULTS: Final = {
    "silent": True,
    "latency_seconds": 0.01,
    "drop_before": 0.02,
    "drop_after": 0.03,
    "server_error_after": 0.02,
    "refuse_code": 130429,
    "refuse_share": 0.06,
    "window_hours": 48.0,
    "webhook_duplicate": 0.2,
    "webhook_reorder": 0.2,
}


@asynccontextmanager
async def _open(path: Path, seed: int) -> AsyncIterator[Road]:
    dials = {**FAULTS, "refuse_share": 0.0, "drop_before": 0.0, "drop_after": 0.0, "server_error_after": 0.0}
    async with running(dials, seed=seed) as sandbox, catalogue.open_ledger(path, now=clock.now()) as database:
        yield Road(database, sandbox, settings_of(sandbox))


async def _members(road: Road) -> list[int]:
    """Members who wrote to us, here and there; answers their threads."""
    now = clock.now()

    def work(tx: Transaction) -> list[int]:
        number_id = store.ensure_number(
            tx, phone_number_id=NUMBER, waba_id=WABA, name="Shop", phone=None, now=now
        )
        return [add_thread(tx, number_id, place, window_until=now + HOUR) for place in range(MEMBERS)]

    threads = await road.database.write(work)
    rows = await road.database.read(
        lambda tx: tx.rows("SELECT value FROM alias WHERE kind = 'phone' ORDER BY id")
    )
    for row in rows:
        await road.sandbox.say("Hi", row["value"])
    await road.sandbox.faults(**FAULTS)
    return threads


async def _queue(road: Road, threads: list[int], count: int) -> None:
    def work(tx: Transaction) -> None:
        number_id = store.cloud_number(tx)
        assert number_id is not None
        for place in range(count):
            service.enqueue(
                tx, number_id=number_id, conversation_id=threads[place % len(threads)], message_id=None, driver="cloud",
                content=Text(f"text {place}"), purpose="reply", answers_id=None, operator_id=None, now=clock.now(),
            )  # fmt: skip

    await road.database.write(work)


def _environment(road: Road) -> dict[str, str]:
    cloud = road.settings.cloud
    values = {
        "BASE_URL": cloud.base_url,
        "PHONE_NUMBER_ID": NUMBER,
        "WABA_ID": WABA,
        "TOKEN": cloud.token.reveal(),
    }
    return {**os.environ, **{f"WACONSOLE_CLOUD__{name}": value for name, value in values.items()}}


async def _start(road: Road, *words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "waconsole", "--ledger", str(road.database.path), "--json", "sync", *words,
        env=_environment(road), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip


async def _accepted(road: Road, count: int) -> None:
    """Wait until WhatsApp has taken so many more, or the queue is done."""
    wanted = len(road.sandbox.world.accepted) + count
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SECONDS_MAX):
            while len(road.sandbox.world.accepted) < wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.001)


async def _kill_over_and_over(road: Road, *, kills: int, each: int, at_once: int, seed: int) -> Counter[str]:
    """Let processes send and kill them; answers what was caught on the way."""
    dice, threads, caught = random.Random(seed), await _members(road), Counter[str]()
    for _ in range(kills):
        await _queue(road, threads, each)
        workers = [await _start(road, "--watch") for _ in range(at_once)]
        await _accepted(road, dice.randrange(1, each // 2))
        await asyncio.sleep(dice.uniform(0.0, 0.02))
        for worker in workers:
            assert worker.returncode is None, await worker.communicate()
            worker.send_signal(signal.SIGKILL)
        for worker in workers:
            await worker.communicate()
        rows = await road.rows()
        caught.update(row["state"] for row in rows if row["state"] == "sending")
        await road.hear()
    return caught


async def _finish(road: Road) -> list[dict[str, Any]]:
    """Send what is left; then an operator has the silent ones sent again. Answers every outgoing row."""
    await road.sandbox.faults(silent=True, window_hours=48.0)
    async with asyncio.timeout(SECONDS_MAX):
        while any(row["state"] in ("queued", "sending") for row in await road.rows()):
            await road.sync()
    await asyncio.sleep(0.5)
    await road.hear()

    def resend(tx: Transaction) -> None:
        acting = operators.acting(tx, None, now=clock.now())
        for row in tx.rows("SELECT id FROM outgoing WHERE state = 'unknown'"):
            service.resolve(tx, acting, row["id"], "resend", now=clock.now())

    await road.database.write(resend)
    await road.sync()
    return await road.rows()


def _counts(road: Road, rows: list[dict[str, Any]]) -> dict[str, int]:
    """What the ledger and WhatsApp disagree about."""
    taken = Counter((one.opaque or "").split(":")[2] for one in road.sandbox.world.accepted)
    refs = {row["outgoing"] for row in rows}
    return {
        "lost": len(refs - set(taken)),
        "doubled": sum(count > 1 for count in taken.values()),
        "strange": len(set(taken) - refs),
        "not accepted": sum(row["state"] != "accepted" for row in rows),
    }


NOTHING: Final = {"lost": 0, "doubled": 0, "strange": 0, "not accepted": 0}


async def test_processes_that_are_killed_while_sending_lose_and_double_nothing(ledger_path: Path) -> None:
    async with _open(ledger_path, seed=3) as road:
        caught = await _kill_over_and_over(road, kills=2, each=30, at_once=2, seed=3)

        rows = await _finish(road)

    assert _counts(road, rows) == NOTHING
    assert len(rows) == 60
    assert caught["sending"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 5])
async def test_a_long_night_of_kills(
    ledger_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    async with _open(ledger_path, seed=seed) as road:
        caught = await _kill_over_and_over(road, kills=25, each=40, at_once=2, seed=seed)

        rows = await _finish(road)
        sound = await road.database.read(lambda tx: tx.value("PRAGMA integrity_check"))

    with capsys.disabled():
        attempts = sum(row["attempts"] for row in rows)
        print(
            f"\nseed {seed}: 50 kills, {len(rows)} messages, {attempts} attempts, {caught['sending']} caught on the way"
        )
    assert _counts(road, rows) == NOTHING
    assert sound == "ok"


@pytest.mark.slow
async def test_two_that_run_at_once_send_each_message_once(ledger_path: Path) -> None:
    async with _open(ledger_path, seed=4) as road:
        threads = await _members(road)
        await road.sandbox.faults(silent=True)
        await _queue(road, threads, 60)

        both = [await _start(road, "--once") for _ in range(2)]
        for one in both:
            await one.communicate()

        rows = await road.rows()
    assert _counts(road, rows) == NOTHING
    assert [one.returncode for one in both] == [0, 0]


async def test_watching_ends_soon_after_sigterm(ledger_path: Path) -> None:
    async with _open(ledger_path, seed=5) as road:
        threads = await _members(road)
        await road.sandbox.faults(silent=True, latency_seconds=1.0)
        await _queue(road, threads, 200)
        watching = await _start(road, "--watch")
        async with asyncio.timeout(SECONDS_MAX):
            while not any(row["state"] == "sending" for row in await road.rows()):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

        watching.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            out, _ = await watching.communicate()

        states = Counter(row["state"] for row in await road.rows())
    assert (watching.returncode, states["sending"], states["unknown"]) == (0, 0, 0), (out, states)
    assert states["queued"] > 0
