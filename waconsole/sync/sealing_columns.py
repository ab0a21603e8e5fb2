"""Facts become sealed columns as they come in, for as long as a console or a watching sync runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from waconsole.database.connection import Database
from waconsole.errors import WaconsoleError
from waconsole.segments.service_columns_due import seal_when_due
from waconsole.sync.waiting import a_while, until_changed

PAUSE_SECONDS: Final = 5.0  # so often at most, however much comes in
LOOK_SECONDS: Final = 600.0


async def keep_sealing(database: Database, *, clock: Callable[[], int], stop: Callable[[], bool]) -> None:
    """Do it whenever something changed until cancelled; what goes wrong is tried again."""
    changed = asyncio.Event()
    changed.set()
    database.on_change.append(changed.set)
    try:
        while not stop():
            changed.clear()
            with contextlib.suppress(WaconsoleError):
                await seal_when_due(database, now=clock(), stop=stop)
            await a_while(PAUSE_SECONDS, stop)
            await until_changed(changed, LOOK_SECONDS, stop)
    finally:
        database.on_change.remove(changed.set)
