"""Goals of sending and receiving: what the ledger costs beside the bare wire, all over real HTTP on this machine.

Sending: 80 messages a second paced with every check and synchronous=FULL, in shares of a core; and
as fast as it goes, beside the same clients without an outbox, both against a sandbox that accepts
everything at once (`--null`). Receiving: POSTs of ten signed statuses each into the receiver's process.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks.place import Place
from benchmarks.report import Report
from benchmarks.screen import environment
from waconsole import catalogue, clock
from waconsole.clock import DAY
from waconsole.console.syncing_children import Child, Companion, end_all
from waconsole.database.connection import Database, Transaction
from waconsole.inbox import store_conversations as conversations
from waconsole.members import store as members
from waconsole.outbox import service, service_pacing, store_numbers
from waconsole.settings import Settings
from waconsole.settings.read import read_settings
from waconsole.sync.drain import IN_FLIGHT_MAX
from waconsole.whatsapp.cloud.driver import open_cloud
from waconsole.whatsapp.content import Text
from waconsole.whatsapp.driver import Message, Recipient

HOST: Final = "127.0.0.1"
SECRET: Final = "benchmark-secret"
NUMBER: Final = "100000000000001"
WABA: Final = "200000000000002"
PACED: Final = 2_400  # half a minute of 80 a second
SATURATED: Final = 6_000
BARE: Final = 6_000
FAST: Final = 100_000  # a number that takes more than any machine sends
CORE_MAX: Final = 0.45
SATURATED_MIN: Final = 0.7
STATUSES_MIN: Final = 2_000
ACK_MS: Final = 50
IN_A_POST: Final = 10
POSTS: Final = 1_000
POSTING: Final = 8
PACED_POSTS_A_SECOND: Final = 50  # 500 statuses
PACED_SECONDS: Final = 20
WARM: Final = 200


def run(report: Report, place: Place) -> None:
    """Both ways, on ledgers of their own."""
    report.begin("Sending and receiving, over HTTP on this machine")
    with tempfile.TemporaryDirectory(dir=place.folder, prefix="sending-") as name:
        folder, port = Path(name), _free_port()
        surroundings = environment() | _addresses(port)
        sandbox = Child(Companion("sandbox", ("sandbox", "--port", str(port), "--null"), surroundings))
        try:
            sandbox.wait_ready()
            settings = read_settings(surroundings)
            bare = asyncio.run(_bare(settings))
            report.say("the same clients without an outbox", f"{bare:,.0f}/s")
            _paced(report, folder / "paced.db", surroundings)
            _saturated(report, folder / "fast.db", surroundings, bare)
        finally:
            end_all([sandbox])
        _receiving(report, folder / "receiving.db", surroundings)


def _addresses(port: int) -> dict[str, str]:
    return {
        "WACONSOLE_CLOUD__BASE_URL": f"http://{HOST}:{port}",
        "WACONSOLE_CLOUD__PHONE_NUMBER_ID": NUMBER,
        "WACONSOLE_CLOUD__WABA_ID": WABA,
        "WACONSOLE_CLOUD__TOKEN": SECRET,
        "WACONSOLE_CLOUD__APP_SECRET": SECRET,
        "WACONSOLE_CLOUD__VERIFY_TOKEN": SECRET,
    }


async def _bare(settings: Settings) -> float:
    """Messages a second by the driver alone, as many at once as the outbox has."""
    left = iter(range(BARE + WARM))

    async def sender() -> None:
        for place in left:
            to = Recipient("phone", f"+3363{place:07}")
            await driver.send(Message(to, Text(f"text {place}"), f"wa1:bare:{place}:1"))

    async with open_cloud(settings.cloud) as driver:
        for place in range(WARM):
            next(left)
            await driver.send(
                Message(Recipient("phone", "+33639980000"), Text("warm"), f"wa1:warm:{place}:1")
            )
        began = time.perf_counter()
        await asyncio.gather(*(sender() for _ in range(IN_FLIGHT_MAX)))
        return BARE / (time.perf_counter() - began)


async def _filled(path: Path, count: int, per_second_max: int | None) -> None:
    """A ledger with so many members whose window is open, and a reply to each."""
    now = clock.now()

    def work(tx: Transaction) -> None:
        number_id = store_numbers.ensure_number(
            tx, phone_number_id=NUMBER, waba_id=WABA, name="Shop", phone=None, now=now
        )
        if per_second_max is not None:
            service_pacing.told_throughput(tx, number_id, per_second_max, at=now)
        for place in range(count):
            phone = f"+3363{place:07}"
            member_id = members.ensure_member(
                tx, phone=phone, bsuid=None, origin="live", now=now, seen_at=now
            )
            thread = conversations.add_member_conversation(
                tx, number_id=number_id, member_id=member_id, member_ref=f"bench-{place}"
            )
            tx.execute(
                "UPDATE conversation SET window_until = :until WHERE id = :id",
                {"until": now + DAY, "id": thread},
            )
            service.enqueue(
                tx, number_id=number_id, conversation_id=thread, message_id=None, driver="cloud", content=Text(f"text {place}"),
                purpose="reply", answers_id=None, operator_id=None, now=now,
            )  # fmt: skip

    async with catalogue.open_ledger(path, now=now) as database:
        await database.write(work)


def _sent(path: Path, surroundings: dict[str, str]) -> tuple[float, float, int]:
    """(seconds, core seconds, messages) of `sync --once`, from its first attempt to its last answer."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    argv = [sys.executable, "-P", "-m", "waconsole", "--ledger", str(path), "--json", "sync", "--once"]
    subprocess.run(argv, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    core = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    async def read(database: Database) -> tuple[int, int, int]:
        row = await database.read(
            lambda tx: tx.one(
                "SELECT count(*), min(started_at), max(ended_at) FROM attempt WHERE outcome = 'accepted'"
            )
        )
        assert row is not None
        return row[0], row[1], row[2]

    async def opened() -> tuple[int, int, int]:
        async with catalogue.open_ledger(path, now=clock.now()) as database:
            return await read(database)

    count, first, last = asyncio.run(opened())
    return (last - first) / 1_000_000, core, count


def _paced(report: Report, path: Path, surroundings: dict[str, str]) -> None:
    asyncio.run(_filled(path, PACED, None))
    seconds, core, count = _sent(path, surroundings)
    note = f"{count:,} messages at {count / seconds:.1f}/s, {core:.1f} s of a core with start and end"
    report.goal("80/s paced, all checks, of a core", core / seconds * 100, CORE_MAX * 100, "%", note)


def _saturated(report: Report, path: Path, surroundings: dict[str, str], bare: float) -> None:
    asyncio.run(_filled(path, SATURATED, FAST))
    seconds, core, count = _sent(path, surroundings)
    rate = count / seconds
    note = f"{rate:,.0f}/s of {bare:,.0f}/s bare; {core / count * 1_000:.2f} ms of a core each"
    report.goal("saturated, of the bare clients", rate / bare, SATURATED_MIN, "x", note, at_least=True)


def _receiving(report: Report, path: Path, surroundings: dict[str, str]) -> None:
    port = _free_port()
    words = ("--ledger", str(path), "receive", "--port", str(port))
    asyncio.run(_filled(path, 1, None))
    receiver = Child(Companion("receiver", words, surroundings))
    try:
        receiver.wait_ready()
        seconds, _ = asyncio.run(_posted(port, POSTS, POSTING, None))
        rate = POSTS * IN_A_POST / seconds
        report.goal(
            "statuses stored",
            rate,
            STATUSES_MIN,
            "/s",
            f"{POSTING} connections, ten in a POST",
            at_least=True,
        )
        _, acks = asyncio.run(
            _posted(port, PACED_POSTS_A_SECOND * PACED_SECONDS, POSTING, 1 / PACED_POSTS_A_SECOND)
        )
        acks.sort()
        note = f"p50 {acks[len(acks) // 2]:.1f}, max {acks[-1]:.1f} ms"
        report.goal("ack at 500 statuses/s, p99", acks[int(len(acks) * 0.99)], ACK_MS, "ms", note)
    finally:
        end_all([receiver])


async def _posted(port: int, count: int, at_once: int, every: float | None) -> tuple[float, list[float]]:
    """(seconds, each acknowledgement in ms) of `count` POSTs; `every` so many seconds, else as fast as they are taken."""
    run = os.urandom(4).hex()
    bodies = [_body(run, place) for place in range(count)]
    places, acks = iter(range(count)), []
    began = time.perf_counter()

    async def poster(client: httpx.AsyncClient) -> None:
        for place in places:
            content, signature = bodies[place]
            due = began + place * (every or 0.0)
            await asyncio.sleep(max(due - time.perf_counter(), 0.0))
            sent = time.perf_counter()
            answer = await client.post(
                "/webhook", content=content, headers={"X-Hub-Signature-256": signature}
            )
            answer.raise_for_status()
            acks.append((time.perf_counter() - sent) * 1_000)

    async with httpx.AsyncClient(base_url=f"http://{HOST}:{port}", trust_env=False) as client:
        await asyncio.gather(*(poster(client) for _ in range(at_once)))
    return time.perf_counter() - began, acks


def _body(run: str, place: int) -> tuple[bytes, str]:
    statuses = [
        {"id": f"wamid.{run}{place:05}{n}", "status": "delivered", "timestamp": str(int(time.time())), "recipient_id": "33639980000"}
        for n in range(IN_A_POST)
    ]  # fmt: skip
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": NUMBER},
        "statuses": statuses,
    }
    entry = {"id": WABA, "changes": [{"field": "messages", "value": value}]}
    content = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    return content, "sha256=" + hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])
