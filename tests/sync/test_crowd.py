"""Consoles beside bulk work, in little: nobody meets a locked ledger, and nobody waits for the end of it."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Final

import pytest

from benchmarks import crowd
from waconsole import catalogue, clock

MEMBERS: Final = 400
LINES: Final = 2_000
WAIT_MS_MAX: Final = 2_000  # the goal of 100 ms is the benchmark's, on a machine that does nothing else


@pytest.mark.slow
async def test_two_consoles_go_on_writing_while_an_export_comes_in(
    ledger_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    crowd.worker(ledger_path, "people", str(MEMBERS))
    chat = crowd.export(ledger_path.with_name("chat.txt"), LINES)

    waits = crowd.among(ledger_path, 2, lambda: crowd.import_chat(ledger_path, chat, LINES))

    assert waits.locked == 0
    assert len(waits.writes) >= 4 and statistics.median(waits.writes) < WAIT_MS_MAX
    async with catalogue.open_ledger(ledger_path, now=clock.now()) as database:
        assert await database.read(lambda tx: tx.value("SELECT count(*) FROM visible_message")) == LINES
    assert "locked" not in capfd.readouterr().err
