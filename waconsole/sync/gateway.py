"""A gateway heard by its socket for as long as this runs: every event is kept raw, what was missed is asked for."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any, Final

from waconsole.clock import SECOND
from waconsole.database.connection import Database
from waconsole.errors import WaconsoleError
from waconsole.settings import Settings
from waconsole.sync import gateway_rows
from waconsole.sync.gateway_catch_up import Caught, catch_up, keep, number_of
from waconsole.sync.gateway_files import fetch_files
from waconsole.sync.gateway_muting import take_back_muted
from waconsole.sync.waiting import LOOK_SECONDS, a_while
from waconsole.whatsapp.files import folder_of
from waconsole.whatsapp.gateway import socket
from waconsole.whatsapp.gateway.driver import GatewayDriver, open_gateway

MARK_EVERY: Final = 30 * SECOND  # how far the mark may lag behind what was heard
AGAIN_SECONDS: Final = 5.0  # after something went wrong that passes: a full disk, a locked ledger
CATCH_UP_EVERY_SECONDS: Final = 3600.0
WORK_SECONDS: Final = 5.0
GROUPS_ONCE_MAX: Final = 10  # one run is not kept waiting by all of them
STATE_EVENT: Final = b'"session.status"'


async def catch_up_once(
    database: Database, settings: Settings, *, clock: Callable[[], int], groups_max: int = GROUPS_ONCE_MAX
) -> Caught:
    """Ask once for what was missed, and look at some groups; nothing while no gateway is enabled.

    Raises Refused and what the ledger raises.
    """
    if not settings.gateway.enabled:
        return Caught()
    async with open_gateway(settings.gateway, media_folder=folder_of(database.path)) as driver:
        return await catch_up(database, driver, settings.gateway.session, clock=clock, groups_max=groups_max)


async def work_once(database: Database, settings: Settings, *, clock: Callable[[], int]) -> None:
    """Take back once what the muted wrote, and bring files here; nothing while no gateway is enabled.

    Raises Refused and what the ledger raises.
    """
    if not settings.gateway.enabled:
        return
    named = settings.gateway.session
    number_id = await database.write(lambda tx: number_of(tx, named, phone=None, now=clock()))
    async with open_gateway(settings.gateway, media_folder=folder_of(database.path)) as driver:
        await take_back_muted(database, driver, number_id, clock=clock)
        await fetch_files(database, driver, clock=clock)


async def keep_listening(
    database: Database,
    settings: Settings,
    *,
    clock: Callable[[], int],
    stop: Callable[[], bool],
    say: Callable[[str], None],
) -> None:
    """Hear the gateway until `stop` says so; nothing while none is enabled.

    What goes wrong is said once and tried again. `say` never gets a word of the gateway's key.
    """
    told = ""
    while settings.gateway.enabled and not stop():
        try:
            await _listen(database, settings, clock=clock, stop=stop, say=say)
        except WaconsoleError as error:
            if str(error) != told:
                say(str(error))
            told = str(error)
            await a_while(AGAIN_SECONDS, stop)


async def _listen(
    database: Database,
    settings: Settings,
    *,
    clock: Callable[[], int],
    stop: Callable[[], bool],
    say: Callable[[str], None],
) -> None:
    named = settings.gateway.session
    number_id = await database.write(lambda tx: number_of(tx, named, phone=None, now=clock()))
    async with open_gateway(settings.gateway, media_folder=folder_of(database.path)) as driver:
        hearing = _Listening(database, settings, driver, number_id, clock=clock, say=say)
        running = [asyncio.create_task(hearing.run()), asyncio.create_task(hearing.keep_working())]
        try:
            while not (stop() or any(task.done() for task in running)):
                await asyncio.wait(running, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


class _Listening:
    """One gateway, heard: what it tells, how far, and what was said of its troubles."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        driver: GatewayDriver,
        number_id: int,
        *,
        clock: Callable[[], int],
        say: Callable[[str], None],
    ) -> None:
        self._database, self._driver, self._number_id = database, driver, number_id
        self._settings, self._clock, self._say = settings.gateway, clock, say
        self._caught_up = False
        self._marked_at = 0
        self._said = ""
        self._again = asyncio.Event()

    async def run(self) -> None:
        """Listen until cancelled. Raises only what no waiting mends."""
        while True:
            try:
                await socket.listen(self._settings, took=self._took, opened=self._opened, lost=self._lost)
            except WaconsoleError as error:
                self._tell(str(error))
                await asyncio.sleep(AGAIN_SECONDS)

    async def keep_working(self) -> None:
        """Bring files here and take back what the muted write, as it comes, until cancelled; what goes wrong is tried again."""
        while True:
            with contextlib.suppress(WaconsoleError):
                await take_back_muted(self._database, self._driver, self._number_id, clock=self._clock)
                await fetch_files(self._database, self._driver, clock=self._clock)
            await asyncio.sleep(WORK_SECONDS)

    async def _took(self, event: bytes) -> None:
        now = self._clock()
        await keep(self._database, [event], now=now)
        if STATE_EVENT in event and _says_working(event):
            self._again.set()  # the phone has come back: what it heard meanwhile may not have been told
        if self._caught_up and now - self._marked_at >= MARK_EVERY:
            await self._database.write(lambda tx: gateway_rows.hear_through(tx, self._number_id, now))
            self._marked_at = now

    async def _opened(self) -> None:
        """Catch up, at once and then every hour, and whenever the phone came back."""
        while True:
            self._again.clear()
            try:
                caught = await catch_up(
                    self._database, self._driver, self._settings.session, clock=self._clock
                )
                self._caught_up = self._caught_up or not caught.trouble
                self._tell(caught.trouble)
            except WaconsoleError as error:
                self._tell(str(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CATCH_UP_EVERY_SECONDS):
                    await self._again.wait()

    def _lost(self, sentence: str) -> None:
        self._caught_up = False
        self._tell(sentence)

    def _tell(self, sentence: str) -> None:
        if sentence and sentence != self._said:
            self._say(sentence)
        self._said = sentence


def _says_working(event: bytes) -> bool:
    try:
        document: Any = json.loads(event)
    except (ValueError, RecursionError):
        return False
    payload = document.get("payload") if isinstance(document, dict) else None
    return isinstance(payload, dict) and payload.get("status") == "WORKING"
