"""Marks: a set of keys, or everything that matches minus exceptions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Protocol

MARKS_MAX: Final = 10_000


class Selection:
    """The rows that are marked, by key.

    With `everything` the selection is "all that match", and `keys` are its exceptions: a million
    rows are marked without naming one. Otherwise `keys` are the marked rows, at most `MARKS_MAX`.
    """

    def __init__(self) -> None:
        self.everything = False
        self.keys: set[int] = set()

    def __contains__(self, key: int) -> bool:
        return (key in self.keys) != self.everything

    def __bool__(self) -> bool:
        return self.everything or bool(self.keys)

    def count(self, total: int) -> int:
        """How many rows are marked when `total` rows match."""
        return max(0, total - len(self.keys)) if self.everything else len(self.keys)

    def put(self, key: int, *, marked: bool) -> bool:
        """Mark `key`, or take its mark away; False when `MARKS_MAX` keys are named already."""
        if marked == self.everything:
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

    def clear(self) -> None:
        """Take every mark away."""
        self.everything = False
        self.keys.clear()

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
        self._before = (selection.everything, frozenset(selection.keys))
        selection.put(anchor, marked=True)

    def stretch(self, source: Positions, old: int, new: int) -> bool:
        """The cursor went from `old` to `new`: mark what came in, give back what went out.

        False when the range is longer than `MARKS_MAX`; the rows beyond it stay as they were.
        """
        anchor = source.index_of(self.anchor)
        if anchor is None:
            return True
        was, now = _stretch(anchor, old), _stretch(anchor, new)
        everything, keys = self._before
        for index in (index for index in was if index not in now):
            key = source.key_at(index)
            self.selection.put(key, marked=(key in keys) != everything)
        came_in = (source.key_at(index) for index in now if index not in was)
        return self.selection.mark(came_in) and abs(new - anchor) < MARKS_MAX

    def undo(self) -> None:
        """Put the marks back as they were before the range."""
        self.selection.everything, self.selection.keys = self._before[0], set(self._before[1])


def _stretch(anchor: int, cursor: int) -> range:
    """The positions from the anchor to the cursor, both included, at most `MARKS_MAX` of them."""
    if cursor >= anchor:
        return range(anchor, min(cursor + 1, anchor + MARKS_MAX))
    return range(max(cursor, anchor - MARKS_MAX + 1), anchor + 1)
