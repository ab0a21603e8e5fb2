"""The thread on which a console sends and takes in: a loop and a door to the ledger of its own.

What it has to say it says on the screen's loop; what it needs to hear is told to it there.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from waconsole import catalogue
from waconsole import clock as machine
from waconsole.database.connection import Database
from waconsole.operators.desk import Desk

if TYPE_CHECKING:
    from waconsole.sync.drain import Drained

# How long one thread of Python may keep another waiting. A reply needs a few dozen turns on its way out, and
# with the usual 5 ms for each the repaint after Enter held it up for half a second (p95, a busy machine).
SWITCH_SECONDS: Final = 0.001


class Roads:
    """Both roads of one console, from `run` until `end`."""

    def __init__(
        self,
        desk: Desk,
        *,
        say: Callable[[str], None],
        heard: Callable[[Drained | None], None],
        came: Callable[[], None],
    ) -> None:
        """`say` hears what only the operator can mend, `heard` how sending goes, `came` that something came in."""
        self._desk = desk
        self._say, self._heard, self._came = say, heard, came
        self._screen = asyncio.get_running_loop()
        self._ending = threading.Event()
        self._inside: tuple[asyncio.AbstractEventLoop, Database] | None = None

    async def run(self) -> None:
        """Work until `end` is called. Raises what the ledger refuses."""
        await asyncio.to_thread(self._work)

    def end(self) -> None:
        """Let it end: what is on its way still gets its answer."""
        self._ending.set()
        self.wake()

    def wake(self) -> None:
        """Something was committed, or everything ends: look now."""
        if self._inside is not None:
            loop, database = self._inside
            with contextlib.suppress(RuntimeError):  # it has ended meanwhile
                loop.call_soon_threadsafe(_wake, database)

    def _work(self) -> None:
        from waconsole.sync import watching  # noqa: F401 - what weighs is loaded here, on this thread

        if not self._ending.is_set():
            sys.setswitchinterval(SWITCH_SECONDS)
            asyncio.run(self._both())

    async def _both(self) -> None:
        from waconsole.sync import synced, watching

        desk = self._desk
        clock = watching.running_clock(desk.clock()) if desk.test_clock else machine.now
        known = set(synced.TROUBLES.values())

        def say(sentence: str) -> None:
            if sentence not in known:  # those are read from the ledger, whoever met them
                self._tell(self._say, sentence)

        async with catalogue.open_ledger(desk.database.path, now=clock(), create=False) as database:
            self._inside = asyncio.get_running_loop(), database
            await watching.keep_in_sync(
                database, desk.settings, clock=clock, stop=self._ending.is_set, say=say,
                heard=lambda drained: self._tell(self._heard, drained), came=lambda _done: self._tell(self._came),
                words=catalogue.vocabulary,
            )  # fmt: skip

    def _tell(self, tell: Callable[..., None], *what: object) -> None:
        with contextlib.suppress(RuntimeError):  # the screen's loop has ended
            self._screen.call_soon_threadsafe(tell, *what)


def _wake(database: Database) -> None:
    for wake in list(database.on_change):
        wake()
