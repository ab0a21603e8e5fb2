"""An empty ledger's tables, made at once from what the migrations come to.

Each ALTER TABLE has SQLite read and check the whole schema again: ninety of them take most of a second, and a
new ledger has nothing to alter. `fresh.sql` is what a ledger holds after the scripts its head names; it is
written by `python -m waconsole.cli.fresh`. Scripts it does not name run after it, as in a ledger that is
brought up to date. It counts only while every script it names stands and reads as it did then; else all run.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from waconsole.database.connection import Transaction

if TYPE_CHECKING:
    from waconsole.database.migrate import Migration

FRESH: Final = Path(__file__).parent / "fresh.sql"
HEAD: Final = "-- Written by `python -m waconsole.cli.fresh`, never by hand.\n"
OBJECTS_MAX: Final = 10_000
_SCRIPT: Final = "-- script "
_NEXT: Final = "\n;\n"


class Object(NamedTuple):
    """A line of the schema."""

    kind: str
    name: str
    sql: str


def lay(tx: Transaction, migrations: Sequence[Migration], fresh: Path = FRESH) -> bool:
    """Make the tables of an empty ledger; False, and nothing is made, where `fresh` is not of these scripts."""
    try:
        written = fresh.read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    named = {line for line in written.splitlines() if line.startswith(_SCRIPT)}
    if not named or not named <= set(map(line_of, migrations)):
        return False
    _, *statements, _ = written.split(_NEXT)
    for statement in statements:
        tx.execute(statement)
    for migration in migrations:
        if line_of(migration) in named:
            keep(tx, migration)
    return True


def keep(tx: Transaction, migration: Migration) -> None:
    """Note that a script was applied."""
    tx.execute(
        "INSERT INTO migration (room, name) VALUES (:room, :name)",
        {"room": migration.room, "name": migration.name},
    )


def line_of(script: Migration) -> str:
    """How the head names a script: with a digest of what it says."""
    digest = hashlib.sha256(script.path.read_bytes()).hexdigest()[:16]
    return f"{_SCRIPT}{script.room}/{script.name} {digest}"


def written(tx: Transaction, migrations: Sequence[Migration]) -> str:
    """`fresh.sql` from a ledger that all of `migrations` were applied to, and nothing else.

    Raises ValueError when they put rows into an empty ledger: it is laid without any, so presets hold those.
    """
    head = HEAD + "\n".join(map(line_of, migrations))
    return _NEXT.join([head, *_statements(tx), ""])


def _statements(tx: Transaction) -> Iterator[str]:
    """Tables, then what stands on them, in the order they came: triggers fire by it."""
    kinds = {row["name"]: row["type"] for row in tx.rows("PRAGMA table_list")}
    objects = [
        Object(*row)
        for row in tx.rows(
            "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid LIMIT ?",
            (OBJECTS_MAX,),
        )
        if kinds.get(row["name"]) != "shadow"
    ]
    tables = [one for one in objects if one.kind == "table"]
    for table in tables:
        is_plain = kinds[table.name] == "table" and table.name != "migration"
        if is_plain and tx.value(f'SELECT 1 FROM "{table.name}" LIMIT 1'):
            raise ValueError(f"A script puts rows into {table.name} of an empty ledger.")
    yield from (one.sql for one in tables)
    yield from (one.sql for one in objects if one.kind != "table")


@contextlib.contextmanager
def in_memory() -> Iterator[Transaction]:
    """An empty database that is gone afterwards."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("BEGIN")
        yield Transaction(connection, lambda: False)
