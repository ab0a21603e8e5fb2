"""The machine fails: a full disk, a locked or read-only ledger, no name service, no trust, half an answer.

Each time one plain sentence, nothing lost, nothing doubled, and everything goes on once the fault ends.
"""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any, Final

import httpx
import pytest

from tests.conftest import NOW
from tests.outbox.road import PHONE_NUMBER_ID, Wire, accepted, heard, queue_many, say, states
from tests.sync.webhooks import SECRET, body, keep, our_number, signature, text
from tests.whatsapp.graph import Graph, http, serving
from tests.whatsapp.test_cloud import make_certificate
from waconsole.clock import HOUR
from waconsole.database import connection
from waconsole.database.connection import Database, Transaction
from waconsole.errors import WaconsoleError
from waconsole.settings import CloudSettings, Settings
from waconsole.settings.secrets import Secret
from waconsole.sync import drain as draining
from waconsole.sync import process
from waconsole.sync.drain import Drained, drain
from waconsole.sync.hand import AGAIN_SECONDS
from waconsole.sync.receive import Keeper, application
from waconsole.sync.synced import TROUBLES, Synced
from waconsole.sync.watching import sync_once
from waconsole.whatsapp.driver import Message, Verdict

LONG: Final = "long " * 40_000  # a message that needs pages of its own
FAULTS: Final = ("full", "locked", "read only", "io error")
Fault = Callable[[Database], AbstractAsyncContextManager[None]]


def _pragma(name: str, value: int) -> Callable[[Transaction], object]:
    return lambda tx: tx.value(f"PRAGMA {name} = {value}")


@asynccontextmanager
async def full(database: Database) -> AsyncIterator[None]:
    """The ledger may not grow by a page."""
    pages = await database.read(lambda tx: int(tx.value("PRAGMA page_count")))
    await database.write(_pragma("max_page_count", pages))
    yield
    await database.write(_pragma("max_page_count", 1_000_000))


@asynccontextmanager
async def locked(database: Database) -> AsyncIterator[None]:
    """Another program has the ledger, and waiting for it does not help."""
    await database.write(_pragma("busy_timeout", 20))
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@asynccontextmanager
async def read_only(database: Database) -> AsyncIterator[None]:
    """The engine refuses to write."""
    assert database._writer is not None
    await database._writer.execute("PRAGMA query_only = 1")
    yield
    await database._writer.execute("PRAGMA query_only = 0")


@asynccontextmanager
async def io_error(_: Database) -> AsyncIterator[None]:
    """The disk refuses every statement that changes something."""
    with pytest.MonkeyPatch.context() as patched:
        for name in ("execute", "value", "insert", "executemany"):
            patched.setattr(Transaction, name, _breaks_writes(getattr(Transaction, name)))
        yield


def _breaks_writes(real: Callable[..., Any]) -> Callable[..., Any]:
    def broken(tx: Transaction, sql: str, parameters: Any = ()) -> Any:
        if sql.lstrip().startswith(("INSERT", "UPDATE")):
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
            error.sqlite_errorname = "SQLITE_IOERR_WRITE"
            raise error
        return real(tx, sql, parameters)

    return broken


@pytest.fixture(params=[full, locked, read_only, io_error], ids=FAULTS)
def fault(request: pytest.FixtureRequest) -> Fault:
    """One way in which the machine fails."""
    found: Fault = request.param
    return found


def one_sentence(said: str) -> bool:
    """Whether it can be told to an operator as it is."""
    return "\n" not in said and "Error" not in said and "SQLITE" not in said and said.endswith(".")


async def test_a_webhook_that_cannot_be_kept_is_asked_for_again(
    database: Database, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = Keeper(database, clock=lambda: NOW)
    app = application(keeper, secrets=(Secret(SECRET),), verify_token=Secret("word"))
    keeping = asyncio.create_task(keeper.run())
    content = body(messages=[text("wamid.1", LONG)])
    signed = {"X-Hub-Signature-256": signature(content)}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://receiver") as client:
        async with fault(database):
            answers = [await client.post("/webhook", content=content, headers=signed) for _ in range(2)]
            assert [answer.status_code for answer in answers] == [500, 500]
            assert one_sentence(answers[0].text)
        assert (await client.post("/webhook", content=content, headers=signed)).status_code == 200
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "Webhooks are not taken for the moment",
        "Webhooks are taken again.",
    ]
    assert not keeping.done()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert await database.read(lambda tx: [tuple(row) for row in tx.rows("SELECT times FROM inbound")]) == [
        (1,)
    ]


