"""Sync beside the screen, over real HTTP: it sends, waits, says how it stands, and ends in order."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

import pytest

from tests.conftest import NOW
from tests.kit.screens import screen_text
from tests.outbox.road import add_number, add_thread, phone, queue, states, until
from tests.sync.webhooks import body, keep, text
from tests.whatsapp.sandbox.harness import NUMBER, WABA, Running, options, running
from waconsole import catalogue
from waconsole.console import syncing
from waconsole.console.app import ConsoleApp
from waconsole.console.syncing import Syncing
from waconsole.console.syncing_roads import Roads
from waconsole.console.syncing_words import Sight
from waconsole.database import engine
from waconsole.database.connection import Database, Transaction
from waconsole.operators.desk import Desk
from waconsole.outbox import store
from waconsole.settings import CloudSettings, Settings, SyncSettings
from waconsole.settings.secrets import Secret
from waconsole.sync.drain_lock import DrainLock
from waconsole.whatsapp.sandbox import server

SECONDS_MAX = 15.0
NOWHERE = "http://127.0.0.1:9"


@dataclass
class Beside:
    """A syncing that runs, and what it told."""

    syncing: Syncing
    database: Database
    said: list[tuple[str, str]] = field(default_factory=list)
    bugs: list[Exception] = field(default_factory=list)

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait for what is known to become so."""
        try:
            async with asyncio.timeout(SECONDS_MAX):
                while not done():  # noqa: ASYNC110 - asked again and again, as the screen asks
                    await asyncio.sleep(0.01)
        except TimeoutError:
            pytest.fail(f"{self.syncing.sight}, said {self.said}, {self.bugs}")

    async def until_phase(self, phase: str) -> None:
        """Wait until the console does that."""
        await self.until(lambda: self.sight.phase == phase)

    async def until_sent(self, count: int) -> None:
        """Wait until so many have been accepted."""

        async def accepted() -> bool:
            return (await states(self.database)).count("accepted") >= count

        await until(accepted, seconds=SECONDS_MAX)

    @property
    def sight(self) -> Sight:
        """What is known; nothing much before the first look."""
        return self.syncing.sight or Sight("")

    @property
    def sentences(self) -> list[str]:
        """What it said, without the kinds."""
        return [sentence for sentence, _ in self.said]


def settings_at(url: str, *, token: str = "token", auto: bool = True) -> Settings:
    """Settings that lead to `url`."""
    cloud = CloudSettings(base_url=url, phone_number_id=NUMBER, waba_id=WABA, token=Secret(token))
    return Settings(cloud=cloud, sync=SyncSettings(auto=auto))


def url_of(sandbox: Running) -> str:
    """Where a sandbox listens."""
    return str(sandbox.client.base_url).rstrip("/")


def desk_at(database: Database, settings: Settings, *, read_only: bool = False) -> Desk:
    """A desk whose clock stands at NOW."""
    return Desk(
        database, settings, None, lambda: NOW, UTC, read_only=read_only, vocabulary=catalogue.vocabulary, test_clock=True
    )  # fmt: skip


@asynccontextmanager
async def beside(path: Path, settings: Settings, *, read_only: bool = False) -> AsyncIterator[Beside]:
    """A syncing over the ledger at `path`."""
    async with catalogue.open_ledger(path, now=NOW) as database:
        database.watch()
        one = Beside(Syncing(desk_at(database, settings, read_only=read_only)), database)
        one.syncing.begin(
            lambda: None, lambda sentence, kind: one.said.append((sentence, kind)), one.bugs.append
        )
        try:
            yield one
        finally:
            await one.syncing.end()
            assert not one.bugs


def _queue(tx: Transaction, count: int = 1) -> None:
    number_id = add_number(tx)
    for place in range(count):
        queue(tx, number_id, add_thread(tx, number_id, place), f"text {place}")


async def _open_windows(sandbox: Running, count: int = 1) -> None:
    for place in range(count):
        await sandbox.say("Hi", phone(place))


async def test_what_is_queued_is_sent_at_once_and_the_top_line_knows(ledger_path: Path) -> None:
    async with running({"silent": True}) as sandbox, beside(ledger_path, settings_at(url_of(sandbox))) as one:
        await _open_windows(sandbox, 3)
        await one.until_phase("on")
        began = asyncio.get_running_loop().time()
        await one.database.write(lambda tx: _queue(tx, 3))
        await one.until_sent(3)
        took = asyncio.get_running_loop().time() - began

        await one.until(lambda: one.sight.exchanged_at is not None)
        assert len(await sandbox.accepted()) == 3
        assert took < 2.0
        assert one.said == []


async def test_a_webhook_that_another_process_stored_is_taken_in(ledger_path: Path) -> None:
    async with beside(ledger_path, settings_at(NOWHERE)) as one:
        await one.until_phase("on")
        await keep(one.database, body(messages=[text("wamid.A", "Hello")], names=[("15550001111", "Ana")]))

        async def taken_in() -> bool:
            return bool(await one.database.read(lambda tx: tx.value("SELECT count(*) FROM message")))

        await until(taken_in)


async def test_offline_is_a_normal_state_with_a_count_and_one_sentence(ledger_path: Path) -> None:
    async with beside(ledger_path, settings_at(NOWHERE)) as one:
        await one.until_phase("on")
        await one.database.write(lambda tx: _queue(tx, 2))
        await one.until(lambda: one.sight.is_offline)
        await one.until(lambda: bool(one.said))

        assert one.sight.waiting == 2
        assert one.said == [
            ("WhatsApp cannot be reached: what is queued waits, and is sent when it can.", "advice")
        ]


