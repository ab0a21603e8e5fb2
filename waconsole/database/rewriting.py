"""Write the ledger's file anew, so that nothing that was taken out stands in free pages or in the log.

Other processes may have the ledger open: they wait for their turn to write, and read on. One that reads for long
keeps the log from being cut; then this says so and is to be done once more.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from waconsole.database import failures
from waconsole.database.connection import Transaction
from waconsole.database.engine import connect
from waconsole.database.lock import TurnLock

CUTS_MAX: Final = 3
CUT_WAIT_MILLISECONDS: Final = 2_000
IN_MEMORY_BYTES_MAX: Final = 64 * 1024 * 1024
"""A larger ledger is written anew through a file of SQLite's own, which has no name while it is open."""


def rewrite(path: Path, *, is_wanted: Callable[[Transaction], bool]) -> bool:
    """Write the ledger at `path` anew if `is_wanted` once it is our turn; whether nothing old is left in the log.

    Raises Refused where the disk has no room for a second copy; the ledger is then as it was.
    """
    turn = TurnLock(path)
    try:
        turn.take()
        with contextlib.closing(connect(path, read_only=False)) as connection:
            if not is_wanted(Transaction(connection, lambda: False)):
                return True
            if os.stat(path).st_size > IN_MEMORY_BYTES_MAX:
                connection.execute("PRAGMA temp_store = FILE")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("VACUUM")
            return _cut(connection)
    except sqlite3.Error as error:
        raise failures.in_words(error, path) from error
    finally:
        turn.close()


def _cut(connection: sqlite3.Connection) -> bool:
    """Merge the whole log into the file and cut it to nothing."""
    connection.execute(f"PRAGMA busy_timeout = {CUT_WAIT_MILLISECONDS}")
    for _ in range(CUTS_MAX):
        busy, _log, _done = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            return True
    return False
