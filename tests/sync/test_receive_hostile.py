"""Hostile requests to the receiver: no crash, no 500, and whatever was answered 200 stands in the ledger."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest
from starlette.applications import Starlette

from tests.conftest import NOW
from tests.sync.hostile_http import ANSWERS, GATEWAY_KEY, LARGEST, Sent, of_size, request
from tests.sync.test_receive import started
from tests.sync.webhooks import SECRET, body, our_number, signature, text
from waconsole import catalogue
from waconsole.database.connection import Database
from waconsole.settings.secrets import Secret
from waconsole.sync.process import process_waiting
from waconsole.sync.receive import Keeper, application

REQUESTS: Final = 250
SOON_SECONDS: Final = 20


async def answered(app: Starlette, sent: Sent, *, gone_after: int | None = None) -> int:
    """The status the application answers; the sender is gone after so many parts, if at all."""
    parts = list(sent.parts[:gone_after])
    status = 0

    async def receive() -> MutableMapping[str, Any]:
        if parts:
            part = parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(parts) or gone_after is not None}
        return {"type": "http.disconnect"}

    async def send(told: MutableMapping[str, Any]) -> None:
        nonlocal status
        if told["type"] == "http.response.start":
            status = told["status"]

    path, _, query = sent.path.partition("?")
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent.headers]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": sent.method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "headers": headers, "root_path": "",
        "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    async with asyncio.timeout(SOON_SECONDS):
        await app(scope, receive, send)
    return status


async def poured(database: Database, requests: list[Sent]) -> list[int]:
    """What the receiver answers to each; it still runs afterwards."""
    keeper = Keeper(database, clock=lambda: NOW)
    app = application(
        keeper, secrets=(Secret(SECRET),), verify_token=Secret("word"), gateway_keys=(Secret(GATEWAY_KEY),)
    )
    keeping = asyncio.create_task(keeper.run())
    await asyncio.sleep(0)
    statuses = [await answered(app, sent) for sent in requests]
    assert not keeping.done()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    return statuses


async def kept(database: Database) -> set[bytes]:
    """The bodies that stand in the ledger."""
    rows = await database.read(lambda tx: tx.rows("SELECT body FROM inbound"))
    return {bytes(row["body"]) for row in rows}


async def test_no_request_is_answered_by_a_crash_and_none_that_was_taken_is_missing(
    database: Database,
) -> None:
    await our_number(database)
    dice = random.Random(11)
    requests = [request(dice, place) for place in range(REQUESTS)]

    statuses = await poured(database, requests)

    assert set(statuses) <= ANSWERS
    there = await kept(database)
    taken = {
        sent.body
        for sent, status in zip(requests, statuses, strict=True)
        if status == 200 and sent.method == "POST" and not sent.path.startswith(("/health", "/metrics"))
    }
    assert len(taken) > 10
    assert taken == there
    await process_waiting(database, clock=lambda: NOW)
    left = await database.read(lambda tx: tx.rows("SELECT state, count(*) FROM inbound GROUP BY state"))
    assert [row["state"] for row in left] == ["done"]
    unforeseen = await database.read(
        lambda tx: tx.rows("SELECT reason, raw FROM inbound_item WHERE state = 'trying'")
    )
    assert [tuple(row) for row in unforeseen] == []


async def test_three_mebibytes_are_taken_and_one_byte_more_is_not(database: Database) -> None:
    whole, larger = of_size(LARGEST), of_size(LARGEST + 1)

    def post(content: bytes, *told: tuple[str, str]) -> Sent:
        half = len(content) // 2
        signed = ("x-hub-signature-256", signature(content))
        return Sent("POST", "/webhook", (signed, *told), (content[:half], content[half:]))

    length = ("content-length", str(LARGEST))
    statuses = await poured(database, [post(whole), post(larger), post(larger, length), post(whole, length)])

    assert statuses == [200, 413, 413, 200]
    assert await kept(database) == {whole}


@pytest.mark.parametrize("told", ["²", "9" * 40, "-1", "0x10", "", "1_0", "+1"])
async def test_a_length_of_any_form_is_no_crash(database: Database, told: str) -> None:
    content = body(messages=[text("wamid.1", "hello")])
    signed = ("x-hub-signature-256", signature(content))

    (status,) = await poured(
        database, [Sent("POST", "/webhook", (signed, ("content-length", told)), (content,))]
    )

    assert status == (413 if len(told) == 40 else 200)


async def test_whoever_is_gone_halfway_leaves_nothing(database: Database) -> None:
    content = body(messages=[text("wamid.1", "hello")])
    keeper = Keeper(database, clock=lambda: NOW)
    app = application(keeper, secrets=(Secret(SECRET),), verify_token=Secret("word"))
    sent = Sent("POST", "/webhook", (("x-hub-signature-256", signature(content)),), (content, b""))

    assert await answered(app, sent, gone_after=1) == 400
    assert await kept(database) == set()


LONG: Final = 1_500
BETWEEN: Final = 50  # requests after which an honest one must be taken
AT_ONCE: Final = 8


def _raw(sent: Sent, dice: random.Random) -> bytes:
    """The bytes of a request, framed well or badly."""
    head = f"{sent.method} {sent.path.replace(' ', '')} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
    lines = "".join(f"{name}: {value}\r\n" for name, value in sent.headers)
    framing = dice.choice(("length", "length", "length", "chunked", "short", "long", "both", "none"))
    content = sent.body
    if framing == "chunked":
        lines += "transfer-encoding: chunked\r\n"
        content = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in sent.parts if part) + b"0\r\n\r\n"
    elif framing == "both":
        lines += f"transfer-encoding: chunked\r\ncontent-length: {len(content)}\r\n"
    elif framing != "none":
        lines += f"content-length: {len(content) + {'length': 0, 'short': -3, 'long': 9}[framing]}\r\n"
    return head.encode("latin-1", "replace") + lines.encode("latin-1", "replace") + b"\r\n" + content


def _asked(port: int, raw: bytes, pause_at: int) -> bytes:
    """Send bytes in two goes over a socket of their own; what comes back, or nothing."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=SOON_SECONDS) as line:
            line.sendall(raw[:pause_at])
            line.sendall(raw[pause_at:])
            line.shutdown(socket.SHUT_WR)
            return line.makefile("rb").read(4096)
    except OSError:
        return b""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
