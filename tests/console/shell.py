"""The whole console over a small ledger, and a hand to press its keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from textual import events
from textual.pilot import Pilot

from tests.inbox.ledger_builder import NOW, community
from tests.inbox.pane_app import desk_over
from tests.kit.screens import screen_text
from tests.quick_screens import TURNS_MAX, WAIT_SECONDS, settled
from waconsole import catalogue
from waconsole.console.app import ConsoleApp
from waconsole.database.connection import Database, Transaction
from waconsole.inbox import service_reply

TYPED_MAX: Final = 12  # keys: of what is longer, the end is typed and the rest comes as a terminal's paste
TYPED_END: Final = 4


def nothing(_tx: Transaction) -> None:
    """An empty ledger."""


class Console:
    """A running console: press keys, type, and read the screen as text."""

    def __init__(self, app: ConsoleApp, pilot: Pilot[None], database: Database) -> None:
        self.app, self.pilot, self.database = app, pilot, database

    async def press(self, *keys: str) -> None:
        """Press keys one after another and wait until what follows is painted."""
        for key in keys:
            await self.pilot.press(key)
        await self.settle()

    async def type(self, text: str, *keys: str) -> None:
        """Type `text` (the beginning of a long one is pasted) and press `keys`."""
        pasted = len(text) - TYPED_END if len(text) > TYPED_MAX else 0
        if pasted:
            self.app.post_message(events.Paste(text[:pasted]))
            await self.settle()
        for character in text[pasted:]:
            await self.pilot.press(_key(character))
        await self.settle()  # a line that is typed is heard once the hand rests
        if keys:
            await self.press(*keys)

    async def settle(self, seconds: float = 0.0) -> None:
        """Wait until keys, timers and workers of the console have run; `seconds` go by before."""
        if seconds:
            await self.pilot.pause(seconds)
        if self.app.is_running:
            self.database.look()
        await settled(self.pilot, self._is_behind)

    async def left(self) -> None:
        """Wait until the console has ended."""
        for _ in range(TURNS_MAX):
            if not self.app.is_running:
                return
            await asyncio.sleep(WAIT_SECONDS)

    async def until(self, words: str) -> None:
        """Wait until `words` stand in the status line; whoever asserts it says when they never come."""
        for _ in range(TURNS_MAX):
            if words in self.last_line:
                return
            await self.pilot.pause(WAIT_SECONDS)

    def _is_behind(self) -> bool:
        keys = self.app.type_ahead
        return keys._is_busy or bool(keys._waiting)

    @property
    def text(self) -> str:
        """The screen."""
        return screen_text(self.app)

    @property
    def last_line(self) -> str:
        """The status line."""
        return self.text.splitlines()[-1]


def _key(character: str) -> str:
    named = {" ": "space", ":": "colon", '"': "quotation_mark", "-": "minus", "/": "slash", ".": "full_stop"}
    return named.get(character, character)


@asynccontextmanager
async def console(
    path: Path,
    fill: Callable[..., None] = community,
    *,
    size: tuple[int, int] = (120, 30),
    demo: bool = False,
    **options: Any,
) -> AsyncIterator[Console]:
    """The console over a ledger at `path` that `fill` filled; its clock stands at the builder's `NOW`."""
    async with catalogue.open_ledger(path, now=NOW) as database:
        await database.write(fill)
        app = ConsoleApp(desk_over(database, **options), demo=demo)
        async with app.run_test(size=size) as pilot:
            shell = Console(app, pilot, database)
            await shell.settle()
            yield shell


async def replied(database: Database, text: str, *, conversation_id: int = 1) -> None:
    """A reply into a group the API cannot reach: a task for a human hand."""
    await service_reply.reply(database, conversation_id, text, operator="Ana", now=NOW)
