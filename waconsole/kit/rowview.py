"""`RowView`: the part of a list that shows rows and holds a cursor.

The cursor and the scroll anchor are keys, never positions: when rows come or go, the cursor
stays on its row; when its row goes, it stands on the next one. It is never lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from waconsole.kit.columns import Column
from waconsole.kit.rowpaint import RowPainter, RowState
from waconsole.kit.rows import Pages, Row, RowSource
from waconsole.kit.selection import Selection
from waconsole.kit.still import Still

WARM_SECONDS: Final = 0.2
Drawn = tuple[Row | None, RowState]
"""What a line shows: its row, and how that stands; no row below the last one."""


class ListMessage(Message, namespace="row_list"):
    """A message of a list; handlers are called `on_row_list_…`."""

    def __init__(self, row_list: RowView) -> None:
        super().__init__()
        self.row_list = row_list

    @property
    def control(self) -> RowView:
        """The list that posted the message."""
        return self.row_list


class CursorMoved(ListMessage, namespace="row_list"):
    """The cursor stands on another row; `key` is None when the list is empty."""

    def __init__(self, row_list: RowView, key: int | None, index: int) -> None:
        super().__init__(row_list)
        self.key = key
        self.index = index


class RowView(ScrollView, inherit_bindings=False):
    """Rows of a `RowSource` with a cursor, one terminal line a row; `RowList` adds the keys."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"rowlist--cursor"}
    DEFAULT_CSS = """
    RowView { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    RowView > .rowlist--cursor { background: $cursor-blurred-background; }
    RowView:focus > .rowlist--cursor { background: $cursor-background; }
    RowView:nocolor > .rowlist--cursor { text-style: underline; }
    RowView:focus:nocolor > .rowlist--cursor { text-style: reverse; }
    """

    virtual_size: Reactive[Size] = Reactive(
        Size(0, 0), repaint=False
    )  # else Textual lays the whole screen out for every other length

    def __init__(
        self,
        source: RowSource,
        columns: Sequence[Column],
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.selection = Selection()
        self._drawn: dict[int, Drawn] = {}
        self._pages = Pages(source)
        self._painter = RowPainter(self, columns)
        self._index = 0
        self._key: int | None = source.key_at(0) if len(source) else None
        self._warms = Still(self, WARM_SECONDS, self._warm)

    @property
    def source(self) -> RowSource:
        """Who answers for the rows."""
        return self._pages.source

    @property
    def cursor_key(self) -> int | None:
        """The key of the row under the cursor; None only when the list is empty."""
        return self._key

    @property
    def cursor_index(self) -> int:
        """The position of the row under the cursor, 0 when the list is empty."""
        return self._index

    # Changes of the source

    def show(self, source: RowSource) -> None:
        """Ask another source from now on, the cursor on its first row."""
        self._pages = Pages(source)
        self._index, self._key = 0, None
        self.scroll_to(y=0, animate=False, force=True, immediate=True)
        self.reload()

    def reload(self) -> None:
        """The source changed: rows came, went, moved or read differently."""
        source, old_key = self.source, self._key
        line = self._index - self.scroll_offset.y
        if not len(source):
            self._index, self._key = 0, None
        else:
            index = 0 if old_key is None else source.index_of(old_key)
            self._index = self._pages.successor(self._index) if index is None else index
            self._key = source.key_at(self._index)
        self._pages.forget()
        self._painter.forget_rows()
        self.virtual_size = Size(0, len(source))
        if 0 <= line < self.line_count:
            self.scroll_to(y=self._index - line, animate=False, force=True, immediate=True)
            self._scroll_to_cursor()
        self._paint_others()
        if self._key != old_key:
            self._announce()

    def watch_virtual_size(self, size: Size) -> None:
        """The list is longer or shorter: only a scroll bar that comes or goes takes room from anybody."""
        if self.styles.auto_dimensions:
            self.refresh(layout=True)
        elif self.is_attached:
            self._scroll_update(size)

    def _paint_others(self) -> None:
        """Paint the lines that show something else from now on."""
        lines = range(self.size.height)
        others = [Region(0, y, self.size.width, 1) for y in lines if self._line(y) != self._drawn.get(y)]
        if others:
            self.refresh(*others)

    def _line(self, y: int) -> Drawn | None:
        """What stands on a line; None for a row that is not ready."""
        index = y + self.scroll_offset.y
        if index >= len(self.source):
            return None, RowState(False, False)
        row = self._pages.row(index)
        return None if row is None else (row, RowState(index == self._index, row.key in self.selection))

    def ready(self, start: int, stop: int) -> None:
        """The rows from `start` until before `stop` can be asked for now."""
        self._pages.arrived(start, stop)
        top, bottom = self.scroll_offset.y, self.scroll_offset.y + self.line_count
        if start < bottom and stop > top:
            first = max(start, top)
            self.refresh(Region(0, first - top, self.size.width, min(stop, bottom) - first))

    # The cursor

    def move_to(self, index: int) -> None:
        """Put the cursor on the row at `index`, or the nearest there is."""
        if not (count := len(self.source)):
            return
        old, index = self._index, max(0, min(count - 1, index))
        key = self.source.key_at(index)
        if index == old and key == self._key:
            return
        self._index, self._key = index, key
        self.refresh(self._line_region(old), self._line_region(index))
        self._cursor_went(old)
        self._scroll_to_cursor()
        self._announce()

    def move_to_key(self, key: int) -> bool:
        """Put the cursor on the row with `key`; False when it is not in the list."""
        index = self.source.index_of(key)
        if index is None:
            return False
        self.move_to(index)
        return True

    def _cursor_went(self, old: int) -> None:
        """The cursor left the row at `old` by a move, not by a change of the source."""

    def _announce(self) -> None:
        self._follow_with_terminal_cursor()
        if self.is_attached:
            self._warms.moved()
        self.post_message(CursorMoved(self, self._key, self._index))

    def _warm(self) -> None:
        """Read and paint the screens before and after this one while the hand rests: a page then is at hand."""
        top, height, width = self.scroll_offset.y, self.line_count, self.size.width
        for index in range(max(0, top - height), min(top + 2 * height, len(self.source))):
            row = self._pages.row(index)
            if row is not None and index != self._index:
                self._painter.line(row, RowState(False, row.key in self.selection), width)

    def _scroll_to_cursor(self) -> None:
        top, height = self.scroll_offset.y, self.line_count
        if height <= 0:
            return
        wanted = min(max(top, self._index - height + 1), self._index)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True, immediate=True)

    def _follow_with_terminal_cursor(self) -> None:
        """Screen readers and braille lines read where the terminal's own cursor stands."""
        if self.has_focus and self.line_count > 0:
            x, y = self.content_region.offset
            self.app.cursor_position = Offset(x, y + self._index - self.scroll_offset.y)

    # The screen

    @property
    def line_count(self) -> int:
        """How many rows are visible at a time; 0 before the first layout."""
        return self.scrollable_content_region.height

    def _line_region(self, index: int) -> Region:
        return Region(0, index - self.scroll_offset.y, self.size.width, 1)

    def render_line(self, y: int) -> Strip:
        """The line `y` of the visible part."""
        width, line = self.size.width, self._line(y)
        if line is None:
            self._drawn.pop(y, None)
            return self._painter.absent(width, is_cursor=y + self.scroll_offset.y == self._index)
        self._drawn[y] = line
        row, state = line
        return self._painter.blank(width) if row is None else self._painter.line(row, state, width)

    def notify_style_update(self) -> None:
        """Theme, focus or colour changed."""
        super().notify_style_update()
        self._painter.forget()

    def on_mount(self) -> None:
        """The list has its place."""
        self.virtual_size = Size(0, len(self.source))
        self._announce()

    def on_resize(self) -> None:
        """The row under the cursor stays in sight."""
        self._scroll_to_cursor()
        self._follow_with_terminal_cursor()

    def on_focus(self) -> None:
        """The terminal's cursor comes along."""
        self._follow_with_terminal_cursor()
