"""Rows in order of person, then of time: what a long window comes to lies between two places of each person. Pure.

How many rows of each person lie before a second is told by one bit per row, counted 64 at a time up to where each
person's rows end; a sum is a difference of a running total. Reading rows in order takes a fraction of the time that
adding them to persons at random takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from waconsole.segments.aggregates_strips import Strip, add
from waconsole.segments.columns import AT, FIRST, MEMBER, PIECE_ROWS, Numbers
from waconsole.segments.masks import WORD_BITS, Bits, Flags

THEIR_AT, THEIR_ROWS = "their_at", "their_rows"
PERSONS_PER_ROW: Final = 2
"""It is kept where there is a row for every so many persons."""
SUM_MAX: Final = (1 << 31) - 1
"""A running total goes round in 32 bits where nobody has more than this: what one person has is exact all the same."""
TOTAL_MAX: Final = float(1 << 62)

Places = NDArray[np.int32]
_SHIFT, _REST = WORD_BITS.bit_length() - 1, WORD_BITS - 1


def total_of(name: str) -> str:
    """What the running total of a column is called."""
    return f"their_{name}"


def taken(numbers: NDArray[Any], places: Numbers) -> NDArray[Any]:
    """The numbers at some places, all of which there are: numpy need not look for one that is not."""
    return numbers.take(places.astype(np.intp, copy=False), mode="clip")


class Piece:
    """The rows of persons who follow each other by id, from `first` on.

    `total` reads a running total by its name: it begins with 0 and has one number more than there are rows.
    """

    def __init__(
        self, first: int, rows: Numbers, at: Numbers, span: tuple[int, int], total: Callable[[str], Numbers]
    ) -> None:
        """`rows` tells how many each of them has, `at` the second of each row, `span` the first of those and the last."""
        self.whose = slice(first, first + int(rows.size))
        self.total = total
        self._at = at
        self._ends: Places = np.cumsum(rows, dtype=np.int32)
        self._begins: Places = self._ends - rows
        self._first, self._last = span
        self._word = (self._ends >> _SHIFT).astype(np.intp)
        self._below: Bits = (np.uint64(1) << (self._ends & _REST).astype(np.uint64)) - np.uint64(1)

    @property
    def size(self) -> int:
        """How many rows."""
        return int(self._at.size)

    def until(self, second: int) -> Places:
        """Of each person, the first row that does not lie before that second."""
        if second <= self._first:
            return self._begins
        if second > self._last:
            return self._ends
        flags = np.packbits(self._at < np.int32(second), bitorder="little")
        bits = np.zeros((self.size >> _SHIFT) + 1, np.uint64)
        bits.view(np.uint8)[: flags.size] = flags
        before = np.zeros(bits.size, np.int32)
        np.cumsum(np.bitwise_count(bits[:-1]), dtype=np.int32, out=before[1:])
        within = taken(bits, self._word)
        within &= self._below
        through = taken(before, self._word)
        through += np.bitwise_count(within)
        found: Places = self._begins + through
        found[1:] -= through[:-1]
        return found

    def latest(self, begin: Places, end: Places) -> Numbers:
        """The second of each person's last row between two places, `FIRST` for who has none."""
        found: Numbers = np.where(begin < end, taken(self._at, np.maximum(end - 1, 0)), np.int32(FIRST))
        return found


