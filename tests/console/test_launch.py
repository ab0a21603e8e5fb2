"""The console in a terminal of its own: it opens, it is left with exit code 0, and it says what is wrong."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.console.shell import replied
from tests.console.test_hostile import hostile
from tests.inbox.ledger_builder import NOW, community
from tests.kit.screens import HOSTILE
from waconsole import catalogue
from waconsole.database import facts

SECONDS_MAX = 30.0
HOME = Path(__file__).parents[2]


class Terminal:
    """A child that runs in a terminal of 80x24, and what it wrote."""

    def __init__(self, *words: str, environment: dict[str, str] | None = None) -> None:
        self._ours, theirs = pty.openpty()
        subprocess.run(["stty", "rows", "24", "cols", "80"], stdin=theirs, check=True)
        self.child = subprocess.Popen(
            [sys.executable, "-m", "waconsole", *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=HOME,
            env={**os.environ, "TERM": "xterm-256color", **(environment or {})},
            start_new_session=True,
        )
        os.close(theirs)
        self.written = bytearray()

    def read_until(self, words: str) -> None:
        """Read what is written until `words` are among it, or the child has ended."""
        until, wanted, looked = time.monotonic() + SECONDS_MAX, words.encode(), 0
        while self.written.find(wanted, looked) < 0 and time.monotonic() < until:
            looked = max(0, len(self.written) - len(wanted))  # a console that lives writes megabytes
            if select.select([self._ours], [], [], 0.1)[0]:
                try:
                    self.written += os.read(self._ours, 65_536)
                except OSError:
                    break
        assert self.written.find(wanted, looked) >= 0, bytes(self.written[-2_000:])

    def press(self, keys: str) -> None:
        """Write keys."""
        os.write(self._ours, keys.encode())

    def end(self) -> int:
        """The exit code."""
        until = time.monotonic() + SECONDS_MAX
        while self.child.poll() is None and time.monotonic() < until:
            if select.select([self._ours], [], [], 0.05)[0]:
                try:
                    self.written += os.read(self._ours, 65_536)
                except OSError:
                    break
        return self.child.wait(SECONDS_MAX)

    def close(self) -> None:
        """Nothing of ours stays."""
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        os.close(self._ours)


@contextmanager
def terminal(*words: str, environment: dict[str, str] | None = None) -> Iterator[Terminal]:
    """A terminal that is closed afterwards."""
    opened = Terminal(*words, environment=environment)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def ledger(ledger_path: Path) -> Path:
    """A ledger with a test clock and a community in it."""
    import asyncio

    async def fill() -> None:
        async with catalogue.open_ledger(ledger_path, now=NOW) as database:
            await database.write(community)
            await database.write(lambda tx: facts.set_fact(tx, facts.TEST_CLOCK, "yes"))

    asyncio.run(fill())
    return ledger_path


def test_the_console_opens_at_the_test_clock_and_ctrl_q_leaves_it(ledger: Path) -> None:
    with terminal("--ledger", str(ledger), "--now", "2026-11-20T09:21:00Z") as opened:
        opened.read_until("Mamans Lyon 3")
        opened.read_until("test clock")
        opened.press("\x11")

        assert opened.end() == 0


@pytest.mark.slow
def test_quit_on_the_line_leaves_it(ledger: Path) -> None:
    with terminal("--ledger", str(ledger), "--read-only") as opened:
        opened.read_until("read-only")
        opened.press(":")
        opened.press("quit\r")

        assert opened.end() == 0


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGTERM, id="SIGTERM"),
        pytest.param(signal.SIGHUP, id="SIGHUP", marks=pytest.mark.slow),
    ],
)
def test_a_signal_leaves_the_terminal_as_it_was(ledger: Path, number: signal.Signals) -> None:
    with terminal("--ledger", str(ledger)) as opened:
        opened.read_until("Mamans Lyon 3")
        opened.child.send_signal(number)

        assert opened.end() == 128 + number
        assert b"\x1b[?1049l" in opened.written


@pytest.mark.parametrize(
    ("words", "sentence", "code"),
    [
        (["--as", "Zoe"], "No operator is called Zoe", 1),
        pytest.param(["--theme", "no-such"], "There is no theme no-such", 0, marks=pytest.mark.slow),
    ],
)
def test_what_is_wrong_is_one_sentence(ledger: Path, words: list[str], sentence: str, code: int) -> None:
    with terminal("--ledger", str(ledger), *words) as opened:
        opened.read_until(sentence)
        if code == 0:
            opened.press("\x11")

        assert opened.end() == code


def test_another_clock_is_refused_on_a_ledger_without_a_test_clock(ledger_path: Path) -> None:
    import asyncio

    async def make() -> None:
        async with catalogue.open_ledger(ledger_path, now=NOW):
            pass

    asyncio.run(make())
    with terminal("--ledger", str(ledger_path), "--now", "2026-11-20T09:21:00Z") as opened:
        opened.read_until("init --test-clock")

        assert opened.end() == 2


def test_a_missing_ledger_is_offered_and_made(ledger_path: Path) -> None:
    with terminal("--ledger", str(ledger_path)) as opened:
        opened.read_until("There is no ledger at")
        opened.press("\x11")
        assert opened.end() == 0
    assert not ledger_path.exists()

    with terminal("--ledger", str(ledger_path)) as opened:
        opened.read_until("There is no ledger at")
        opened.press("\r")
        opened.read_until("No conversations yet.")
        opened.press("\x11")
        assert opened.end() == 0
    assert ledger_path.stat().st_mode & 0o777 == 0o600


def test_a_missing_ledger_cannot_be_read_only(ledger_path: Path) -> None:
    with terminal("--ledger", str(ledger_path), "--read-only") as opened:
        opened.read_until("There is no ledger at")

        assert opened.end() == 1


POINTER = re.compile(rb"\x1b\]22;[a-z-]*(?:\x1b\\|\x07)")  # Textual's own: the shape of the mouse pointer
STEERING = re.compile(
    rb"\x1b\][0-9]|\x1bP|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]|[\x00-\x06\x0e\x0f\x7f]|\x07"
)


def test_hostile_text_steers_no_terminal(ledger_path: Path) -> None:
    import asyncio

    async def fill() -> None:
        async with catalogue.open_ledger(ledger_path, now=NOW) as database:
            await database.write(hostile)
            await replied(database, HOSTILE)

    asyncio.run(fill())
    with terminal("--ledger", str(ledger_path)) as opened:
        opened.read_until("owed")
        for keys, words in (("2", "Tasks"), ("4", "Members"), ("\r", "known as"), ("\x1b", "Members"),
                            ("5", "Groups"), ("6", "Acts"), ("3", "Search"), ("evil\r", "Found"),
                            (":reply ", "reply"), ("\x1b", "Search"), ("1", "Inbox"), ("\r", "Inbox")):  # fmt: skip
            opened.written.clear()
            opened.press(keys)
            opened.read_until(words)
            time.sleep(0.3)
            assert STEERING.search(POINTER.sub(b"", opened.written)) is None
        opened.press("\x11")

        assert opened.end() == 0
    assert STEERING.search(POINTER.sub(b"", opened.written)) is None