async def test_what_waits_is_taken_in_once_the_fault_ends(database: Database, fault: Fault) -> None:
    await our_number(database)
    await keep(database, body(messages=[text(f"wamid.{n}", LONG) for n in range(3)]))

    async with fault(database):
        with pytest.raises(WaconsoleError) as raised:
            await process.process_waiting(database, clock=lambda: NOW)
    done = await process.process_waiting(database, clock=lambda: NOW)

    assert one_sentence(str(raised.value))
    assert (done.processed, done.quarantined, done.trying) == (3, 0, 0)
    tries = await database.read(lambda tx: [row[0] for row in tx.rows("SELECT attempts FROM inbound_item")])
    assert tries == [1, 1, 1]


@dataclass
class Tries:
    """How often it was tried in vain to write; at the third the fault ends, where there is one to end."""

    count: int = 0
    ends: AbstractAsyncContextManager[None] | None = None


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> Tries:
    """No waiting between two tries to write."""
    noted, real = Tries(), asyncio.sleep

    async def sleep(seconds: float, result: object = None) -> object:
        if seconds != AGAIN_SECONDS:
            return await real(seconds, result)
        noted.count += 1
        if noted.count == 3 and noted.ends is not None:
            await noted.ends.__aexit__(None, None, None)
        return await real(0, result)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return noted


FAILING = pytest.mark.parametrize("how", [locked, read_only, io_error], ids=FAULTS[1:])


@FAILING
@pytest.mark.parametrize("once", [True, False], ids=["once", "watch"])
async def test_a_fault_that_ends_loses_no_answer(
    database: Database, how: Fault, once: bool, tries: Tries
) -> None:
    number_id = await queue_many(database, 45)
    tries.ends = failing = how(database)
    told_of = list[Drained]()

    async def answer(message: Message, number: int) -> Verdict:
        if number == 3:
            await failing.__aenter__()
        return accepted(number)

    wire = Wire(answer)
    async with asyncio.timeout(30):
        done = await drain(
            database, number_id, wire, clock=lambda: NOW, owner="test:1", once=once, chance=lambda: 0.0,
            stop=lambda: not once and bool(told_of) and told_of[-1].sent == 45, told=told_of.append,
        )  # fmt: skip

    assert (done.sent, done.unknown, len(wire.sent)) == (45, 0, 45)
    assert set(await states(database)) == {"accepted"}
    assert all(one_sentence(said) and "in hand" in said for said in done.said) and len(done.said) == (
        not once
    )


@FAILING
async def test_what_is_asked_to_end_ends_though_the_ledger_fails(
    database: Database, how: Fault, tries: Tries, monkeypatch: pytest.MonkeyPatch
) -> None:
    number_id = await queue_many(database, 1)
    monkeypatch.setattr(draining, "END_SECONDS_MAX", 0.05)
    failing = how(database)

    async def answer(message: Message, number: int) -> Verdict:
        if number == 1:
            await failing.__aenter__()
        return accepted(number)

    with pytest.raises(WaconsoleError):
        await drain(
            database, number_id, Wire(answer), clock=lambda: NOW, owner="test:1", once=False, chance=lambda: 0.0,
            stop=lambda: tries.count > 2,
        )  # fmt: skip
    await failing.__aexit__(None, None, None)

    assert await states(database) == ["sending"]  # whoever comes next calls them unknown; none is sent again


async def test_what_was_committed_counts_though_the_log_cannot_be_merged(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "COMMITS_BETWEEN_CHECKPOINTS", 1)
    monkeypatch.setattr(connection, "WAL_BYTES_DUE", 0)
    assert database._writer is not None
    asked: list[str] = []

    def no_merging(action: int, name: str | None, *_: object) -> int:
        if action == sqlite3.SQLITE_PRAGMA and name == "wal_checkpoint":
            asked.append(name)
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    database._writer._conn.set_authorizer(no_merging)
    number_id = await queue_many(database, 3)
    done = await drain(
        database, number_id, Wire(), clock=lambda: NOW, owner="test:1", once=True, chance=lambda: 0.0
    )

    assert asked and (done.sent, await states(database)) == (3, ["accepted"] * 3)


async def test_what_the_ledgers_own_rules_refuse_is_not_tried_again(database: Database, tries: Tries) -> None:
    number_id = await queue_many(database, 2)
    forbids = (
        "CREATE TRIGGER forbids BEFORE UPDATE OF outcome ON attempt BEGIN SELECT RAISE(ABORT, 'No.'); END"
    )
    await database.write(lambda tx: tx.execute(forbids))

    with pytest.raises(WaconsoleError, match=r"No\."):
        await drain(
            database, number_id, Wire(), clock=lambda: NOW, owner="test:1", once=True, chance=lambda: 0.0
        )

    assert tries.count == 0


