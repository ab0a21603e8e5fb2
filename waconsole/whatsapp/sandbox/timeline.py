"""What happens later: actions by due time, one after the other, in the order they were planned."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from typing import Final

PLANNED_MAX: Final = 2_000_000


class Timeline:
    """Actions waiting for their time. Two that are due together happen in the order of planning."""

    def __init__(self) -> None:
        """Nothing is planned; `run` has to be awaited somewhere."""
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        """How much is planned."""
        return len(self._heap)

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Let `action` happen in so many seconds; at once, but not within this call, for 0."""
        if len(self._heap) >= PLANNED_MAX:
            return
        due = asyncio.get_running_loop().time() + seconds
        heapq.heappush(self._heap, (due, next(self._count), action))
        if self._heap[0][0] == due:
            self._wake.set()

    async def run(self) -> None:
        """Do what falls due, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            while self._heap and self._heap[0][0] <= loop.time():
                heapq.heappop(self._heap)[2]()
            self._wake.clear()
            if not self._heap:
                await self._wake.wait()
                continue
            delay = self._heap[0][0] - loop.time()
            if delay > 0:
                timer = loop.call_later(delay, self._wake.set)
                await self._wake.wait()
                timer.cancel()
