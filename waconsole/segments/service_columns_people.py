"""Everybody in memory: who is a member, who stands for whom, and what language and zone each has."""

from __future__ import annotations

from typing import Final

import numpy as np

from waconsole.database.connection import Transaction
from waconsole.segments import store_columns_rows as rows_of
from waconsole.segments.aggregates_strips import Strip
from waconsole.segments.columns import NO_WORD, PERSON, Numbers
from waconsole.segments.masks import Flags
from waconsole.segments.service_columns_held import Held, Ledger
from waconsole.segments.store_columns import Mark

MERGE: Final = "merge"


class People:
    """`size` is one more than the highest member id; `roots` is None while nobody was merged."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self.held = Held(PERSON)
        self.size = 1
        self.generation = 0
        self.roots: Numbers | None = None
        self.is_member: Flags = np.zeros(1, np.bool_)
        self._signs: tuple[object, ...] = ()
        self._erased: list[int] = []
        self._columns: dict[str, Numbers] = {}

    def follow(self, ledger: Ledger) -> None:
        """Hold who is a member in the ledger now."""
        tx = ledger.tx
        self.held.follow(ledger)
        size = rows_of.last_member(tx) + 1
        merges = ledger.marks.get(MERGE, Mark()).changes
        erased = rows_of.erased(tx)
        signs = (self.held.generation, size, merges, len(erased), max(erased, default=0))
        if signs == self._signs:
            return
        if (size, merges) != self._signs[1:3]:
            self.roots = _roots(tx, size)
        self._signs, self.size, self._erased, self._columns = signs, size, erased, {}
        self.generation += 1
        self._tell_members(tx)

    def _tell_members(self, tx: Transaction) -> None:
        flags = np.zeros(self.size, np.bool_)
        for strip in self._strips(tx):
            flags[strip.who] = True
        if self.roots is not None:
            flags &= self.roots == np.arange(self.size)
        flags[self._erased] = False
        self.is_member = flags

    def _strips(self, tx: Transaction) -> list[Strip]:
        return [strip for number in self.held.parts for strip in self.held.strips(tx, number)]

    def words(self, tx: Transaction, name: str) -> Numbers:
        """The number of each member's language or zone; 0 for who has none."""
        found = self._columns.get(name)
        if found is None:
            found = np.full(self.size, NO_WORD, np.int32)
            for strip in self._strips(tx):
                found[strip.who] = strip.column(name)
            self._columns[name] = found
        return found


def _roots(tx: Transaction, size: int) -> Numbers | None:
    merged = rows_of.merged(tx)
    if not merged:
        return None
    roots = np.arange(size, dtype=np.int32)
    roots[[row for row, _ in merged]] = [into for _, into in merged]
    return roots
