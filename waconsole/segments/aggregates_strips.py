"""Rows in order of time: their seconds, the person each is of, and what else is asked of them by name. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from waconsole.segments.columns import Numbers

if TYPE_CHECKING:
    from waconsole.segments.aggregates_by_person import ByPerson

Whole = NDArray[Any]


class Strip:
    """Some rows of a part. Of a sealed one nothing is read before it is asked for.

    `whole` is the layout by person of the run this is a chunk of, where that was sealed.
    """

    __slots__ = ("_at", "_who", "column", "first", "last", "size", "whole")

    def __init__(self, at: Numbers, who: Numbers, column: Callable[[str], Numbers]) -> None:
        """Rows that are in memory: whole seconds in ascending order, and persons."""
        self._at: Numbers | Callable[[], Numbers] = at
        self._who: Numbers | Callable[[], Numbers] = who
        self.column = column
        self.size = int(at.size)
        self.first, self.last = (int(at[0]), int(at[-1])) if self.size else (0, 0)
        self.whole: ByPerson | None = None

    @classmethod
    def sealed(
        cls,
        size: int,
        seconds: tuple[int, int],
        columns: tuple[Callable[[], Numbers], Callable[[], Numbers]],
        column: Callable[[str], Numbers],
        whole: ByPerson | None,
    ) -> Strip:
        """Rows that lie in the ledger: the first and last second are known, seconds and persons are read by `columns`."""
        found = cls.__new__(cls)
        found._at, found._who = columns
        found.column, found.size, found.whole = column, size, whole
        found.first, found.last = seconds
        return found

    @property
    def at(self) -> Numbers:
        """The second of each row."""
        if not isinstance(self._at, np.ndarray):
            self._at = self._at()
        return self._at

    @property
    def who(self) -> Numbers:
        """The person of each row."""
        if not isinstance(self._who, np.ndarray):
            self._who = self._who()
        return self._who

    def second(self, place: int) -> int:
        """The second of one row; the first and the last are known unread."""
        if place == 0:
            return self.first
        return self.last if place == self.size - 1 else int(self.at[place])

    def place_of(self, second: int) -> int:
        """The first row at that second or after it."""
        if second <= self.first or not self.size:
            return 0
        if second > self.last:
            return self.size
        return int(self.at.searchsorted(np.int32(second)))  # another kind would copy all of `at`

    def knowing(self, column: Callable[[str], Numbers]) -> Strip:
        """The same rows, of which `column` tells what else is asked; they are read no sooner for that."""
        reads = (lambda: self.at, lambda: self.who)
        return Strip.sealed(self.size, (self.first, self.last), reads, column, self.whole)

    def only(self, which: Numbers) -> Strip:
        """Those of its rows for which it is true."""
        column = self.column
        return Strip(self.at[which], self.who[which], lambda name: column(name)[which])


def nothing(name: str) -> Numbers:
    """The columns of a strip that has no other."""
    raise KeyError(name)


def added(who: Numbers, numbers: Numbers, size: int) -> Whole:
    """What the numbers of each person add up to, exactly."""
    total = np.zeros(size, np.int64)
    add(total, who, numbers, 1)
    return total


def add(total: Whole, who: Numbers, numbers: Numbers | int, sign: int) -> None:
    """Add the numbers of each person, or one for each row, to what is there, or take them away."""
    own = np.asarray(numbers, total.dtype)  # another kind is added slowly
    (np.add if sign > 0 else np.subtract).at(total, who, own)


def joined(slices: Sequence[Numbers]) -> Numbers:
    """Slices one after another; one alone is not copied."""
    return slices[0] if len(slices) == 1 else np.concatenate(slices) if slices else np.zeros(0, np.int32)
