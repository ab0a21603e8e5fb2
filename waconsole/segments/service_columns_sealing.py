"""Sealing: rows of facts become columns in the ledger, a little at a time.

It reads first, in one snapshot, and writes chunks in short transactions under a run that counts for nobody; one last
small transaction lets it count, unless rows it holds were changed meanwhile. Repeating it changes nothing, and a
process that dies half-way leaves an open run behind, which a later sealing takes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from waconsole.clock import HOUR
from waconsole.database.connection import Database, Transaction
from waconsole.segments import store_columns as store
from waconsole.segments import store_columns_rows as rows_of
from waconsole.segments import store_columns_words as words_of
from waconsole.segments.aggregates_by_person import laid_by_person
from waconsole.segments.aggregates_once import ONCE, is_once
from waconsole.segments.columns import (
    AT,
    CHUNK_ROWS,
    FACTS,
    PERSON,
    WORD_KINDS,
    Fact,
    Numbers,
    Unfit,
    narrow,
)
from waconsole.segments.service_columns_held import Held, Ledger
from waconsole.segments.store_columns import Mark
from waconsole.segments.store_columns_due import ROWS_MIN, last_id
from waconsole.segments.store_columns_words import Words

SEALED: Final = (PERSON, *FACTS.values())
RUNS_MAX: Final = 32
"""So many runs of a fact are made one."""
TOUCHED_SHARE: Final = 50
AT_ONCE_BYTES: Final = 2 << 20
"""So much is written in one transaction, unless somebody waits."""
REMOVED_AT_ONCE: Final = 64
DEAD_AFTER: Final = HOUR

Columns = Mapping[str, Numbers]


@dataclass(slots=True)
class Plan:
    """What is to be sealed of a fact, and of which state of the ledger."""

    fact: Fact
    mark: Mark
    through_id: int
    instead: bool
    parts: dict[int, Columns]
    beside: dict[int, list[dict[str, Numbers]]]
    words: Words

    @property
    def row_count(self) -> int:
        """How many rows that is."""
        return sum(int(columns[AT].size) for columns in self.parts.values())


def _nobody() -> bool:
    return False


async def seal(
    database: Database, *, now: int, stop: Callable[[], bool] = _nobody, rows_min: int = ROWS_MIN
) -> dict[str, int]:
    """Seal what is worth it of every fact; answers how many rows of each were sealed.

    It stops between two transactions when `stop` says so. While an import is open nothing is sealed: its rows lie
    among the others and count for nobody yet.
    """
    done: dict[str, int] = {}
    if database.read_only:
        return done
    await _clean(database, now=now, stop=stop)
    for fact in SEALED:
        if stop():
            return done
        plan = await database.stream(partial(_planned, fact=fact, rows_min=rows_min))
        if plan is not None and await _write(database, plan, now=now, stop=stop):
            done[fact.name] = plan.row_count
    if done:
        await _clean(database, now=now, stop=stop)
    return done


def seal_within(tx: Transaction, *, now: int, rows_min: int = ROWS_MIN) -> dict[str, int]:
    """The same in the transaction of the caller, whom nobody else waits for."""
    done: dict[str, int] = {}
    for fact in SEALED:
        plan = _planned(tx, fact, rows_min)
        if plan is not None:
            run_id = _begin(tx, plan, now)
            for chunk in _chunks(plan):
                store.add_chunk(tx, run_id, *chunk)
            if _finish(tx, plan, run_id):
                done[fact.name] = plan.row_count
    for run_id in store.dead_runs(tx, open_before=now - DEAD_AFTER):
        while not store.remove_some(tx, run_id, limit=REMOVED_AT_ONCE):
            pass
    return done


def _planned(tx: Transaction, fact: Fact, rows_min: int) -> Plan | None:
    mark = store.marks(tx).get(fact.name, Mark())
    through = last_id(tx, fact.name)
    runs = store.runs(tx, fact.name)
    touched = len(store.touched(tx, fact.name))
    new = through - mark.through_id
    is_worn = touched * TOUCHED_SHARE > max(sum(run.rows for run in runs), 1)
    if store.open_import_runs(tx) or (new < rows_min and not (is_worn and runs)):
        return None
    words = Words()
    instead = not runs or is_worn or len(runs) >= RUNS_MAX
    try:
        parts = _all(tx, fact, words) if instead else _new(tx, fact, words, mark, through)
    except Unfit:
        return None
    beside = {part: _beside(fact, columns) for part, columns in parts.items()}
    return Plan(fact, mark, through, instead, parts, beside, words)


def _beside(fact: Fact, columns: Columns) -> list[dict[str, Numbers]]:
    """What is sealed of a part beside its columns, in pieces."""
    if fact.by_person is not None:
        return laid_by_person(columns, fact.by_person)
    if fact.once and is_once(columns[fact.once]):
        return [{ONCE: np.ones(1, np.int8)}]
    return []


def _all(tx: Transaction, fact: Fact, words: Words) -> dict[int, Columns]:
    """Everything of a fact: what is sealed without what was touched, and what is above."""
    held = Held(fact)
    held.follow(Ledger(tx, words, store.marks(tx), frozenset()))
    if not held.is_fit:
        raise Unfit
    return {number: _in_order(held.all_columns(tx, number)) for number in list(held.parts)}


def _new(tx: Transaction, fact: Fact, words: Words, mark: Mark, through: int) -> dict[int, Columns]:
    rows = rows_of.rows_between(tx, fact, words, after=mark.through_id, through=through)
    return {number: _in_order(some.columns) for number, some in rows_of.by_part(rows)}


def _in_order(columns: Columns) -> Columns:
    """The rows of a part in order of time, those of one instant as they came."""
    order = np.argsort(columns[AT], kind="stable")
    return {name: numbers[order] for name, numbers in columns.items()}


async def _write(database: Database, plan: Plan, *, now: int, stop: Callable[[], bool]) -> bool:
    """Write the plan's chunks and let them count; False when it was stopped or something changed meanwhile."""
    run_id = await database.write(partial(_begin, plan=plan, now=now))
    chunks = _chunks(plan)
    is_done = False

    def some(tx: Transaction) -> bool:
        written = 0
        for chunk in chunks:
            written += store.add_chunk(tx, run_id, *chunk)
            if written >= AT_ONCE_BYTES or tx.somebody_waits():
                return False
        return True

    while not is_done:
        if stop():
            return False
        is_done = await database.write(some)
    return await database.write(lambda tx: _finish(tx, plan, run_id))


