"""The demo: a WhatsApp beside the console over real HTTP, and nothing left of it afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.console.test_launch import HOME, Terminal, terminal
from waconsole.console import demo_road
from waconsole.errors import Transient
from waconsole.settings import CloudSettings, ReceiverSettings, Settings
from waconsole.settings.secrets import Secret

SECONDS_MAX = 60.0


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """A temporary folder of this test's own; the sample is built once for all of them."""
    return {"TMPDIR": str(tmp_path)}


def _until(done: Callable[[], object], what: str, opened: Terminal | None = None) -> None:
    """Wait, reading meanwhile what a terminal is written: nobody can write to one that is full."""
    until = time.monotonic() + SECONDS_MAX
    while not done():
        assert time.monotonic() < until, what
        _rest(0.05, opened)


def _rest(seconds: float, opened: Terminal | None = None) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if opened is None:
            time.sleep(left)
        elif select.select([opened._ours], [], [], left)[0]:
            opened.written += os.read(opened._ours, 65_536)


def _processes(folder: Path) -> list[int]:
    """Every process that was told of a folder: the demo's children, and nobody else's."""
    found = []
    for one in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"WACONSOLE_CONFIG={folder}".encode() in (one / "environ").read_bytes():
                found.append(int(one.name))
    return found


def _rows(ledger: Path, sql: str) -> list[Any]:
    with contextlib.closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def _children_of(tmp_path: Path) -> list[int]:
    return [pid for folder in tmp_path.glob("waconsole-demo-*") for pid in _processes(folder)]


def test_a_reply_goes_out_over_http_and_comes_back_read(tmp_path: Path, places: dict[str, str]) -> None:
    with terminal("demo", environment=places) as opened:
        opened.read_until("Mamans Lyon 3")
        opened.read_until("Simone Baptiste")
        opened.read_until("online")
        opened.read_until("Claire, owner")
        (ledger,) = tmp_path.glob("waconsole-demo-*/ledger.db")
        assert list(ledger.parent.glob("chain-keys/*.key"))  # beside it, and so gone with it
        assert len(_children_of(tmp_path)) == 2 or sys.platform != "linux"

        opened.press('/from:"Simone Baptiste"\r')
        _rest(1.0, opened)
        opened.press("r")
        _rest(0.5, opened)
        opened.press("We look into it.")
        opened.press("\r")
        query = "SELECT delivery FROM outgoing_state WHERE state = 'accepted'"
        _until(lambda: ("read",) in _rows(ledger, query), "the reply was never read", opened)
        known = _rows(ledger, "SELECT m.name FROM conversation AS c JOIN member AS m ON m.id = c.member_id")
        assert {"Simone Baptiste", "Nils Baumann", "Awa Traoré"} <= {name for (name,) in known}
        assert _rows(ledger, "SELECT count(*) FROM \"group\" WHERE driver = 'human'") == [(9,)]

        children = _children_of(tmp_path)
        opened.press("\x11")
        assert opened.end() == 0
    assert not list(tmp_path.glob("waconsole-demo-*"))
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda one: one.name)
def test_a_signal_leaves_no_process_behind(
    tmp_path: Path, places: dict[str, str], number: signal.Signals
) -> None:
    with terminal("demo", environment=places) as opened:
        opened.read_until("online")
        children = _children_of(tmp_path)
        assert len(children) == 2
        opened.child.send_signal(number)

        assert opened.end() == (-number if number == signal.SIGKILL else 128 + number)
        _until(lambda: not any(map(_is_alive, children)), "a child outlived the console")
    assert number == signal.SIGKILL or not list(tmp_path.glob("waconsole-demo-*"))


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.slow
def test_a_demo_that_is_only_looked_at_is_a_copy_that_starts_nothing_and_is_gone_afterwards(
    tmp_path: Path, places: dict[str, str]
) -> None:
    cache = tmp_path / "cache"
    with terminal("demo", "--read-only", environment={**places, "XDG_CACHE_HOME": str(cache)}) as opened:
        opened.read_until("demo")
        opened.read_until("Mamans Lyon 3")
        assert list(tmp_path.glob("waconsole-demo-*/ledger.db"))
        opened.read_until("read-only")
        _rest(1.5, opened)
        assert _children_of(tmp_path) == []
        opened.press("\x11")
        assert opened.end() == 0
    assert not list(tmp_path.glob("waconsole-demo-*"))
    assert len(list(cache.rglob("sample-*.db"))) == 1


