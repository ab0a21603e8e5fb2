"""What is done once the hand rests."""

from __future__ import annotations

from tests.kit.screens import KitApp
from waconsole.kit.still import Still


async def test_it_is_done_once_and_only_when_nothing_has_moved_for_the_time() -> None:
    app = KitApp()
    async with app.run_test() as pilot:
        done: list[str] = []
        still = Still(app, 0.3, lambda: done.append("done"))
        still.moved()
        await pilot.pause(0.15)
        still.moved()
        await pilot.pause(0.2)
        assert done == []
        await pilot.pause(0.3)
        assert done == ["done"]

        still.moved()
        still.forget()
        await pilot.pause(0.4)
        assert done == ["done"]
