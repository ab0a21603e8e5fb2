"""Backups: the whole ledger in one file, checked, readable by us alone; and the way back.

A backup is marked as at home nowhere, so that whatever waits in it is held wherever it is opened. Both ways write a new
file beside the target and put it in its place in one step: a half written one never bears the name.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from waconsole.database import facts, failures
from waconsole.database.connection import Transaction
from waconsole.database.engine import APPLICATION_ID, connect
from waconsole.database.home import NOWHERE
from waconsole.errors import NotFound, Refused

PRIVATE: Final = 0o600
FAULTS_TOLD_MAX: Final = 3
COPY_BYTES: Final = 1 << 20
CLOSE_IT: Final = "is open in another waconsole: end that one first, and what sends or receives for it."
LOCK_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of a restore: where the ledger that was there has been kept, None when there was none."""

    kept: Path | None


def back_up(ledger: Path, target: Path) -> None:
    """Write the ledger as it stands at this moment to `target`. Raises Refused, and then nothing is there.

    Nobody who writes has to wait for it. `target` must not exist yet.
    """
    if os.path.lexists(target):
        raise Refused(f"{target} is there already: name a file that is not.")
    if not ledger.exists():
        raise NotFound(f"There is no ledger at {ledger}: --ledger FILE names another.")
    with _part_of(target) as part:
        with contextlib.closing(connect(ledger, read_only=True)) as source:
            _copy(source, part)
        _check(part, target)
        try:
            os.link(part, target)  # unlike a rename, it never takes the place of another file
        except FileExistsError:
            raise Refused(f"{target} is there already: name a file that is not.") from None
        except OSError:
            os.rename(part, target)


def restore(backup: Path, ledger: Path, *, now: str, versions: int) -> Restored:
    """Put the ledger in `backup` in the place of the one at `ledger`, which is kept aside. Raises Refused.

    `now` names what is kept; `versions` is how many migrations this waconsole knows. Nothing may have the ledger open.
    """
    if not backup.exists():
        raise NotFound(f"There is no file {backup}: name a backup, or a copy of a ledger.")
    if ledger.exists() and os.path.samefile(backup, ledger):
        raise Refused(f"{backup} is the ledger itself: name a backup of it.")
    with _part_of(ledger) as part:
        with contextlib.closing(connect(backup, read_only=True)) as source:
            _must_be_ours(source, backup, versions)
            _copy(source, part)
        _check(part, backup)
        kept = None
        with _alone(ledger):
            if ledger.exists():
                kept = _kept_name(ledger, now)
                os.link(ledger, kept)
                for ending in ("-wal", "-shm"):  # of a damaged one: it must not become the new one's
                    with contextlib.suppress(FileNotFoundError):
                        os.rename(f"{ledger}{ending}", f"{kept}{ending}")
            os.replace(part, ledger)
        _settle(ledger.parent)
    return Restored(kept)


def _must_be_ours(source: sqlite3.Connection, backup: Path, versions: int) -> None:
    if source.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise Refused(f"{backup} is no waconsole ledger: nothing was changed.")
    if source.execute("PRAGMA user_version").fetchone()[0] > versions:
        raise Refused(f"{backup} was written by a newer waconsole: update waconsole, then restore it.")


@contextlib.contextmanager
def _part_of(target: Path) -> Iterator[Path]:
    """A new file beside `target`, gone at the end if it was not put in its place."""
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE))
    except OSError as error:
        raise failures.os_in_words(error, target) from error
    try:
        yield part
    except OSError as error:
        raise failures.os_in_words(error, target) from error
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            Path(f"{part}{ending}").unlink(missing_ok=True)


def _copy(source: sqlite3.Connection, part: Path) -> None:
    """Every page in one snapshot, as a file of its own that is at home nowhere."""
    try:
        with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            tx = Transaction(copy, lambda: False)
            if facts.fact(tx, facts.INSTALLATION) is not None:
                facts.set_fact(tx, facts.HOME, NOWHERE)
    except sqlite3.Error as error:
        raise failures.in_words(error, part) from error
    with part.open("rb") as file:
        os.fsync(file.fileno())


def _check(part: Path, named: Path) -> None:
    """Raise Refused for a copy that is damaged."""
    with contextlib.closing(connect(part, read_only=True)) as copy:
        tx = Transaction(copy, lambda: False)
        said = [str(row[0]) for row in tx.rows(f"PRAGMA integrity_check({FAULTS_TOLD_MAX})")]
        if said != ["ok"] or tx.one("PRAGMA foreign_key_check") is not None:
            raise Refused(
                f"{named} would be damaged ({'; '.join(said)}): nothing was written. `waconsole doctor` says more."
            )


@contextlib.contextmanager
def _alone(ledger: Path) -> Iterator[None]:
    """Nobody else has the ledger open, and all of it is in its one file. Raises Refused."""
    if not ledger.exists():
        yield
        return
    with contextlib.closing(
        sqlite3.connect(ledger, isolation_level=None, timeout=LOCK_SECONDS)
    ) as connection:
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
                raise Refused(f"{ledger} {CLOSE_IT}") from error
            mode = "damaged"  # it is kept aside as it is, with what stands beside it
        if mode == "wal":
            raise Refused(f"{ledger} {CLOSE_IT}")
        yield


def _kept_name(ledger: Path, now: str) -> Path:
    """A name beside the ledger that is free."""
    for place in range(1, 1_000):
        more = "" if place == 1 else f"-{place}"
        kept = ledger.with_name(f"{ledger.stem}-before-{now}{more}{ledger.suffix}")
        if not os.path.lexists(kept):
            return kept
    raise Refused(f"Too many files beside {ledger} are called {ledger.stem}-before-{now}: move some away.")


def _settle(folder: Path) -> None:
    """The folder's names reach the disk."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