def _begin(tx: Transaction, plan: Plan, now: int) -> int:
    _give_numbers(tx, plan)
    first = 0 if plan.instead else plan.mark.through_id + 1
    return store.begin_run(
        tx,
        plan.fact.name,
        first_id=min(first, plan.through_id),
        last_id=plan.through_id,
        rows=plan.row_count,
        now=now,
    )


def _finish(tx: Transaction, plan: Plan, run_id: int) -> bool:
    if store.marks(tx).get(plan.fact.name, Mark()) != plan.mark:
        store.give_up_run(tx, run_id)
        return False
    store.seal_run(tx, run_id, plan.fact.name, through_id=plan.through_id, instead=plan.instead)
    return True


def _chunks(plan: Plan) -> Iterator[tuple[int, str, int, Numbers]]:
    for part, columns in plan.parts.items():
        for name, numbers in columns.items():
            for place, start in enumerate(range(0, numbers.size, CHUNK_ROWS)):
                yield part, name, place, numbers[start : start + CHUNK_ROWS]
    for part, pieces in plan.beside.items():
        for place, piece in enumerate(pieces):
            for name, numbers in piece.items():
                yield part, name, place, numbers


def _give_numbers(tx: Transaction, plan: Plan) -> None:
    """Words that had a number of this process's own get one that stays, in every column."""
    kinds = {plan.fact.part, *(kind for _, kind in plan.fact.extras)} & WORD_KINDS
    stays: dict[str, dict[int, int]] = {}
    for kind in kinds:
        own = plan.words.own(kind)
        words_of.add_words(tx, kind, own)
        known = Words()
        known.numbers(tx, kind, list(own))
        stays[kind] = {number: known.number(tx, kind, word) or 0 for word, number in own.items()}
    for name, kind in plan.fact.extras:
        if stays.get(kind):
            plan.parts = {
                part: {**columns, name: _renumbered(columns[name], stays[kind])}
                for part, columns in plan.parts.items()
            }
    if moved := stays.get(plan.fact.part):
        plan.parts = {moved.get(part, part): columns for part, columns in plan.parts.items()}
        plan.beside = {moved.get(part, part): pieces for part, pieces in plan.beside.items()}


def _renumbered(numbers: Numbers, stays: Mapping[int, int]) -> Numbers:
    if not numbers.size or int(numbers.min()) >= 0:
        return numbers
    table = np.zeros(max(-number for number in stays) + 1, np.int32)
    for number, stay in stays.items():
        table[-number] = stay
    return narrow(np.where(numbers < 0, table[np.maximum(-numbers, 0) % table.size], numbers))


async def _clean(database: Database, *, now: int, stop: Callable[[], bool]) -> None:
    """Take out runs that were replaced, and those a dead process left open."""
    for run_id in await database.stream(lambda tx: store.dead_runs(tx, open_before=now - DEAD_AFTER)):
        while not stop():
            if await database.write(partial(store.remove_some, run_id=run_id, limit=REMOVED_AT_ONCE)):
                break
