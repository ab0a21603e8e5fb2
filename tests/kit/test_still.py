"""What is done once the hand rests."""

from __future__ import annotations

import asyncio
from typing import Final

from tests.kit.screens import KitApp
from waconsole.kit.still import SLACK_SECONDS, Still

SECONDS: Final = 0.3
TURNS_MAX: Final = 500


async def test_it_is_done_once_and_only_when_nothing_has_moved_for_the_time() -> None:
    app = KitApp()
    async with app.run_test() as pilot:
        now = asyncio.get_running_loop().time
        moved_at, done = 0.0, list[float]()
        still = Still(app, SECONDS, lambda: done.append(now()))
        for _ in range(3):
            moved_at = now()
            still.moved()
            await pilot.pause(SECONDS / 10)
        for _ in range(TURNS_MAX):
            if not still.is_waiting:
                break
            await pilot.pause(0.02)
        assert len(done) == 1 and done[0] - moved_at >= SECONDS - SLACK_SECONDS

        still.moved()
        still.forget()
        await pilot.pause(SECONDS + 0.1)
        assert len(done) == 1
