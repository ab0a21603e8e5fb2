"""What a preview asks with: a connection and a thread of its own, and one engine that stays warm between keys."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Final, TypeVar
from zoneinfo import ZoneInfo

from waconsole.database import facts
from waconsole.database.connection import Database, Transaction, open_database
from waconsole.errors import Transient, WaconsoleError
from waconsole.operators.desk import Desk
from waconsole.operators.pane_stream import Overtaken
from waconsole.query.parse import parser
from waconsole.segments import service_asking
from waconsole.segments.service_asking import Asking

if TYPE_CHECKING:
    from waconsole.segments.service_columns_then import PreviewColumns

SECONDS_MAX: Final = 60.0
WARMED_BY: Final = "clicks(7d) >= 1 and (lang:en or not consent:marketing)"
"""A rule that needs most of the language: each of its parts is made when it is first read."""

Result = TypeVar("Result")


def _nobody() -> bool:
    return False


def asking_of(tx: Transaction, desk: Desk) -> Asking:
    """The words, the instant and the shop's zone that a pane asks in."""
    zone = desk.settings.shop.timezone or facts.fact(tx, facts.SHOP_ZONE) or "UTC"
    return Asking(desk.vocabulary(), desk.clock(), ZoneInfo(zone))


class Preview:
    """Nothing is opened or loaded before the first question; columns load on the thread that asks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._stack = AsyncExitStack()
        self._opening: asyncio.Task[Database] | None = None
        self._engine: PreviewColumns | None = None

    async def run(
        self,
        work: Callable[[Transaction, PreviewColumns, Asking], Result],
        *,
        is_stopped: Callable[[], bool] = _nobody,
    ) -> Result:
        """What `work` answers, within one snapshot. Raises Overtaken once `is_stopped`, and Transient when it takes too long."""
        if self._opening is None:
            self._opening = asyncio.get_running_loop().create_task(self._open())
        database = await asyncio.shield(self._opening)

        def asked(tx: Transaction) -> Result:
            if is_stopped():
                raise Overtaken
            if self._engine is None:
                from waconsole.segments.service_columns_then import PreviewColumns

                self._engine = PreviewColumns()
            with tx.limited(SECONDS_MAX, is_stopped):
                return work(tx, self._engine, asking_of(tx, self._desk))

        try:
            return await database.read(asked)
        except Transient:
            if is_stopped():
                raise Overtaken from None
            raise

    async def warm(self) -> None:
        """Load the language and the columns before anybody types: both would hold the first key up."""

        def work(tx: Transaction, engine: PreviewColumns, asking: Asking) -> None:
            parser()
            service_asking.read(tx, WARMED_BY, asking)
            engine.load(tx, asking)

        def fall(tx: Transaction, engine: PreviewColumns, asking: Asking) -> None:
            from waconsole.segments import service_waterfall

            question = service_asking.read(tx, WARMED_BY, asking)
            service_waterfall.of(
                tx, question, engine, service_waterfall.chosen(tx, service_waterfall.NO_TEMPLATE)
            )

        with suppress(WaconsoleError):  # whoever asks is told
            await self.run(work)
            await self.run(fall)
            gc.freeze()  # what is loaded stays: a look for garbage that walks it holds every key up for 60 ms

    async def _open(self) -> Database:
        return await self._stack.enter_async_context(open_database(self._desk.database.path, read_only=True))

    async def close(self) -> None:
        """Close the connection; what is being read is read to its end."""
        if self._opening is not None:
            await asyncio.gather(self._opening, return_exceptions=True)
        await self._stack.aclose()
