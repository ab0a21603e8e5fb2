"""Both roads together: what came in is taken apart, what is queued is sent; once, or until asked to end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from waconsole import clock as machine
from waconsole.database.connection import Database
from waconsole.errors import WaconsoleError
from waconsole.segments.service_columns_due import seal_when_due
from waconsole.settings import Settings
from waconsole.sync.anchoring import send_daily
from waconsole.sync.arriving import catch_up_arrivals
from waconsole.sync.desk import attend
from waconsole.sync.drained import Drained
from waconsole.sync.due import keep_writing_due, write_due
from waconsole.sync.earning import catch_up, keep_catching_up, left_out
from waconsole.sync.media_fetching import fetch_files, keep_fetching
from waconsole.sync.naming import name_groups
from waconsole.sync.outward import Number, keep_sending, send_once, sending_numbers
from waconsole.sync.process import Processed, process_waiting
from waconsole.sync.proofs_arriving import catch_up_proofs, take_away
from waconsole.sync.refreshing import keep_refreshing, refresh_when_due
from waconsole.sync.retention import empty_when_due, keep_emptying
from waconsole.sync.sealing_columns import keep_sealing
from waconsole.sync.sending import our_number
from waconsole.sync.settling import keep_settling, sweep_and_settle
from waconsole.sync.synced import TROUBLES, Synced
from waconsole.sync.tagging import Words, keep_tagging, tag_once
from waconsole.sync.waiting import a_while, until_changed

IDLE_SECONDS: Final = 5.0  # how long nothing is looked at when nothing is told
AGAIN_SECONDS: Final = 5.0  # after something went wrong that passes: a full disk, a locked ledger
BODIES_AT_ONCE: Final = 200
NAMES_SECONDS: Final = 1.0  # how long what groups are called is left alone


def running_clock(now: int) -> Callable[[], int]:
    """The machine's clock, moved so that it now says `now`."""
    moved = now - machine.now()
    return lambda: machine.now() + moved


async def sync_once(
    database: Database, settings: Settings, *, clock: Callable[[], int], stop: Callable[[], bool], words: Words | None = None
) -> Synced:  # fmt: skip
    """Take in what waits, send what is due, and take in what came meanwhile; `words` are what rules of tags are asked in."""
    synced = Synced()
    # The numbers first: what came for them is ours.
    numbers = await database.write(lambda tx: sending_numbers(tx, settings, now=clock()))
    missed = await _missed(database, settings, clock=clock)
    if settings.gateway.enabled:  # its number may have become known only now
        numbers = await database.write(lambda tx: sending_numbers(tx, settings, now=clock()))
    synced.came_in(await process_waiting(database, clock=clock))
    await catch_up_arrivals(database, now=clock(), stop=stop)
    with contextlib.suppress(WaconsoleError):  # before sending: what both sides are told leaves at once
        await sweep_and_settle(database, now=clock(), stop=stop)
        await attend(database, settings, now=clock())
    tagged = await tag_once(database, settings, words, now=clock(), stop=stop)
    with contextlib.suppress(WaconsoleError):  # nobody of that name, say: what is queued leaves all the same
        await send_daily(database, settings, now=clock())

    async def take_in() -> None:
        synced.came_in(await process_waiting(database, clock=clock, limit=BODIES_AT_ONCE))

    done, troubles = await send_once(database, settings, numbers, clock=clock, stop=stop, meanwhile=take_in)
    for one in done:
        synced.went_out(one)
    if settings.cloud.phone_number_id and not troubles:
        try:
            await name_groups(database, settings, clock=clock)
            await fetch_files(database, settings, clock=clock, stop=stop)
        except WaconsoleError as error:
            troubles.append(str(error))
    troubles += [missed] if missed else await _worked(database, settings, clock=clock)
    synced.trouble = " ".join(dict.fromkeys(troubles)) or synced.trouble
    synced.came_in(await process_waiting(database, clock=clock))
    await catch_up_arrivals(database, now=clock(), stop=stop)
    await catch_up_proofs(database, now=clock())
    await take_away(database, now=clock())
    await empty_when_due(database, now=clock())
    with contextlib.suppress(WaconsoleError):  # counting reads the rows until it is done
        await seal_when_due(database, now=clock(), stop=stop)
    try:
        await write_due(database, now=clock())
        short = left_out(await catch_up(database, now=clock(), stop=stop))
    except WaconsoleError as error:
        short = str(error)
    synced.trouble = " ".join(dict.fromkeys(filter(None, [synced.trouble, short, tagged])))
    if not (stop() or troubles or any(one.reason == "offline" for one in done)):
        synced.said = await refresh_when_due(database, settings, clock=clock, once=True)
    return synced


async def _missed(database: Database, settings: Settings, *, clock: Callable[[], int]) -> str:
    """Ask a gateway for what was missed; answers why it could not be had, or an empty text."""
    if not settings.gateway.enabled:
        return ""
    from waconsole.sync.gateway import catch_up_once  # most shops have none

    try:
        return (await catch_up_once(database, settings, clock=clock)).trouble
    except WaconsoleError as error:
        return str(error)


