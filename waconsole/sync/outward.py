"""What goes out, by every number of ours that sends: side by side, each by its own door."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from waconsole.database.connection import Database, Transaction
from waconsole.errors import WaconsoleError
from waconsole.outbox import store_numbers
from waconsole.outbox.service_limits import limits_in_force
from waconsole.settings import Settings
from waconsole.sync.doors import CLOUD, GATEWAY, open_door
from waconsole.sync.drain import Drained, drain
from waconsole.sync.media_files import folder_of
from waconsole.sync.owners import owner
from waconsole.sync.sending import our_number
from waconsole.sync.waiting import a_while
from waconsole.whatsapp.limits import Limits

ON_REPLY: Final = "reply"
AGAIN_SECONDS: Final = 5.0  # after something went wrong that passes: a full disk, a locked ledger
MEANWHILE_SECONDS: Final = 0.5  # between two looks at what came, while a run sends
NUMBERS_SECONDS: Final = 5.0  # how soon a number that was added sends

Number = Mapping[str, Any]
Told = Callable[[Number, Drained], None]


def sending_numbers(tx: Transaction, settings: Settings, *, now: int) -> list[Number]:
    """The numbers that send: the one of the settings, those an operator added, and a gateway's where it is used."""
    our_number(tx, settings, now=now)
    named = settings.cloud.phone_number_id

    def sends(row: Number) -> bool:
        if row["driver"] == GATEWAY:
            return settings.gateway.enabled
        is_named = row["phone_number_id"] == named or row["added_by"] is not None
        return row["driver"] == CLOUD and bool(row["phone_number_id"]) and is_named

    return [row for row in map(dict, store_numbers.all_numbers(tx)) if sends(row)]


async def send_once(
    database: Database,
    settings: Settings,
    numbers: list[Number],
    *,
    clock: Callable[[], int],
    stop: Callable[[], bool],
    meanwhile: Callable[[], Awaitable[None]] | None = None,
) -> tuple[list[Drained], list[str]]:
    """Send what is due of these numbers, side by side; answers what each did, and what kept any from it.

    `meanwhile` is done now and again for as long as that takes, so that a stop, or a campaign that reaches nobody, is
    heard before everything has left.
    """
    troubles: list[str] = []
    limits = await database.read(lambda tx: limits_in_force(tx, now=clock()))

    async def one(number: Number) -> Drained:
        try:
            return await _drain(
                database,
                settings,
                number,
                limits=limits,
                clock=clock,
                once=True,
                stop=stop,
                told=lambda _: None,
            )
        except WaconsoleError as error:
            troubles.append(str(error))
            return Drained()

    sent = asyncio.Event()
    beside = asyncio.create_task(_again_and_again(meanwhile, sent)) if meanwhile is not None else None
    try:
        done = list(await asyncio.gather(*(one(number) for number in numbers)))
    finally:
        sent.set()
        if beside is not None:
            await asyncio.wait([beside])
    if beside is not None and (error := beside.exception()) is not None:
        raise error
    return done, troubles


async def _again_and_again(meanwhile: Callable[[], Awaitable[None]], sent: asyncio.Event) -> None:
    while not sent.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(sent.wait(), MEANWHILE_SECONDS)
            return
        await meanwhile()


async def keep_sending(
    database: Database,
    settings: Settings,
    *,
    clock: Callable[[], int],
    stop: Callable[[], bool],
    told: Told,
    waits: Callable[[], None],
    trouble: Callable[[Number, str], None],
    ended: Callable[[Drained], None],
) -> None:
    """Send by every number until `stop` says so; one that is added meanwhile sends within seconds, and limits that change count.

    `told` hears how a number's sending goes after each bundle, `waits` that one waits for its turn,
    `trouble` what went wrong and is tried again, `ended` what a run did in all.
    """
    running: dict[int, asyncio.Task[None]] = {}
    limits: Limits | None = None

    async def one(number: Number) -> None:
        while not stop():
            last = Drained()

            def learned(now: Drained) -> None:
                nonlocal last
                last = now
                told(number, now)

            try:
                waits()
                mine = limits  # others: this run ends, and one with those begins
                await _drain(
                    database, settings, number, limits=mine, clock=clock, once=False, told=learned,
                    stop=lambda: stop() or limits != mine,  # noqa: B023
                )  # fmt: skip
            except WaconsoleError as error:
                trouble(number, str(error))
                await a_while(AGAIN_SECONDS, stop)
            finally:
                ended(last)

    try:
        while not stop():
            try:
                numbers = await database.write(lambda tx: sending_numbers(tx, settings, now=clock()))
                limits = await database.read(lambda tx: limits_in_force(tx, now=clock()))
            except WaconsoleError:  # whoever takes in says it; it is tried again
                numbers = []
            for number in numbers:
                task = running.get(number["id"])
                if task is None or task.done():
                    running[number["id"]] = asyncio.create_task(one(number))
            await a_while(NUMBERS_SECONDS, stop)
        await asyncio.gather(*running.values())
    finally:
        for task in running.values():
            task.cancel()
        await asyncio.gather(*running.values(), return_exceptions=True)


async def _drain(
    database: Database,
    settings: Settings,
    number: Number,
    *,
    limits: Limits | None,
    clock: Callable[[], int],
    once: bool,
    stop: Callable[[], bool],
    told: Callable[[Drained], None],
) -> Drained:
    async with open_door(settings, number, folder_of(database.path), limits=limits) as driver:
        return await drain(
            database, number["id"], driver, clock=clock, owner=owner(), once=once, stop=stop, told=told,
            blue_ticks=settings.sync.blue_tick == ON_REPLY,
        )  # fmt: skip
