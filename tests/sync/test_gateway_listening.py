"""A gateway heard over a real socket on this machine: events, a connection that is lost, and what was missed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from tests.conftest import NOW
from tests.sync.gateway_events import ANA, AT, BO, GROUP, HIDDEN, ME, envelope, hear, our_phone, said
from tests.sync.imports import found
from tests.whatsapp.waha import Waha
from waconsole.clock import MINUTE, SECOND
from waconsole.database.connection import Database
from waconsole.settings import GatewaySettings, Settings
from waconsole.settings.secrets import Secret
from waconsole.sync import gateway, gateway_asking, gateway_catch_up, gateway_people
from waconsole.sync.gateway_people import Known
from waconsole.sync.process import process_waiting
from waconsole.whatsapp.doors import Person
from waconsole.whatsapp.gateway import socket

KEY = "gwcanary0123456789"
WAIT_SECONDS_MAX = 10.0


@dataclass
class Far:
    """A gateway: what each connection tells before it is closed, and what is answered to questions."""

    connections: list[list[bytes]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    opened: int = 0
    url: str = ""

    async def events(self, connection: ServerConnection) -> None:
        self.opened += 1
        told = self.connections.pop(0) if self.connections else None
        for event in told or ():
            await connection.send(event.decode())
        if told is None:
            await connection.wait_closed()  # this one is kept

    def answer(self, connection: ServerConnection, request: Request) -> Response | None:
        parts = urlsplit(request.path)
        if parts.path == "/ws":
            self.keys |= set(parse_qs(parts.query)["x-api-key"])
            return None
        self.asked.append(request.path)
        self.keys.add(request.headers["X-Api-Key"])
        body = self.answers.get(parts.path, [])
        page = parse_qs(parts.query).get("offset", ["0"])[0]
        return connection.respond(200, json.dumps(body if page == "0" else []))


@asynccontextmanager
async def gateway_on_loopback(far: Far) -> AsyncIterator[Settings]:
    """The settings that lead to it."""
    async with serve(far.events, "127.0.0.1", 0, process_request=far.answer) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield Settings(
            gateway=GatewaySettings(
                enabled=True, base_url=f"http://127.0.0.1:{port}", api_key=Secret(KEY, "test")
            )
        )


async def until(reached: Callable[[], Any]) -> None:
    """Wait for a state; the bound is for what never comes."""
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        while not await reached():  # noqa: ASYNC110 - another task brings it
            await asyncio.sleep(0.005)


SESSION = {"name": "default", "status": "WORKING", "me": ME}
MISSED = said("CCCC", "while nobody heard", at=AT + 60)
PEOPLE = [{"id": HIDDEN, "pn": ANA, "role": "superadmin"}, {"id": BO, "role": "participant"}]


async def test_a_lost_connection_is_opened_again_and_what_was_missed_is_asked_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "WAIT_FIRST_SECONDS", 0.01)
    monkeypatch.setattr(gateway_catch_up, "BETWEEN_GROUPS_SECONDS", 0.0)
    at = f"/api/default/groups/{GROUP.replace('@', '%40')}"
    far = Far(
        connections=[[envelope("message.any", said("AAAA", "before"), id="evt_1")]],
        answers={
            "/api/sessions/default": SESSION,
            "/api/default/chats/all/messages": [said("AAAA", "before"), MISSED],
            "/api/default/groups": [{"JID": GROUP, "Name": "Coffee club"}],
            at: {"JID": GROUP, "Name": "Coffee club", "Topic": "Beans"},
            f"{at}/participants/v2": PEOPLE,
        },
    )
    said_of_it: list[str] = []
    stopping = False

    async def in_the_ledger() -> bool:
        await process_waiting(database, clock=lambda: NOW)
        rows = await database.read(lambda tx: tx.rows("SELECT role FROM present_membership ORDER BY role"))
        return far.opened >= 2 and len(rows) == 2 and len(await found(database)) == 2

    async with gateway_on_loopback(far) as settings:
        listening = asyncio.create_task(
            gateway.keep_listening(
                database, settings, clock=lambda: NOW, stop=lambda: stopping, say=said_of_it.append
            )
        )
        await until(in_the_ledger)
        stopping = True
        await listening

    assert {row["text"] for row in await found(database)} == {"before", "while nobody heard"}
    assert far.keys == {KEY}
    assert KEY not in "".join(said_of_it)
    mark = await database.read(lambda tx: tx.value("SELECT through_at FROM gateway_mark"))
    assert mark == NOW
    group = await database.read(lambda tx: tx.one('SELECT name, description FROM "group"'))
    assert group is not None and tuple(group) == ("Coffee club", "Beans")


async def test_after_a_gap_no_more_is_asked_for_than_was_missed(database: Database) -> None:
    far = Far(answers={"/api/sessions/default": SESSION})

    async with gateway_on_loopback(far) as settings:
        first = await gateway.catch_up_once(database, settings, clock=lambda: NOW)
        await gateway.catch_up_once(database, settings, clock=lambda: NOW + 60 * MINUTE)

    assert first.trouble == ""
    since = [
        parse_qs(urlsplit(path).query)["filter.timestamp.gte"][0]
        for path in far.asked
        if "/chats/all/" in path
    ]
    day = 86_400
    assert since == [str(NOW // SECOND - day), str((NOW - 10 * MINUTE) // SECOND)]


async def test_while_the_phone_is_not_linked_nothing_counts_as_heard(database: Database) -> None:
    far = Far(answers={"/api/sessions/default": {"name": "default", "status": "SCAN_QR_CODE"}})

    async with gateway_on_loopback(far) as settings:
        caught = await gateway.catch_up_once(database, settings, clock=lambda: NOW)

    assert "not linked" in caught.trouble and "gateway pair" in caught.trouble
    stopped = await database.read(
        lambda tx: tx.value("SELECT stopped_reason FROM number WHERE driver = 'gateway'")
    )
    assert stopped == caught.trouble
    assert await database.read(lambda tx: tx.value("SELECT count(*) FROM gateway_mark")) == 0


async def test_where_no_gateway_is_enabled_none_is_asked(database: Database) -> None:
    assert await gateway.catch_up_once(database, Settings(), clock=lambda: NOW) == gateway_catch_up.Caught()
    await gateway.keep_listening(database, Settings(), clock=lambda: NOW, stop=lambda: False, say=print)


async def test_who_is_not_in_the_group_any_more_has_left(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_catch_up, "BETWEEN_GROUPS_SECONDS", 0.0)
    await our_phone(database)
    joined = {
        "type": "join",
        "timestamp": AT,
        "group": {"id": GROUP},
        "participants": [{"id": ANA}, {"id": BO}],
    }
    await hear(database, envelope("group.v2.participants", joined, id="evt_1"))
    at = f"/api/default/groups/{GROUP.replace('@', '%40')}"
    far = Far(
        answers={
            "/api/sessions/default": SESSION,
            "/api/default/groups": [{"id": GROUP}],
            at: {"id": GROUP},
            f"{at}/participants/v2": [{"id": ANA, "role": "participant"}],
        }
    )

    async with gateway_on_loopback(far) as settings:
        await gateway.catch_up_once(database, settings, clock=lambda: NOW)
    await hear(database)

    left = await database.read(lambda tx: tx.rows("SELECT left_at FROM membership ORDER BY left_at IS NULL"))
    assert [row["left_at"] for row in left] == [NOW - NOW % SECOND, None]


def test_nobody_is_called_gone_whose_number_is_hidden() -> None:
    bo = Known(2, "member", frozenset({"+15550002222"}), frozenset())
    ana = Known(1, "member", frozenset({"+15550001111"}), frozenset({"9000000001"}))

    hidden = gateway_people.difference([Person(lid="9000000007")], [ana, bo])
    shown = gateway_people.difference([Person(phone="+15550003333")], [ana, bo])

    assert [row["id"] for row in hidden.gone] == ["9000000001@lid"]
    assert [row["id"] for row in shown.gone] == ["9000000001@lid", "15550002222@c.us"]
    assert [row["id"] for row in hidden.there] == ["9000000007@lid"]


async def test_who_is_known_by_phone_alone_is_looked_up_where_ids_are_hidden() -> None:
    ana = Known(1, "member", frozenset({"+15550001111"}), frozenset())
    bo = Known(2, "member", frozenset({"+15550002222"}), frozenset())
    cy = Known(3, "member", frozenset({"+15550003333"}), frozenset())
    lids = "GET /api/default/lids/pn/{}%40c.us"
    far = Waha(
        answers={
            lids.format("15550001111"): (200, {"lid": "9000000001@lid", "pn": ANA}),
            lids.format("15550002222"): (200, {"lid": "9000000002@lid", "pn": BO}),
            lids.format("15550003333"): (404, {"message": "not known"}),
        }
    )

    async with far.driver() as driver:
        found = await gateway_asking.told_difference(
            driver, [Person(lid="9000000001"), Person(lid="9000000008")], [ana, bo, cy], now=NOW
        )

    # Ana is one person with her hidden id from now on; the other one may be Cy.
    assert [row.get("pn") for row in found.there] == [ANA, None]
    assert [row["pn"] for row in found.gone] == [BO]
    assert found.unsure == ("+15550003333",)


async def test_who_asks_to_come_in_and_who_does_no_longer(database: Database) -> None:
    await our_phone(database)
    asks = {"timestamp": AT, "group": {"id": GROUP}, "action": "created", "requesterId": ANA}
    await hear(database, envelope("group.v2.participants.join-request", asks, id="evt_1"))
    path = f"GET /api/default/groups/{GROUP.replace('@', '%40')}/participants/join-requests"
    far = Waha(answers={path: (200, [{"requesterId": HIDDEN, "requesterPn": BO, "timestamp": AT + 60}])})

    async with far.driver() as driver:
        for _ in range(2):
            verdict, told = await gateway_asking.bring_up_joins(
                database, driver, "default", GROUP, clock=lambda: NOW
            )
            assert verdict.outcome == "accepted"
            await hear(database, *told)

    rows = await database.read(lambda tx: tx.rows("SELECT state, asked_at FROM join_request ORDER BY id"))
    assert [tuple(row) for row in rows] == [("gone", AT * SECOND), ("asked", (AT + 60) * SECOND)]
    assert told == []


async def test_a_key_that_is_refused_is_said_and_tried_again_much_later() -> None:
    async def closes(connection: ServerConnection) -> None:
        await connection.close(1008, "Unauthorized")

    waited: list[float] = []
    said_of_it: list[str] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            raise asyncio.CancelledError

    async def nothing(event: bytes = b"") -> None:
        pass

    async with serve(closes, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        settings = GatewaySettings(
            enabled=True, base_url=f"http://127.0.0.1:{port}", api_key=Secret(KEY, "test")
        )
        with pytest.raises(asyncio.CancelledError):
            await socket.listen(settings, took=nothing, opened=nothing, lost=said_of_it.append, sleep=sleep)

    assert waited == [socket.KEY_REFUSED_SECONDS] * 2
    assert said_of_it == ["No events come: the gateway does not take the key: check gateway.api_key."] * 2


def test_waits_grow_to_a_minute_and_begin_anew() -> None:
    waits = socket.Waits(chance=lambda: 1.0)

    assert [waits.next_seconds() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    waits.begin_anew()
    assert waits.next_seconds() == 1
    assert socket.Waits(chance=lambda: 0.0).next_seconds() == 0.5
