"""Counts, sums and last instants of members over windows of time, each worked out once. Pure.

Rows of a part lie in order of time, so a window is a slice, and a count per member one pass over it. What was
worked out is kept: a threshold that is edited costs one comparison, and a window that is moved by a day is made of
its neighbour by the rows between them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from waconsole.segments.columns import FIRST, Numbers, bounded
from waconsole.segments.masks import Flags

Whole = NDArray[Any]
Places = tuple[tuple[int, int], ...]
"""Of each strip: the first row of a window, and the first row after it."""

EXACT_BITS: Final = 53
"""Sums of whole numbers of so many bits are exact however they are added."""
KEPT_BYTES_MIN: Final = 16 << 20
KEPT_ARRAYS: Final = 24
"""So many arrays of one number per member are kept, and no fewer than fit in the bytes above."""
NEIGHBOURS_MAX: Final = 16
PLACES_MAX: Final = 256
FEW_SHARE: Final = 8
"""Rows are added one by one where they are fewer than this part of the members."""
COUNT: Final = "count"
ONE: Final = np.int32(1)

_serials: Final = count()


@dataclass(slots=True)
class Strip:
    """Rows in order of time: whole seconds, the person each is of, and what else is asked of them by name."""

    at: Numbers
    who: Numbers
    column: Callable[[str], Numbers]

    def only(self, which: Numbers) -> Strip:
        """Those of its rows for which it is true."""
        column = self.column
        return Strip(self.at[which], self.who[which], lambda name: column(name)[which])


def nothing(name: str) -> Numbers:
    """The columns of a strip that has no other."""
    raise KeyError(name)


class Kept:
    """What was worked out, the longest unused of it given up first."""

    def __init__(self, size: int) -> None:
        """`size` is one more than the highest member id."""
        self.size = size
        self._bytes_max = max(KEPT_BYTES_MIN, KEPT_ARRAYS * size * 8)
        self._bytes = 0
        self._values: OrderedDict[Hashable, NDArray[Any]] = OrderedDict()

    def of(self, key: Hashable) -> NDArray[Any] | None:
        """What is kept under that key."""
        found = self._values.get(key)
        if found is not None:
            self._values.move_to_end(key)
        return found

    def keep(self, key: Hashable, value: NDArray[Any]) -> None:
        """Keep it, unless it is larger than all that may be kept."""
        if value.nbytes > self._bytes_max or key in self._values:
            return
        self._values[key] = value
        self._bytes += value.nbytes
        while self._bytes > self._bytes_max:
            _, gone = self._values.popitem(last=False)
            self._bytes -= gone.nbytes

    @property
    def byte_count(self) -> int:
        """How large all of it is."""
        return self._bytes


class Timeline:
    """Strips that are asked as one: all parts of a fact, or one of them.

    `size` is one more than the highest member id. Arrays it answers are per member id; nobody may write into them.
    """

    def __init__(self, strips: Sequence[Strip], size: int, kept: Kept) -> None:
        """Nothing is worked out before it is asked for."""
        self.strips, self.size, self._kept = strips, size, kept
        self._near: dict[str, list[Places]] = {}
        self._places: dict[tuple[int, int], Places] = {}
        self.serial = next(_serials)  # another one at the same place in memory is another one

    def places(self, since: int, until: int) -> Places:
        """The rows from one second to another, both of them included."""
        known = self._places.get((since, until))
        if known is None:
            known = self._found(since, until)
            if len(self._places) >= PLACES_MAX:
                self._places.clear()
            self._places[since, until] = known
        return known

    def _found(self, since: int, until: int) -> Places:
        if until < FIRST or since > until:
            return tuple((0, 0) for _ in self.strips)
        low, high = np.int32(bounded(since)), np.int32(bounded(until))  # another kind would copy all of `at`
        return tuple(
            (int(one.at.searchsorted(low)), int(one.at.searchsorted(high, side="right")))
            for one in self.strips
        )

    def row_count(self, places: Places) -> int:
        """How many rows those are."""
        return sum(stop - start for start, stop in places)

    def column(self, name: str, places: Places) -> Numbers:
        """A column of those rows, strip after strip."""
        return _joined(
            [one.column(name)[start:stop] for one, (start, stop) in zip(self.strips, places, strict=True)]
        )

    def who(self, places: Places) -> Numbers:
        """The person of each of those rows, strip after strip."""
        return _joined([one.who[start:stop] for one, (start, stop) in zip(self.strips, places, strict=True)])

    def at(self, places: Places) -> Numbers:
        """The second of each of those rows, strip after strip."""
        return _joined([one.at[start:stop] for one, (start, stop) in zip(self.strips, places, strict=True)])

    def any(self, places: Places) -> Flags:
        """Who has a row among those."""
        flags = np.zeros(self.size, np.bool_)
        for one, (start, stop) in zip(self.strips, places, strict=True):
            flags[one.who[start:stop]] = True
        return flags

    def counts(self, places: Places) -> Whole:
        """How many of those rows each person has."""
        return self._worked_out(places, None)

    def sums(self, name: str, places: Places) -> Whole:
        """What a column of those rows adds up to for each person, exactly."""
        return self._worked_out(places, name)

    def latest(self, places: Places) -> Numbers:
        """The latest second of each person among those rows, `FIRST` for who has none."""
        key = (self.serial, "latest", places)
        found = self._kept.of(key)
        if found is None:
            found = np.full(self.size, FIRST, np.int32)
            last = FIRST
            for one, (start, stop) in zip(self.strips, places, strict=True):
                if start == stop:
                    continue
                who, at = one.who[start:stop], one.at[start:stop]
                if at[0] >= last:
                    found[who] = at  # in order of time: of each person the last one stays
                else:
                    own = np.full(self.size, FIRST, np.int32)
                    own[who] = at
                    np.maximum(found, own, out=found)
                last = max(last, int(at[-1]))
            self._kept.keep(key, found)
        return found

    def next_after(self, places: Places, span: int | None, now: int) -> int | None:
        """When a window of `span` seconds that holds those rows now loses one or gains one; None: not by itself."""
        found: list[int] = []
        for one, (start, stop) in zip(self.strips, places, strict=True):
            if stop < one.at.size:
                found.append(int(one.at[stop]))
            if span is not None and start < stop:
                found.append(int(one.at[start]) + span + 1)
        return min((second for second in found if second > now), default=None)

    def _worked_out(self, places: Places, name: str | None) -> Whole:
        what = name or COUNT
        key = (self.serial, what, places)
        found = self._kept.of(key)
        if found is None:
            found = self._from_neighbour(what, places, name)
            if found is None:
                found = self._fresh(places, name)
            self._kept.keep(key, found)
            near = self._near.setdefault(what, [])
            near.append(places)
            del near[:-NEIGHBOURS_MAX]
        return found

    def _from_neighbour(self, what: str, places: Places, name: str | None) -> Whole | None:
        """What another window came to, and the rows between the two."""
        best, least = None, self.row_count(places) // 2
        for other in self._near.get(what, ()):
            between = sum(
                abs(ours[0] - theirs[0]) + abs(ours[1] - theirs[1])
                for ours, theirs in zip(places, other, strict=True)
            )
            if between < least:
                best, least = other, between
        known = None if best is None else self._kept.of((self.serial, what, best))
        if best is None or known is None:
            return None
        found: Whole = known.copy()
        for more, less in _between(places, best):
            self._add(found, more, name, 1)
            self._add(found, less, name, -1)
        return found

    def _add(self, found: Whole, places: Places, name: str | None, sign: int) -> None:
        """Add what some rows come to, or take it away: one by one where they are few."""
        rows = self.row_count(places)
        if not rows:
            return
        if rows * FEW_SHARE >= self.size:
            found += (sign * self._fresh(places, name)).astype(found.dtype, copy=False)
        elif name is None:
            np.add.at(
                found, self.who(places), found.dtype.type(sign)
            )  # of its own kind: another is added slowly
        else:
            np.add.at(found, self.who(places), sign * self.column(name, places).astype(np.int64))

    def _fresh(self, places: Places, name: str | None) -> Whole:
        """What those rows come to for each person, strip by strip: little is moved, and the same memory is used again."""
        if name is None and self.row_count(places) * FEW_SHARE < self.size:
            few = np.zeros(self.size, np.int32)
            np.add.at(few, self.who(places), ONE)
            return few
        total: Whole | None = None
        for group in self._groups(places):
            who = _joined([one.who[start:stop] for one, start, stop in group])
            if name is None:
                some = np.bincount(who.astype(np.intp), minlength=self.size).astype(np.int32)  # half to move
            else:
                some = added(
                    who, _joined([one.column(name)[start:stop] for one, start, stop in group]), self.size
                )
            if total is None:
                total = some
            else:
                total += some
        return np.zeros(self.size, np.int32 if name is None else np.int64) if total is None else total

    def _groups(self, places: Places) -> Iterator[list[tuple[Strip, int, int]]]:
        """The slices in groups of at least as many rows as there are members: each group costs a pass over those."""
        group: list[tuple[Strip, int, int]] = []
        rows = 0
        for one, (start, stop) in zip(self.strips, places, strict=True):
            if start < stop:
                group.append((one, start, stop))
                rows += stop - start
            if rows >= self.size:
                yield group
                group, rows = [], 0
        if group:
            yield group


def _between(ours: Places, theirs: Places) -> tuple[tuple[Places, Places], tuple[Places, Places]]:
    """The rows we have and they have not, and the other way round: at the beginning, then at the end."""
    pairs = list(zip(ours, theirs, strict=True))
    return (
        (
            tuple((a, max(a, b)) for (a, _), (b, _) in pairs),
            tuple((b, max(a, b)) for (a, _), (b, _) in pairs),
        ),
        (
            tuple((min(a, b), a) for (_, a), (_, b) in pairs),
            tuple((min(a, b), b) for (_, a), (_, b) in pairs),
        ),
    )


def added(who: Numbers, numbers: Numbers, size: int) -> Whole:
    """What the numbers of each person add up to, exactly."""
    most = max(int(numbers.max()), -int(numbers.min())) if numbers.size else 0
    if most * numbers.size >= 1 << EXACT_BITS:
        total = np.zeros(size, np.int64)
        np.add.at(total, who, numbers.astype(np.int64))
        return total
    # numpy would make the same of them on its way, at twice the time
    by, weights = who.astype(np.intp), numbers.astype(np.float64)
    return np.bincount(by, weights=weights, minlength=size).astype(np.int64)


def _joined(slices: Sequence[Numbers]) -> Numbers:
    return slices[0] if len(slices) == 1 else np.concatenate(slices) if slices else np.zeros(0, np.int32)
