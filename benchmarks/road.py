"""Goals of the road to WhatsApp and back: a console in a terminal, its receiver, a sandbox, all over real HTTP.

From Enter on a reply until the sandbox has accepted it, and from the POST of a webhook until its
text is painted. Beside them a bare POST on the loopback and a bare commit, of the same run.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import random
import shutil
import socket
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.place import SIDE_FILES, Place
from benchmarks.report import Report, p95
from benchmarks.screen import environment
from benchmarks.terminal import Ended, Terminal
from waconsole.console.syncing_children import Child, Companion, end_all

GOAL_MS: Final = 150
SAMPLES: Final = 40
BASE_SAMPLES: Final = 100
WAIT_SECONDS: Final = 20.0
BETWEEN_SECONDS: Final = (0.5, 0.8)  # at random, so that no sample falls into step with a clock
LOOK_SECONDS: Final = 0.002
START_SECONDS: Final = 60.0
HOST: Final = "127.0.0.1"
NUMBER: Final = "100000000000001"
WABA: Final = "200000000000002"
WHO: Final = "Quillon Vexley"  # a name no export of the benchmarks has
PHONE: Final = "15550004242"
SECRET: Final = "benchmark-secret"


def run(report: Report, place: Place) -> None:
    """Both ways, by a console on the imported ledger."""
    place.imported()
    report.begin("The road to WhatsApp and back, over HTTP on this machine")
    base = _baseline(report, place.folder)
    with _console(place) as road:
        try:
            road.open_thread()
            _measure(report, "webhook to painted", road.webhook, base)
            _measure(report, "reply key to accepted", road.reply, base)
        except Ended as ended:
            report.not_measured("the road", str(ended))


def _measure(report: Report, what: str, once: Callable[[int], float], base: float) -> None:
    chance = random.Random(what)
    once(0)  # the first of its kind also loads what it needs
    took = []
    for number in range(1, SAMPLES + 1):
        took.append(once(number))
        time.sleep(chance.uniform(*BETWEEN_SECONDS))
    note = f"p50 {statistics.median(took):.0f}, max {max(took):.0f} ms, {p95(took) / base:.0f}x the bare road, {SAMPLES} times"
    report.goal(f"{what}, p95", p95(took), GOAL_MS, "ms", note)


class Road:
    """A console in a terminal, with what it talks to; each act answers milliseconds."""

    def __init__(self, terminal: Terminal, sandbox: http.client.HTTPConnection, receiver_port: int) -> None:
        self._terminal, self._sandbox = terminal, sandbox
        self._receiver = http.client.HTTPConnection(HOST, receiver_port, timeout=WAIT_SECONDS)
        self._run = os.urandom(3).hex()

    def control(self, act: str, wanted: dict[str, Any] | None = None) -> Any:
        """Ask the sandbox, or let it do something."""
        method, body = ("GET", None) if wanted is None else ("POST", json.dumps(wanted))
        try:
            self._sandbox.request(method, f"/_sandbox/{act}", body, {"Content-Type": "application/json"})
            answer = self._sandbox.getresponse()
        except http.client.RemoteDisconnected:  # it was idle for too long
            self._sandbox.close()
            return self.control(act, wanted)
        said = answer.read()
        if answer.status != 200:
            raise Ended(said.decode("utf-8", "replace"))
        return json.loads(said)

    def open_thread(self) -> None:
        """Let somebody write, and open the thread with them."""
        self.control("faults", {"silent": True})
        token = f"hello{self._run}"
        self.control("say", {"from": f"+{PHONE}", "name": WHO, "text": token})
        time.sleep(2)
        self._terminal.settle(0.3, seconds=3)
        self._terminal.press(b"/", 0.3)
        self._terminal.press(f'from:"{WHO}"'.encode(), 1.0)
        self._terminal.press(b"\r", 1.0)
        self._terminal.appears(token, seconds=WAIT_SECONDS)
        self._terminal.press(b"\r", 1.0)

    def webhook(self, number: int) -> float:
        """Post one message of theirs to the receiver; until its text is painted."""
        token = f"in{self._run}{number:04}"
        body = _webhook(token)
        self._terminal.drain()
        began = time.perf_counter()
        self._receiver.request("POST", "/webhook", body, {"X-Hub-Signature-256": _signature(body)})
        answer = self._receiver.getresponse()
        answer.read()
        if answer.status != 200:
            raise Ended(f"the receiver answered {answer.status}")
        self._terminal.appears(token, seconds=WAIT_SECONDS)
        return (time.perf_counter() - began) * 1_000

    def reply(self, number: int) -> float:
        """Type a reply and press Enter; until the sandbox has accepted one more."""
        before = len(self.control("accepted"))
        self._terminal.press(b"r", 0.1)
        self._terminal.press(f"out{self._run}{number:04}".encode(), 0.1)
        began = time.perf_counter()
        self._terminal.send(b"\r")
        while len(self.control("accepted")) == before:
            if time.perf_counter() - began > WAIT_SECONDS:
                raise Ended("a reply was not accepted")
            self._terminal.drain()
            time.sleep(LOOK_SECONDS)
        took = (time.perf_counter() - began) * 1_000
        self._terminal.drain()
        return took


@contextmanager
def _console(place: Place) -> Iterator[Road]:
    """A console on a copy of the ledger, with a receiver that it starts itself and a sandbox."""
    sandbox_port, receiver_port = _free_port(), _free_port()
    with tempfile.TemporaryDirectory(dir=place.folder, prefix="road-") as folder:
        ledger = Path(folder) / "ledger.db"
        for ending in SIDE_FILES:
            if Path(f"{place.ledger}{ending}").exists():
                shutil.copyfile(f"{place.ledger}{ending}", f"{ledger}{ending}")
        surroundings = environment() | {
            "WACONSOLE_CLOUD__BASE_URL": f"http://{HOST}:{sandbox_port}",
            "WACONSOLE_CLOUD__PHONE_NUMBER_ID": NUMBER,
            "WACONSOLE_CLOUD__WABA_ID": WABA,
            "WACONSOLE_CLOUD__TOKEN": SECRET,
            "WACONSOLE_CLOUD__APP_SECRET": SECRET,
            "WACONSOLE_CLOUD__VERIFY_TOKEN": SECRET,
            "WACONSOLE_RECEIVER__PORT": str(receiver_port),
            "WACONSOLE_RECEIVER__AUTO": "true",
        }
        words = ("sandbox", "--port", str(sandbox_port))
        child = Child(Companion("sandbox", words, surroundings))
        try:
            child.wait_ready()
            argv = [sys.executable, "-m", "waconsole", "--ledger", str(ledger)]
            with (
                Terminal(argv, environment=surroundings) as terminal,
                closing(http.client.HTTPConnection(HOST, sandbox_port, timeout=WAIT_SECONDS)) as sandbox,
            ):
                terminal.until("sync", seconds=START_SECONDS)
                _wait_for(receiver_port)
                terminal.settle(1.0, seconds=5)
                yield Road(terminal, sandbox, receiver_port)
        finally:
            end_all([child])


def _wait_for(port: int) -> None:
    until = time.perf_counter() + START_SECONDS
    while True:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
            return
        except OSError:
            if time.perf_counter() > until:
                raise Ended("the receiver of the console did not start") from None
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])


def _webhook(token: str) -> bytes:
    """A text as WhatsApp posts it."""
    message = {
        "from": PHONE, "id": f"wamid.{token}", "timestamp": str(int(time.time())), "type": "text", "text": {"body": token},
    }  # fmt: skip
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550009999", "phone_number_id": NUMBER},
        "contacts": [{"profile": {"name": WHO}, "wa_id": PHONE}],
        "messages": [message],
    }
    changes = [{"field": "messages", "value": value}]
    return json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": changes}]}
    ).encode()


def _signature(body: bytes) -> str:
    return "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def _baseline(report: Report, folder: Path) -> float:
    """A bare POST and a bare commit, one after the other: the least a message can take; their p95 in ms."""
    with _bare_server() as port, _bare_ledger(folder) as ledger:
        connection = http.client.HTTPConnection(HOST, port, timeout=WAIT_SECONDS)
        body = _webhook("bare")
        posts, commits = [], []
        for _ in range(BASE_SAMPLES):
            began = time.perf_counter()
            connection.request("POST", "/", body)
            connection.getresponse().read()
            posted = time.perf_counter()
            ledger.execute("INSERT INTO body (content) VALUES (?)", (body,))
            ledger.execute("COMMIT")
            ledger.execute("BEGIN")
            posts.append((posted - began) * 1_000)
            commits.append((time.perf_counter() - posted) * 1_000)
        connection.close()
    both = p95([post + commit for post, commit in zip(posts, commits, strict=True)])
    note = f"bare POST p95 {p95(posts):.2f}, bare commit p95 {p95(commits):.2f} ms, {BASE_SAMPLES} times"
    report.say("baseline: bare POST and bare commit", f"p95 {both:.2f} ms", note)
    return both


@contextmanager
def _bare_server() -> Iterator[int]:
    """Answers every request with 200 and nothing else."""
    with socket.create_server((HOST, 0)) as listening:

        def serve() -> None:
            there, _ = listening.accept()
            there.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with there, there.makefile("rb") as reading:
                while line := reading.readline():
                    length = 0
                    while line.strip():
                        if line.lower().startswith(b"content-length:"):
                            length = int(line.partition(b":")[2])
                        line = reading.readline()
                    reading.read(length)
                    there.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]


@contextmanager
def _bare_ledger(folder: Path) -> Iterator[sqlite3.Connection]:
    """A file of its own with the ledger's settings."""
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix="bare-") as place,
        closing(sqlite3.connect(Path(place) / "bare.db", isolation_level=None)) as connection,
    ):
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE body (id INTEGER PRIMARY KEY, content BLOB)")
        connection.execute("BEGIN")
        yield connection
