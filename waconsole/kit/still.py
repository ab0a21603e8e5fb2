"""Doing something once the hand rests, at next to no cost while it moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from textual.message_pump import MessagePump
from textual.timer import Timer

SLACK_SECONDS: Final = 0.002  # a timer may come a little early


class Still:
    """Calls `do` once nothing has `moved` for `seconds`.

    A timer that is stopped and made anew for each key of a held one costs as much as painting the row:
    this one runs on, and when it comes too early it waits for the rest.
    """

    def __init__(self, owner: MessagePump, seconds: float, do: Callable[[], None]) -> None:
        """`owner` is whose timer it is: when it goes away nothing is called."""
        self._owner, self._seconds, self._do = owner, seconds, do
        self._due = 0.0
        self._is_waiting = False
        self._timer: Timer | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether it has yet to be done."""
        return self._is_waiting

    def moved(self) -> None:
        """Something moved: wait from now on."""
        self._is_waiting = True
        self._due = asyncio.get_running_loop().time() + self._seconds
        if self._timer is None:
            self._timer = self._owner.set_timer(self._seconds, self._look)

    def forget(self) -> None:
        """Nothing is to be done any more."""
        self._is_waiting = False

    def _look(self) -> None:
        self._timer = None
        if not self._is_waiting:
            return
        left = self._due - asyncio.get_running_loop().time()
        if left > SLACK_SECONDS:
            self._timer = self._owner.set_timer(left, self._look)
        else:
            self._is_waiting = False
            self._do()
