"""Simulated nights of sending and receiving: `python -m benchmarks.simulate` (`make sim`).

Processes that may die at any call to their store, a network that loses, delays and repeats, hours
offline, clocks that jump by a day: all on a virtual clock, decided by a seed, so that the same seed
is the same night. The judge is what the simulated WhatsApp accepted.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from benchmarks.night import BROKEN, EPOCH, HOUR_SECONDS, NUMBER, WABA, Night, Weather, weather_of
from benchmarks.virtual import Crash, Fate, Inline, VirtualLoop
from waconsole import catalogue
from waconsole.clock import DAY
from waconsole.database.connection import Transaction
from waconsole.database.engine import connect
from waconsole.errors import WaconsoleError
from waconsole.inbox import store_conversations as conversations
from waconsole.members import store as members
from waconsole.operators import service as operators
from waconsole.outbox import service, store_numbers
from waconsole.settings.secrets import Secret
from waconsole.sync.drain import drain
from waconsole.sync.process import process_waiting
from waconsole.whatsapp.cloud.client import Client
from waconsole.whatsapp.cloud.driver import CloudDriver
from waconsole.whatsapp.content import Text

NIGHTS: Final = 1_000
PEOPLE: Final = 6
MESSAGES: Final = 18
PROCESSES: Final = 2
CALM_SECONDS_MAX: Final = 3 * 24 * HOUR_SECONDS


def _people(tx: Transaction) -> tuple[int, list[int]]:
    number_id = store_numbers.ensure_number(
        tx, phone_number_id=NUMBER, waba_id=WABA, name="Shop", phone=None, now=EPOCH
    )
    threads = []
    for place in range(PEOPLE):
        member_id = members.ensure_member(
            tx, phone=f"+3363998{place:04}", bsuid=None, origin="live", now=EPOCH, seen_at=EPOCH
        )
        thread = conversations.add_member_conversation(
            tx, number_id=number_id, member_id=member_id, member_ref=f"sim-{place}"
        )
        tx.execute(
            "UPDATE conversation SET window_until = :until WHERE id = :id",
            {"until": EPOCH + 400 * DAY, "id": thread},
        )
        threads.append(thread)
    return number_id, threads


def _driver(night: Night) -> CloudDriver:
    """The product's own driver; only its wire is ours."""

    async def wire(request: httpx.Request) -> httpx.Response:
        answer = await night.whatsapp.answer(request)
        if answer.status_code == BROKEN:
            raise httpx.ReadError("the connection broke")
        return answer

    clients = []
    for _ in range(2):
        client = Client("https://graph.facebook.com", Secret("token", "simulation"), trusted=_TRUSTED)
        client._client = httpx.AsyncClient(transport=httpx.MockTransport(wire))
        clients.append(client)
    return CloudDriver(*clients, graph_version="v26.0", phone_number_id=NUMBER, waba_id=WABA)


_TRUSTED: Final = httpx.create_ssl_context(verify=False)


