"""What stands above the list and beside it: sums, budget and limits; the line under the cursor in full.

Both are read beside the screen, once the hand rests.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from textual.containers import VerticalScroll

from waconsole.cashback import pane_detail, pane_head, store_pane_beside
from waconsole.cashback.evidence import Share
from waconsole.cashback.pane_detail import Seen
from waconsole.cashback.pane_head import Head
from waconsole.cashback.pane_paying import PayingPane
from waconsole.cashback.store_pane import PayeeView
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, WaconsoleError
from waconsole.kit.line import Paragraphs, Piece, SplitLine
from waconsole.kit.rowlist import RowList
from waconsole.kit.rowview import CursorMoved
from waconsole.kit.still import Still
from waconsole.kit.worker import in_worker
from waconsole.operators.desk import Desk
from waconsole.operators.pane_stream import LatestRead, Overtaken

WIDE_CELLS: Final = 110
FOLLOW_SECONDS: Final = 0.09
LINE_CELLS_MIN: Final = 30
SHARES_SECONDS: Final = 60.0  # how long the refunds of a scheme's payees are kept: they are read line by line
SUMMED_MAX: Final = 20_000
REST_SHARE: Final = 20.0  # the line above rests this many times as long as it took to read


class Beside(VerticalScroll, can_focus=False):
    """Where the line under the cursor is told in full."""


class BesidePane(PayingPane):
    """A pane with a line above its list, and room beside it where the terminal is wide."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.head_line = SplitLine(classes="cashback--head")
        self.paper = Paragraphs()
        self.head = Head()
        self._of = ("", "")  # the scheme and the currency of the line under the cursor
        self._follow = Still(self, FOLLOW_SECONDS, self._read_beside)
        self._detail = LatestRead(desk.database)
        self._shares: dict[int, tuple[float, Mapping[int, Share]]] = {}
        self._head_until = 0.0
        self._is_reading_head = False
        self._marked_sum: Piece | None = None
        self._marks = Still(self, FOLLOW_SECONDS, self._read_marks)
        self._heads = Still(self, FOLLOW_SECONDS, self._read_head)

    def on_resize(self) -> None:
        """Beside the list there is room for the line, or there is not."""
        self.set_class(self.size.width >= WIDE_CELLS, "-wide")
        self._follow.moved()

    @property
    def is_behind(self) -> bool:
        """Whether something pressed has yet to be done, or the line beside has yet to follow the cursor."""
        return (
            super().is_behind or self._follow.is_waiting or self._heads.is_waiting or self._marks.is_waiting
        )

    def repaint(self) -> None:
        """Rows read differently now, and so does the line beside them."""
        super().repaint()
        self._follow.moved()

    async def read_again(self) -> None:
        """Read the list, and what stands above and beside it."""
        await super().read_again()
        self._heads.moved()
        self._follow.moved()

    # What stands above

    def _read_head(self) -> None:
        if self.is_attached:
            in_worker(self, self._head_again, group="head")

    async def _head_again(self) -> None:
        """Read the sums, unless the last time took long and was not long ago: then a little later."""
        desk = self.desk
        if self._is_reading_head:
            self._heads.moved()
            return
        if (left := self._head_until - time.monotonic()) > 0:
            self.set_timer(left, self._read_head)
            return
        began = time.monotonic()
        name, read_only = desk.operator, desk.read_only
        self._is_reading_head = True
        try:
            self.head = await desk.database.stream(
                lambda tx: pane_head.read(tx, name, now=desk.clock(), read_only=read_only)
            )
        finally:
            self._is_reading_head = False
        ended = time.monotonic()
        self._head_until = ended + REST_SHARE * (ended - began) if ended - began > FOLLOW_SECONDS else 0.0
        self._show_head()

    def _show_head(self) -> None:
        left, right = pane_head.pieces(self.head, *self._of)
        if self._marked_sum is not None and left:
            left[1:] = [self._marked_sum]  # what is marked is what one looks at
        self.head_line.place(left, right)

    # What is marked

    def on_row_list_selection_changed(self, message: RowList.SelectionChanged) -> None:
        """What the marks come to is said once the hand rests."""
        self._marks.moved()

    def _read_marks(self) -> None:
        if self.is_attached:
            in_worker(self, self._marks_again, group="marks", exclusive=True)

    async def _marks_again(self) -> None:
        """Sum up what is marked; in a list too long to be gone through here, it is only counted."""
        selection, count = self.rows.selection, len(self.source)
        self._marked_sum = None
        if selection:
            sums: list[tuple[str, int]] = []
            if count <= SUMMED_MAX:
                keys = self.wanted()
                sums = await self.desk.database.read(
                    lambda tx: store_pane_beside.sums_of(tx, self.lines_behind(tx, keys))
                )
            self._marked_sum = pane_head.marked_piece(selection.count(count), sums)
        self._show_head()

    # What stands beside

    def on_row_list_cursor_moved(self, message: CursorMoved) -> None:
        """The line is told in full once the hand rests."""
        self._follow.moved()

    def _read_beside(self) -> None:
        if self.is_attached:
            in_worker(self, self._beside_again, group="beside")  # a newer read stops an older one by itself

    async def _beside_again(self) -> None:
        key = self.key
        if key is None:
            self._of = ("", "")
            self.paper.show([])
            self._show_head()
            return
        payee, line = self.payee_at(key), self.line_at(key)
        of = payee or line
        if of is None:
            return
        self._of = (of.scheme, of.currency)
        self._show_head()
        if not self.has_class("-wide"):
            return
        seen = await self._seen(key)
        if seen is not None and key == self.key:
            cells = max(self.query_one(Beside).scrollable_content_region.width, LINE_CELLS_MIN)
            self.paper.show(pane_detail.hung(self._told(seen, payee), cells))

    def _told(self, seen: Seen, payee: PayeeView | None) -> list[pane_detail.Line]:
        told = pane_detail.lines(
            seen, self.desk.zone, is_revealed=self.is_revealed, refused=self.refusals.get(seen.line.id, "")
        )
        if payee is None:
            return told
        return [*pane_detail.payee_lines(payee, is_revealed=self.is_revealed), *told]

    async def _seen(self, key: int) -> Seen | None:
        """Everything about a line, read beside the screen; None where it is gone, or another one is wanted by now."""
        name, now = self.desk.operator, self.desk.clock()

        def work(tx: Transaction) -> Seen:
            return pane_detail.seen(tx, key, name, now=now, shares=self._shares_of(tx, key))

        try:
            return await self._detail.run(work)
        except (Overtaken, NotFound):
            return None
        except WaconsoleError as refusal:
            self.say(str(refusal), "refused")
            return None

    def _shares_of(self, tx: Transaction, key: int) -> Mapping[int, Share]:
        scheme_id = store_pane_beside.scheme_of(tx, key)
        if scheme_id is None:
            raise NotFound("This line is not in the ledger.")
        kept = self._shares.get(scheme_id)
        if kept is None or time.monotonic() > kept[0]:
            found = pane_detail.shares_of(tx, scheme_id)
            kept = self._shares[scheme_id] = (time.monotonic() + SHARES_SECONDS, found)
        return kept[1]
