"""Sealing when there is something to seal: what columns need is loaded only then."""

from __future__ import annotations

from collections.abc import Callable

from waconsole.database.connection import Database
from waconsole.segments import store_columns_due


def _never() -> bool:
    return False


def _nobody(sentence: str) -> None:
    """Nobody is told."""


async def seal_when_due(
    database: Database,
    *,
    now: int,
    stop: Callable[[], bool] = _never,
    say: Callable[[str], None] = _nobody,
) -> dict[str, int]:
    """Seal what is worth it; answers how many rows of each fact were sealed. Repeating it changes nothing."""
    if database.read_only or not await database.read(store_columns_due.is_due):
        return {}
    from waconsole.segments.service_columns_sealing import seal

    say("New facts are made ready for counting; this is done once for each.")
    return await seal(database, now=now, stop=stop)
