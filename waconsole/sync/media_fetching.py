"""Files that came with messages are fetched at once: WhatsApp keeps them for days, and their addresses for minutes.

A worker beside the drain. What cannot be fetched is tried again, ever later, until WhatsApp keeps it no
longer; then the thread says so.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from waconsole.clock import DAY, MINUTE
from waconsole.database.connection import Database, Transaction
from waconsole.errors import WaconsoleError
from waconsole.inbox import store_files as files
from waconsole.inbox.store_files import WaitingFile
from waconsole.outbox.pace import back_off
from waconsole.outbox.service_limits import limits_in_force
from waconsole.settings import Settings
from waconsole.sync.waiting import LOOK_SECONDS, a_while, until_changed
from waconsole.text import stored
from waconsole.whatsapp.cloud.driver import CloudDriver, open_cloud
from waconsole.whatsapp.files import folder_of
from waconsole.whatsapp.limits import Limits

if TYPE_CHECKING:
    from waconsole.whatsapp.cloud.media_down import Fetched

AT_ONCE_MAX: Final = 100
TOGETHER_MAX: Final = 3
LONGEST_SECONDS: Final = 900.0
ASKED_FOR: Final = MINUTE  # another process may be fetching too
WRONG_MAX: Final = 4  # how often another file than the one that was said may come
REASON_CHARACTERS_MAX: Final = 300
IDLE_SECONDS: Final = 5.0


@dataclass(slots=True)
class Fetching:
    """How many files of one look are here, will be asked for again, and will never be here."""

    kept: int = 0
    again: int = 0
    gone: int = 0


async def fetch_files(
    database: Database,
    settings: Settings,
    *,
    clock: Callable[[], int],
    stop: Callable[[], bool] = lambda: False,
    chance: Callable[[], float] = random.random,
) -> Fetching:
    """Fetch what is due, the newest first; nothing is opened while nothing is.

    Raises Refused when the settings name no token to ask with.
    """
    done = Fetching()
    waiting = await database.read(lambda tx: files.waiting(tx, now=clock(), limit=AT_ONCE_MAX))
    if not waiting or not settings.cloud.token:
        return done
    limits = await database.read(lambda tx: limits_in_force(tx, now=clock()))
    waiting = await _give_up(database, waiting, limits, done, now=clock())
    mine = [file.id for file in waiting]
    await database.write(lambda tx: files.asked(tx, mine, until=clock() + ASKED_FOR))
    numbers = sorted(waiting, key=lambda it: (it.phone_number_id, it.waba_id, -it.id))
    for (number, waba_id), some in groupby(numbers, key=lambda it: (it.phone_number_id, it.waba_id)):
        async with open_cloud(
            settings.cloud,
            phone_number_id=number,
            waba_id=waba_id,
            media_folder=folder_of(database.path),
            limits=limits,
        ) as driver:
            run = _Run(database, driver, clock, stop, chance, done)
            await run.go(list(some))
    return done


@dataclass(slots=True)
class _Run:
    """The files of one number, some at a time; the first that reaches nobody ends it."""

    database: Database
    driver: CloudDriver
    clock: Callable[[], int]
    stop: Callable[[], bool]
    chance: Callable[[], float]
    done: Fetching
    offline: bool = False

    async def go(self, waiting: list[WaitingFile]) -> None:
        left = iter(waiting)

        async def some() -> None:
            for file in left:
                if self.offline or self.stop():
                    return
                await self._one(file)

        left_open = {asyncio.create_task(some()) for _ in range(min(TOGETHER_MAX, len(waiting)))}
        try:
            while left_open and not self.stop():
                done, left_open = await asyncio.wait(left_open, timeout=LOOK_SECONDS)
                for task in done:
                    task.result()
        finally:
            for task in left_open:  # half a file is none
                task.cancel()
            await asyncio.gather(*left_open, return_exceptions=True)

    async def _one(self, file: WaitingFile) -> None:
        fetched = await self.driver.fetch(file.media_id, declared_sha256=file.declared_sha256, name=file.name)
        assert fetched is not None  # a folder was named
        self.offline = self.offline or fetched.outcome == "offline"
        now, chance = self.clock(), self.chance()
        await self.database.write(lambda tx: self._write(tx, file, fetched, now=now, chance=chance))

    def _write(
        self, tx: Transaction, file: WaitingFile, fetched: Fetched, *, now: int, chance: float
    ) -> None:
        reason = stored(fetched.reason[:REASON_CHARACTERS_MAX])
        if fetched.copy is not None:
            copy = fetched.copy
            files.kept(tx, file.id, sha256=copy.sha256, mime=copy.mime, size=copy.size, now=now)
            self.done.kept += 1
        elif fetched.outcome == "gone" or (fetched.outcome == "wrong" and file.tries + 1 >= WRONG_MAX):
            files.gone(tx, file.id, reason)
            self.done.gone += 1
        else:
            wait = back_off(
                file.tries + 1, chance, fetched.retry_after_seconds, longest_seconds=LONGEST_SECONDS
            )
            files.in_vain(tx, file.id, due_at=now + wait, reason=reason)
            self.done.again += 1


async def _give_up(
    database: Database, waiting: Sequence[WaitingFile], limits: Limits, done: Fetching, *, now: int
) -> list[WaitingFile]:
    """Give up what WhatsApp keeps no longer; answers the others."""
    late = [file for file in waiting if now - file.sent_at > limits.received_days * DAY]
    if late:
        reason = f"WhatsApp kept it for {limits.received_days} days, and it was not fetched in time."

        def work(tx: Transaction) -> None:
            for file in late:
                files.gone(tx, file.id, reason)

        await database.write(work)
        done.gone += len(late)
    ids = {file.id for file in late}
    return [file for file in waiting if file.id not in ids]


async def keep_fetching(
    database: Database, settings: Settings, *, clock: Callable[[], int], stop: Callable[[], bool]
) -> None:
    """Fetch files as they come, until `stop` says so. What goes wrong is tried again; whoever sends says why."""
    changed = asyncio.Event()
    database.on_change.append(changed.set)
    try:
        while not stop():
            changed.clear()
            try:
                await fetch_files(database, settings, clock=clock, stop=stop)
            except WaconsoleError:
                await a_while(LOOK_SECONDS, stop)
            await until_changed(changed, IDLE_SECONDS, stop)
    finally:
        database.on_change.remove(changed.set)
