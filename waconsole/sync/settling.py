"""Let invites catch up with the facts: what is earned is held, posted or taken back, and both sides are told.

Read first, then written in short transactions, in turn. Before the console and `sync` settle, the review desk is asked
for what looks wrong (`fraud sweep`), so that nothing is paid that nobody looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import WaconsoleError
from waconsole.fraud import store_marks
from waconsole.inbox import service_live, service_reply
from waconsole.inbox import store_conversations as conversations
from waconsole.invites import service_settling, service_telling, store_settling
from waconsole.invites.service_giving import Settled
from waconsole.invites.service_settling import Look
from waconsole.invites.service_telling import Letter
from waconsole.outbox import service as outbox
from waconsole.outbox import store as outbox_rows
from waconsole.sync.desk import time_out
from waconsole.sync.sending import thread_with
from waconsole.sync.waiting import a_while, until_changed
from waconsole.whatsapp.content import Text

STEP: Final = 2  # invites: below 10 ms
AT_ONCE: Final = 2_000  # in one transaction, unless somebody waits
SECONDS_MAX: Final = 0.2  # of one transaction while nobody waits
LOOKS_MAX: Final = 20
COUPON_STEPS_MAX: Final = 100_000
TELLING_STEPS_MAX: Final = 100_000
LETTERS_AT_ONCE: Final = 8  # rewards told of in one transaction
PAUSE_SECONDS: Final = 2.0  # what comes in bit by bit is settled at once
RESTS_TIMES: Final = 20  # a sweep takes a twentieth of the time at most
LOOK_SECONDS: Final = 60.0  # a return window may be over, though nobody told anything
PURPOSE: Final = "transactional"


def _never() -> bool:
    return False


async def settle(database: Database, *, now: int, stop: Callable[[], bool] = _never) -> Settled:
    """Take every decision on invites that is due at `now`, and tell both sides; repeating it changes nothing.

    What the desk's time-out decides is decided first, so that what it voids is not paid.
    It stops between two transactions when `stop` says so, and goes on from there the next time. Raises Refused when the
    key of the books is not here.
    """
    done = Settled()
    await time_out(database, now=now)
    await _follow_coupons(database, done, now=now, stop=stop)
    if not await database.read(lambda tx: service_settling.is_settled(tx, now=now)):
        await _settle(database, done, now=now, stop=stop)
    await _tell(database, done, now=now, stop=stop)
    return done


async def _settle(database: Database, done: Settled, *, now: int, stop: Callable[[], bool]) -> None:
    """Look, and write what was found, until no other facts come in between."""

    def look(tx: Transaction) -> tuple[str, Look]:
        return service_settling.key(tx, now=now), service_settling.look(tx, now=now)

    for _ in range(LOOKS_MAX):
        key, found = await database.stream(look)
        if await _write(database, found, done, now=now, stop=stop):
            break
    else:
        return
    if not stop():
        await database.write(lambda tx: store_settling.put_mark(tx, key, now=now))


async def sweep_and_settle(database: Database, *, now: int, stop: Callable[[], bool] = _never) -> Settled:
    """As `settle`, once the review desk has looked through what came in: a refund may say as much as an invite."""
    if await database.read(lambda tx: is_unswept(tx, now=now)):
        from waconsole.fraud.service_sweep import sweep  # numpy loads with it

        await sweep(database, now=now)
    return await settle(database, now=now, stop=stop)


def is_unswept(tx: Transaction, *, now: int) -> bool:
    """Whether there are invites, and something came in that no sweep has seen."""
    return store_settling.has_invites(tx) and not store_marks.is_swept(tx, now=now)


async def _follow_coupons(database: Database, done: Settled, *, now: int, stop: Callable[[], bool]) -> None:
    if not await database.read(store_settling.has_coupons):
        return
    for _ in range(COUPON_STEPS_MAX):
        if stop() or not await database.write(lambda tx: service_settling.follow_coupons(tx, done, now=now)):
            break


async def _write(
    database: Database, found: Look, done: Settled, *, now: int, stop: Callable[[], bool]
) -> bool:
    """Write what was found; False where other facts came in between, so that it is to be found again."""
    done.over.clear()

    def some(tx: Transaction, start: int) -> int:
        """Steps until somebody waits; answers how far it came, or -1."""
        if store_settling.facts_key(tx) != found.facts:
            return -1
        until = time.monotonic() + SECONDS_MAX
        for begin in range(start, min(start + AT_ONCE, len(found.changed)), STEP):
            service_settling.settle(tx, found.changed[begin : begin + STEP], done, now=now)
            start = begin + STEP
            if tx.somebody_waits() or time.monotonic() > until:
                break
        return start

    start = 0
    while start < len(found.changed):
        if stop():
            return True
        start = await database.write(partial(some, start=start))
        if start < 0:
            return False
    return True


async def _tell(database: Database, done: Settled, *, now: int, stop: Callable[[], bool]) -> None:
    def some(tx: Transaction, rows: Sequence[Row]) -> None:
        for row in rows:
            if service_telling.is_told(tx, row["id"]):
                continue
            reason = _send(tx, service_telling.letters(tx, row["ref"], now=now), now=now)
            service_telling.mark_told(tx, row["id"], reason, now=now)
            done.told += not reason

    for _ in range(TELLING_STEPS_MAX):
        found = await database.read(lambda tx: service_telling.untold(tx, now=now))
        for start in range(0, len(found), LETTERS_AT_ONCE):
            if stop():
                return
            await database.write(partial(some, rows=found[start : start + LETTERS_AT_ONCE]))
        if not found:
            break


def _send(tx: Transaction, letters: Sequence[Letter], *, now: int) -> str:
    """Queue letters; answers why one could not be, or nothing. What may not leave is held, as any other message."""
    reason = ""
    for letter in letters:
        try:
            conversation_id = thread_with(tx, letter.member, outbox_rows.cloud_number(tx), now=now)
            driver = service_reply.driver_of(tx, conversation_id)
            message_id = None
            if driver != "human":
                message_id = service_live.add_ours(
                    tx, conversation_id=conversation_id, text=letter.text, at=now
                )
            outbox.enqueue(
                tx, number_id=conversations.conversation(tx, conversation_id)["number_id"],
                conversation_id=conversation_id, message_id=message_id, driver=driver, content=Text(letter.text),
                purpose=PURPOSE, answers_id=None, operator_id=None, now=now, rule=letter.rule,
                rule_version=letter.rule_version,
            )  # fmt: skip
        except WaconsoleError as error:
            reason = str(error)
    return reason


async def keep_settling(database: Database, *, clock: Callable[[], int], stop: Callable[[], bool]) -> None:
    """Do it whenever something changed or fell due, until cancelled; what goes wrong is tried again."""
    changed = asyncio.Event()
    changed.set()
    database.on_change.append(changed.set)
    last = _Last()
    try:
        while not stop():
            changed.clear()
            with contextlib.suppress(WaconsoleError):
                await _once(database, last, now=clock(), stop=stop)
            await a_while(PAUSE_SECONDS, stop)
            await until_changed(changed, LOOK_SECONDS, stop)
    finally:
        database.on_change.remove(changed.set)


@dataclass(slots=True)
class _Last:
    """What the last round stood on, and until when the next sweep waits (of the machine's steady clock)."""

    key: str = ""
    facts: str = ""
    rests_until: float = 0.0


async def _once(database: Database, last: _Last, *, now: int, stop: Callable[[], bool]) -> None:
    """Settle unless nothing that decides has changed and nothing fell due.

    Nothing is paid on facts that were not swept: where the sweep of a large ledger still rests, so does settling.
    """

    def look(tx: Transaction) -> tuple[str, str, bool]:
        is_due = store_settling.next_due(tx, now=now) is not None
        return service_settling.key(tx, now=now), store_settling.facts_key(tx), is_due

    key, facts, is_due = await database.read(look)
    if key == last.key and not is_due:
        return
    if facts == last.facts:
        await settle(database, now=now, stop=stop)
    elif time.monotonic() < last.rests_until:
        return
    else:
        begun = time.monotonic()
        await sweep_and_settle(database, now=now, stop=stop)
        last.rests_until = time.monotonic() + RESTS_TIMES * (time.monotonic() - begun)
    last.key, last.facts = key, facts  # as it was before: what came in meanwhile is looked at next


async def counts(database: Database) -> dict[str, int]:
    """How many invites stand in each state."""
    return await database.read(service_settling.counts)
