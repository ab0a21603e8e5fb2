"""One fact in memory: its sealed columns, read when they are asked for, and its rows above what is sealed.

What is held follows the ledger by three signs: new rows have higher ids, rows that were changed or taken out are
counted by a mark, and rows of an open import come to count when its run is no longer open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial

import numpy as np

from waconsole.database.connection import Transaction
from waconsole.segments import store_columns as store
from waconsole.segments import store_columns_rows as rows_of
from waconsole.segments.aggregates_by_person import THEIR_AT, THEIR_ROWS, ByPerson, Piece, total_of
from waconsole.segments.aggregates_once import ONCE, are_apart, is_once
from waconsole.segments.aggregates_strips import Strip
from waconsole.segments.columns import AT, MEMBER, ROW, Fact, Numbers, Unfit
from waconsole.segments.store_columns import Body, Mark, Sealed
from waconsole.segments.store_columns_due import last_id
from waconsole.segments.store_columns_rows import Rows
from waconsole.segments.store_columns_words import Words


class Stale(Exception):
    """What is held was sealed anew by somebody: it is to be loaded again."""


@dataclass(slots=True)
class Part:
    """The rows of a fact that have one word: the chunks they are sealed in, those above, and what was read of them.

    `by_person` has, of each run that is sealed in order of person as well, those chunks.
    """

    sealed: list[Sealed] = field(default_factory=list)
    by_person: dict[int, list[Sealed]] = field(default_factory=dict)
    above: Rows | None = None
    chunks: list[Strip] | None = None
    newest: Strip | None = None


@dataclass(slots=True)
class Ledger:
    """What all facts read of the ledger at one look."""

    tx: Transaction
    words: Words
    marks: Mapping[str, Mark]
    open_runs: frozenset[int]
    roots: Numbers | None = None
    """Of each member row the one that stands for the person; None while nobody was merged."""


class Held:
    """A fact. `generation` is another number whenever something of it changed."""

    def __init__(self, fact: Fact) -> None:
        """Nothing is read yet."""
        self.fact = fact
        self.generation = 0
        self.is_fit = True
        self.parts: dict[int, Part] = {}
        self._changes = -1
        self._through = 0
        self._hidden: Rows | None = None
        self._above: Rows | None = None
        self._touched: Numbers | None = None
        self._spans: Mapping[tuple[int, int, int], tuple[int, int]] = {}
        self._once, self._once_high = False, 0
        self._stays: dict[tuple[int, int, int], Numbers | None] = {}
        self._roots: Numbers | None = None
        self._bodies: dict[str, Mapping[tuple[int, int, int], Body]] = {}
        self.reading: Transaction | None = None
        """What columns are read by when they are first asked for."""

    def follow(self, ledger: Ledger) -> None:
        """Hold what stands in the ledger now."""
        self._bodies = {}
        mark = ledger.marks.get(self.fact.name, Mark())
        if self._roots is not ledger.roots:
            self._roots = ledger.roots
            self._forget_strips()
        if mark.changes != self._changes:
            self._load(ledger, mark)
            return
        last = last_id(ledger.tx, self.fact.name)
        hidden = self._hidden
        is_shown = hidden is not None and bool(set(np.unique(hidden.run).tolist()) - ledger.open_runs)
        if last == self._through and not is_shown:
            return
        try:
            new = rows_of.rows_between(ledger.tx, self.fact, ledger.words, after=self._through, through=last)
        except Unfit:
            self._give_up()
            return
        self._through = last
        waiting = [one for one in (hidden, new) if one is not None]
        self._take(rows_of.joined(self.fact, waiting), ledger.open_runs)

    def _load(self, ledger: Ledger, mark: Mark) -> None:
        tx, fact = ledger.tx, self.fact
        self.parts, self._hidden, self._above = {}, None, None
        self._changes, self.is_fit = mark.changes, True
        self.generation += 1
        for sealed in store.chunks(tx, fact.name, AT):
            self.parts.setdefault(sealed.part, Part()).sealed.append(sealed)
        if fact.by_person is not None:
            for sealed in store.chunks(tx, fact.name, THEIR_ROWS):
                self.parts[sealed.part].by_person.setdefault(sealed.run_id, []).append(sealed)
        self._once = fact.once != "" and self._is_each_once(tx)
        touched = store.touched(tx, fact.name)
        self._touched, self._stays = (np.sort(np.asarray(touched, np.int64)) if touched else None), {}
        self._spans = (
            {one[:3]: (one.low, one.high) for one in store.chunks(tx, fact.name, ROW)} if touched else {}
        )
        self._through = last_id(
            tx, fact.name
        )  # below what is sealed where the highest rows were taken out: their ids come again
        try:
            above = [
                rows_of.rows_between(tx, fact, ledger.words, after=mark.through_id, through=self._through)
            ]
            if touched:
                above.append(rows_of.rows_by_id(tx, fact, ledger.words, touched))
        except Unfit:
            self._give_up()
            return
        self._take(rows_of.joined(fact, above), ledger.open_runs)

    def _give_up(self) -> None:
        self.is_fit, self.parts = False, {}
        self.generation += 1

    def _take(self, rows: Rows, open_runs: frozenset[int]) -> None:
        """Let rows count that no open run hides, and keep the others for later."""
        hides = np.isin(rows.run, list(open_runs)) if open_runs else np.zeros(len(rows), np.bool_)
        self._hidden = rows.only(hides) if hides.any() else None
        shown = rows.only(~hides) if hides.any() else rows
        if not len(shown):
            return
        self.generation += 1
        for number, new in rows_of.by_part(shown):
            part = self.parts.setdefault(number, Part())
            part.above = new if part.above is None else rows_of.joined(self.fact, [part.above, new])
            part.newest = None

    def _is_each_once(self, tx: Transaction) -> bool:
        """Whether what is sealed holds no number of the column `once` twice, as far as that was written down."""
        runs = {(one.run_id, one.part) for part in self.parts.values() for one in part.sealed}
        if {(one.run_id, one.part) for one in store.chunks(tx, self.fact.name, ONCE)} != runs:
            return False
        spans: dict[tuple[int, int], tuple[int, int]] = {}
        for one in store.chunks(tx, self.fact.name, self.fact.once):
            low, high = spans.get((one.run_id, one.part), (one.low, one.high))
            spans[one.run_id, one.part] = (min(low, one.low), max(high, one.high))
        self._once_high = max((high for _, high in spans.values()), default=0)
        return are_apart(spans.values())

    @property
    def is_once(self) -> bool:
        """Whether no number of the column `once` comes twice; False where it was not looked through."""
        if not self._once or self._touched is not None:
            return False
        above = [part.above.columns[self.fact.once] for part in self.parts.values() if part.above is not None]
        if not above:
            return True
        numbers = np.concatenate(above)
        return int(numbers.min()) > self._once_high and is_once(numbers)

    def _forget_strips(self) -> None:
        self.generation += 1
        for part in self.parts.values():
            part.chunks = part.newest = None

    def strips(self, tx: Transaction, number: int) -> list[Strip]:
        """The rows of a part, each strip in order of time: its sealed chunks, then what is above them. Raises Stale."""
        part = self.parts.get(number)
        if part is None:
            return []
        self.reading = tx
        if part.chunks is None:
            whole = self._by_person(part)
            found = [self._sealed(one, whole.get(one.run_id)) for one in part.sealed]
            part.chunks = [strip for strip in found if strip.size]
        if part.newest is None and part.above is not None:
            rows = part.above.columns
            order = np.argsort(rows[AT], kind="stable")
            part.newest = Strip(
                rows[AT][order], self._person(rows[MEMBER][order]), lambda name: rows[name][order]
            )
        return part.chunks if part.newest is None else [*part.chunks, part.newest]

    def all_columns(self, tx: Transaction, number: int) -> dict[str, Numbers]:
        """Every column of a part as the rows have it, in no order of time. Raises Stale."""
        part = self.parts[number]
        self.reading = tx
        found: dict[str, Numbers] = {}
        for name in self.fact.columns:
            pieces = [self._column(one, {}, name) for one in part.sealed]
            if part.above is not None:
                pieces.append(part.above.columns[name])
            found[name] = np.concatenate(pieces)
        return found

    def _person(self, members: Numbers) -> Numbers:
        return members if self._roots is None else self._roots[members]

    def _sealed(self, one: Sealed, whole: ByPerson | None) -> Strip:
        """A chunk as a strip, read when it is asked for; at once where some of its rows were touched."""
        stays = self._untouched(one)
        column = partial(self._column, one, {})
        if stays is None:
            reads = (partial(column, AT), lambda: self._person(column(MEMBER)))
            return Strip.sealed(one.rows, (one.low, one.high), reads, column, whole)
        strip = Strip(column(AT), self._person(column(MEMBER)), column)
        if whole is not None:
            strip.whole = whole
            gone = ~stays
            members = self._person(self._read(one, MEMBER)[gone])
            whole.without.append(
                Strip(self._read(one, AT)[gone], members, lambda name: self._read(one, name)[gone])
            )
        return strip

    def _untouched(self, one: Sealed) -> Numbers | None:
        """Which rows of a chunk were not touched; None where all of them were not."""
        if self._touched is None:
            return None
        key = (one.run_id, one.part, one.chunk)
        if key not in self._stays:
            low, high = self._spans[key]
            stays = None
            if np.diff(self._touched.searchsorted([low, high + 1])).any():
                stays = ~np.isin(self._read(one, ROW), self._touched)
            self._stays[key] = None if stays is None or stays.all() else stays
        return self._stays[key]

    def _by_person(self, part: Part) -> dict[int, ByPerson]:
        """The rows of each run in order of person, read when they are first asked for."""
        roots, moved = self._roots, None
        if roots is not None:
            rows_moved = np.flatnonzero(roots != np.arange(roots.size, dtype=roots.dtype))
            moved = (rows_moved, roots[rows_moved])
        rows: Counter[int] = Counter()
        for one in part.sealed:
            rows[one.run_id] += one.rows
        return {
            run_id: ByPerson(rows[run_id], partial(self._pieces, chunks), self.fact.by_person or (), moved)
            for run_id, chunks in part.by_person.items()
        }

    def _pieces(self, chunks: Sequence[Sealed]) -> list[Piece]:
        assert self.reading is not None
        found: list[Piece] = []
        first, spans = 0, {one[:3]: one[-2:] for one in store.chunks(self.reading, self.fact.name, THEIR_AT)}
        for one in chunks:
            rows, at = self._read(one, THEIR_ROWS), self._read(one, THEIR_AT)
            if rows.size != one.rows or int(rows.sum(dtype=np.int64)) != at.size:
                raise Stale
            at, span = at.astype(np.int32, copy=False), spans[one[:3]]
            found.append(Piece(first, rows, at, span, cache(partial(self._total, one))))
            first += one.rows
        return found

    def _total(self, one: Sealed, name: str) -> Numbers:
        found = self._read(one, total_of(name))  # of which differences are taken: a byte would be too few
        return found if found.itemsize >= np.dtype(np.int32).itemsize else found.astype(np.int32)

    def _column(self, one: Sealed, known: dict[str, Numbers], name: str) -> Numbers:
        """A column of a chunk without what was touched, read once by the transaction of whoever asks."""
        found = known.get(name)
        if found is None:
            found = self._read(one, name)
            if found.size != one.rows:
                raise Stale
            stays = self._untouched(one)
            if stays is not None:
                found = found[stays]
            if name not in (AT, MEMBER):  # those a strip keeps
                known[name] = found
        return found

    def _read(self, one: Sealed, name: str) -> Numbers:
        assert self.reading is not None
        bodies = self._bodies.get(name)
        if bodies is None:
            bodies = self._bodies[name] = store.bodies(self.reading, self.fact.name, name)
        body = bodies.get((one.run_id, one.part, one.chunk))
        if body is None:
            raise Stale
        return store.numbers(self.reading, body)
