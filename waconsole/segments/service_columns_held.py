"""One fact in memory: its sealed columns, read when they are asked for, and its rows above what is sealed.

What is held follows the ledger by three signs: new rows have higher ids, rows that were changed or taken out are
counted by a mark, and rows of an open import come to count when its run is no longer open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from waconsole.database.connection import Transaction
from waconsole.segments import store_columns as store
from waconsole.segments import store_columns_rows as rows_of
from waconsole.segments.aggregates import Strip
from waconsole.segments.columns import AT, MEMBER, ROW, Fact, Numbers, Unfit
from waconsole.segments.store_columns import Mark, Sealed
from waconsole.segments.store_columns_rows import Rows
from waconsole.segments.store_columns_words import Words

EAGER: Final = (AT, MEMBER)


class Stale(Exception):
    """What is held was sealed anew by somebody: it is to be loaded again."""


@dataclass(slots=True)
class Part:
    """The rows of a fact that have one word: where they are sealed, those above, and what was read of them."""

    sealed: list[Sealed] = field(default_factory=list)
    above: Rows | None = None
    columns: dict[str, Numbers] = field(default_factory=dict)
    keep: Numbers | None = None
    order: Numbers | None = None
    strip: Strip | None = None


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
        self._roots: Numbers | None = None

    def follow(self, ledger: Ledger) -> None:
        """Hold what stands in the ledger now."""
        mark = ledger.marks.get(self.fact.name, Mark())
        if self._roots is not ledger.roots:
            self._roots = ledger.roots
            self._forget_strips()
        if mark.changes != self._changes:
            self._load(ledger, mark)
            return
        last = rows_of.last_id(ledger.tx, self.fact)
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
        for sealed in store.parts(tx, fact.name, AT):
            self.parts.setdefault(sealed.part, Part()).sealed.append(sealed)
        touched = store.touched(tx, fact.name)
        self._touched = np.asarray(touched, np.int64) if touched else None
        self._through = max(rows_of.last_id(tx, fact), mark.through_id)
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
        for number in np.unique(shown.part).tolist():
            part = self.parts.setdefault(number, Part())
            new = shown.only(shown.part == number)
            part.above = new if part.above is None else rows_of.joined(self.fact, [part.above, new])
            part.columns, part.keep, part.order, part.strip = {}, None, None, None

    def _forget_strips(self) -> None:
        self.generation += 1
        for part in self.parts.values():
            part.strip = None

    def strip(self, tx: Transaction, number: int) -> Strip | None:
        """The rows of a part in order of time, or None where there are none. Raises Stale."""
        part = self.parts.get(number)
        if part is None:
            return None
        if part.strip is None:
            at = self._read(tx, part, AT)
            if at.size > 1 and not bool((at[1:] >= at[:-1]).all()):
                part.order = np.argsort(at, kind="stable")
            who = self._ordered(tx, part, MEMBER)
            if self._roots is not None:
                who = self._roots[who]
            part.strip = Strip(self._ordered(tx, part, AT), who, self._column(part))
            part.columns.pop(MEMBER)
        return part.strip

    def all_columns(self, tx: Transaction, number: int) -> dict[str, Numbers]:
        """Every column of a part as the rows have it, in no order of time. Raises Stale."""
        return {name: self._read(tx, self.parts[number], name) for name in self.fact.columns}

    def _column(self, part: Part) -> Callable[[str], Numbers]:
        """How a strip reads another of its columns: by the transaction of whoever asks."""

        def column(name: str) -> Numbers:
            assert self.reading is not None
            return self._ordered(self.reading, part, name)

        return column

    reading: Transaction | None = None
    """The transaction that columns are read by when they are first asked for."""

    def _ordered(self, tx: Transaction, part: Part, name: str) -> Numbers:
        found = part.columns.get(name)
        if found is None:
            found = self._read(tx, part, name)
            if part.order is not None:
                found = found[part.order]
            part.columns[name] = found
        return found

    def _read(self, tx: Transaction, part: Part, name: str) -> Numbers:
        pieces: list[Numbers] = []
        if part.sealed:
            if self._touched is not None and part.keep is None:
                part.keep = ~np.isin(self._sealed(tx, part, ROW), self._touched)
            sealed = self._sealed(tx, part, name)
            pieces.append(sealed if part.keep is None else sealed[part.keep])
        if part.above is not None:
            pieces.append(part.above.columns[name])
        return store.whole(pieces)

    def _sealed(self, tx: Transaction, part: Part, name: str) -> Numbers:
        found: list[Numbers] = []
        for one in part.sealed:
            chunks = store.column(tx, one.run_id, one.part, name)
            if sum(chunk.size for chunk in chunks) != one.rows:
                raise Stale
            found += chunks
        return store.whole(found)
