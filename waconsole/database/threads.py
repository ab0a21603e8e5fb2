"""A connection with a thread of its own, opened when it is first wanted.

Every connection reads the whole schema when it is opened: 8 ms with five hundred tables, indexes and
triggers, of which a command that only writes needs one, not three.
"""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import aiosqlite

from waconsole.database.engine import connect


async def on_a_thread(raw: sqlite3.Connection) -> aiosqlite.Connection:
    """An open connection is given a thread; one that could not be opened has none to leave behind."""
    connection = aiosqlite.Connection(lambda: raw, iter_chunk_size=64)
    await connection
    return connection


class Reader:
    """A query-only connection that is opened by the first who reads."""

    def __init__(self, path: Path) -> None:
        """Opens nothing yet."""
        self._path = path
        self._opening: asyncio.Task[aiosqlite.Connection] | None = None

    async def connection(self) -> aiosqlite.Connection:
        """The connection, the same for all who ask. Raises Refused; the next one who asks tries again then."""
        if self._opening is None:
            self._opening = asyncio.get_running_loop().create_task(self._open())
        opened = self._opening
        try:
            return await asyncio.shield(opened)  # others may wait for it, and nobody else would close it
        except Exception:
            if self._opening is opened:
                self._opening = None
            raise

    async def _open(self) -> aiosqlite.Connection:
        return await on_a_thread(await asyncio.to_thread(connect, self._path, read_only=True))

    def interrupt(self) -> None:
        """Stop what is read at this moment, if anything is."""
        if self._opening is not None and self._opening.done() and self._opening.exception() is None:
            self._opening.result()._conn.interrupt()

    async def close(self) -> None:
        """Close what was opened."""
        if self._opening is not None:
            for connection in await asyncio.gather(self._opening, return_exceptions=True):
                if isinstance(connection, aiosqlite.Connection):
                    await connection.close()