@pytest.mark.slow
def test_children_that_cannot_start_are_one_sentence_and_the_console_stays(
    tmp_path: Path, places: dict[str, str]
) -> None:
    # A package of that name that cannot be loaded stands before the real one.
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "uvicorn.py").write_text("raise ImportError('not on this machine')\n")
    with terminal("demo", environment={**places, "PYTHONPATH": str(broken)}) as opened:
        opened.read_until("Mamans Lyon 3")
        opened.read_until("did not start")
        opened.press("j")
        opened.press("\x11")

        assert opened.end() == 0
    assert not list(tmp_path.glob("waconsole-demo-*"))


def _headless(tmp_path: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "waconsole", "demo", "--headless", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=HOME, env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip


@pytest.mark.slow
def test_without_a_screen_it_counts_what_became_of_everything(tmp_path: Path) -> None:
    began = time.monotonic()
    running = _headless(tmp_path, "--seconds", "4", "--json")
    out, err = running.communicate(timeout=SECONDS_MAX)

    counts = json.loads(out)
    assert running.returncode == 0, err
    assert list(counts) == ["received", "sent", "delivered", "read", "unknown", "failed"]
    assert counts["received"] > 0 and counts["sent"] > 0
    assert counts["sent"] >= counts["delivered"] >= counts["read"] > 0
    assert (counts["unknown"], counts["failed"]) == (0, 0)
    assert re.search(r"Cashback: \d+ of 44 proposed lines approved, payouts in 3 currencies exported", err)
    assert "transfers are what was sealed" in err
    assert time.monotonic() - began < 4 + 10 + 15  # the last for a sample that has to be built
    assert not list(tmp_path.glob("waconsole-demo-*"))


@pytest.mark.slow
def test_without_a_screen_a_signal_ends_it_in_order(tmp_path: Path) -> None:
    running = _headless(tmp_path, "--seconds", "60")
    _until(lambda: list(tmp_path.glob("waconsole-demo-*/ledger.db-wal")), "it never began")
    time.sleep(1.0)
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=SECONDS_MAX)

    assert (running.returncode, out) == (128 + signal.SIGTERM, ""), err
    assert not list(tmp_path.glob("waconsole-demo-*"))


@pytest.mark.parametrize("words", [["--seconds", "0"], pytest.param(["--read-only"], marks=pytest.mark.slow)])
def test_what_makes_no_sense_is_refused(tmp_path: Path, words: list[str]) -> None:
    running = _headless(tmp_path, *words)
    running.communicate(timeout=SECONDS_MAX)

    assert running.returncode == 2


def test_the_road_of_a_demo_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WACONSOLE_CLOUD__TOKEN", "the shop's real token")
    monkeypatch.setenv("WACONSOLE_RECEIVER__PUBLIC_URL", "https://shop.example/webhook")
    mine = Settings(
        cloud=CloudSettings(phone_number_id="4711", token=Secret("the shop's real token")),
        receiver=ReceiverSettings(public_url="https://shop.example/webhook"),
    )

    one, other = (demo_road.road(mine, tmp_path, now=None) for _ in range(2))

    environment = one._environment()
    assert "shop" not in " ".join(environment.values()).replace(os.environ.get("PWD", ""), "")
    assert one.settings.cloud.phone_number_id == demo_road.PHONE_NUMBER_ID
    assert one.settings.receiver.public_url == ""
    assert one.settings.cloud.token.reveal() != other.settings.cloud.token.reveal()
    assert one.settings.cloud.base_url.startswith("http://127.0.0.1:")


def test_a_sandbox_that_does_not_answer_is_said(tmp_path: Path) -> None:
    with pytest.raises(Transient, match="The sandbox does not answer"):
        demo_road.road(Settings(), tmp_path, now=None).open()
