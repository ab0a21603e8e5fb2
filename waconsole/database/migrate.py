"""Bring a ledger's tables up to this version, in floor order; refuse one that is newer."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from waconsole.database.connection import Transaction
from waconsole.database.engine import APPLICATION_ID
from waconsole.database.fresh import keep, lay
from waconsole.errors import Refused


class Migration(NamedTuple):
    """One script of one room; `name` orders it within the room."""

    room: str
    name: str
    path: Path


def migrations_of(room: str, folder: Path) -> list[Migration]:
    """The scripts of `room` for SQLite: each NNN.sql before the engine's own NNN_*.sql."""
    plain = [(path.stem, 0, path) for path in folder.glob("*.sql")]
    engine = [(path.stem, 1, path) for path in (folder / "sqlite").glob("*.sql")]
    return [
        Migration(room, f"sqlite/{path.name}" if own else path.name, path)
        for _, own, path in sorted(plain + engine, key=lambda entry: (entry[0][:3], entry[1], entry[0]))
    ]


def is_current(tx: Transaction, migrations: Sequence[Migration]) -> bool:
    """Whether nothing is to be done. Raises Refused for a newer ledger."""
    version = tx.value("PRAGMA user_version")
    if version > len(migrations):
        raise Refused(
            "This ledger was written by a newer waconsole: update waconsole, or open another ledger."
        )
    return bool(version == len(migrations))


def migrate(tx: Transaction, migrations: Sequence[Migration], *, step_by_step: bool = False) -> None:
    """Apply what is missing, inside the caller's transaction.

    An empty ledger is laid at once where it can be (`fresh`), unless every script shall run, `step_by_step`.
    """
    if is_current(tx, migrations):
        return
    applied: set[tuple[str, str]] = set()
    is_empty = not tx.value("SELECT count(*) FROM sqlite_schema")
    if (is_empty and not step_by_step and lay(tx, migrations)) or tx.value(
        "SELECT count(*) FROM sqlite_schema WHERE name = 'migration'"
    ):
        applied = {(row["room"], row["name"]) for row in tx.rows("SELECT room, name FROM migration")}
    for migration in migrations:
        if (migration.room, migration.name) in applied:
            continue
        for statement in statements(migration.path.read_text(encoding="utf-8")):
            tx.execute(statement)
        keep(tx, migration)
    tx.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    tx.execute(f"PRAGMA user_version = {len(migrations)}")


def statements(script: str) -> list[str]:
    """The statements of `script`; triggers stay whole (executescript would commit)."""
    found: list[str] = []
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending.strip())
            pending = ""
    if pending.strip() and not all(
        line.strip().startswith("--") or not line.strip() for line in pending.splitlines()
    ):
        raise ValueError(f"unfinished statement: {pending[:80]}")
    return found
