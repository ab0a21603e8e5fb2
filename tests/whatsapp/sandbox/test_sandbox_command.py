"""`waconsole sandbox` as a process: it says when it is ready, and ends when it is told to."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from waconsole.__main__ import main
from waconsole.whatsapp.sandbox import server

SECONDS_MAX = 20
ENDED_SECONDS_MAX = 3  # a second, on a machine that has nothing else to do


@contextmanager
def process(*words: str, environ: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """The command, ended at the latest with the block."""
    started = subprocess.Popen(
        [sys.executable, "-m", "waconsole", "sandbox", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environ or {})},
        cwd=Path(__file__).parents[3],
    )
    with started:
        try:
            yield started
        finally:
            started.kill()


def ready(started: subprocess.Popen[str]) -> tuple[str, list[str]]:
    """(where it listens, what it said before)."""
    assert started.stderr is not None
    said: list[str] = []
    for line in started.stderr:
        if found := re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", line):
            return found[1], said
        said.append(line.rstrip("\n"))
    raise AssertionError(said)


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_it_is_ready_and_ends_within_a_second(number: int) -> None:
    with process("--port", "0") as started:
        url, said = ready(started)
        headers = {"Authorization": "Bearer anything"}
        assert httpx.get(f"{url}/v26.0/100000000000001", headers=headers, trust_env=False).status_code == 200
        # the webhook has nowhere to go, and holds nothing up
        body = {"from": "+15550001111", "text": "hi"}
        assert httpx.post(f"{url}/_sandbox/say", json=body, trust_env=False).status_code == 200

        began = time.monotonic()
        started.send_signal(number)
        out, _ = started.communicate(timeout=SECONDS_MAX)

        assert time.monotonic() - began < ENDED_SECONDS_MAX
        assert (started.returncode, out) == (0, "")
        assert f"export WACONSOLE_CLOUD__BASE_URL={url}" in said
        assert "export WACONSOLE_CLOUD__PHONE_NUMBER_ID=100000000000001" in said


def test_it_ends_with_whoever_started_it() -> None:
    with process("--port", "0", "--parent-pipe") as started:
        ready(started)
        assert started.stdin is not None

        began = time.monotonic()
        started.stdin.close()
        started.wait(SECONDS_MAX)

        assert time.monotonic() - began < ENDED_SECONDS_MAX
        assert started.returncode == 0


def test_a_request_that_hangs_does_not_keep_it() -> None:
    with process("--port", "0") as started:
        url, _ = ready(started)
        httpx.post(f"{url}/_sandbox/faults", json={"latency_seconds": 3600}, trust_env=False)
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{url}/v26.0/1", timeout=0.2, trust_env=False)

        began = time.monotonic()
        started.terminate()
        started.wait(SECONDS_MAX)

        assert time.monotonic() - began < ENDED_SECONDS_MAX


def test_the_settings_say_which_number_it_is_and_no_secret_is_printed(tmp_path: Path) -> None:
    environ = {
        "WACONSOLE_CLOUD__BASE_URL": "http://127.0.0.1:1",
        "WACONSOLE_CLOUD__PHONE_NUMBER_ID": "123",
        "WACONSOLE_CLOUD__WABA_ID": "456",
        "WACONSOLE_CLOUD__TOKEN": "canary-token",
        "WACONSOLE_CLOUD__APP_SECRET": "canary-secret",
        "WACONSOLE_CLOUD__VERIFY_TOKEN": "canary-word",
        "WACONSOLE_RECEIVER__PORT": "8999",
    }
    with process("--port", "0", "--seed", "5", environ=environ) as started:
        url, said = ready(started)
        assert said == []
        for token, status in (("canary-token", 200), ("other", 401)):
            headers = {"Authorization": f"Bearer {token}"}
            assert httpx.get(f"{url}/v26.0/123", headers=headers, trust_env=False).status_code == status
        state = httpx.get(f"{url}/_sandbox/state", trust_env=False)
        assert state.json()["webhooks"]["url"] == "http://127.0.0.1:8999/webhook"
        assert (state.json()["seed"], state.json()["waba_id"]) == (5, "456")
        assert "canary" not in state.text
        started.terminate()
        out, err = started.communicate(timeout=SECONDS_MAX)
        assert "canary" not in out + err


def test_faults_and_chatter_hold_from_the_start(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text(json.dumps({"refuse_code": 131056}), encoding="utf-8")
    words = ("--port", "0", "--faults", str(file), "--chatter", "30", "--webhook", "http://127.0.0.1:7/w")
    with process(*words) as started:
        url, _ = ready(started)

        assert httpx.get(f"{url}/_sandbox/faults", trust_env=False).json()["refuse_code"] == 131056
        state = httpx.get(f"{url}/_sandbox/state", trust_env=False).json()
        assert (state["chatter_per_minute"], state["webhooks"]["url"]) == (30, "http://127.0.0.1:7/w")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--port", "70000"), 2, "--port takes a number from 0 to 65535"),
        (("--chatter", "-1"), 2, "--chatter takes a number from 0 to 60,000."),
        (("--webhook", "ftp://x"), 2, "--webhook takes an address like http://127.0.0.1:8470/webhook."),
        (("--faults", "/nonexistent"), 1, "The faults in /nonexistent cannot be read: No such file or directory."),
        (("--port", "0", "--host", "192.0.2.1"), 1, "Cannot listen on 192.0.2.1 port 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_sentence(
    words: tuple[str, ...], code: int, sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    ended = main(["sandbox", *words])
    out, err = capfd.readouterr()

    assert (ended, out) == (code, "")
    assert err.startswith(f"waconsole: {sentence}")
    assert err.count("\n") == 1


def test_a_port_that_is_taken_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    with server.bind("127.0.0.1", 0) as first:
        assert main(["sandbox", "--port", str(first.getsockname()[1])]) == 1

    assert "Choose another with --port." in capfd.readouterr().err


def test_it_makes_no_ledger(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    with process("--port", "0", "--ledger", str(ledger)) as started:
        ready(started)

    assert list(tmp_path.iterdir()) == []


def test_answers_are_not_held_back() -> None:
    with server.bind("127.0.0.1", 0) as listener:
        # asyncio turns Nagle's algorithm off only for what calls itself TCP: it costs 40 ms an answer
        assert listener.proto == socket.IPPROTO_TCP


def test_for_speed_trials_it_accepts_everything() -> None:
    with process("--null", "--port", "0") as started:
        url, _ = ready(started)
        body = {"messaging_product": "whatsapp", "to": "+15550001111", "type": "anything"}
        with httpx.Client(base_url=url, trust_env=False) as client:
            ids = {client.post("/v26.0/1/messages", json=body).json()["messages"][0]["id"] for _ in range(3)}
        assert len(ids) == 3

        started.send_signal(signal.SIGTERM)
        started.communicate(timeout=SECONDS_MAX)
        assert started.returncode == 0
