"""`RowList`: a list of a million rows, with keys, marks and rest."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from textual import events
from textual.binding import BindingType
from textual.geometry import Region

from waconsole.kit import rowview
from waconsole.kit.columns import Column
from waconsole.kit.listkeys import LIST_BINDINGS
from waconsole.kit.rows import RowSource
from waconsole.kit.rowview import ListMessage, RowView
from waconsole.kit.selection import MARKS_MAX, RangeMarks, Selection
from waconsole.kit.still import Still
from waconsole.text import _

REST_SECONDS: Final = 2.0
DOUBLE_CLICK: Final = 2


class RowList(RowView, can_focus=True, inherit_bindings=False):
    """A keyboard list over a `RowSource`, one terminal line a row.

    `rest_seconds` is how long the cursor must stand on a row before `Rested` is posted (0: never).
    After the source changed in any way, call `reload`.
    """

    BINDINGS: ClassVar[list[BindingType]] = LIST_BINDINGS

    CursorMoved = rowview.CursorMoved

    class Opened(ListMessage, namespace="row_list"):
        """The operator opened the row with `key`."""

        def __init__(self, row_list: RowList, key: int) -> None:
            super().__init__(row_list)
            self.key = key

    class Rested(ListMessage, namespace="row_list"):
        """The cursor has stood on the row with `key` for the rest time."""

        def __init__(self, row_list: RowList, key: int) -> None:
            super().__init__(row_list)
            self.key = key

    class SelectionChanged(ListMessage, namespace="row_list"):
        """The marks changed; `row_list.selection` holds them."""

    def __init__(
        self,
        source: RowSource,
        columns: Sequence[Column],
        *,
        rest_seconds: float = REST_SECONDS,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(source, columns, id=id, classes=classes)
        self.rest_seconds = rest_seconds
        self._rest = Still(self, rest_seconds, self._rested)
        self._range: RangeMarks | None = None

    def show(self, source: RowSource) -> None:
        """Ask another source from now on: cursor on its first row, no marks."""
        super().show(source)
        self.clear_marks()

    def reload(self) -> None:
        """The source changed: rows came, went, moved or read differently."""
        if self._range is not None and self.source.index_of(self._range.anchor) is None:
            self._range = None
        super().reload()

    # Resting

    def _announce(self) -> None:
        super()._announce()
        self._rest_again()

    def _rest_again(self) -> None:
        if self.rest_seconds > 0 and self._key is not None and self.is_attached:
            self._rest.moved()
        else:
            self._rest.forget()

    def _rested(self) -> None:
        """A row that is covered, hidden or in a terminal that lost its focus is not being read."""
        is_read = self.has_focus and self.app.screen is self.screen and self.app.app_focus
        if is_read and self._key is not None:
            self.post_message(self.Rested(self, self._key))
        else:
            self._rest_again()

    # Marks

    @property
    def in_range(self) -> bool:
        """Whether the cursor is drawing a range of marks."""
        return self._range is not None

    def targets(self) -> Selection:
        """What an act is for: the marks, or the row under the cursor when nothing is marked."""
        if self.selection or self._key is None:
            return self.selection
        one = Selection()
        one.put(self._key, marked=True)
        return one

    def mark_everything(self) -> None:
        """Mark all that match, whatever is on the screen."""
        self._range = None
        self.selection.mark_everything()
        self._marks_changed()

    def mark_matching(self, keys: Iterable[int], among: Iterable[int]) -> int:
        """Mark those of `keys` that are `among` the list's, also where nobody has seen them; answers how many."""
        matched = array("q", set(keys).intersection(among))
        self._range = None
        self.selection.mark_matching(matched)
        self._marks_changed()
        return len(matched)

    def clear_marks(self) -> None:
        """Take every mark away."""
        self._range = None
        self.selection.clear()
        self._marks_changed()

    def forget_lost_marks(self) -> None:
        """Take the marks away from rows that are no longer in the list."""
        self.selection.retain(lambda key: self.source.index_of(key) is not None)
        self._marks_changed()

    def _marks_changed(self, *lines: Region) -> None:
        self.refresh(*lines)
        self.post_message(self.SelectionChanged(self))

    def _too_many_marks(self) -> None:
        sentence = _("At most {count} rows can be marked one by one.")
        self.notify(sentence.format(count=f"{MARKS_MAX:,}"), severity="warning", markup=False)

    def _cursor_went(self, old: int) -> None:
        if self._range is None:
            return
        if not self._range.stretch(self.source, old, self._index):
            self._too_many_marks()
        self._marks_changed()

    # What the keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape belongs to the list only while a range is drawn."""
        return self.in_range if action == "leave_range" else True

    def action_step(self, rows: int) -> None:
        """Move by `rows`."""
        self.move_to(self._index + rows)

    def action_page(self, pages: int) -> None:
        """Move by whole screens."""
        self.move_to(self._index + pages * max(1, self.line_count))

    def action_half_page(self, halves: int) -> None:
        """Move by half screens."""
        self.move_to(self._index + halves * max(1, self.line_count // 2))

    def action_first(self) -> None:
        """Move to the first row."""
        self.move_to(0)

    def action_last(self) -> None:
        """Move to the last row."""
        self.move_to(len(self.source) - 1)

    def action_mark(self) -> None:
        """Turn the mark of this row and move down; in a range, end the range and keep its marks."""
        if self._key is None:
            return
        if self._range is not None:
            self._range = None
        elif not self.selection.toggle(self._key):
            self._too_many_marks()
        self._marks_changed(self._line_region(self._index))
        self.move_to(self._index + 1)

    def action_range(self) -> None:
        """Begin a range at this row, or end it and keep its marks."""
        if self._key is None:
            return
        self._range = None if self._range is not None else RangeMarks(self.selection, self._key)
        self._marks_changed()

    def action_leave_range(self) -> None:
        """End the range and take its marks away."""
        if self._range is not None:
            self._range.undo()
            self._range = None
            self._marks_changed()

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if self._key is not None:
            self.post_message(self.Opened(self, self._key))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a second one opens the row."""
        index = event.y + self.scroll_offset.y
        if index < len(self.source):
            self.move_to(index)
            if event.chain == DOUBLE_CLICK:
                self.action_open()
