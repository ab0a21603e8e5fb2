"""Long reads of a pane, one at a time: a newer one stops the older, and what takes long says so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from textual.widget import Widget

from waconsole.database.connection import Database, Transaction
from waconsole.errors import Transient
from waconsole.text import _

Result = TypeVar("Result")

PROGRESS_SECONDS: Final = 0.1
READ_SECONDS_MAX: Final = 30.0


class Overtaken(Exception):
    """A newer read of the same pane stopped this one; nobody waits for its answer."""


class _Ticket:
    is_stopped = False


class LatestRead:
    """Reads on the stream connection."""

    def __init__(self, database: Database, *, seconds_max: float = READ_SECONDS_MAX) -> None:
        """A read that takes longer than `seconds_max` is stopped."""
        self._database, self._seconds_max = database, seconds_max
        self._ticket: _Ticket | None = None
        self._began = 0.0
        self._then: Callable[[], object] | None = None

    @property
    def seconds(self) -> float | None:
        """How long the read has been running; None while none runs."""
        return None if self._ticket is None else time.monotonic() - self._began

    def stop(self) -> None:
        """Stop the read that is running, if any: it raises Overtaken."""
        if self._ticket is not None:
            self._ticket.is_stopped = True
            self._ticket = None

    def when_idle(self, then: Callable[[], object]) -> None:
        """Call `then` once nothing runs any more, at once when nothing does: what is asked often stops nothing."""
        if self._ticket is None:
            then()
        else:
            self._then = then

    async def run(self, work: Callable[[Transaction], Result]) -> Result:
        """What `work` answers. Raises Overtaken, and Transient when it takes too long."""
        self.stop()
        ticket = self._ticket = _Ticket()
        self._began = time.monotonic()

        def limited(tx: Transaction) -> Result:
            if ticket.is_stopped:
                raise Overtaken
            with tx.limited(self._seconds_max, lambda: ticket.is_stopped):
                return work(tx)

        try:
            result = await self._database.stream(limited)
        except asyncio.CancelledError:
            ticket.is_stopped = True
            raise
        except Transient:
            if ticket.is_stopped:
                raise Overtaken from None
            raise
        finally:
            if self._ticket is ticket:
                self._ticket = None
            if self._ticket is None and self._then is not None:
                then, self._then = self._then, None
                then()
        if ticket.is_stopped:
            raise Overtaken
        return result

    @contextmanager
    def told(self, pane: Widget, show: Callable[[str], None]) -> Iterator[None]:
        """Tell how long what is read inside has been running, once it takes long; `show("")` ends it."""

        def tell() -> None:
            if (seconds := self.seconds) is not None:
                show(_("{seconds} s").format(seconds=f"{seconds:.1f}"))

        timer = pane.set_interval(PROGRESS_SECONDS, tell)
        try:
            yield
        finally:
            timer.stop()
            if pane.is_attached:
                show("")