async def test_over_a_real_socket_the_receiver_goes_on_whatever_comes(ledger_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    taken: set[bytes] = set()
    honest: list[int] = []
    gateway = {"WACONSOLE_GATEWAY__ENABLED": "true", "WACONSOLE_GATEWAY__HMAC_KEY": GATEWAY_KEY}
    with started(ledger_path, **gateway) as receiver:
        port = int(receiver.url.rpartition(":")[2])
        slow = socket.create_connection(("127.0.0.1", port))  # one that never ends its request
        slow.sendall(b"POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\n\r\n{")

        def one(place: int, own: random.Random) -> tuple[Sent, bytes]:
            sent = request(own, place)
            raw = _raw(sent, own)
            return sent, _asked(port, raw, own.randrange(len(raw)))

        with ThreadPoolExecutor(AT_ONCE) as lanes:
            for begin in range(0, LONG, BETWEEN):
                tries = [lanes.submit(one, begin + n, random.Random(dice.random())) for n in range(BETWEEN)]
                for sent, answer in (one.result() for one in tries):
                    status = int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0
                    assert status in ANSWERS | {0}, (sent, answer)
                    if status == 200 and answer.endswith(b"kept"):
                        taken.add(sent.body)
                content = body(messages=[text(f"wamid.honest.{begin}", "hello")])
                honest.append(receiver.post(content).status_code)
                taken.add(content)
        slow.close()
        assert receiver.process.poll() is None
        said = receiver.told
        assert receiver.stop() == 0

    assert set(honest) == {200}
    assert "Traceback" not in said
    assert len(said.splitlines()) < 20, "no log grows by what anybody may send"
    async with catalogue.open_ledger(ledger_path, now=NOW) as database:
        await our_number(database)
        # A body whose length was wrong is not what we meant to send; what was taken was signed all the same.
        assert {content for content in taken if content} - await kept(database) == set()
        await process_waiting(database, clock=lambda: NOW)
        assert (
            await database.read(
                lambda tx: tx.value("SELECT count(*) FROM inbound_item WHERE state = 'trying'")
            )
            == 0
        )
