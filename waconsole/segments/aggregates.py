"""Counts, sums and last instants of members over windows of time, each worked out once. Pure.

Rows of a part lie in order of time, so a window is a slice. What was worked out is kept: a threshold that is edited
costs one comparison, and a window that is moved by a day is made of its neighbour by the rows between them. A long
window is read from the rows in order of person, where a run has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from waconsole.segments.aggregates_by_person import ByPerson
from waconsole.segments.aggregates_kept import Kept
from waconsole.segments.aggregates_strips import Strip, Whole, add, joined
from waconsole.segments.columns import FIRST, Numbers, bounded
from waconsole.segments.masks import Flags

Places = tuple[tuple[int, int], ...]
"""Of each strip: the first row of a window, and the first row after it."""

NEIGHBOURS_MAX: Final = 16
PLACES_MAX: Final = 256
LONG_SHARE: Final = 4
"""Where a window has more than this part of a run's rows, all of them in order of person are read sooner."""
SMALL: Final = 1 << 24
"""A byte for each of fewer members adds up to no more than 32 bits hold."""
COUNT: Final = "count"

_serials: Final = count()


class Timeline:
    """Strips that are asked as one: all parts of a fact, or one of them.

    `size` is one more than the highest member id. Arrays it answers are per member id; nobody may write into them.
    """

    def __init__(self, strips: Sequence[Strip], size: int, kept: Kept) -> None:
        """Nothing is worked out before it is asked for."""
        self.strips, self.size, self._kept = strips, size, kept
        self._near: dict[str, list[Places]] = {}
        self._places: dict[tuple[int, int], Places] = {}
        self._is_wide = False
        self.serial = next(_serials)  # another one at the same place in memory is another one

    def make_ready(self, since: int) -> None:
        """Read what windows from that second on will ask of it, and what long ones will."""
        for one in self.strips:
            if one.whole is not None:
                one.whole.make_ready()
            if one.last >= since:
                _ = one.at, one.who

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
        low, after = bounded(since), bounded(until) + 1
        return tuple((one.place_of(low), one.place_of(after)) for one in self.strips)

    def row_count(self, places: Places) -> int:
        """How many rows those are."""
        return sum([stop - start for start, stop in places])

    def column(self, name: str, places: Places) -> Numbers:
        """A column of those rows, strip after strip."""
        return joined([one.column(name)[start:stop] for one, start, stop in self._slices(places)])

    def who(self, places: Places) -> Numbers:
        """The person of each of those rows, strip after strip."""
        return joined([one.who[start:stop] for one, start, stop in self._slices(places)])

    def _slices(self, places: Places) -> Iterator[tuple[Strip, int, int]]:
        """The strips that have some of those rows."""
        for one, (start, stop) in zip(self.strips, places, strict=True):
            if start < stop:
                yield one, start, stop

    def any(self, places: Places) -> Flags:
        """Who has a row among those."""
        flags = np.zeros(self.size, np.bool_)
        for whole, some in self._runs(places):
            if whole is not None:
                whole.flag(flags, *_seconds(some))
                continue
            for one, start, stop in some:
                flags[one.who[start:stop].astype(np.intp)] = True  # numpy would do so more slowly
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
            for whole, some in self._runs(places):
                if whole is not None and not whole.without:
                    whole.latest(found, *_seconds(some))
                    last = max(last, _seconds(some)[1])
                    continue
                for one, start, stop in some:
                    _later(found, one.who[start:stop], one.at[start:stop], is_after=one.second(start) >= last)
                    last = max(last, one.second(stop - 1))
            self._kept.keep(key, found)
        return found

    def next_after(self, places: Places, span: int | None, now: int) -> int | None:
        """When a window of `span` seconds that holds those rows now loses one or gains one; None: not by itself."""
        found: list[int] = []
        for one, (start, stop) in zip(self.strips, places, strict=True):
            if stop < one.size:
                found.append(one.second(stop))
            if span is not None and start < stop:
                found.append(one.second(start) + span + 1)
        return min((second for second in found if second > now), default=None)

    def _worked_out(self, places: Places, name: str | None) -> Whole:
        what = name or COUNT
        key = (self.serial, what, places)
        found = self._kept.of(key)
        if found is None:
            near = self._neighbour(what, places)
            found = self._counted(places, near) if name is None else self._made(places, near, name, np.int64)
            self._kept.keep(key, found)
            known = self._near.setdefault(what, [])
            known.append(places)
            del known[:-NEIGHBOURS_MAX]
        return found

    def _counted(self, places: Places, near: Places | None) -> Whole:
        """In one byte for each person while that holds what they have: what goes round is missing from the whole."""
        if not self._is_wide:
            found = self._made(places, near, None, np.uint8)
            if int(found.sum(dtype=np.uint32 if self.size < SMALL else np.uint64)) == self.row_count(places):
                return found
            self._is_wide = True
        return self._made(places, near, None, np.int32)

    def _made(self, places: Places, near: Places | None, name: str | None, kind: type[Any]) -> Whole:
        """What those rows come to: by themselves, or by what another window came to and the rows between the two."""
        known = None if near is None else self._kept.of((self.serial, name or COUNT, near))
        if near is None or known is None:
            found: Whole = np.zeros(self.size, kind)
            self._add(found, places, name, 1)
            return found
        found = known.astype(kind)
        for more, less in _between(places, near):
            self._add(found, more, name, 1)
            self._add(found, less, name, -1)
        return found

    def _neighbour(self, what: str, places: Places) -> Places | None:
        """The window nearest to this one, where it is nearer than nothing."""
        best, least = None, 0
        for whole, some in self._runs(places):
            least += _rows(some) if whole is None else whole.size // LONG_SHARE
        for other in self._near.get(what, ()):
            between = 0
            for ours, theirs in zip(places, other, strict=True):
                if ours != theirs:
                    between += abs(ours[0] - theirs[0]) + abs(ours[1] - theirs[1])
            if between < least and self._kept.of((self.serial, what, other)) is not None:
                best, least = other, between
        return best

    def _add(self, found: Whole, places: Places, name: str | None, sign: int) -> None:
        """Add what some rows come to, or take it away."""
        for whole, some in self._runs(places):
            if whole is not None and name is None:
                whole.count(found, *_seconds(some), sign)
            elif whole is not None and name is not None:
                whole.sum(found, name, *_seconds(some), sign)
            elif name is not None:
                for one, start, stop in some:
                    add(found, one.who[start:stop], one.column(name)[start:stop], sign)
            else:
                for one, start, stop in some:
                    add(found, one.who[start:stop], 1, sign)

    def _runs(self, places: Places) -> Iterator[tuple[ByPerson | None, list[tuple[Strip, int, int]]]]:
        """The slices that are read together: in order of person where that is sooner, else None and one after another."""
        by_run: dict[int, list[tuple[Strip, int, int]]] = {}
        others: list[tuple[Strip, int, int]] = []
        for one in self._slices(places):
            if one[0].whole is None:
                others.append(one)
            else:
                by_run.setdefault(id(one[0].whole), []).append(one)
        for some in by_run.values():
            whole = some[0][0].whole
            assert whole is not None
            if _rows(some) * LONG_SHARE > whole.size:
                yield whole, some
            else:
                others += some
        if others:
            yield None, others


def _rows(slices: Sequence[tuple[Strip, int, int]]) -> int:
    return sum([stop - start for _, start, stop in slices])


def _seconds(slices: Sequence[tuple[Strip, int, int]]) -> tuple[int, int]:
    """The first and the last second of slices that follow each other in time; all rows between them are in one."""
    (begin, start, _), (end, _, stop) = slices[0], slices[-1]
    return begin.second(start), end.second(stop - 1)


def _later(found: NDArray[Any], who: Numbers, at: Numbers, *, is_after: bool) -> None:
    """Tell of each person the latest second; `is_after` where none of these lies before what is told already."""
    if is_after:
        found[who] = at  # in order of time: of each person the last one stays
        return
    own = np.full(found.size, FIRST, np.int32)
    own[who] = at
    np.maximum(found, own, out=found)


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