async def _process(night: Night, name: str, number_id: int, stop: asyncio.Event) -> None:
    """A console or a sync that lives, dies, and is started again."""
    lives = 0
    while not stop.is_set():
        lives += 1
        database = night.opened(night.fated(60))
        driver = _driver(night)
        outward = asyncio.create_task(
            drain(
                database, number_id, driver, clock=night.now, owner=f"{name}:{lives}", once=False, stop=stop.is_set,
                chance=night.dice.random,
            )
        )  # fmt: skip
        inward = asyncio.create_task(_inward(night, database, stop))
        _, _ = await asyncio.wait({outward, inward}, return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():
            database.fate.is_dead = True  # a dead process writes nothing any more
            night.deaths += 1
            night.tell(f"{name} died")
        for task in (outward, inward):
            if database.fate.is_dead:
                task.cancel()
            with suppress(Crash, asyncio.CancelledError, WaconsoleError):
                await task
        await driver.close()
        await database.close()
        if not stop.is_set():
            await asyncio.sleep(night.dice.uniform(0.0, 30.0))


async def _inward(night: Night, database: Inline, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await process_waiting(database, clock=night.now, limit=50)
        await asyncio.sleep(5.0)


async def _operator(night: Night, number_id: int, threads: list[int]) -> None:
    """Writes messages at odd times; the machine's clock is set wrong and right again meanwhile."""
    database = night.opened(Fate())
    for place in range(MESSAGES):
        await asyncio.sleep(night.dice.uniform(0.0, 20.0))
        if night.dice.random() < 0.1:
            night.jump = night.dice.choice((-DAY, 0, DAY))
            night.tell(f"the clock jumps to {night.jump // DAY:+d} d")
        thread = night.dice.choice(threads)

        def work(tx: Transaction, place: int = place, thread: int = thread) -> None:
            service.enqueue(
                tx, number_id=number_id, conversation_id=thread, message_id=None, driver="cloud", content=Text(f"text {place}"),
                purpose="reply", answers_id=None, operator_id=None, now=night.now(),
            )  # fmt: skip

        await database.write(work)
    await database.close()


async def _until_settled(night: Night, sql: str) -> None:
    """Wait until nothing of that kind is left and everything was told. Raises when it never happens."""
    until = night.loop.time() + CALM_SECONDS_MAX
    while (
        night.value(sql) or night.tasks or night.value("SELECT count(*) FROM inbound WHERE state = 'waiting'")
    ):
        if night.loop.time() > until:
            raise AssertionError(f"seed {night.seed}: not settled: {night.value(sql)} left")
        await asyncio.sleep(30.0)


async def _live(night: Night) -> None:
    database = night.opened(Fate())
    number_id, threads = await database.write(_people)
    night.weather = weather_of(night.dice)
    stop = asyncio.Event()
    processes = [asyncio.create_task(_process(night, f"p{n}", number_id, stop)) for n in range(PROCESSES)]
    await _operator(night, number_id, threads)
    await asyncio.sleep(night.dice.uniform(0.0, 120.0))
    night.calm, night.weather, night.jump = True, Weather(offline=night.weather.offline), 0
    for one in night.open:
        one.fate.left = None
    await _until_settled(night, "SELECT count(*) FROM outgoing WHERE state IN ('queued', 'sending')")

    def resend(tx: Transaction) -> None:
        acting = operators.acting(tx, None, now=night.now())
        for row in tx.rows("SELECT id FROM outgoing WHERE state = 'unknown' ORDER BY id"):
            service.resolve(tx, acting, row["id"], "resend", now=night.now())

    await database.write(resend)
    await _until_settled(
        night, "SELECT count(*) FROM outgoing WHERE state IN ('queued', 'sending', 'unknown')"
    )
    stop.set()
    database._poke()
    await asyncio.gather(*processes)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a night."""

    seed: int
    lost: int
    doubled: int
    left: dict[str, int]
    deaths: int
    attempts: int
    hours: float
    trace: str

    @property
    def is_sound(self) -> bool:
        """Everything was sent, once."""
        return not (self.lost or self.doubled) and set(self.left) <= {"accepted", "failed"}


def live(seed: int, template: bytes, folder: Path) -> Outcome:
    """One night from its seed; the same seed is the same night."""
    raw = connect(folder / "night.db", read_only=False) if not template else copied(template)
    loop = VirtualLoop()
    night = Night(seed, raw, folder / "night.db", loop)
    try:
        loop.run_until_complete(_live(night))
    finally:
        loop.close()
    refs = {row[0]: row[1] for row in raw.execute("SELECT ref, state FROM outgoing")}
    taken = Counter(opaque.split(":")[2] for opaque, _ in night.whatsapp.accepted)
    failed = {ref for ref, state in refs.items() if state == "failed"}
    outcome = Outcome(
        seed=seed,
        lost=len(refs.keys() - taken.keys() - failed),
        doubled=sum(count > 1 for count in taken.values()),
        left=dict(Counter(refs.values())),
        deaths=night.deaths,
        attempts=night.value("SELECT count(*) FROM attempt"),
        hours=loop.time() / HOUR_SECONDS,
        trace=hashlib.sha256("\n".join(night.trace).encode()).hexdigest(),
    )
    raw.close()
    return outcome


def copied(template: bytes) -> sqlite3.Connection:
    """A ledger in memory with that content."""
    raw = sqlite3.connect(":memory:", isolation_level=None)
    raw.deserialize(template)
    raw.row_factory = sqlite3.Row
    for pragma in ("foreign_keys = ON", "recursive_triggers = ON", "temp_store = MEMORY"):
        raw.execute(f"PRAGMA {pragma}")
    return raw


def template(folder: Path) -> bytes:
    """A new ledger, once: every night begins with a copy."""
    path = folder / "template.db"

    async def made() -> None:
        async with catalogue.open_ledger(path, now=EPOCH):
            pass

    asyncio.run(made())
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA journal_mode = DELETE")
    content = raw.serialize()
    raw.close()
    return content


def main(words: Sequence[str] | None = None) -> int:
    """Live so many nights; 0 when every one was sound and the same again from its seed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulate", description=__doc__)
    parser.add_argument("--nights", type=int, default=NIGHTS)
    parser.add_argument("--seed", type=int, default=1, help="the first one")
    options = parser.parse_args(words)
    began, total, bad = time.monotonic(), Counter[str](), []
    with tempfile.TemporaryDirectory(prefix="waconsole-sim-") as name:
        folder = Path(name)
        made = template(folder)
        for seed in range(options.seed, options.seed + options.nights):
            night = live(seed, made, folder)
            total.update(deaths=night.deaths, attempts=night.attempts, hours=round(night.hours))
            if not night.is_sound or (seed % 50 == 1 and live(seed, made, folder).trace != night.trace):
                bad.append(night)
                print(f"seed {seed}: {night}", flush=True)
    took = time.monotonic() - began
    print(
        f"{options.nights:,} nights, {total['hours']:,} h, {total['deaths']:,} deaths, {total['attempts']:,} attempts in {took:.0f} s; {len(bad)} not sound"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
