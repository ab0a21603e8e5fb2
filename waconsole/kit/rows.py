"""What a row is, who is asked for it, and the pages already answered.

A list never holds its rows: it asks a source for the 64 around what is seen, so a million rows
cost what a page costs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol, overload

from textual.cache import LRUCache

from waconsole.text import SafeText

CHUNK_ROWS: Final = 64
CHUNKS_MAX: Final = 64
NEIGHBOURS_MAX: Final = 512


class Cell(NamedTuple):
    """Text of one column and its role (`waconsole.kit.roles`), "" for plain text."""

    text: SafeText
    role: str = ""


class Row(NamedTuple):
    """One line of a list: `key` is its stable id; a `role` colours every cell that has none."""

    key: int
    cells: tuple[Cell, ...]
    role: str = ""


class RowSource(Protocol):
    """Who answers for the rows of a `RowList`. Positions run from 0; a key is an id that stays."""

    @property
    def generation(self) -> int:
        """Grows when the query changed; pages of another generation are never shown."""

    def __len__(self) -> int: ...

    def rows(self, start: int, stop: int) -> Sequence[Row] | None:
        """The rows from `start` until before `stop`, within 1 ms.

        None when they are not ready: the list paints an ellipsis, and the source calls
        `RowList.ready(start, stop)` once they are.
        """

    def key_at(self, index: int) -> int:
        """The key of the row at `index`, which is below `len(self)`."""

    def index_of(self, key: int) -> int | None:
        """Where the row with `key` stands now, None when it is not in the list."""


class RowsOnDemand(Sequence[Row]):
    """Rows of a page, each made when it is first looked at: of the 64 of a page some 40 are seen."""

    __slots__ = ("_keys", "_made", "_make")

    def __init__(self, keys: Sequence[int], make: Callable[[int], Row]) -> None:
        """`make` answers the row of a key."""
        self._keys, self._make = keys, make
        self._made: list[Row | None] = [None] * len(keys)

    def __len__(self) -> int:
        return len(self._made)

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        if isinstance(place, slice):
            return [self[one] for one in range(len(self))[place]]
        row = self._made[place]
        if row is None:
            row = self._made[place] = self._make(self._keys[place])
        return row


class HeldRows:
    """A source over rows held in memory: for short lists (help, palette) and tests."""

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        self.generation = 0
        self.replace(rows)

    def replace(self, rows: Sequence[Row]) -> None:
        """Answer with `rows` from now on; the list must be told with `RowList.reload`."""
        self._rows = tuple(rows)
        self._places = {row.key: index for index, row in enumerate(self._rows)}
        self.generation += 1

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self, start: int, stop: int) -> Sequence[Row]:
        """The rows from `start` until before `stop`."""
        return self._rows[start:stop]

    def key_at(self, index: int) -> int:
        """The key of the row at `index`."""
        return self._rows[index].key

    def index_of(self, key: int) -> int | None:
        """Where the row with `key` stands, or None."""
        return self._places.get(key)


class Pages:
    """The pages a source has answered, least recently used thrown out."""

    def __init__(self, source: RowSource) -> None:
        self.source = source
        self._generation = source.generation
        self._chunks: LRUCache[tuple[int, int], Sequence[Row]] = LRUCache(CHUNKS_MAX)
        self._awaited: set[int] = set()

    def row(self, index: int) -> Row | None:
        """The row at `index`; None while its page is not ready."""
        chunk, place = divmod(index, CHUNK_ROWS)
        rows = self._chunks.get((self._generation, chunk))
        if rows is None:
            if chunk in self._awaited:
                return None
            start = chunk * CHUNK_ROWS
            rows = self.source.rows(start, min(len(self.source), start + CHUNK_ROWS))
            if rows is None:
                self._awaited.add(chunk)
                return None
            self._chunks[(self._generation, chunk)] = rows
        # A source may have shrunk since it was asked for its length; the reload is on its way.
        return rows[place] if place < len(rows) else None

    def forget(self) -> None:
        """Ask the source again from now on: its rows or its query changed."""
        self._generation = self.source.generation
        self._chunks.clear()
        self._awaited.clear()

    def arrived(self, start: int, stop: int) -> None:
        """The rows from `start` until before `stop` are ready now."""
        self._awaited.difference_update(range(start // CHUNK_ROWS, -(-stop // CHUNK_ROWS)))

    def key_seen(self, index: int) -> int | None:
        """The key that stood at `index` when its page was read; None when no page knows."""
        chunk, place = divmod(index, CHUNK_ROWS)
        rows = self._chunks.get((self._generation, chunk))
        return rows[place].key if rows is not None and place < len(rows) else None

    def successor(self, index: int) -> int:
        """Where to stand now that the row that stood at `index` has left the source.

        Called before `forget`, when the source has changed and the pages still show the list as
        it was: on the next row that is still there; behind the nearest earlier one when none of
        those is; on the last row at the end. Meaningless for an empty source.
        """
        last = len(self.source) - 1
        for step in range(1, NEIGHBOURS_MAX):
            key = self.key_seen(index + step)
            if key is None:
                break
            if (now := self.source.index_of(key)) is not None:
                return now
        for step in range(1, min(index + 1, NEIGHBOURS_MAX)):
            key = self.key_seen(index - step)
            if key is None:
                break
            if (now := self.source.index_of(key)) is not None:
                return min(now + 1, last)
        return min(index, last)
