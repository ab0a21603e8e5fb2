"""The scan for exact characters: what it has found is shown as it reads, and it can be stopped."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest

from tests.inbox.ledger_builder import NOW, Builder, Said
from waconsole import catalogue
from waconsole.database.connection import Transaction
from waconsole.inbox import pane_search_exact
from waconsole.inbox.pane_search_exact import ExactScan
from waconsole.operators.pane_stream import LatestRead


def nine(tx: Transaction) -> None:
    """Nine messages, every third of which says so."""
    said = [
        Said("Ana", f"number {place}{' third!' if place % 3 == 0 else ''}", 90 - place)
        for place in range(1, 10)
    ]
    Builder(tx).group("Numbers", said)


async def test_what_is_found_is_shown_while_it_reads_and_all_of_it_at_the_end(
    ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pane_search_exact, "SCANNED_AT_ONCE", 3)
    async with catalogue.open_ledger(ledger_path, now=NOW) as database:
        await database.write(nine)
        shown: list[tuple[list[int], int]] = []

        def show(ids: array[int], done: int, total: int) -> None:
            shown.append((list(ids), done))
            assert total == 9

        scan = ExactScan(LatestRead(database), show)
        assert await scan.run(" third!")

        assert [done for _ids, done in shown] == [3, 6, 9]
        assert [len(ids) for ids, _done in shown] == [1, 2, 3]
        assert shown[-1][0] == sorted(shown[-1][0], reverse=True)
        assert not scan.is_running


async def test_a_scan_that_is_stopped_reads_no_further(
    ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pane_search_exact, "SCANNED_AT_ONCE", 1)
    async with catalogue.open_ledger(ledger_path, now=NOW) as database:
        await database.write(nine)
        seen: list[int] = []

        def show(_ids: array[int], done: int, _total: int) -> None:
            seen.append(done)
            if done == 4:
                scan.stop()

        scan = ExactScan(LatestRead(database), show)
        assert not await scan.run("number")

        assert seen == [1, 2, 3, 4]
        assert not scan.is_running
