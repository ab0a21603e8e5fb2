"""What a waterfall asks of everybody and no rule does, kept by member id: who has an address, whose hours are quiet, who is held out.

An engine that stays between keys keeps it, and of a commit reads what it brought.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from waconsole.database.connection import Transaction
from waconsole.outbox.holdout import PLACES, place_of
from waconsole.segments import store_waterfall
from waconsole.segments.masks import Flags, Ids
from waconsole.segments.service_columns import Columns
from waconsole.segments.service_columns_held import Stale
from waconsole.segments.service_columns_then import PreviewColumns
from waconsole.segments.waterfall import Mask, among

ZONE: Final = "zone"
Thing = TypeVar("Thing")


@dataclass(slots=True)
class Addresses:
    """Who has an address WhatsApp could reach, as of the aliases up to `through`."""

    changes: int = -1
    through: int = 0
    flags: Flags = field(default_factory=lambda: np.zeros(1, np.bool_))

    def follow(self, tx: Transaction) -> Flags:
        """Read what came since; everything where an alias ended, moved or went."""
        changes, last = store_waterfall.alias_signs(tx)
        if changes != self.changes:
            self.flags, self.through = np.zeros(1, np.bool_), 0
        if last != self.through or changes != self.changes:
            new = store_waterfall.addressed(tx, after=self.through)
            self.flags = _grown(self.flags, int(new.max(initial=0)) + 1)
            self.flags[new] = True
        self.changes, self.through = changes, last
        return self.flags


@dataclass(slots=True)
class Places:
    """Where members stand in the holdout; -1 for who was not looked at yet. A ref is never another."""

    of: Ids = field(default_factory=lambda: np.full(1, -1, np.int64))

    def at(self, tx: Transaction, ids: Ids) -> Ids:
        """The place of each of these."""
        self.of = _grown(self.of, int(ids.max(initial=0)) + 1, -1)
        new = ids[self.of[ids] < 0]
        if new.size:
            self.of[new] = [place_of(ref) for ref in store_waterfall.refs(tx, new.tolist())]
        return np.asarray(self.of[ids])


def without_address(tx: Transaction, engine: object, ids: Ids) -> Mask:
    """Of whom no number and no id is known by which WhatsApp could reach them."""
    if not isinstance(engine, PreviewColumns):
        return among(ids, store_waterfall.unreachable(tx))
    flags = _recalled(engine, "addresses", Addresses).follow(tx)
    return np.asarray(~_grown(flags, int(ids.max(initial=0)) + 1)[ids])


def held_out(tx: Transaction, engine: object, ids: Ids, percent: float) -> Mask:
    """Who is in a share of so many percent that is kept out to compare."""
    places = _recalled(engine, "holdout", Places) if isinstance(engine, PreviewColumns) else Places()
    return np.asarray(places.at(tx, ids) < round(percent * PLACES / 100))


def in_zones(tx: Transaction, engine: object, ids: Ids, is_wanted: Callable[[str], bool]) -> Mask:
    """Who lives in a zone that `is_wanted`, "" for none."""
    if isinstance(engine, Columns):
        engine.refresh(tx)
        facts = engine._facts
        try:
            numbers = facts.people.words(facts.tx, ZONE)
        except Stale:
            pass
        else:
            wanted = [number for word, number in facts.words_of_kind(ZONE).items() if is_wanted(word)]
            return np.asarray(np.isin(numbers[ids], wanted))
    mask = np.zeros(len(ids), np.bool_)
    for name in filter(is_wanted, store_waterfall.zones(tx)):
        mask |= among(ids, store_waterfall.in_zone(tx, name))
    return mask


def _recalled(engine: PreviewColumns, key: Hashable, make: Callable[[], Thing]) -> Thing:
    thing: Thing = engine.recalled(key, make)
    return thing


def _grown(found: NDArray[Any], size: int, fill: int = 0) -> NDArray[Any]:
    if found.size >= size:
        return found
    return np.concatenate((found, np.full(size - found.size, fill, found.dtype)))


__all__ = ["held_out", "in_zones", "without_address"]
