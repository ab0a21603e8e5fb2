"""Whether a ledger's file is sound: what `doctor` asks of the engine. Nothing is written."""

from __future__ import annotations

import contextlib
import sqlite3
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from waconsole.database import facts, runs
from waconsole.database.connection import Transaction
from waconsole.errors import WaconsoleError

FAULTS_TOLD_MAX: Final = 5
PRIVATE_FILE: Final = 0o600
SIDE_FILES: Final = ("", "-wal", "-shm", "-turn", "-queue")


@dataclass(frozen=True, slots=True)
class Check:
    """One question to the ledger. `advice` is for an operator: it says nothing against the ledger."""

    name: str
    ok: bool
    says: str
    advice: bool = False

    def row(self) -> dict[str, Any]:
        """As it stands in the answer of `doctor`."""
        return {"name": self.name, "ok": self.ok, "says": self.says, "advice": self.advice}


def asked(name: str, question: Callable[[], Check]) -> Check:
    """The answer to a question; a ledger too damaged to answer it is not sound."""
    try:
        return question()
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            raise
        return Check(name, False, f"It cannot be told: {error}.")
    except (sqlite3.DatabaseError, WaconsoleError) as error:
        return Check(name, False, f"It cannot be told: {error}".rstrip(".") + ".")


def engine_checks(tx: Transaction, path: Path, *, now: int) -> Iterator[Check]:
    """Every check of this room, in order; `tx` reads the ledger at `path` in one snapshot."""
    yield asked("pages", lambda: _pages(tx))
    yield asked("references", lambda: _references(tx))
    yield asked("installation", lambda: _installation(tx))
    yield asked("imports", lambda: _imports(tx, now=now))
    yield private_files(path)


def _pages(tx: Transaction) -> Check:
    """SQLite's own look at every page, index, type and constraint."""
    said = [str(row[0]) for row in tx.rows(f"PRAGMA integrity_check({FAULTS_TOLD_MAX})")]
    if said == ["ok"]:
        return Check("pages", True, "Every page and index is whole.")
    return Check("pages", False, f"Damaged: {'; '.join(said)}. Make a copy now and restore a backup.")


def _references(tx: Transaction) -> Check:
    found = tx.execute("PRAGMA foreign_key_check").fetchmany(FAULTS_TOLD_MAX)
    if not found:
        return Check("references", True, "Every row that is pointed at is there.")
    named = ", ".join(f"{row[0]} {row[1]} → {row[2]}" for row in found)
    return Check("references", False, f"Rows point at rows that are gone: {named}.")


def _installation(tx: Transaction) -> Check:
    if facts.fact(tx, facts.INSTALLATION) is not None:
        return Check("installation", True, "This copy has its installation id.")
    return Check(
        "installation", True, "This copy gets its installation id when it is next opened.", advice=True
    )


def _imports(tx: Transaction, *, now: int) -> Check:
    """An unfinished import is seen by nobody: it is to be gone on with or swept, not damage."""
    dead = [run for run in runs.open_runs(tx) if not runs.is_alive(run, now=now)]
    if not dead:
        return Check("imports", True, "No import was left unfinished.")
    named = ", ".join(f"{run.source} ({run.ref})" for run in dead[:FAULTS_TOLD_MAX])
    return Check(
        "imports",
        True,
        f"{len(dead)} unfinished, shown nowhere: {named}. Import the same file again to go on, or"
        " `waconsole doctor --sweep` takes it out.",
        advice=True,
    )


def private_files(path: Path) -> Check:
    """Whether nobody else can read or write the ledger and the files beside it."""
    open_to_others = []
    for ending in SIDE_FILES:
        with contextlib.suppress(FileNotFoundError):
            mode = stat.S_IMODE(Path(f"{path}{ending}").stat().st_mode)
            if mode & ~PRIVATE_FILE:
                open_to_others.append(f"{path.name}{ending} ({mode:04o})")
    if not open_to_others:
        return Check("files", True, "Only you can read the ledger's files.")
    return Check(
        "files",
        True,
        f"Others may read or write {', '.join(open_to_others)}: `chmod 600` closes them.",
        advice=True,
    )
