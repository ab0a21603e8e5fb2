"""Blue ticks beside the replies they go with: on the wire before them, and never in their way."""

from __future__ import annotations

import asyncio
from typing import Final

from waconsole.outbox.service_ticks import Tick
from waconsole.whatsapp.driver import Action, Driver, Verdict

# A reply waits until its tick is on the wire, not until it is answered; no longer than this, though.
LEAD_SECONDS_MAX: Final = 0.5
TICK_SECONDS_MAX: Final = 5.0
END_SECONDS_MAX: Final = 2.0  # what a run that has nothing else to do waits for answers

Landed = list[tuple[Tick, Verdict]]


class Ticking:
    """The blue ticks of one run that are on their way."""

    def __init__(self, driver: Driver) -> None:
        """`driver` gives them."""
        self._driver = driver
        self._flying: dict[asyncio.Task[Verdict], Tick] = {}

    async def lead(self, tick: Tick) -> None:
        """Ask for a tick; back once its request has left. One that cannot leave is dropped: after the reply it is wrong.

        Raises nothing but cancellation.
        """
        left = asyncio.Event()
        asked = asyncio.create_task(self._ask(tick, left))
        self._flying[asked] = tick
        try:
            async with asyncio.timeout(LEAD_SECONDS_MAX):
                await left.wait()
        except TimeoutError:
            asked.cancel()

    async def _ask(self, tick: Tick, left: asyncio.Event) -> Verdict:
        try:
            async with asyncio.timeout(TICK_SECONDS_MAX):
                return await self._driver.mark_read(tick.wamid, typing=tick.typing, left=left.set)
        except Exception as error:  # also a driver that fails must not keep a reply back
            return Verdict("unknown", action=Action.UNKNOWN, detail=type(error).__name__)
        finally:
            left.set()

    def landed(self) -> Landed:
        """What was answered since, or came to nothing."""
        done = [task for task in self._flying if task.done()]
        return [(self._flying.pop(task), _verdict(task)) for task in done]

    async def settle(self) -> Landed:
        """Wait a moment for the answers that are still out, give up the others, and tell of all."""
        if self._flying:
            await asyncio.wait(self._flying, timeout=END_SECONDS_MAX)
        return await self.give_up()

    async def give_up(self) -> Landed:
        """End what is on its way."""
        for task in self._flying:
            task.cancel()
        await asyncio.gather(*self._flying, return_exceptions=True)
        return self.landed()


def _verdict(task: asyncio.Task[Verdict]) -> Verdict:
    if task.cancelled():
        return Verdict("unknown", action=Action.UNKNOWN, detail="It took too long.")
    return task.result()
