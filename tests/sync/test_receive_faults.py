"""A receiver on a disk that fills, and beside a program that keeps the ledger: refused in words, kept again by itself."""

from __future__ import annotations

import resource
import sqlite3
import threading
import time
from pathlib import Path
from typing import Final

import pytest

from tests.sync.test_receive import Receiver, started, taken_in
from tests.sync.webhooks import body, text

LOCKED_SECONDS: Final = 25.0  # longer than two waits for a turn
LONG: Final = "long " * 20_000


def poured(receiver: Receiver, first: int, count: int) -> tuple[list[str], set[int]]:
    """Post so many; the ids of what was taken, and every status."""
    taken, statuses = [], set()
    for n in range(first, first + count):
        answer = receiver.post(body(messages=[text(f"wamid.{n}", LONG)]))
        statuses.add(answer.status_code)
        if answer.status_code == 200:
            taken.append(f"wamid.{n}")
    return taken, statuses


def limit(receiver: Receiver, size: int) -> None:
    """No file of the receiver's may grow beyond `size` bytes."""
    _, hard = resource.prlimit(receiver.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(receiver.process.pid, resource.RLIMIT_FSIZE, (size, hard))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits another process")
async def test_a_disk_that_fills_and_empties_loses_nothing(ledger_path: Path) -> None:
    with started(ledger_path) as receiver:
        taken, statuses = poured(receiver, 0, 10)
        assert statuses == {200}
        limit(receiver, 1_500_000)
        more, statuses = poured(receiver, 10, 40)
        assert 500 in statuses and statuses <= {200, 500}
        limit(receiver, resource.RLIM_INFINITY)
        last, after = poured(receiver, 50, 5)
        said = receiver.told
        assert receiver.stop() == 0

    assert after == {200}
    assert "Traceback" not in said and said.count("nothing of this was kept") == 1
    there = {row["wamid"] for row in await taken_in(ledger_path)}
    assert {*taken, *more, *last} <= there


@pytest.mark.slow
async def test_a_ledger_that_another_program_keeps_is_waited_for(ledger_path: Path) -> None:
    with started(ledger_path) as receiver:
        taken, _ = poured(receiver, 0, 3)
        other = sqlite3.connect(ledger_path, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        freed = threading.Timer(LOCKED_SECONDS, lambda: other.execute("ROLLBACK"))
        freed.start()
        begun = time.monotonic()
        held, statuses = poured(receiver, 3, 1)
        assert (held, statuses) == ([], {500})
        while statuses == {500} and time.monotonic() - begun < 4 * LOCKED_SECONDS:
            held, statuses = poured(receiver, 3, 1)
        freed.join()
        other.close()
        said = receiver.told
        assert receiver.stop() == 0

    assert held == ["wamid.3"]
    assert "Traceback" not in said and said.count("is busy in another program") == 1
    assert {*taken, *held} <= {row["wamid"] for row in await taken_in(ledger_path)}
