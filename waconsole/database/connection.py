"""One SQLite file: read freely, write in whole transactions, hear what changed.

A transaction is one plain function: `await database.write(work)` runs `work(tx)` from
BEGIN IMMEDIATE to COMMIT on the connection's own thread in one hop. It is shielded: a caller that
is cancelled leaves no open transaction behind. This file and `threads` are the only places that touch
aiosqlite's thread (pinned to 0.22; `tests/database` proves what is relied upon).
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import aiosqlite

from waconsole.database import failures
from waconsole.database.engine import WAL_BYTES_DUE, connect
from waconsole.database.lock import TurnLock, turn_of
from waconsole.database.threads import Reader, on_a_thread
from waconsole.errors import Refused, Transient, WaconsoleError

SQLITE_VERSION_MIN: Final = (3, 40, 0)
CHANGE_POLL_SECONDS: Final = 0.025
COMMITS_BETWEEN_CHECKPOINTS: Final = 8
STEPS_BETWEEN_LOOKS: Final = 20_000  # of SQLite's machine: well below a millisecond

Row = sqlite3.Row
Result = TypeVar("Result")
Parameters = Mapping[str, object] | Sequence[object]


def _nobody() -> bool:
    return False


class Transaction:
    """What a store may do inside `write` or `read`."""

    __slots__ = ("_connection", "_looks", "somebody_waits")

    def __init__(self, connection: sqlite3.Connection, somebody_waits: Callable[[], bool]) -> None:
        """`somebody_waits` tells bulk work that another writer would like its turn."""
        self._connection, self._looks = connection, _nobody
        self.somebody_waits = somebody_waits

    def execute(self, sql: str, parameters: Parameters = ()) -> sqlite3.Cursor:
        """Run one statement."""
        return self._connection.execute(sql, parameters)

    def executemany(self, sql: str, rows: Iterable[Parameters]) -> sqlite3.Cursor:
        """Run one statement for many rows."""
        return self._connection.executemany(sql, rows)

    def insert(self, sql: str, parameters: Parameters = ()) -> int:
        """Run one INSERT and answer the new row's id."""
        return cast("int", self._connection.execute(sql, parameters).lastrowid)

    def one(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """The first row of a query, or None."""
        return cast("Row | None", self._connection.execute(sql, parameters).fetchone())

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """The first column of the first row of a query, or None."""
        row = self._connection.execute(sql, parameters).fetchone()
        return None if row is None else row[0]

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """All rows of a query that carries its own LIMIT or is small by nature."""
        return self._connection.execute(sql, parameters).fetchall()

    @contextmanager
    def limited(self, seconds: float, is_stopped: Callable[[], bool] = _nobody) -> Iterator[None]:
        """Stop the statements inside once `seconds` have passed, or `is_stopped`. Raises Transient then.

        One inside another stops as the outer one does, too.
        """
        ends, outer = time.monotonic() + seconds, self._looks
        is_over = False

        def look() -> bool:
            nonlocal is_over
            is_over = is_over or time.monotonic() > ends or is_stopped() or outer()
            return is_over

        self._looks = look
        self._connection.set_progress_handler(look, STEPS_BETWEEN_LOOKS)
        try:
            yield
        except sqlite3.OperationalError as error:
            if is_over and not outer():  # it is the outer one that says why
                sentence = f"This took more than {seconds:g} s and was stopped: narrow it further."
                raise Transient("This was stopped." if is_stopped() else sentence) from error
            raise
        finally:
            self._looks = outer
            self._connection.set_progress_handler(None if outer is _nobody else outer, STEPS_BETWEEN_LOOKS)


class Database:
    """The only way to the ledger's rows. Made by `open_database`."""

    def __init__(
        self,
        path: Path,
        *,
        writer: aiosqlite.Connection | None,
        reader: Reader,
        streamer: Reader,
        turn: TurnLock | None,
    ) -> None:
        """`writer` and `turn` are None when the ledger is open for reading only."""
        self.path = path
        self.on_change: list[Callable[[], None]] = []
        self.reads_only = False  # whoever only reads needs no connection but the one that is open
        self._writer, self._reader, self._streamer, self._turn = writer, reader, streamer, turn
        self._pages: sqlite3.Connection | None = None
        self._data_version = 0
        self._commits = self._waiting = 0
        self._watcher: asyncio.Task[None] | None = None

    @property
    def read_only(self) -> bool:
        """Whether writing is refused."""
        return self._writer is None

    async def write(self, work: Callable[[Transaction], Result]) -> Result:
        """Run `work` in one transaction and answer what it returns.

        Raises Refused when the ledger is read-only, the disk is full or cannot be written; what
        `work` raises otherwise. In every such case nothing of it was kept.
        """
        if self._writer is None:
            raise Refused("This ledger is open for reading only: start again without --read-only to act.")
        self._waiting += 1
        try:
            result = await self._on_thread(self._writer, partial(self._transact, work))
        finally:
            self._waiting -= 1
        self._poke()
        return cast("Result", result)

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """Run `work` on a read-only connection, within one snapshot."""
        return await self._read_on(await self._beside(self._reader), work)

    async def glance(self, work: Callable[[Transaction], Result]) -> Result:
        """As `read`, on the connection that is open in any case: for what is asked before or after all else."""
        return await self._read_on(self._writer or await self._reader.connection(), work)

    async def stream(self, work: Callable[[Transaction], Result]) -> Result:
        """As `read`, on a connection of its own, for long reads: id vectors, exact counts, scans."""
        return await self._read_on(await self._beside(self._streamer), work)

    def interrupt_stream(self) -> None:
        """Stop the long read that is running, if any: it raises Transient's cause, OperationalError."""
        if self._writer is not None and self.reads_only:
            self._writer._conn.interrupt()
        self._streamer.interrupt()

    def pages(self) -> Transaction:
        """A query-only connection for the caller's own thread: page reads of at most 1 ms by key."""
        if self._pages is None:
            self._pages = connect(self.path, read_only=True)
        return Transaction(self._pages, _nobody)

    def watch(self) -> None:
        """Begin to tell `on_change` of commits, by this process and by others, within 50 ms."""
        if self._watcher is None:
            self._watcher = asyncio.get_running_loop().create_task(self._watch())

    def look(self) -> None:
        """Tell `on_change` at once when somebody committed, for a caller who knows before the next look."""
        self._poke()

    async def close(self) -> None:
        """Close every connection; the last one out merges the write-ahead log."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
            self._watcher = None
        if self._pages is not None:
            self._pages.close()
            self._pages = None
        for connection in (self._reader, self._streamer, self._writer):
            if connection is not None:
                await connection.close()
        if self._turn is not None:
            self._turn.close()

    async def _beside(self, reader: Reader) -> aiosqlite.Connection:
        return self._writer if self._writer is not None and self.reads_only else await reader.connection()

    async def _read_on(
        self, connection: aiosqlite.Connection, work: Callable[[Transaction], Result]
    ) -> Result:
        return cast("Result", await self._on_thread(connection, partial(self._look, connection, work)))

    async def _on_thread(self, connection: aiosqlite.Connection, call: Callable[[], object]) -> object:
        try:
            return await asyncio.shield(connection._execute(call))  # type: ignore[no-untyped-call]
        except sqlite3.Error as error:
            raise failures.in_words(error, self.path) from error

    def _transact(self, work: Callable[[Transaction], Result]) -> Result:
        assert self._writer is not None and self._turn is not None
        connection = self._writer._conn
        self._turn.take()
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(Transaction(connection, self._somebody_waits))
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            self._checkpoint_when_due(connection)
            return result
        finally:
            self._turn.give_back()

    def _somebody_waits(self) -> bool:
        assert self._turn is not None
        return self._waiting > 1 or self._turn.somebody_waits()

    def _look(self, connection: aiosqlite.Connection, work: Callable[[Transaction], Result]) -> Result:
        raw = connection._conn
        raw.execute("BEGIN")
        try:
            return work(Transaction(raw, _nobody))
        finally:
            if raw.in_transaction:  # a disk that fails has ended it already
                raw.execute("ROLLBACK")

    def _checkpoint_when_due(self, connection: sqlite3.Connection) -> None:
        """Merge the log while the turn is ours, so that one process at a time does it."""
        self._commits += 1
        if self._commits % COMMITS_BETWEEN_CHECKPOINTS:
            return
        try:
            due = os.stat(f"{self.path}-wal").st_size > WAL_BYTES_DUE
        except FileNotFoundError:
            return
        if due:
            with suppress(sqlite3.Error):  # the work is committed: what cannot be merged now is merged later
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _poke(self) -> None:
        if self._watcher is not None:
            self._tell_if_changed()

    def _tell_if_changed(self) -> None:
        try:
            version = self.pages().value("PRAGMA data_version")
        except (sqlite3.Error, WaconsoleError):
            return  # what cannot be looked at now is looked at again; a commit before it is none the worse
        if version != self._data_version:
            self._data_version = version
            for tell in list(self.on_change):
                tell()

    async def _watch(self) -> None:
        with suppress(sqlite3.Error, WaconsoleError):
            self._data_version = self.pages().value("PRAGMA data_version")
        while True:
            await asyncio.sleep(CHANGE_POLL_SECONDS)
            self._tell_if_changed()


@asynccontextmanager
async def open_database(path: Path, *, read_only: bool = False) -> AsyncIterator[Database]:
    """Open the ledger at `path`, making the file (mode 0600) when it is absent.

    Raises Refused when SQLite is too old, or the file or its folder cannot be used.
    """
    if sqlite3.sqlite_version_info < SQLITE_VERSION_MIN:
        needed = ".".join(map(str, SQLITE_VERSION_MIN))
        raise Refused(f"SQLite {sqlite3.sqlite_version} is too old: waconsole needs {needed} or newer.")
    turn = None if read_only else turn_of(path)
    writer = None if read_only else await on_a_thread(connect(path, read_only=False))
    reader = Reader(path)
    database = Database(path, writer=writer, reader=reader, streamer=Reader(path), turn=turn)
    try:
        if read_only:
            await reader.connection()  # a refusal comes at once
        yield database
    finally:
        await database.close()
