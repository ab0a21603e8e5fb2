"""Columns that are asked of another instant in between, and forget nothing of this one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.query.explain import Shown
from waconsole.query.tree import Leaf
from waconsole.segments import leaf_values
from waconsole.segments.evaluate_facts import NotHeld, When
from waconsole.segments.masks import count
from waconsole.segments.service_asking import Question
from waconsole.segments.service_columns import ROWS, Columns
from waconsole.segments.service_columns_held import Stale

Result = TypeVar("Result")

KEPT_MAX: Final = 512


class PreviewColumns(Columns):
    """What an open preview asks: the same rule at every key, and now and then as it was at an instant before."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        super().__init__()
        self._read: dict[Hashable, tuple[int, Any]] = {}

    def kept(self, tx: Transaction, key: Hashable, read: Callable[[], Result], *, of: str = ROWS) -> Result:
        """What `read` answers, read once until somebody commits, or changes the fact `of` which it is: the clock changes none of it."""
        self.refresh(tx)
        generation, known = self._generation(of), self._read.get(key)
        if known is None or known[0] != generation:
            if len(self._read) >= KEPT_MAX:
                self._read.clear()
            known = self._read[key] = (generation, read())
        found: Result = known[1]
        return found

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is worked out inside is not kept, and what was kept is still there afterwards."""
        kept, self._known = self._known, OrderedDict()
        try:
            yield
        finally:
            self._known = kept

    def values(self, tx: Transaction, question: Question, leaf: Leaf, ids: Sequence[int]) -> list[Shown]:
        """What a condition of a question comes to for each of these members. Raises NotHeld where columns cannot tell."""
        self.refresh(tx)
        asking = question.asking
        when = When(asking.now - asking.now % SECOND, asking.zone, question.known)
        try:
            return leaf_values.values(self._facts, self._asked(leaf, asking), when, ids)
        except Stale:
            raise NotHeld from None

    @property
    def everybody(self) -> int:
        """How many members can be asked about."""
        return count(self.population)
