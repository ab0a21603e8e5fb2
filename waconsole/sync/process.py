"""Take waiting bodies apart: each thing they say becomes rows of the room it belongs to, once.

One thing is one savepoint and never holds up the rest. One with a fault that will not pass is
quarantined with its reason; one that fails for a reason nobody foresaw is tried five times first.
What is stopped halfway goes on where it was, because every thing has a key of its own.
"""

from __future__ import annotations

import asyncio
import sqlite3
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from waconsole.clock import MINUTE, SECOND
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused, Transient, WaconsoleError
from waconsole.groups import store_requests
from waconsole.inbox import search
from waconsole.sync import intake_events, process_rules, process_sources, receive_again
from waconsole.sync import receive_rows as rows
from waconsole.sync.hooks_words import HookItem
from waconsole.sync.process_rules import Rules
from waconsole.sync.receive_rows import Known, Outcome
from waconsole.whatsapp import webhook
from waconsole.whatsapp.events import Item, Unplaced

BODIES_MAX: Final = 100_000  # of one call
BODIES_AT_ONCE: Final = 20
ITEMS_AT_ONCE: Final = 100
ITEMS_BEFORE_OTHERS: Final = 4  # how many are done at least before another writer is let in
MERGE_STEPS_MAX: Final = 50
RAW_SHOWN_MAX: Final = 2_000
AGAIN_AFTER: Final = (5 * SECOND, 30 * SECOND, 3 * MINUTE, 15 * MINUTE)  # waits between the tries of one item
TRIES_MAX: Final = len(AGAIN_AFTER) + 1
ANOTHER_NUMBER: Final = (
    "It is for a number that is not ours: nothing was done. If it is ours, set cloud.phone_number_id."
)
# What the machine did to us and no item can help: the whole transaction is tried again later.
_PASSING: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_CANTOPEN,
    }
)  # fmt: skip

# What an item is to blame for, and always will be: a rule that says no, a shape that cannot be read.
_FORESEEN: Final = (WaconsoleError, ValueError)


@dataclass(frozen=True, slots=True)
class Processed:
    """What was taken apart: `received` things were found in bodies, of which some were there before."""

    received: int = 0
    processed: int = 0
    quarantined: int = 0
    trying: int = 0

    def __add__(self, other: Processed) -> Processed:
        """Both together."""
        return Processed(
            self.received + other.received,
            self.processed + other.processed,
            self.quarantined + other.quarantined,
            self.trying + other.trying,
        )


@dataclass(frozen=True, slots=True)
class _Step:
    """One item of a body on its way into the ledger; `last` closes the body."""

    inbound_id: int
    place: int
    item: Item | HookItem
    last: bool


async def process_waiting(
    database: Database, *, clock: Callable[[], int], limit: int = BODIES_MAX
) -> Processed:
    """Take apart up to `limit` waiting bodies, the oldest first, each item once.

    Raises what the ledger raises (a full disk); then whatever was not done waits on.
    """
    done = Processed()
    now = clock()
    again, due, is_overdue = await database.read(
        lambda tx: (
            receive_again.quarantined_bodies(tx, reason=ANOTHER_NUMBER, limit=BODIES_AT_ONCE),
            receive_again.due_bodies(tx, now=now, wait_max=AGAIN_AFTER[-1], limit=BODIES_AT_ONCE),
            store_requests.has_overdue(tx, now=now),
        )
    )
    if again:
        done += await replay(database, again, clock=clock, reason=ANOTHER_NUMBER)
    if due:
        done += await _take_apart(database, due, clock=clock, again=_Again(None, None, is_by_itself=True))
    left = limit
    while left > 0:
        most = min(left, BODIES_AT_ONCE)
        ids = await database.read(lambda tx, most=most: rows.waiting_bodies(tx, limit=most))  # type: ignore[misc]
        if not ids:
            break
        left -= len(ids)
        done += await _take_apart(database, ids, clock=clock, again=None)
    if is_overdue:  # asked last: what came in may have answered it
        await database.write(lambda tx: intake_events.grow_overdue(tx, now=now))
    if done.processed:
        await _tidy(database)
    return done


async def replay(
    database: Database,
    inbound_ids: Sequence[int],
    *,
    clock: Callable[[], int],
    keys: Collection[str] | None = None,
    reason: str | None = None,
) -> Processed:
    """Try again what of these bodies is not done: only `keys`, or only what stands aside for `reason`.

    Each is counted from its first try again.
    """
    done = Processed()
    for start in range(0, len(inbound_ids), BODIES_AT_ONCE):
        part = inbound_ids[start : start + BODIES_AT_ONCE]
        done += await _take_apart(database, part, clock=clock, again=_Again(keys, reason))
    if done.processed:
        await _tidy(database)
    return done


@dataclass(frozen=True, slots=True)
class _Again:
    """What is tried again of bodies that were taken apart before."""

    keys: Collection[str] | None
    reason: str | None
    is_by_itself: bool = False  # what waits for its instant, and nothing else

    def wants(self, key: str, known: Known, now: int) -> bool:
        if known.state == "done":
            return False
        if self.is_by_itself:
            return known.again_at is not None and not now < known.again_at <= now + AGAIN_AFTER[-1]
        return (self.keys is None or key in self.keys) and (
            self.reason is None or self.reason == known.reason
        )


