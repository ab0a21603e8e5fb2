"""Waiting that somebody who asks us to end is heard in: for a while, or until something changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

LOOK_SECONDS: Final = 0.5  # how soon somebody is heard who asks us to end


async def until_changed(changed: asyncio.Event, seconds: float, stop: Callable[[], bool]) -> None:
    """Wait until something changed, `seconds` are over, or somebody asks us to end."""
    for _ in range(round(seconds / LOOK_SECONDS)):
        if stop():
            return
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await changed.wait()
            return
        except TimeoutError:
            continue


async def a_while(seconds: float, stop: Callable[[], bool]) -> None:
    """Wait until `seconds` are over, or somebody asks us to end."""
    await until_changed(asyncio.Event(), seconds, stop)