@FAILING
async def test_a_ledger_that_fails_while_messages_leave_doubles_none(
    database: Database, how: Fault, tries: Tries
) -> None:
    number_id = await queue_many(database, 15)
    failing = how(database)

    async def answer(message: Message, number: int) -> Verdict:
        if number == 3:
            await failing.__aenter__()
        return accepted(number)

    wire = Wire(answer)

    async def run(owner: str, now: int) -> None:
        await drain(database, number_id, wire, clock=lambda: now, owner=owner, once=True, chance=lambda: 0.0)

    with pytest.raises(WaconsoleError) as raised:
        await run("test:1", NOW)
    await failing.__aexit__(None, None, None)
    await run("test:2", NOW + HOUR)

    assert tries.count == draining.ONCE_WAIT_SECONDS_MAX / AGAIN_SECONDS
    assert one_sentence(str(raised.value))
    assert set(Counter(message.opaque for message in wire.sent).values()) == {1}
    assert set(Counter(message.recipient.value for message in wire.sent).values()) == {1}
    assert set(await states(database)) <= {"accepted", "unknown"}
    for place, message in enumerate(wire.sent):
        await say(database, heard(f"wamid.FAKE{place + 1:04}", "delivered", opaque=message.opaque))
    assert await states(database) == ["accepted"] * 15


async def test_where_nobody_can_ask_whether_it_may_leave_nothing_leaves(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    number_id = await queue_many(database, 5)
    wire = Wire()

    def broken(_: Database) -> Transaction:
        raise sqlite3.OperationalError("disk I/O error")

    async def run() -> None:
        await drain(
            database, number_id, wire, clock=lambda: NOW, owner="test:1", once=True, chance=lambda: 0.0
        )

    with monkeypatch.context() as failing:
        failing.setattr(Database, "pages", broken)
        await run()
    assert (wire.sent, await states(database)) == ([], ["queued"] * 5)

    await run()

    assert (len(wire.sent), await states(database)) == (5, ["accepted"] * 5)


# The road to WhatsApp


def settings_at(url: str) -> Settings:
    """Settings that lead there."""
    cloud = CloudSettings(
        base_url=url, phone_number_id=PHONE_NUMBER_ID, waba_id="200000000000002", token=Secret("a-token")
    )
    return Settings(cloud=cloud)


async def synced(database: Database, url: str) -> Synced:
    """One run of both roads."""
    return await sync_once(database, settings_at(url), clock=lambda: NOW, stop=lambda: False)


def takes(graph: Graph, count: int) -> None:
    """Let the next so many be accepted, each under an id of its own."""
    for number in range(count):
        graph.answer(200, {"messaging_product": "whatsapp", "messages": [{"id": f"wamid.TAKEN{number}"}]})


@contextmanager
def no_names() -> Iterator[None]:
    """The name service does not answer."""

    def unknown(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", unknown)
        yield


async def test_without_a_name_service_everything_waits_and_then_leaves_once(database: Database) -> None:
    await queue_many(database, 2)
    async with serving(Graph()) as graph:
        takes(graph, 2)
        url = graph.url.replace("127.0.0.1", "localhost")
        with no_names():
            done = await synced(database, url)
        assert (done.trouble, done.unknown, graph.asked) == (TROUBLES["offline"], 0, [])
        assert await states(database) == ["queued"] * 2

        done = await synced(database, url)

    assert (done.sent, done.trouble, len(graph.asked)) == (2, "", 2)


@pytest.mark.skipif(which("openssl") is None, reason="openssl makes this test's certificate")
async def test_a_certificate_nobody_signed_keeps_everything_here(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await queue_many(database, 2)
    make_certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "c", tmp_path / "k")
    async with serving(Graph(), tls) as graph:
        takes(graph, 2)
        done = await synced(database, graph.url)
        assert (done.trouble, graph.asked) == (TROUBLES["offline"], [])
        assert await states(database) == ["queued"] * 2

        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "c"))
        done = await synced(database, graph.url)

    assert (done.sent, done.trouble, len(graph.asked)) == (2, "", 2)


@pytest.mark.parametrize("status", [407, 502])
async def test_a_proxy_that_lets_nothing_through_keeps_everything_here(
    database: Database, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    await queue_many(database, 2)
    async with serving(Graph(described=False)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        proxy.answers += [http(status, b"<html>no</html>")] * 10

        done = await synced(database, "https://graph.facebook.com")

    assert (done.trouble, done.unknown, done.failed) == (TROUBLES["offline"], 0, 0)
    assert await states(database) == ["queued"] * 2


async def test_an_answer_that_breaks_off_is_unknown_and_nothing_else_is_touched(database: Database) -> None:
    await queue_many(database, 5)
    async with serving(Graph()) as graph:
        graph.answers += [b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", None]
        graph.hangs_up = True
        takes(graph, 3)
        done = await synced(database, graph.url)
        again = await synced(database, graph.url)

    assert (done.sent, done.unknown, again.sent, len(graph.asked)) == (3, 2, 0, 5)
    for asked in graph.asked:  # the echo of each tells
        opaque = asked.form["biz_opaque_callback_data"]
        await say(database, heard(f"wamid.{opaque}", "sent", opaque=opaque))
    assert await states(database) == ["accepted"] * 5