async def test_back_online_it_drains_by_itself_and_says_so(ledger_path: Path) -> None:
    listener = server.bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    listener.close()
    settings = settings_at(f"http://127.0.0.1:{port}")
    async with beside(ledger_path, settings) as one:
        await one.until_phase("on")
        await one.database.write(lambda tx: _queue(tx, 2))
        await one.until(lambda: one.sight.is_offline)
        async with _sandbox_at(port):
            await one.until_sent(2)
            await one.until(lambda: len(one.said) == 2)

        assert one.said[1] == (
            "WhatsApp can be reached again, and nothing waits any more (2 did).",
            "done",
        )


@asynccontextmanager
async def _sandbox_at(port: int) -> AsyncIterator[None]:
    """A sandbox on that port in which both members have written."""
    listener = server.bind("127.0.0.1", port)
    async with server.served(options(), listener) as sandbox:
        for place in range(2):
            person = sandbox.world.person(phone(place))
            assert person is not None
            sandbox.world.wrote(person, None, f"wamid.{place}", sandbox.world.now())
        yield


async def test_a_token_that_expired_stops_the_number_in_words(ledger_path: Path) -> None:
    async with (
        running({"silent": True}) as sandbox,
        beside(ledger_path, settings_at(url_of(sandbox), token="old")) as one,
    ):
        await one.database.write(_queue)
        await one.until(lambda: bool(one.sight.stopped))
        await one.until(lambda: bool(one.said))

        assert one.sight.waiting == 1
        assert one.sentences[0].startswith("WhatsApp takes nothing from our number: ")


async def test_a_ledger_that_is_locked_when_it_begins_is_waited_for(
    ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_SECONDS", 0.02)
    monkeypatch.setattr(syncing, "AGAIN_SECONDS", 0.02)
    async with running({"silent": True}) as sandbox:
        await _open_windows(sandbox)
        async with catalogue.open_ledger(ledger_path, now=NOW) as database:
            await database.write(_queue)
        other = sqlite3.connect(ledger_path, isolation_level=None)
        locking = asyncio.get_running_loop().create_future()

        def begin_locked(*given: object, **named: object) -> Roads:
            if not locking.done():
                other.execute("BEGIN IMMEDIATE")
                locking.set_result(None)
            return Roads(*given, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(syncing, "Roads", begin_locked)
        async with beside(ledger_path, settings_at(url_of(sandbox))) as one:
            await one.until_phase("trouble")
            assert len(one.said) == 1 and "is busy in another program" in one.sentences[0]
            other.execute("ROLLBACK")

            await one.until_sent(1)
            await one.until_phase("on")
            assert len(one.said) == 1
        other.close()


async def test_without_a_token_it_stands_still_and_says_why_once(ledger_path: Path) -> None:
    async with beside(ledger_path, settings_at(NOWHERE, token="")) as one:
        await one.until_phase("trouble")

        assert len(one.said) == 1
        assert one.sentences[0].startswith("There is no access token")


async def test_another_process_that_sends_is_waited_for_and_shown(ledger_path: Path) -> None:
    async with catalogue.open_ledger(ledger_path, now=NOW) as database:
        number_id = await database.write(add_number)
        ref = await database.read(lambda tx: str(store.number_row(tx, number_id)["ref"]))
    lock = DrainLock(ledger_path, ref)
    assert lock.take()
    async with running({"silent": True}) as sandbox, beside(ledger_path, settings_at(url_of(sandbox))) as one:
        await _open_windows(sandbox)
        await one.until_phase("elsewhere")
        await one.database.write(_queue)
        assert await sandbox.accepted() == []
        lock.close()

        await one.until_sent(1)
        await one.until_phase("on")


@pytest.mark.parametrize("why", ["auto", "read_only"])
async def test_a_console_that_may_not_sync_sends_nothing(ledger_path: Path, why: str) -> None:
    async with running({"silent": True}) as sandbox:
        settings = settings_at(url_of(sandbox), auto=why != "auto")
        await _open_windows(sandbox)
        async with beside(ledger_path, settings, read_only=why == "read_only") as one:
            await one.database.write(_queue)
            await one.until(lambda: one.sight.waiting == 1)
            await asyncio.sleep(0.3)

            assert one.sight.phase == "off"
            assert await sandbox.accepted() == []


async def test_without_a_number_nothing_runs_and_nothing_is_shown(ledger_path: Path) -> None:
    async with beside(ledger_path, Settings()) as one:
        await asyncio.sleep(0.2)

        assert one.syncing.sight is None
        assert await one.database.read(store.cloud_number) is None


async def test_what_is_on_its_way_when_it_ends_gets_its_answer(ledger_path: Path) -> None:
    async with running({"silent": True, "latency_seconds": 0.6}) as sandbox:
        async with beside(ledger_path, settings_at(url_of(sandbox))) as one:
            await _open_windows(sandbox)
            await one.database.write(_queue)

            async def on_its_way() -> bool:
                return "sending" in await states(one.database)

            await until(on_its_way)
        async with catalogue.open_ledger(ledger_path, now=NOW) as database:
            assert await states(database) == ["accepted"]


async def test_the_console_shows_it_and_says_it(ledger_path: Path) -> None:
    async with catalogue.open_ledger(ledger_path, now=NOW) as database:
        await database.write(lambda tx: _queue(tx, 2))
        app = ConsoleApp(desk_at(database, settings_at(NOWHERE)), beside=Syncing)
        try:
            async with app.run_test(size=(80, 24)) as pilot:
                async with asyncio.timeout(SECONDS_MAX):
                    while "○ offline  2 waiting" not in screen_text(app).splitlines()[0]:
                        await pilot.pause(0.02)

                assert "WhatsApp cannot be reached" in screen_text(app).splitlines()[-1]
        finally:
            assert app.syncing is not None
            await app.syncing.end()
