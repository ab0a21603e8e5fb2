"""What stands above the lists and beside them: sums, what waits, and the row under the cursor in full.

Both are read beside the screen, once the hand rests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.containers import VerticalScroll

from waconsole.database.connection import Transaction
from waconsole.errors import WaconsoleError
from waconsole.invites import pane_detail, pane_head, pane_lists, pane_records, pane_rows
from waconsole.invites.kinds import INVITE
from waconsole.invites.pane_detail import Eye, Told
from waconsole.invites.pane_head import Head
from waconsole.invites.pane_lines import hung
from waconsole.invites.pane_lists import Things
from waconsole.invites.pane_rows import ProgrammeView, View
from waconsole.kit.columns import Column, ColumnHeads
from waconsole.kit.line import Paragraphs, SplitLine
from waconsole.kit.listframe import Record
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import Row
from waconsole.kit.rowview import CursorMoved
from waconsole.kit.still import Still
from waconsole.kit.worker import in_worker
from waconsole.operators.desk import Desk
from waconsole.operators.pane_stream import LatestRead, Overtaken
from waconsole.operators.pane_tabs import ViewPane
from waconsole.whatsapp.files import folder_of

WIDE_CELLS: Final = 110
FOLLOW_SECONDS: Final = 0.09
LINE_CELLS_MIN: Final = 30


class Lists(RowList):
    """A list whose columns follow what it lists."""

    def lay_out(self, columns: Sequence[Column]) -> None:
        """Show these columns from now on."""
        if self._painter.columns != tuple(columns):
            self._painter.columns = tuple(columns)
            self._painter.forget()
            self.refresh()


class Beside(VerticalScroll, can_focus=False):
    """Where the row under the cursor is told in full."""


class BesidePane(ViewPane):
    """A pane of lists of several kinds, with a line above them, and room beside them where the terminal is wide."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.head_line = SplitLine(classes="invites--head")
        self.paper = Paragraphs()
        self.head = Head()
        self._follow = Still(self, FOLLOW_SECONDS, self._read_beside)
        self._heads = Still(self, FOLLOW_SECONDS, self._read_head)
        self._detail = LatestRead(desk.database)
        self._telling = 0

    # What there is

    @property
    def kind(self) -> str:
        """What is listed now."""
        return self.held.kind if isinstance(self.held, Things) else INVITE

    def view_at(self, key: int | None) -> View | None:
        """The thing behind a row, as it stands in the ledger; None where it is gone."""
        if key is None:
            return None
        return next(iter(pane_lists.views(self.desk.database.pages(), self.held, [key])), None)

    def read_rows(self, tx: Transaction, ids: Sequence[int]) -> list[Row]:
        """Rows by key."""
        now, zone, is_revealed = self.desk.clock(), self.desk.zone, self.is_revealed
        return [
            pane_rows.row(one, now, zone, is_revealed=is_revealed)
            for one in pane_lists.views(tx, self.held, ids)
        ]

    def records(self, tx: Transaction, ids: Sequence[int]) -> list[Record]:
        """Rows as they are copied."""
        found = {one.id: one for one in pane_lists.views(tx, self.held, ids)}
        return [pane_records.record(found[key], self.desk.clock()) for key in ids if key in found]

    # When it is read

    def on_resize(self) -> None:
        """Beside the list there is room for the row, or there is not."""
        self.set_class(self.size.width >= WIDE_CELLS, "-wide")
        self._follow.moved()

    @property
    def is_behind(self) -> bool:
        """Whether the row beside has yet to follow the cursor."""
        return self._follow.is_waiting or self._heads.is_waiting or self._telling > 0

    def repaint(self) -> None:
        """Rows read differently now, and so does the one beside them."""
        super().repaint()
        self._follow.moved()

    async def read_again(self) -> None:
        """Read the list, and what stands above and beside it."""
        await super().read_again()
        if self.is_attached:
            columns, heads = pane_rows.COLUMNS[self.kind], self.query_one(ColumnHeads)
            self.query_one(Lists).lay_out(columns)
            heads.columns, heads.display = columns, len(self.source) > 0
            heads.refresh()
            self._heads.moved()
            self._follow.moved()

    def _read_head(self) -> None:
        if self.is_attached:
            in_worker(self, self._head_again, group="head", exclusive=True)

    async def _head_again(self) -> None:
        desk = self.desk
        name, read_only = desk.operator, desk.read_only
        self.head = await desk.database.read(
            lambda tx: pane_head.read(tx, name, now=desk.clock(), read_only=read_only)
        )
        self._show_head()

    def _show_head(self) -> None:
        one = self.held.get(self.key) if self.key is not None else None
        budget = None
        if isinstance(one, ProgrammeView) and one.budget is not None and one.left is not None:
            budget = one.name, one.left, one.budget
        self.head_line.place(*pane_head.pieces(self.head, dict(self.counts), budget, self.desk.zone))

    def on_row_list_cursor_moved(self, message: CursorMoved) -> None:
        """The row is told in full once the hand rests."""
        self._follow.moved()

    def _read_beside(self) -> None:
        if self.is_attached:
            in_worker(self, self._beside_again, group="beside")  # a newer read stops an older one by itself

    async def _beside_again(self) -> None:
        self._show_head()
        key = self.key
        if key is None:
            self.paper.show([])
            return
        if not self.has_class("-wide"):
            return
        self._telling += 1
        try:
            told = await self.told(key)
        finally:
            self._telling -= 1
        if told is not None and key == self.key:
            cells = max(self.query_one(Beside).scrollable_content_region.width, LINE_CELLS_MIN)
            self.paper.show(hung(told.lines, cells))

    async def told(self, key: int) -> Told | None:
        """Everything about a row, read beside the screen; None where it is gone, or another one is wanted by now."""
        desk, held = self.desk, self.held
        eye = Eye(desk.clock(), desk.zone, self.is_revealed, folder_of(desk.database.path))

        def work(tx: Transaction) -> Told | None:
            found = next(iter(pane_lists.views(tx, held, [key])), None)
            return None if found is None else pane_detail.told(tx, found, eye)

        try:
            return await self._detail.run(work)
        except Overtaken:
            return None
        except WaconsoleError as refusal:
            self.say(str(refusal), "refused")
            return None
