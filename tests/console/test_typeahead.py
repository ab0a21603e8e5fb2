"""Keys that are typed ahead wait for the one before them, also while the loop stands still."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest
from textual import events

from waconsole.console.typeahead import ROUNDS, KeyPassed, TypeAhead


class Slow:
    """An app whose focused widget takes each key with it: none ever passes."""

    is_running = True
    screen_stack = (None,)
    screen = focused = SimpleNamespace(post_message=lambda _message: True)

    def call_later(self, do: Any) -> None:
        self.task = asyncio.get_running_loop().create_task(do())


def stand_still() -> None:
    """Twenty ticks long the loop does nothing, as while a module loads."""
    time.sleep(0.1)


async def test_a_loop_that_stood_still_gives_no_key_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waconsole.console.typeahead.TICK_SECONDS", 0.005)
    done: list[str] = []
    both = asyncio.Event()

    async def handle(event: events.Key) -> None:
        done.append(event.key)
        if len(done) == 2:
            both.set()

    app: Any = Slow()
    ahead = TypeAhead(app, handle)
    await ahead.begin()
    for key in ("colon", "t"):
        await ahead.takes(events.Key(key, None))
    stand_still()
    for _ in range(3):
        await asyncio.sleep(0)
    assert done == ["colon"]

    await asyncio.wait_for(both.wait(), 5)
    assert done == ["colon", "t"], "a widget that is gone holds nobody up for good"


async def test_what_a_key_leads_to_has_its_turn_before_the_next_key() -> None:
    sent: list[KeyPassed] = []
    done: list[str] = []

    async def handle(event: events.Key) -> None:
        done.append(event.key)

    def post(message: KeyPassed) -> bool:
        sent.append(message)
        return True

    app: Any = Slow()
    app.focused = SimpleNamespace(post_message=post)
    ahead = TypeAhead(app, handle)
    await ahead.begin()
    for key in ("enter", "z"):
        await ahead.takes(events.Key(key, None))
    for _ in range(ROUNDS):
        assert done == ["enter"]
        ahead.round(sent[-1])
    await app.task
    assert done == ["enter", "z"]

    ahead.round(sent[0])
    assert [one.rounds for one in sent] == [*range(ROUNDS, 0, -1), 1], (
        "a letter goes round once, and late is late"
    )
    ahead.passed()
