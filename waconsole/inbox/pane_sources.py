"""Who answers for the rows of the inbox's lists: ids as one vector, rows by key from the page connection."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Final

from waconsole.database.connection import Database
from waconsole.inbox import store_list, store_thread
from waconsole.inbox.store_list import ConversationRow
from waconsole.inbox.store_thread import Entry
from waconsole.kit.rows import Row, RowsOnDemand

NEW_LINE: Final = 3  # the key of the line above what is new; no entry has source 3
HELD_MAX: Final = 4096
NEAR_ROWS: Final = 1024


def place_of(keys: array[int], key: int, near: int = 0) -> int | None:
    """Where `key` stands in a vector, looking around `near` before everywhere; None when nowhere."""
    start = max(0, near - NEAR_ROWS)
    try:
        return keys.index(key, start, near + NEAR_ROWS)
    except ValueError:
        pass
    try:
        return keys.index(key)
    except ValueError:
        return None


class ConversationSource:
    """Conversations in list order; `paint` makes a row of the kit out of a row of the store."""

    def __init__(
        self, database: Database, clock: Callable[[], int], paint: Callable[[ConversationRow, int], Row]
    ) -> None:
        """`clock` answers the instant the rows are shown for."""
        self.generation = 0
        self.ids = array("q")
        self._database, self._clock, self._paint = database, clock, paint
        self._held: dict[int, ConversationRow] = {}
        self._near = 0

    def replace(self, ids: array[int], held: Sequence[ConversationRow] = ()) -> None:
        """Answer for `ids` from now on; the list must be told with `RowList.reload`.

        `held` are rows that were read with the ids, and need not be read again.
        """
        self.ids = ids
        self.forget()
        self._hold(held)

    def forget(self) -> None:
        """Read every row again when it is next asked for."""
        self._held.clear()
        self.generation += 1

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, start: int, stop: int) -> Sequence[Row]:
        """The rows from `start` until before `stop`; one that is gone meanwhile stands empty."""
        now, wanted = self._clock(), self.ids[start:stop]
        if len(self._held) > HELD_MAX:
            self._held.clear()
        if missing := [key for key in wanted if key not in self._held]:
            self._hold(store_list.by_ids(self._database.pages(), missing, now=now))
        found = {key: self._held[key] for key in wanted if key in self._held}
        return RowsOnDemand(
            wanted, lambda key: self._paint(found[key], now) if key in found else Row(key, ())
        )

    def _hold(self, rows: Sequence[ConversationRow]) -> None:
        self._held.update((row.id, row) for row in rows)

    def conversation(self, key: int) -> ConversationRow | None:
        """The row of the store with this key, or None."""
        if key not in self._held:
            self._hold(store_list.by_ids(self._database.pages(), [key], now=self._clock()))
        return self._held.get(key)

    def key_at(self, index: int) -> int:
        """The conversation's id at `index`."""
        return self.ids[index]

    def index_of(self, key: int) -> int | None:
        """Where a conversation stands, or None."""
        found = place_of(self.ids, key, self._near)
        self._near = found or 0
        return found


class ThreadSource:
    """The entries of one thread, oldest first, with one line above what was new when it was opened."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], int],
        paint: Callable[[Entry, int], Row],
        paint_line: Callable[[], Row],
    ) -> None:
        """`paint_line` makes the line above what is new."""
        self.generation = 0
        self.keys = array("q")
        self.new_key: int | None = None
        self._line: int | None = None
        self._database, self._clock, self._paint, self._paint_line = database, clock, paint, paint_line
        self._held: dict[int, Entry] = {}
        self._near = 0

    def replace(self, keys: array[int], *, new_key: int | None) -> None:
        """Answer for `keys` from now on; `new_key` is the first entry that is new."""
        self.keys, self.new_key = keys, new_key
        self._near = len(keys)
        self.forget()

    def graft(self, tail: array[int]) -> bool:
        """Let the thread end as `tail` (its newest keys) says; False when the two do not meet."""
        if not tail:
            return not self.keys
        start = place_of(self.keys, tail[0], len(self.keys))
        if start is None:
            return False
        if self.keys[start:] != tail:
            del self.keys[start:]
            self.keys.extend(tail)
        self.forget()
        return True

    def forget(self) -> None:
        """Read every entry again when it is next asked for."""
        near = self._near if self._line is None else self._line
        self._line = None if self.new_key is None else place_of(self.keys, self.new_key, near)
        self._held.clear()
        self.generation += 1

    def __len__(self) -> int:
        return len(self.keys) + (self._line is not None)

    def _slice(self, start: int, stop: int) -> list[int]:
        if self._line is None or stop <= self._line:
            return list(self.keys[start:stop])
        if start > self._line:
            return list(self.keys[start - 1 : stop - 1])
        return [*self.keys[start : self._line], NEW_LINE, *self.keys[self._line : stop - 1]]

    def rows(self, start: int, stop: int) -> Sequence[Row]:
        """The rows from `start` until before `stop`; an entry that is gone meanwhile stands empty."""
        now = self._clock()
        wanted = self._slice(start, stop)
        found = {entry.key: entry for entry in store_thread.by_keys(self._database.pages(), wanted)}
        if len(self._held) > HELD_MAX:
            self._held.clear()
        self._held.update(found)

        def row(key: int) -> Row:
            if key in found:
                return self._paint(found[key], now)
            return self._paint_line() if key == NEW_LINE else Row(key, ())

        return RowsOnDemand(wanted, row)

    def entry(self, key: int) -> Entry | None:
        """The entry with this key, the first new one for the line above it; None for what is gone."""
        if key == NEW_LINE:
            if self.new_key is None:
                return None
            key = self.new_key
        if key not in self._held:
            found = store_thread.by_keys(self._database.pages(), [key])
            self._held.update((entry.key, entry) for entry in found)
        return self._held.get(key)

    def key_at(self, index: int) -> int:
        """The key at `index`."""
        return self._slice(index, index + 1)[0]

    def index_of(self, key: int) -> int | None:
        """Where an entry stands, or None."""
        if key == NEW_LINE:
            return self._line
        found = place_of(self.keys, key, self._near)
        if found is None:
            return None
        self._near = found
        return found + (self._line is not None and found >= self._line)