async def _worked(database: Database, settings: Settings, *, clock: Callable[[], int]) -> list[str]:
    """Do what is done by a gateway beside sending; answers why it could not be."""
    if not settings.gateway.enabled:
        return []
    from waconsole.sync.gateway import work_once  # most shops have none

    try:
        await work_once(database, settings, clock=clock)
    except WaconsoleError as error:
        return [str(error)]
    return []


async def _hear(
    database: Database,
    settings: Settings,
    *,
    clock: Callable[[], int],
    stop: Callable[[], bool],
    say: Callable[[str], None],
) -> None:
    """Hear a gateway's events, where one is used."""
    if settings.gateway.enabled:
        from waconsole.sync.gateway import keep_listening  # most shops have none

        await keep_listening(database, settings, clock=clock, stop=stop, say=say)


async def keep_in_sync(
    database: Database,
    settings: Settings,
    *,
    clock: Callable[[], int],
    stop: Callable[[], bool],
    say: Callable[[str], None],
    heard: Callable[[Drained | None], None] = lambda _: None,
    came: Callable[[Processed], None] = lambda _: None,
    words: Words | None = None,
) -> Synced:
    """Do both until `stop` says so: what is queued leaves, what comes in is taken apart, as it happens.

    What goes wrong and passes is said once and tried again. A console runs it as a worker, a server
    by `waconsole sync --watch`. `heard` is told how sending goes after each bundle, and None when
    it waits for its turn: another process may be sending for the number. `came` is told when
    something came in and stands in the ledger. `words` are what rules of tags are asked in.
    """
    synced = Synced()
    database.watch()
    await database.write(lambda tx: our_number(tx, settings, now=clock()))
    outward = asyncio.create_task(
        _outward(database, settings, synced, clock=clock, stop=stop, say=say, heard=heard)
    )
    naming = asyncio.create_task(_naming(database, settings, clock=clock, stop=stop))
    beside = [outward, naming]
    beside += map(
        asyncio.create_task,
        (
            keep_fetching(database, settings, clock=clock, stop=stop),
            _hear(database, settings, clock=clock, stop=stop, say=say),
            keep_emptying(database, clock=clock),
            keep_writing_due(database, settings, clock=clock),
            keep_catching_up(database, clock=clock, stop=stop),
            keep_settling(database, clock=clock, stop=stop),
            keep_tagging(database, settings, words, clock=clock, stop=stop),
            keep_refreshing(database, settings, clock=clock, stop=stop, say=say),
            keep_sealing(database, clock=clock, stop=stop),
        ),
    )
    try:
        await _inward(database, synced, clock=clock, stop=stop, say=say, came=came)
        await outward
        await naming
    finally:
        for one in beside:
            one.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
    return synced


async def _inward(
    database: Database,
    synced: Synced,
    *,
    clock: Callable[[], int],
    stop: Callable[[], bool],
    say: Callable[[str], None],
    came: Callable[[Processed], None],
) -> None:
    changed = asyncio.Event()
    changed.set()
    database.on_change.append(changed.set)
    told = ""
    try:
        while not stop():
            await until_changed(changed, IDLE_SECONDS, stop)
            changed.clear()
            try:
                done = await process_waiting(database, clock=clock, limit=BODIES_AT_ONCE)
                synced.came_in(done)
                await catch_up_arrivals(database, now=clock(), stop=stop)
                await catch_up_proofs(database, now=clock())
                told = ""
                if done.processed:
                    came(done)
            except WaconsoleError as error:
                told = _tell(say, str(error), told)
                await a_while(AGAIN_SECONDS, stop)
    finally:
        database.on_change.remove(changed.set)


async def _outward(
    database: Database,
    settings: Settings,
    synced: Synced,
    *,
    clock: Callable[[], int],
    stop: Callable[[], bool],
    say: Callable[[str], None],
    heard: Callable[[Drained | None], None],
) -> None:
    known: dict[int, str] = {}  # what was said last of each number

    def told(number: Number, now: Drained) -> None:
        for sentence in now.said:
            say(sentence)
        now.said.clear()
        trouble(number, TROUBLES[now.reason])
        heard(now)

    def trouble(number: Number, sentence: str) -> None:
        known[number["id"]] = _tell(say, sentence, known.get(number["id"], ""))

    await keep_sending(
        database, settings, clock=clock, stop=stop, told=told, waits=lambda: heard(None), trouble=trouble,
        ended=synced.went_out,
    )  # fmt: skip


async def _naming(
    database: Database, settings: Settings, *, clock: Callable[[], int], stop: Callable[[], bool]
) -> None:
    """Find out what new official groups are called. What goes wrong is said by whoever sends, and tried again."""
    changed = asyncio.Event()
    database.on_change.append(changed.set)
    try:
        while not stop():
            changed.clear()
            try:
                await name_groups(database, settings, clock=clock)
            except WaconsoleError:
                await a_while(AGAIN_SECONDS, stop)
            await a_while(NAMES_SECONDS, stop)
            await until_changed(changed, IDLE_SECONDS, stop)
    finally:
        database.on_change.remove(changed.set)


def _tell(say: Callable[[str], None], sentence: str, told: str) -> str:
    """Say a trouble when it is a new one; answers what is known to have been said."""
    if sentence and sentence != told:
        say(sentence)
    return sentence
