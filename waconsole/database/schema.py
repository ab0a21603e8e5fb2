"""Whether a ledger's tables, triggers, indexes and views are those of its migrations: a guard taken out is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.database.fresh import in_memory
from waconsole.database.migrate import Migration, migrate

OBJECTS_MAX: Final = 10_000
_ALL: Final = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' LIMIT ?"


def differences(tx: Transaction, migrations: Sequence[Migration]) -> list[str]:
    """A sentence for each object that is missing, changed or was added; empty when all is as it was made."""
    found = _named(tx.rows(_ALL, (OBJECTS_MAX,)))
    with in_memory() as fresh:
        migrate(fresh, migrations)
        wanted = _named(fresh.rows(_ALL, (OBJECTS_MAX,)))
    said = [f"The {kind} {name} is missing." for kind, name in sorted(wanted.keys() - found.keys())]
    said += [f"The {kind} {name} is none of ours." for kind, name in sorted(found.keys() - wanted.keys())]
    said += [
        f"The {kind} {name} was changed."
        for kind, name in sorted(wanted.keys() & found.keys())
        if wanted[kind, name] != found[kind, name]
    ]
    return said


def faults(tx: Transaction, tables: Iterable[str]) -> str:
    """What the engine finds wrong with the pages, indexes, types and constraints of these tables; empty when nothing."""
    for table in tables:
        said = str(tx.value(f"PRAGMA integrity_check('{table}')"))
        if said != "ok":
            return f"{table}: {said}"
    return ""


def _named(rows: Iterable[sqlite3.Row]) -> dict[tuple[str, str], str]:
    return {(row["type"], row["name"]): row["sql"] or "" for row in rows}
