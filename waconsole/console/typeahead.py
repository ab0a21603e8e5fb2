"""One key after the other: a key waits until the one before it has done what it does.

Textual hands a key to the widget that has the focus and does its act when the key comes back up. Keys
that are typed, pasted by tmux or sent by a slow line while it is on its way would go to the widget that
is about to lose the focus: `:quit` would be a q, a u (mark unread) and an i (note) in the inbox.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

from textual import events
from textual.app import App
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

WAITING_MAX: Final = 4_096
# A key that went with its widget is given up after so many ticks of the loop. They are counted, not timed: while the
# loop itself stands still (a module that loads, a machine with too much to do) no key can pass, and none is given up.
GIVE_UP_TICKS: Final = 10
TICK_SECONDS: Final = 0.1
AT_ONCE: Final = frozenset({"ctrl+q"})
ROUNDS: Final = 3
# The keys that end a line, a menu or a sheet; those that are held down go round once.
ENDING: Final = frozenset({"enter", "escape", "tab"})


class KeyPassed(Message):
    """Travels behind a key, through the same queues, as often as a key's meaning may be handed on there.

    Once round, the key was handled. What it posted (Enter: the line is submitted) stands behind it then, and what that
    posts in turn (the prompt: this was typed, the pane has the focus again) a round later.
    """

    def __init__(self, key: int, rounds: int) -> None:
        super().__init__()
        self.key, self.rounds = key, rounds


class TypeAhead:
    """Hands keys to `handle` in their order, each once the one before it has passed.

    The app calls `begin` once every key has somewhere to go, `takes` for each key, and `round` when a
    `KeyPassed` arrives. What is typed before `begin` waits.
    """

    def __init__(self, app: App[Any], handle: Callable[[events.Key], Awaitable[None]]) -> None:
        self._app, self._handle = app, handle
        self._waiting: deque[events.Key] = deque()
        self._is_busy = True
        self._screen: Screen[Any] | None = None
        self._target: Widget | Screen[Any] | None = None
        self._key = 0
        self._timer: asyncio.TimerHandle | None = None

    async def begin(self) -> None:
        """The screen stands: keys typed meanwhile have their turn."""
        await self._next()

    async def takes(self, event: events.Key) -> None:
        """Handle the key now, or once its turn comes; keys beyond `WAITING_MAX` are lost."""
        if event.key in AT_ONCE:
            await self._handle(event)
        elif self._is_busy:
            if len(self._waiting) < WAITING_MAX:
                self._waiting.append(event)
        else:
            await self._do(event)

    async def _do(self, event: events.Key) -> None:
        self._is_busy = True
        self._key += 1
        self._screen = self._app.screen
        self._target = self._app.focused or self._screen
        # A widget that goes away meanwhile takes the message with it.
        self._tick(GIVE_UP_TICKS)
        await self._handle(event)
        rounds = ROUNDS if event.key in ENDING else 1
        if not self._target.post_message(KeyPassed(self._key, rounds)):
            self.passed()

    def round(self, message: KeyPassed) -> None:
        """A `KeyPassed` has arrived: once more, or the key has been dealt with. Those of keys given up are late."""
        if message.key != self._key or self._target is None:
            return
        left = message.rounds - 1
        if not left or not self._target.post_message(KeyPassed(message.key, left)):
            self.passed()

    def _tick(self, left: int) -> None:
        if left:
            self._timer = asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick, left - 1)
        else:
            self.passed()

    def passed(self) -> None:
        """The key has been dealt with, or is given up; what it asked for (a focus, a sheet) is done before the next one."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._key += 1  # what is still on its way is late
        if self._app.is_running and self._app.screen_stack and self._app.screen is not self._screen:
            self._app.call_after_refresh(self._next)
        else:
            self._app.call_later(self._next)

    async def _next(self) -> None:
        self._is_busy = False
        if self._waiting and self._app.is_running:
            await self._do(self._waiting.popleft())
