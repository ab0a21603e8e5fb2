"""A connection as the house wants it: its pragmas, and the refusal of files that are no ledger."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from waconsole.database import failures
from waconsole.errors import Refused

APPLICATION_ID: Final = 0x7761636F  # "waco"
BUSY_TIMEOUT_SECONDS: Final = 10.0
WAL_BYTES_DUE: Final = 4 * 1024 * 1024
"""A log of more is merged. Once merged it is cut back to this, so that its size says what is in it."""


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A stdlib connection with the house's pragmas. Raises Refused in words."""
    connection = None
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}",
            uri=True,
            isolation_level=None,
            timeout=BUSY_TIMEOUT_SECONDS,
            check_same_thread=False,
            cached_statements=256,
        )
        connection.row_factory = sqlite3.Row
        _prepare(connection, read_only=read_only)
    except (sqlite3.Error, Refused) as error:
        if connection is not None:
            connection.close()
        raise failures.in_words(error, path) if isinstance(error, sqlite3.Error) else error from None
    return connection


def _prepare(connection: sqlite3.Connection, *, read_only: bool) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if application != APPLICATION_ID and (application or tables):
        raise Refused("This file is another program's database: choose a ledger with --ledger FILE.")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    else:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES_DUE}")
    for pragma in (
        "foreign_keys = ON",
        "recursive_triggers = ON",
        "trusted_schema = OFF",
        "cell_size_check = ON",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")
