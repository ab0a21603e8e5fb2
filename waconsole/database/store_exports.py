"""Files written out of the ledger: each is noted, so that who erases a person can be told where copies are."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any, Final

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.database.engine import connect
from waconsole.database.lock import TurnLock
from waconsole.errors import WaconsoleError

EXPORTS_LISTED_MAX: Final = 1_000


def note_export(tx: Transaction, kind: str, file: str, *, now: int) -> None:
    """Note that a `backup`, an export of `members`, the `ledger` or a payout was written to `file`."""
    tx.execute(
        "INSERT INTO export_run (kind, file, written_at) VALUES (:kind, :file, :now)",
        {"kind": kind, "file": file, "now": now},
    )


def note_beside(ledger: Path, kind: str, file: str, *, now: int) -> bool:
    """As `note_export`, where the ledger is not open: whether it was noted. One that is busy or older is left alone."""
    try:
        turn = TurnLock(ledger)
        try:
            turn.take()
            with contextlib.closing(connect(ledger, read_only=False)) as connection:
                note_export(Transaction(connection, lambda: False), kind, file, now=now)
        finally:
            turn.close()
    except (sqlite3.Error, OSError, WaconsoleError):
        return False
    return True


def exports(tx: Transaction) -> list[dict[str, Any]]:
    """Every file that was written out, newest first."""
    rows = tx.rows(
        "SELECT id, kind, file, written_at FROM export_run ORDER BY id DESC LIMIT :limit",
        {"limit": EXPORTS_LISTED_MAX},
    )
    return [{**dict(row), "written_at": iso(row["written_at"])} for row in rows]