async def _take_apart(
    database: Database, inbound_ids: Sequence[int], *, clock: Callable[[], int], again: _Again | None
) -> Processed:
    bodies = await database.read(lambda tx: rows.bodies(tx, inbound_ids))
    steps = await asyncio.to_thread(_steps, bodies)
    done = Processed()
    place = 0
    while place < len(steps):
        part = steps[place : place + ITEMS_AT_ONCE]
        now = clock()
        counted, went = await database.write(
            lambda tx, part=part, now=now: _write_part(tx, part, again, now=now)  # type: ignore[misc]
        )
        done += counted
        place += went
    return done


def _steps(bodies: Sequence[tuple[int, bytes, str, str, str]]) -> list[_Step]:
    """Every item of every body, in order; a body that cannot be read is one item with a fault."""
    steps: list[_Step] = []
    for inbound_id, body, digest, source, topic in bodies:
        items: Sequence[Item | HookItem]
        try:
            items = process_sources.items(body, source, topic)
        except webhook.Unreadable as error:
            shown = body[:RAW_SHOWN_MAX].decode("utf-8", "replace")
            items = [Item(f"body|{digest}", None, None, str(error), shown)]
        if not items:
            items = [
                Item(
                    f"empty|{digest}",
                    None,
                    Unplaced("", "empty"),
                    "",
                    body[:RAW_SHOWN_MAX].decode("utf-8", "replace"),
                )
            ]
        last = len(items) - 1
        steps += [_Step(inbound_id, place, item, place == last) for place, item in enumerate(items)]
    return steps


def _write_part(
    tx: Transaction, steps: Sequence[_Step], again: _Again | None, *, now: int
) -> tuple[Processed, int]:
    """Write items until another writer waits; answers what was done and how many were looked at."""
    rules = process_rules.rules_in_force(tx, now=now)
    went = 0
    states: Counter[str] = Counter()
    for step in steps:
        known = rows.known(tx, step.item.key)
        if known is None or (again is not None and again.wants(step.item.key, known, now)):
            tried = known.attempts if known is not None and again is not None and again.is_by_itself else 0
            outcome = _handled(tx, step.item, rules, tried, now=now)
            if known is None:
                rows.add_item(tx, step.inbound_id, step.place, outcome, now=now)
            else:
                rows.set_item(tx, known.id, outcome, now=now)
            states[outcome.state] += 1
        if step.last:
            rows.finish_body(tx, step.inbound_id)
        went += 1
        if went >= ITEMS_BEFORE_OTHERS and tx.somebody_waits():
            break
    aside = states["quarantined"], states["trying"]
    return Processed(went, states.total() - sum(aside), *aside), went


def _handled(tx: Transaction, item: Item | HookItem, rules: Rules, tried: int, *, now: int) -> Outcome:
    """One item in a savepoint of its own, after it was `tried` in vain. Raises only what no item is to blame for."""
    number = item.number or ""
    kind = type(item.event).__name__ if item.event is not None else item.key.partition("|")[0]

    def aside(state: str, reason: str, again_at: int | None = None) -> Outcome:
        return Outcome(item.key, number, kind, state, reason, item.raw, tried + 1, again_at)

    if item.event is None:
        return aside("quarantined", item.fault)
    tx.execute("SAVEPOINT item")
    try:
        number_id = process_sources.number_of(tx, number) if number else None
        if number and number_id is None:
            tx.execute("RELEASE item")
            return aside("quarantined", ANOTHER_NUMBER)
        unknown = process_sources.take(tx, item, number_id, rules, now=now)
    except Exception as error:
        if _is_passing(error):
            raise
        tx.execute("ROLLBACK TO item")
        tx.execute("RELEASE item")
        if isinstance(error, _FORESEEN) or tried + 1 >= TRIES_MAX:
            return aside("quarantined", _in_words(error))
        return aside("trying", _in_words(error), now + AGAIN_AFTER[tried])
    tx.execute("RELEASE item")
    return aside("kept", unknown) if unknown else Outcome(item.key, number, kind, "done", attempts=tried + 1)


def _is_passing(error: Exception) -> bool:
    if isinstance(error, Transient):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _PASSING


def _in_words(error: Exception) -> str:
    """Why an item is set aside: the sentence of an expected error, else where the program failed."""
    if isinstance(error, _FORESEEN):
        return str(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name}, line {frame.lineno}: {error}"


async def _tidy(database: Database) -> None:
    """Merge what live messages left in the search index, in steps that let others in between."""
    for _ in range(MERGE_STEPS_MAX):
        if not await database.write(search.merge_step):
            return


def must_be_item(tx: Transaction, item_id: int) -> sqlite3.Row:
    """The item of that id. Raises Refused."""
    row = rows.item_by_id(tx, item_id)
    if row is None:
        raise Refused(f"There is no inbound item {item_id}: `waconsole inbound list` shows them.")
    return row
