"""A source of rows over a vector of ids: the rows of a page are fetched by key when they are seen."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from waconsole.kit.rows import Row

NEAR_ROWS: Final = 1024

Fetch = Callable[[Sequence[int]], Sequence[Row]]


class KeyedRows:
    """Rows in the order of `ids`; `fetch` answers those it finds, in any order, within 1 ms a page."""

    def __init__(self, fetch: Fetch) -> None:
        self.generation = 0
        self.ids = array("q")
        self._fetch = fetch
        self._near = 0

    def replace(self, ids: Iterable[int]) -> None:
        """Answer for `ids` from now on; the list must be told with `RowList.reload`."""
        self.ids = ids if isinstance(ids, array) else array("q", ids)
        self.generation += 1

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, start: int, stop: int) -> Sequence[Row]:
        """The rows from `start` until before `stop`; one that is gone meanwhile stands empty."""
        wanted = self.ids[start:stop]
        found = {row.key: row for row in self._fetch(wanted)}
        return [found.get(key) or Row(key, ()) for key in wanted]

    def key_at(self, index: int) -> int:
        """The id at `index`."""
        return self.ids[index]

    def index_of(self, key: int) -> int | None:
        """Where an id stands, or None; near the last one asked for first."""
        start = max(0, self._near - NEAR_ROWS)
        for bounds in ((start, start + 2 * NEAR_ROWS), (0, len(self.ids))):
            try:
                self._near = self.ids.index(key, *bounds)
            except ValueError:
                continue
            return self._near
        return None
