"""What falls due by the clock alone, whoever looks first: the expiry of money that was held, what the review
desk owes, the day's anchor.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from waconsole.database.connection import Database
from waconsole.errors import WaconsoleError
from waconsole.ledger import service as ledger
from waconsole.settings import Settings
from waconsole.sync.anchoring import send_daily
from waconsole.sync.desk import attend

STEPS_MAX: Final = 200
AGAIN_SECONDS: Final = 60.0


async def write_due(database: Database, *, now: int) -> int:
    """Write what has fallen due at `now`, in short transactions; answers how many rows.

    Each carries the instant at which it fell due. Raises Refused when the key of the books is not here.
    """
    written = 0
    for _ in range(STEPS_MAX):
        if not await database.read(lambda tx: ledger.is_due(tx, now=now)):
            break
        written += await database.write(lambda tx: ledger.expire_due(tx, now=now))
    return written


async def keep_writing_due(database: Database, settings: Settings, *, clock: Callable[[], int]) -> None:
    """Do it every minute until cancelled; what goes wrong is tried again."""
    while True:
        with contextlib.suppress(WaconsoleError):
            await write_due(database, now=clock())
        with contextlib.suppress(WaconsoleError):
            await attend(database, settings, now=clock())
        with contextlib.suppress(WaconsoleError):
            await send_daily(database, settings, now=clock())
        await asyncio.sleep(AGAIN_SECONDS)
