"""Processes beside the console: they listen, they say what is wrong, they end with us."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from waconsole.console.syncing_children import Child, Companion, end_all
from waconsole.errors import Refused

SECONDS_MAX = 30.0
CANARY = "canary-4471"


def _sandbox(port: int = 0) -> Companion:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WACONSOLE_")}
    return Companion(
        "sandbox", ("sandbox", "--port", str(port)), {**environment, "WACONSOLE_CLOUD__TOKEN": CANARY}
    )


def _until(done: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS_MAX
    while not done() and time.monotonic() < until:
        time.sleep(0.02)
    assert done()


def test_a_child_listens_and_ends_when_it_is_asked(capfd: pytest.CaptureFixture[str]) -> None:
    child = Child(_sandbox())
    try:
        child.wait_ready()
        assert child.is_running
        assert child.last_words.startswith("listening on http://127.0.0.1:")
    finally:
        began = time.monotonic()
        end_all([child])

    assert _is_gone(child._process.pid)
    assert time.monotonic() - began < 4
    assert capfd.readouterr() == ("", "")  # nothing of a child's reaches the screen


def test_secrets_stand_in_no_argument_and_in_no_repr() -> None:
    child = Child(_sandbox())
    try:
        words = Path(f"/proc/{child._process.pid}/cmdline")
        if words.exists():
            assert CANARY.encode() not in words.read_bytes()
        assert CANARY not in repr(child.companion)
    finally:
        end_all([child])


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        child = Child(_sandbox(port))
        try:
            with pytest.raises(Refused, match=rf"The sandbox did not start\. Cannot listen on .* {port}: "):
                child.wait_ready()
        finally:
            end_all([child])


def test_waiting_for_a_child_ends_when_we_end() -> None:
    child = Child(_sandbox())
    try:
        child.wait_ready(lambda: True)
    finally:
        end_all([child])


def test_a_child_that_hears_nothing_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waconsole.console.syncing_children.END_SECONDS_MAX", 0.2)
    child = Child(_sandbox())
    child.wait_ready()
    os.kill(child._process.pid, signal.SIGSTOP)

    end_all([child])

    assert not child.is_running


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    import subprocess
    import sys

    script = (
        "import os, time; from waconsole.console.syncing_children import Child, Companion\n"
        "child = Child(Companion('sandbox', ('sandbox', '--port', '0'), os.environ)); child.wait_ready()\n"
        "print(child._process.pid, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()

    _until(lambda: _is_gone(pid))


def _is_gone(pid: int) -> bool:
    """Whether a process has ended; one whose new parent has not yet asked for it counts as ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"
