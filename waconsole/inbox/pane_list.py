"""A list that, when its source has changed, repaints only the lines that read differently now."""

from __future__ import annotations

from typing import Any

from textual.geometry import Region

from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import Row


class LiveRows(RowList):
    """A `RowList` for rows that change one by one while they are looked at: an act repaints a line or two."""

    _is_reloading = False

    def reload(self) -> None:
        """The source changed: rows came, went, moved or read differently."""
        before, frame = self._seen(), self._frame()
        self._is_reloading = True
        try:
            super().reload()
        finally:
            self._is_reloading = False
        if frame != self._frame():
            self.refresh()
            return
        after = self._seen()
        changed = [line for line, seen in after.items() if before.get(line) != seen]
        if changed:
            self.refresh(*(Region(0, line, self.size.width, 1) for line in changed))

    def _frame(self) -> tuple[Any, ...]:
        return self.scroll_offset, self.size, len(self.source), id(self.source)

    def _seen(self) -> dict[int, tuple[Row | None, bool, bool]]:
        """What each visible line shows: its row, whether the cursor is there, whether it is marked."""
        top, count = self.scroll_offset.y, len(self.source)
        seen: dict[int, tuple[Row | None, bool, bool]] = {}
        for line in range(max(0, min(self.line_count, count - top))):
            row = self._pages.row(top + line)
            is_marked = row is not None and row.key in self.selection
            seen[line] = row, top + line == self._index, is_marked
        return seen

    def refresh(self, *regions: Region, **options: Any) -> LiveRows:
        """Ask to be painted; while reloading the lines are asked for one by one instead."""
        if not (self._is_reloading and not regions and not options):
            super().refresh(*regions, **options)
        return self
