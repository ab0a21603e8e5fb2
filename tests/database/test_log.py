"""The write-ahead log: merged when there is much in it, and not again and again afterwards."""

from __future__ import annotations

from pathlib import Path

from waconsole.database import facts
from waconsole.database.connection import COMMITS_BETWEEN_CHECKPOINTS, Database
from waconsole.database.engine import WAL_BYTES_DUE


async def test_a_log_that_was_merged_is_cut_back(database: Database) -> None:
    log = Path(f"{database.path}-wal")
    await database.write(lambda tx: facts.set_fact(tx, "large", "x" * (WAL_BYTES_DUE + 100_000)))
    assert log.stat().st_size > WAL_BYTES_DUE

    for number in range(2 * COMMITS_BETWEEN_CHECKPOINTS):
        await database.write(lambda tx, value=str(number): facts.set_fact(tx, "small", value))  # type: ignore[misc]

    assert log.stat().st_size <= WAL_BYTES_DUE
