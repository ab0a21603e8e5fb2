"""A large export is read in a process of its own: what it hands over, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC
from pathlib import Path

import pytest

from tests.conftest import NOW
from tests.sync.imports import HEAD, found, imported, written
from waconsole.database import runs
from waconsole.database.connection import Database
from waconsole.errors import Refused
from waconsole.inbox.chat_export import open_export
from waconsole.sync import chat_reader, intake_chat
from waconsole.sync.chat_chunks import Chunk, ChunkReader, Drawing, look
from waconsole.sync.chat_reader import ApartReader

GOLDENS = Path(__file__).parents[1] / "inbox" / "chat_goldens"
RULE = {"id": "question", "version": 1, "kind": "question", "language": "any", "says": "Asks.", "any": ["?"]}
DRAWING = Drawing(json.dumps([RULE]), since=0, languages=(), me="Ana")
WAIT_SECONDS = 20.0
LINES = 30_000
FEWER_LINES = 10_000
APART = "from waconsole.sync import chat_reader; chat_reader.APART_FROM_BYTES = 0"
MAIN = "import sys; from waconsole.__main__ import main; sys.exit(main())"


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every export is large."""
    monkeypatch.setattr(chat_reader, "APART_FROM_BYTES", 0)


def chunks(path: Path, size: int, *, apart: bool) -> Iterator[Chunk]:
    """An export read to its end in chunks of `size` lines."""
    with open_export(path) as export:
        survey, _ = look(export, date_order=None)
        if not apart:
            reader = ChunkReader(export, survey, UTC, DRAWING, size)
            while (chunk := reader.next_chunk()) is not None:
                yield chunk
            return
        with closing(ApartReader(path)) as process:
            process.ask(survey, UTC, DRAWING, size)
            while (chunk := process.next_chunk()) is not None:
                yield chunk


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDENS.glob("*.txt")))
def test_another_process_reads_what_this_one_reads(name: str) -> None:
    path = GOLDENS / f"{name}.txt"

    here, there = (list(chunks(path, 7, apart=apart)) for apart in (False, True))

    assert there == here
    assert here


async def test_what_it_refuses_is_refused_here(database: Database, tmp_path: Path, apart: None) -> None:
    path = written(tmp_path / "a.txt", HEAD, *["and on and on " * 70_000] * 2)

    with pytest.raises(Refused, match="too long for one"):
        await imported(database, path)

    assert await found(database) == []


async def test_what_goes_wrong_there_is_seen_here(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", HEAD)
    with open_export(path) as export, closing(ApartReader(path)) as process:
        survey, _ = look(export, date_order=None)
        process.ask(survey, UTC, Drawing("no JSON", 0, (), ""), 7)

        with pytest.raises(RuntimeError, match="JSONDecodeError"):
            process.next_chunk()


async def test_no_process_is_no_hindrance(
    database: Database, tmp_path: Path, apart: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))

    result = await imported(database, written(tmp_path / "a.txt", HEAD, "20/11/2026, 09:00 - Ana: hi"))

    assert result.totals.new == 1


def big(path: Path, lines: int = LINES) -> Path:
    """An export that takes a while to import."""
    return written(
        path, HEAD, *(f"20/11/2026, 09:{at % 60:02} - P{at % 90}: the size of {at}" for at in range(lines))
    )


def importing(tmp_path: Path, lines: int = LINES) -> tuple[subprocess.Popen[bytes], int]:
    """An import by the command line in full swing, and the process that reads for it."""
    worker = subprocess.Popen(
        [sys.executable, "-c", f"{APART}; {MAIN}", "--ledger", str(tmp_path / "ledger.db"), "import", "chat",
         str(big(tmp_path / "a.txt", lines)), "--group", "G"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    wait_until(lambda: bool(children(worker.pid)))
    return worker, children(worker.pid)[0]


def has_open_run(ledger: Path) -> bool:
    """Whether an import has begun to write."""
    try:
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as connection:
            return bool(connection.execute("SELECT count(*) FROM open_run").fetchone()[0])
    except sqlite3.OperationalError:  # there is none yet
        return False


def children(process: int) -> list[int]:
    """The processes that one has started. Where the system lists them nobody starts another to look."""
    if Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").exists():
        threads = Path(f"/proc/{process}/task").glob("*/children")
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that ended meanwhile: look again
            return [int(child) for told in threads for child in told.read_text(encoding="ascii").split()]
        return []
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    pairs = [line.split() for line in listed.splitlines()]
    return [int(child) for child, parent in pairs if int(parent) == process]


def lives(process: int) -> bool:
    """Whether a process still is."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(
        ["ps", "-o", "state=", "-p", str(process)], capture_output=True, text=True, check=False
    )
    return state.stdout.strip()[:1] not in ("Z", "")


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for something, not for ever."""
    ends = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.02)


@pytest.mark.parametrize("delay", [pytest.param(0.0, marks=pytest.mark.slow), 0.6])
def test_no_process_outlives_an_import_that_is_killed(tmp_path: Path, delay: float) -> None:
    worker, reader = importing(tmp_path)
    time.sleep(delay)

    worker.kill()
    worker.communicate()

    wait_until(lambda: not lives(reader))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc")
def test_it_has_no_terminal(tmp_path: Path) -> None:
    worker, reader = importing(tmp_path)

    def opened(number: int) -> str:
        return os.readlink(f"/proc/{reader}/fd/{number}")

    try:
        wait_until(lambda: opened(2) == "/dev/null")  # until it is what was started, it is a copy of us
        assert [opened(number).partition(":")[0] for number in (0, 1)] == ["pipe", "pipe"]
        assert os.getsid(reader) != os.getsid(worker.pid)
    finally:
        worker.kill()
        worker.communicate()


@pytest.mark.slow
def test_an_import_whose_reading_is_killed_says_one_sentence_and_can_go_on(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    worker, reader = importing(tmp_path, FEWER_LINES)
    wait_until(lambda: has_open_run(ledger))

    os.kill(reader, signal.SIGKILL)

    said = worker.communicate()[1].decode().strip().splitlines()[-1]
    assert worker.returncode == 1
    assert "was stopped from outside" in said
    again = subprocess.run(
        [sys.executable, "-m", "waconsole", "--ledger", str(ledger), "--json", "import", "chat",
         str(tmp_path / "a.txt"), "--group", "G"],
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    assert json.loads(again.stdout)["messages"] == FEWER_LINES
    assert json.loads(again.stdout)["new"] == FEWER_LINES


async def test_stopping_an_import_ends_its_process_at_once(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[ApartReader] = []
    reader = chat_reader.apart_reader

    def noted(export: object) -> ApartReader | None:
        begun.append(process := reader(export))  # type: ignore[arg-type]
        return process

    monkeypatch.setattr(intake_chat, "apart_reader", noted)
    task = asyncio.create_task(imported(database, big(tmp_path / "a.txt"), now=NOW))
    await asyncio.to_thread(wait_until, lambda: bool(runs.open_runs(database.pages())))
    task.cancel()

    began = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert time.monotonic() - began < WAIT_SECONDS / 4
    assert begun[0]._process.poll() is not None
