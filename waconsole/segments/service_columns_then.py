"""Columns that are asked of another instant in between, and forget nothing of this one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.query.explain import Shown
from waconsole.query.fields import Asked
from waconsole.query.tree import Leaf
from waconsole.segments import leaf_values
from waconsole.segments.evaluate_facts import NotHeld, When
from waconsole.segments.masks import Ids, count
from waconsole.segments.service_asking import Question
from waconsole.segments.service_columns import Columns, Known
from waconsole.segments.service_columns_held import Stale

Result = TypeVar("Result")

ASIDE_MAX: Final = 2
ASIDE_LEAVES_MAX: Final = 64
"""So many instants are kept aside, and so many leaves of each."""


class PreviewColumns(Columns):
    """What an open preview asks: the same rule at every key, and now and then as it was at an instant before."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        super().__init__()
        self._recalled: dict[Hashable, Any] = {}
        self._aside: dict[Hashable, OrderedDict[Hashable, Known]] = {}
        self._outer: list[OrderedDict[Hashable, Known]] = []

    def recalled(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """What was made under a key, once: it follows the ledger by itself."""
        if key not in self._recalled:
            self._recalled[key] = make()
        found: Result = self._recalled[key]
        return found

    @contextmanager
    def aside(self, which: Hashable) -> Iterator[None]:
        """What is worked out inside is kept under `which`, and what was kept beside it is still there afterwards."""
        if which not in self._aside and len(self._aside) >= ASIDE_MAX:
            self._aside.pop(next(iter(self._aside)))
        outer, self._known = self._known, self._aside.setdefault(which, OrderedDict())
        self._outer.append(outer)
        try:
            yield
        finally:
            while len(self._known) > ASIDE_LEAVES_MAX:
                self._known.popitem(last=False)
            self._known = self._outer.pop()

    def _begin_anew(self, tx: Transaction) -> None:
        """Nothing that was kept aside is held against the new columns."""
        super()._begin_anew(tx)
        for known in (*self._aside.values(), *self._outer):
            known.clear()

    def values(self, tx: Transaction, question: Question, leaf: Leaf, ids: Sequence[int]) -> list[Shown]:
        """What a condition of a question comes to for each of these members. Raises NotHeld where columns cannot tell."""
        self.refresh(tx)
        asking = question.asking
        when = When(asking.now - asking.now % SECOND, asking.zone, question.known)
        try:
            return leaf_values.values(self._facts, self._asked(leaf, asking), when, ids)
        except Stale:
            raise NotHeld from None

    def measures(
        self, tx: Transaction, asked: Asked, question: Question, ids: Ids
    ) -> list[float | int | None]:
        """The bare value of a measure for each of these members. Raises NotHeld where columns cannot tell."""
        self.refresh(tx)
        asking = question.asking
        when = When(asking.now - asking.now % SECOND, asking.zone, question.known)
        try:
            return leaf_values.measures(self._facts, asked, when, ids)
        except Stale:
            raise NotHeld from None

    @property
    def everybody(self) -> int:
        """How many members can be asked about."""
        return count(self.population)
