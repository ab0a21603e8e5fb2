"""The receiver over real HTTP, in a process of its own: what it takes, what it refuses, and that nothing is lost."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.conftest import NOW
from tests.sync.imports import found
from tests.sync.webhooks import NUMBER, SECRET, body, our_number, signature, text
from waconsole import catalogue
from waconsole.__main__ import main
from waconsole.sync import commands_receive
from waconsole.sync.process import process_waiting
from waconsole.whatsapp import webhook

HOME: Final = Path(__file__).parents[2]
READY_SECONDS: Final = 30
GONE_SECONDS: Final = 10
BEFORE: Final = "the-secret-before"
TOKEN: Final = "a-verify-token"


def environment(**more: str) -> dict[str, str]:
    """Where the receiver's secrets come from."""
    return {
        **os.environ,
        "WACONSOLE_CLOUD__APP_SECRET": SECRET,
        "WACONSOLE_CLOUD__APP_SECRET_PREVIOUS": BEFORE,
        "WACONSOLE_CLOUD__VERIFY_TOKEN": TOKEN,
        "WACONSOLE_CLOUD__PHONE_NUMBER_ID": NUMBER,
        **more,
    }


@dataclass
class Receiver:
    """A running receiver; what it says on stderr stands in a file beside its ledger."""

    process: subprocess.Popen[bytes]
    ledger: Path
    url: str = ""

    @property
    def told(self) -> str:
        """What it has said so far."""
        return self.ledger.with_suffix(".err").read_text(encoding="utf-8")

    def post(
        self, content: bytes, *, secret: str | None = SECRET, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Post a body, signed unless `secret` is None."""
        signed = {} if secret is None else {"X-Hub-Signature-256": signature(content, secret)}
        return httpx.post(
            f"{self.url}/webhook", content=content, headers={**signed, **(headers or {})}, timeout=20
        )

    def asked(self, path: str, **query: str) -> httpx.Response:
        """Ask it for a page."""
        return httpx.get(f"{self.url}{path}", params=query, timeout=20)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it by a signal; answers its exit code."""
        self.process.send_signal(number)
        return self.process.wait(GONE_SECONDS)

    def has_kept(self, count: int, acknowledged: list[str]) -> None:
        """Wait until so many bodies were acknowledged."""
        while len(acknowledged) < count:
            time.sleep(0.01)


@contextmanager
def started(ledger: Path, *options: str, **settings: str) -> Iterator[Receiver]:
    """A receiver on a free port, once it listens; killed at the end if it still runs."""
    with open(ledger.with_suffix(".err"), "wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "waconsole", "--ledger", str(ledger), "receive", "--port", "0", *options],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, env=environment(**settings),
            cwd=HOME,
        )  # fmt: skip
    receiver = Receiver(process, ledger)
    try:
        until = time.monotonic() + READY_SECONDS
        while "listening on http" not in receiver.told:
            assert process.poll() is None and time.monotonic() < until, receiver.told
            time.sleep(0.02)
        receiver.url = receiver.told.partition("listening on ")[2].split()[0]
        yield receiver
    finally:
        if process.poll() is None:
            receiver.stop(signal.SIGKILL)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def receiver(ledger_path: Path) -> Iterator[Receiver]:
    """A running receiver of this test's own ledger."""
    with started(ledger_path) as running:
        yield running


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """A running receiver for tests that neither end it nor look into its ledger."""
    with started(tmp_path_factory.mktemp("receiver") / "ledger.db") as running:
        yield running


def said(*words: str, ledger: Path, **settings: str) -> tuple[int, str, str]:
    """What a command answers that ends by itself, asked in this process: its code, stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name, value in environment(**settings).items():
            patch.setenv(name, value)
        code = main(["--ledger", str(ledger), *words])
    return code, out.getvalue(), err.getvalue()


def inbound(ledger: Path, *words: str) -> tuple[dict[str, Any], str]:
    """What `inbound list` answers, as JSON and to a person."""
    document = json.loads(said("inbound", *words, "--json", ledger=ledger)[1])
    return document, said("inbound", *words, ledger=ledger)[1]


async def taken_in(ledger: Path) -> list[dict[str, Any]]:
    """The messages after what waits was taken apart."""
    async with catalogue.open_ledger(ledger, now=NOW) as database:
        await our_number(database)
        await process_waiting(database, clock=lambda: NOW)
        return await found(database)


async def test_a_signed_body_is_kept_and_a_replay_is_no_second_message(receiver: Receiver) -> None:
    content = body(messages=[text("wamid.1", "grüße 🌸 \\/ \u202e")])

    assert [receiver.post(content).status_code for _ in range(3)] == [200, 200, 200]
    assert receiver.post(content, secret=BEFORE).status_code == 200
    assert receiver.asked("/health").status_code == 200
    assert receiver.stop() == 0

    assert [row["text"] for row in await taken_in(receiver.ledger)] == ["grüße 🌸 \\/ \u202e"]


def test_what_is_not_signed_by_us_is_refused_counted_and_said(receiver: Receiver) -> None:
    content = body(messages=[text("wamid.1", "forged")])
    flipped = bytearray(content)
    flipped[40] ^= 1
    answers = {
        "unsigned": receiver.post(content, secret=None),
        "wrong": receiver.post(content, secret="another"),
        "empty": receiver.post(content, secret=None, headers={"X-Hub-Signature-256": ""}),
        "cut short": receiver.post(
            content[:-9], secret=None, headers={"X-Hub-Signature-256": signature(content)}
        ),
        "one bit": receiver.post(
            bytes(flipped), secret=None, headers={"X-Hub-Signature-256": signature(content)}
        ),
    }
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 401)
    large = b"x" * (webhook.BODY_BYTES_MAX + 1)
    assert receiver.post(large).status_code == 413
    assert receiver.stop() == 0

    document, said = inbound(receiver.ledger, "list")
    assert {row["times"] for row in document["refusals"]} == {1, 4}
    assert "A body of more than 3 MiB came and was not taken." in said
    assert "A body came without a signature and was not taken." in said
    assert "not of our app secret" in receiver.told
    assert asyncio.run(taken_in(receiver.ledger)) == []


def test_a_body_of_three_mebibytes_is_taken(standing: Receiver) -> None:
    content = body(messages=[text("wamid.1", "long")])
    padded = content + b" " * (webhook.BODY_BYTES_MAX - len(content))

    assert standing.post(padded).status_code == 200


@pytest.mark.slow
def test_a_body_cut_off_on_its_way_is_not_taken(receiver: Receiver) -> None:
    content = body(messages=[text("wamid.1", "half")])
    host, port = receiver.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as half:
        head = f"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n"
        half.sendall(f"{head}X-Hub-Signature-256: {signature(content)}\r\n\r\n".encode() + content[:50])

    assert receiver.asked("/health").status_code == 200
    receiver.stop()
    document, said = inbound(receiver.ledger, "list")
    assert document["counts"]["waiting"] == 0
    assert "A body was cut off on its way and was not taken." in said


def test_the_handshake_answers_only_our_token(standing: Receiver) -> None:
    def asked(**query: str) -> httpx.Response:
        return standing.asked("/webhook", **{f"hub.{key}": value for key, value in query.items()})

    good = asked(mode="subscribe", challenge="1158201444", verify_token=TOKEN)
    assert (good.status_code, good.text) == (200, "1158201444")
    for wrong in (
        asked(mode="subscribe", challenge="1", verify_token="no"),
        asked(mode="unsubscribe", challenge="1", verify_token=TOKEN),
        asked(mode="subscribe", challenge="1"),
        asked(),
    ):
        assert wrong.status_code == 403


async def test_killed_after_200_nothing_is_lost(ledger_path: Path) -> None:
    acknowledged: list[str] = []

    def pour(lane: int) -> None:
        with httpx.Client() as client:
            for n in range(2000):
                content = body(messages=[text(f"wamid.{lane}.{n}", "kept?")])
                signed = {"X-Hub-Signature-256": signature(content)}
                try:
                    answer = client.post(f"{running.url}/webhook", content=content, headers=signed)
                except httpx.HTTPError:
                    return
                if answer.status_code == 200:
                    acknowledged.append(f"wamid.{lane}.{n}")

    with started(ledger_path) as running:
        lanes = [threading.Thread(target=pour, args=(lane,)) for lane in range(4)]
        for lane in lanes:
            lane.start()
        running.has_kept(40, acknowledged)
        running.stop(signal.SIGKILL)
        for lane in lanes:
            lane.join()

    there = {row["wamid"] for row in await taken_in(ledger_path)}
    assert len(acknowledged) >= 40
    assert set(acknowledged) <= there


def test_it_ends_soon_and_with_its_parent(ledger_path: Path) -> None:
    with started(ledger_path, "--parent-pipe") as receiver:
        assert receiver.process.stdin is not None
        begun = time.monotonic()
        receiver.process.stdin.close()

        assert receiver.process.wait(GONE_SECONDS) == 0
        assert time.monotonic() - begun < 5


def test_without_an_app_secret_it_says_what_to_set(ledger_path: Path) -> None:
    code, _, err = said("receive", "--port", "0", ledger=ledger_path, WACONSOLE_CLOUD__APP_SECRET="")

    assert code == 1
    assert "set cloud.app_secret first" in err


def test_a_taken_port_is_one_sentence(standing: Receiver) -> None:
    port = standing.url.rpartition(":")[2]

    code, _, err = said("receive", "--port", port, ledger=standing.ledger)

    assert code == 1
    assert "Another receiver may run there" in err
    assert SECRET not in err + standing.told


@pytest.mark.slow
def test_answers_leave_at_once() -> None:
    """Asyncio switches Nagle's wait off for what it knows as TCP, by the listening socket's protocol."""
    with commands_receive._socket("127.0.0.1", 0) as listening:
        listening.setblocking(True)
        with socket.create_connection(listening.getsockname()):
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.proto == socket.IPPROTO_TCP