class ByPerson:
    """All rows of one part of a run. `moved` are the member rows that others stand for, and who does.

    What it adds is added to arrays per member id, in which nothing stands yet for those who were moved. `without` are
    rows that were touched since: they are taken away again.
    """

    def __init__(
        self,
        size: int,
        pieces: Callable[[], Sequence[Piece]],
        sums: Sequence[str] = (),
        moved: tuple[Numbers, Numbers] | None = None,
    ) -> None:
        """`size` is how many rows, `sums` the columns with a total; `pieces` reads them, and they follow each other by id."""
        self.size, self._read, self._sums, self._moved = size, pieces, sums, moved
        self.without: list[Strip] = []
        self._window: tuple[int, int] | None = None
        self._places: list[tuple[Piece, Places, Places]] = []

    @cached_property
    def pieces(self) -> Sequence[Piece]:
        """All of them, read once."""
        return self._read()

    def make_ready(self) -> None:
        """Read all of it."""
        for piece in self.pieces:
            for name in self._sums:
                piece.total(name)

    def count(self, found: NDArray[Any], since: int, until: int, sign: int) -> None:
        """Add to each person, or take away, how many rows they have from one second to another, both included."""
        for piece, begin, end in self._windows(since, until):
            more = (end - begin if sign > 0 else begin - end).astype(found.dtype)
            found[piece.whose] += more
        self._fold(found)
        for strip, start, stop in self._gone(since, until):
            add(found, strip.who[start:stop], 1, -sign)

    def sum(self, found: NDArray[Any], name: str, since: int, until: int, sign: int) -> None:
        """The same of what a column of those rows comes to."""
        for piece, begin, end in self._windows(since, until):
            total = piece.total(name)
            more = taken(total, end)
            more -= taken(total, begin)
            if sign > 0:
                found[piece.whose] += more
            else:
                found[piece.whose] -= more
        self._fold(found)
        for strip, start, stop in self._gone(since, until):
            add(found, strip.who[start:stop], strip.column(name)[start:stop], -sign)

    def flag(self, found: Flags, since: int, until: int) -> None:
        """Tell of each person whether they have a row."""
        if self.without:
            some = np.zeros(found.size, np.int32)
            self.count(some, since, until, 1)
            found |= some > 0
            return
        for piece, begin, end in self._windows(since, until):
            found[piece.whose] |= begin < end
        if self._moved is not None:
            moved, into = self._moved
            np.logical_or.at(found, into, found[moved])
            found[moved] = False

    def latest(self, found: Numbers, since: int, until: int) -> None:
        """Tell of each person the latest second, where it is later than what stands there; not `without` some rows."""
        assert not self.without
        for piece, begin, end in self._windows(since, until):
            some = found[piece.whose]
            np.maximum(some, piece.latest(begin, end), out=some)
        if self._moved is not None:
            moved, into = self._moved
            np.maximum.at(found, into, found[moved])
            found[moved] = FIRST

    def _windows(self, since: int, until: int) -> list[tuple[Piece, Places, Places]]:
        """The places of each piece; those of the last window stay, because its rows are counted and added up."""
        if self._window != (since, until):
            self._window = (since, until)
            self._places = [(one, one.until(since), one.until(until + 1)) for one in self.pieces]
        return self._places

    def _gone(self, since: int, until: int) -> Iterator[tuple[Strip, int, int]]:
        for strip in self.without:
            yield strip, strip.place_of(since), strip.place_of(until + 1)

    def _fold(self, found: NDArray[Any]) -> None:
        if self._moved is not None:
            moved, into = self._moved
            np.add.at(found, into, found[moved])
            found[moved] = 0


def laid_by_person(
    columns: Mapping[str, Numbers],
    sums: Sequence[str],
    *,
    rows_max: int = PIECE_ROWS,
    persons_per_row: int = PERSONS_PER_ROW,
) -> list[dict[str, Numbers]]:
    """Rows in order of time as columns by person, in pieces; none where that is not worth it or would not be exact."""
    member, at = columns[MEMBER], columns[AT]
    if not at.size or at.size * persons_per_row <= int(member.max()):
        return []
    for name in sums:
        if int(columns[name].min()) < 0 or float(columns[name].sum(dtype=np.float64)) > TOTAL_MAX:
            return []
    rows = np.bincount(member)
    if int(rows.max()) >= rows_max:
        return []
    order = np.argsort(member, kind="stable")
    ends = np.cumsum(rows)
    found, first, begin = [], 0, 0
    while first < rows.size:
        stop = min(int(ends.searchsorted(begin + rows_max - 1, side="right")), first + rows_max)
        end = int(ends[stop - 1])
        if end == begin:
            return []  # so many who follow each other have none
        place = order[begin:end]
        of_whom = np.concatenate(([0], ends[first:stop] - begin))
        piece = {THEIR_ROWS: rows[first:stop], THEIR_AT: at[place]}
        for name in sums:
            total = np.zeros(place.size + 1, np.int64)
            np.cumsum(columns[name][place], dtype=np.int64, out=total[1:])
            goes_round = int(np.diff(total[of_whom]).max()) <= SUM_MAX
            piece[total_of(name)] = total.astype(np.int32) if goes_round else total
        found.append(piece)
        first, begin = stop, end
    return found
