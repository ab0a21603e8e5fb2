"""Tags of rules kept up to date: once, and for as long as a console or a watching sync runs.

The words of the query language are handed down: only the list of rooms knows them all.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

from waconsole.database import facts
from waconsole.database.connection import Database, Transaction
from waconsole.errors import WaconsoleError
from waconsole.members import store_tags as bearing
from waconsole.query.fields import Vocabulary
from waconsole.segments import service_asking, service_tags, store_tags
from waconsole.segments.service_asking import Asking, Engine
from waconsole.segments.service_tags import Tagged
from waconsole.settings import Settings
from waconsole.sync.waiting import a_while, until_changed

LOOK_SECONDS: Final = 60.0  # windows move by themselves
PAUSE_SECONDS: Final = 10.0  # so often at most, however much changes

Words = Callable[[], Vocabulary]


def _is_needed(tx: Transaction) -> bool:
    return store_tags.is_any(tx) or bearing.next_expiry(tx) is not None


async def catch_up_tags(
    database: Database, settings: Settings, words: Words, *, now: int, stop: Callable[[], bool],
    engine: Engine | None = None,
) -> Tagged:  # fmt: skip
    """Let every rule put its tag on and take it off as of `now`; the words load where there is a rule."""
    if not await database.read(_is_needed):
        return Tagged()

    def asking(tx: Transaction) -> Asking:
        zone = settings.shop.timezone or facts.fact(tx, facts.SHOP_ZONE) or "UTC"
        return Asking(words(), now, ZoneInfo(zone))

    if engine is None:
        _, engine = service_asking.engine_named(None)
    return await service_tags.catch_up(database, asking, engine, now=now, stop=stop)


async def tag_once(
    database: Database, settings: Settings, words: Words | None, *, now: int, stop: Callable[[], bool]
) -> str:
    """As `catch_up_tags`, where there are words; answers which rules could not be asked, and why."""
    if words is None:
        return ""
    try:
        return " ".join((await catch_up_tags(database, settings, words, now=now, stop=stop)).troubles)
    except WaconsoleError as error:
        return str(error)


async def keep_tagging(
    database: Database, settings: Settings, words: Words | None, *, clock: Callable[[], int], stop: Callable[[], bool]
) -> None:  # fmt: skip
    """Do it whenever something changed, and as windows move, until cancelled; what goes wrong is tried again."""
    if words is None:
        return
    changed = asyncio.Event()
    changed.set()
    database.on_change.append(changed.set)
    engine: Engine | None = None
    try:
        while not stop():
            changed.clear()
            with contextlib.suppress(WaconsoleError):
                if engine is None and await database.read(store_tags.is_any):
                    _, engine = service_asking.engine_named(None)
                await catch_up_tags(database, settings, words, now=clock(), stop=stop, engine=engine)
            await a_while(PAUSE_SECONDS, stop)
            await until_changed(changed, LOOK_SECONDS, stop)
    finally:
        database.on_change.remove(changed.set)
