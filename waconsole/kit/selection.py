"""Marks: a set of keys, what a query matched minus exceptions, or everything that matches minus exceptions."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Final, Protocol

MARKS_MAX: Final = 10_000


class Selection:
    """The rows that are marked, by key.

    With `everything` the selection is "all that match", and `keys` are its exceptions: a million
    rows are marked without naming one. With `matched`, the sorted keys a query found, `keys` are the
    exceptions to those. Otherwise `keys` are the marked rows, at most `MARKS_MAX`.
    """

    def __init__(self) -> None:
        self.everything = False
        self.keys: set[int] = set()
        self.matched = array("q")

    def __contains__(self, key: int) -> bool:
        return (key in self.keys) != self.is_marked_by_rule(key)

    def is_marked_by_rule(self, key: int) -> bool:
        """Whether the row is marked without having been named."""
        if self.everything or not self.matched:
            return self.everything
        place = bisect_left(self.matched, key)
        return place < len(self.matched) and self.matched[place] == key

    def __bool__(self) -> bool:
        return self.everything or (bool(self.matched) and self.count(0) > 0) or bool(self.keys)

    def count(self, total: int) -> int:
        """How many rows are marked when `total` rows match."""
        if self.everything:
            return max(0, total - len(self.keys))
        if not self.matched:
            return len(self.keys)
        return len(self.matched) + sum(-1 if self.is_marked_by_rule(key) else 1 for key in self.keys)

    def put(self, key: int, *, marked: bool) -> bool:
        """Mark `key`, or take its mark away; False when `MARKS_MAX` keys are named already."""
        if marked == self.is_marked_by_rule(key):
            self.keys.discard(key)
        elif key not in self.keys and len(self.keys) >= MARKS_MAX:
            return False
        else:
            self.keys.add(key)
        return True

    def toggle(self, key: int) -> bool:
        """Turn the mark of `key`; False when `MARKS_MAX` keys are named already."""
        return self.put(key, marked=key not in self)

    def mark(self, keys: Iterable[int]) -> bool:
        """Mark each of `keys`; False when some did not fit in `MARKS_MAX`."""
        fitted = True
        for key in keys:
            fitted = self.put(key, marked=True) and fitted
        return fitted

    def mark_everything(self) -> None:
        """Mark all that match, whatever they are."""
        self.everything = True
        self.keys.clear()
        del self.matched[:]

    def mark_matching(self, keys: array[int]) -> None:
        """Mark each of `keys` besides what is marked; beyond `MARKS_MAX` they are held as one rule with exceptions."""
        if self.everything:
            return
        if len(keys) + len(self.keys) <= MARKS_MAX and not self.matched:
            self.keys.update(keys)
            return
        marked = set(keys).union(self.matched).union(self.keys) - {
            key for key in self.keys if self.is_marked_by_rule(key)
        }
        self.matched, self.keys = array("q", sorted(marked.union(keys))), set()

    def keep(self, keys: Iterable[int]) -> None:
        """Forget what a query matched and is not among `keys`, those that are still there."""
        if self.matched:
            self.matched = array("q", sorted(set(self.matched).intersection(keys)))

    def clear(self) -> None:
        """Take every mark away."""
        self.everything = False
        self.keys.clear()
        del self.matched[:]

    def retain(self, is_there: Callable[[int], bool]) -> None:
        """Forget the keys that are no longer there, as marks and as exceptions."""
        self.keys = {key for key in self.keys if is_there(key)}


class Positions(Protocol):
    """The part of a row source a range needs."""

    def key_at(self, index: int) -> int:
        """The key of the row at `index`."""

    def index_of(self, key: int) -> int | None:
        """Where the row with `key` stands, None when it is not in the list."""


class RangeMarks:
    """Marks drawn from an anchor row to wherever the cursor goes, over the marks there were."""

    def __init__(self, selection: Selection, anchor: int) -> None:
        self.selection = selection
        self.anchor = anchor
        self._before = frozenset(selection.keys)
        selection.put(anchor, marked=True)

    def stretch(self, source: Positions, old: int, new: int) -> bool:
        """The cursor went from `old` to `new`: mark what came in, give back what went out.

        False when the range is longer than `MARKS_MAX`; the rows beyond it stay as they were.
        """
        anchor = source.index_of(self.anchor)
        if anchor is None:
            return True
        was, now = _stretch(anchor, old), _stretch(anchor, new)
        for index in (index for index in was if index not in now):
            key = source.key_at(index)
            self.selection.put(key, marked=(key in self._before) != self.selection.is_marked_by_rule(key))
        came_in = (source.key_at(index) for index in now if index not in was)
        return self.selection.mark(came_in) and abs(new - anchor) < MARKS_MAX

    def undo(self) -> None:
        """Put the marks back as they were before the range."""
        self.selection.keys = set(self._before)


def _stretch(anchor: int, cursor: int) -> range:
    """The positions from the anchor to the cursor, both included, at most `MARKS_MAX` of them."""
    if cursor >= anchor:
        return range(anchor, min(cursor + 1, anchor + MARKS_MAX))
    return range(max(cursor, anchor - MARKS_MAX + 1), anchor + 1)
