"""Time and storage for simulations: a loop whose clock jumps to the next thing, and stores that run inline.

Nothing here waits: eight hours are over as soon as nothing is left to do in them. A ledger lives in
memory; each simulated process opens it anew and may die at any call to its store, as by kill -9.
"""

from __future__ import annotations

import asyncio
import selectors
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from waconsole.database import failures
from waconsole.database.connection import Database, Transaction

STILL: Final = "Nothing will ever happen again: somebody waits for what nobody does."


class Crash(BaseException):
    """The process is gone, in the middle of what it did."""


class _Jumping(selectors.DefaultSelector):
    """Looks without waiting; what would have been waited for has passed."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise RuntimeError(STILL)
        self.passed += max(timeout, 0.0)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose seconds cost nothing. What would go to another thread runs at once."""

    def __init__(self) -> None:
        """Its time begins at 0."""
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds since it began."""
        return self._jumping.passed

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]
        """Run it here and now: threads have an order of their own every time."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except BaseException as error:
            future.set_exception(error)
        return future


class Fate:
    """When a process dies: before or after a call to its store, once so many were made."""

    def __init__(self, calls: int | None = None, *, after: bool = False) -> None:
        """`calls` None: never."""
        self.left, self.after, self.is_dead = calls, after, False

    def strike(self, *, after: bool) -> None:
        """Raise Crash when the time has come. Whoever is dead stays so."""
        if self.is_dead:
            raise Crash
        if self.left is None:
            return
        if after == self.after:
            self.left -= 1
            if self.left < 0:
                self.is_dead = True
                raise Crash


class _Held:
    """A connection, as `Database` holds one, and one that opens a reader: itself."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._conn = raw

    async def connection(self) -> _Held:
        """It is open."""
        return self


class _Alone:
    """The turn of one who has no neighbours."""

    def take(self) -> None:
        """At once."""

    def give_back(self) -> None:
        """To nobody."""

    def close(self) -> None:
        """Nothing is open."""

    def somebody_waits(self) -> bool:
        """Nobody does."""
        return False


class Inline(Database):
    """A ledger in memory whose work runs at once, on the caller's turn; `fate` ends the process that has it."""

    def __init__(self, path: Path, raw: sqlite3.Connection, fate: Fate, others: list[Inline]) -> None:
        """`path` is for side files; `others` has the ledger open too and hears what is committed here."""
        held: Any = _Held(raw)
        super().__init__(path, writer=held, reader=held, streamer=held, turn=_Alone())  # type: ignore[arg-type]
        self._raw, self.fate, self._others = raw, fate, others
        self._is_watching = False
        others.append(self)

    def pages(self) -> Transaction:
        """The rows as they are."""
        return Transaction(self._raw, lambda: False)

    def watch(self) -> None:
        """Be told of commits."""
        self._is_watching = True

    async def close(self) -> None:
        """Leave; the rows stay."""
        self._others.remove(self)

    async def _on_thread(self, connection: Any, call: Callable[[], object]) -> object:
        await asyncio.sleep(0)
        self.fate.strike(after=False)
        try:
            result = call()
        except sqlite3.Error as error:
            raise failures.in_words(error, self.path) from error
        self.fate.strike(after=True)
        return result

    def _poke(self) -> None:
        for one in self._others:
            if one._is_watching and not one.fate.is_dead:
                for tell in list(one.on_change):
                    tell()
