"""What stands above the list and beside it: what is at stake today; the item under the cursor in full, and how it is looked at.

Both are read beside the screen, once the hand rests. Where the terminal is narrow the evidence takes the whole width.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from waconsole.errors import NotFound, WaconsoleError
from waconsole.fraud import pane_around, pane_evidence, pane_head, service_desk, store_stakes, timeline
from waconsole.fraud.pane_deciding import DecidingPane
from waconsole.fraud.pane_evidence import Look
from waconsole.fraud.pane_evidence_list import EvidenceList
from waconsole.fraud.pane_head import Head
from waconsole.kit.bindings import key_of
from waconsole.kit.line import Piece, SplitLine
from waconsole.kit.rowlist import RowList
from waconsole.kit.rowview import CursorMoved
from waconsole.kit.still import Still
from waconsole.kit.worker import in_worker
from waconsole.operators.desk import Desk
from waconsole.operators.pane_stream import LatestRead, Overtaken
from waconsole.text import _

WIDE_CELLS: Final = 110
WIDEST_CELLS: Final = 160
FOLLOW_SECONDS: Final = 0.09
THEN_MAX: Final = 100
SUMMED_MAX: Final = 20_000
REST_SHARE: Final = 20.0  # the line above rests this many times as long as it took to read
BINDING_OF: Final = {
    "release": "fraud.release", "void": "fraud.refuse", "freeze": "fraud.pause", "unfreeze": "fraud.pause",
    "ask": "fraud.ask", "escalate": "fraud.escalate", "snooze": "fraud.snooze",
}  # fmt: skip


class BesidePane(DecidingPane):
    """A pane with a line above its list, and the evidence beside it or in its place."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.head_line = SplitLine(classes="fraud--head")
        self.evidence = EvidenceList("fraud--evidence")
        self.further = EvidenceList("fraud--further")
        self.head = Head()
        self.opened = ("", "", "")  # tab, narrowing and order the list was opened with
        self.item: dict[str, Any] | None = None  # what `fraud show` answers of the item that is told
        self.item_key: int | None = None
        self.at: int | None = None
        self.attribute = ""
        self.unfolded: frozenset[str] = frozenset()
        self._follow = Still(self, FOLLOW_SECONDS, self._read_beside)
        self._heads = Still(self, FOLLOW_SECONDS, self._read_head)
        self._marks = Still(self, FOLLOW_SECONDS, self._read_marks)
        self._detail = LatestRead(desk.database)
        self._head_until = 0.0
        self._is_reading_head = False
        self._marked_sum: Piece | None = None
        self._then: list[Callable[[], None]] = []  # pressed before the item under the cursor was read

    @property
    def rows(self) -> RowList:
        """The list; the evidence is one as well."""
        return self.query_one(".fraud--queue RowList", RowList)

    @property
    def is_behind(self) -> bool:
        """Whether something pressed has yet to be done, or the evidence has yet to follow the cursor."""
        waiting = (self._follow, self._heads, self._marks)
        return super().is_behind or any(one.is_waiting for one in waiting)

    @property
    def is_open(self) -> bool:
        """Whether the evidence stands in the place of the list, where there is no room for both."""
        return self.has_class("-open")

    @property
    def is_in_sight(self) -> bool:
        """Whether the evidence is seen."""
        return self.is_open or self.has_class("-wide")

    def on_resize(self) -> None:
        """There is room beside the list, or there is not."""
        self.set_class(self.size.width >= WIDE_CELLS, "-wide")
        self.set_class(self.size.width >= WIDEST_CELLS, "-widest")
        self._follow.moved()

    def repaint(self) -> None:
        """Rows read differently now, and so does the evidence."""
        super().repaint()
        self._tell()

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
        began, self._is_reading_head = time.monotonic(), True
        name, now, zone, read_only = desk.operator, desk.clock(), desk.zone, desk.read_only
        try:
            self.head = await desk.database.stream(
                lambda tx: pane_head.read(tx, name, now=now, zone=zone, read_only=read_only)
            )
        finally:
            self._is_reading_head = False
        ended = time.monotonic()
        self._head_until = ended + REST_SHARE * (ended - began) if ended - began > FOLLOW_SECONDS else 0.0
        self._show_head()
        self._tell()

    def _show_head(self) -> None:
        left, right = pane_head.pieces(self.head, self.desk.clock(), self.desk.zone)
        if self._marked_sum is not None and left:
            left[1:] = [self._marked_sum]  # what is marked is what one looks at
        self.head_line.place(left, right)

    # What is marked

    def on_row_list_selection_changed(self, message: RowList.SelectionChanged) -> None:
        """What the marks come to is said once the hand rests."""
        if message.row_list is self.rows:
            self._marks.moved()
        else:
            message.prevent_default().stop()

    def _read_marks(self) -> None:
        if self.is_attached:
            in_worker(self, self._marks_again, group="marks", exclusive=True)

    async def _marks_again(self) -> None:
        """Sum up what is marked; in a list too long to be gone through here, it is only counted."""
        selection, count = self.rows.selection, len(self.source)
        self._marked_sum = None
        if selection:
            keys = self.wanted() if count <= SUMMED_MAX else []
            sums = await self.desk.database.read(lambda tx: store_stakes.held_together(tx, keys))
            self._marked_sum = pane_head.marked_piece(selection.count(count), sums)
        self._show_head()

    # What stands beside

    def on_row_list_cursor_moved(self, message: CursorMoved) -> None:
        """The item is told in full once the hand rests."""
        if message.row_list is self.rows:
            self._follow.moved()
        else:
            message.prevent_default().stop()

    def _read_beside(self) -> None:
        if self.is_attached and self.is_in_sight:
            in_worker(self, self.follow, group="beside")  # a newer read stops an older one by itself

    async def follow(self) -> None:
        """Read the item under the cursor, and tell it."""
        key = self.key
        view = self.view_at(key)
        if key is None or view is None:
            self.item = self.item_key = None
            self._then.clear()
            self._tell()
            return
        name, now, ref = self.desk.operator, self.desk.clock(), view.item.ref
        try:
            found = await self._detail.run(lambda tx: service_desk.show(tx, ref, now=now, operator=name))
        except (Overtaken, NotFound):
            return
        except WaconsoleError as refusal:
            self.say(str(refusal), "refused")
            return
        if key != self.key:
            return
        if key != self.item_key:
            self.at, self.attribute, self.unfolded = None, "", frozenset()
        is_another, self.item, self.item_key = key != self.item_key, found, key
        then, self._then = self._then, []
        for do in then:
            do()
        self._tell()
        if is_another:
            self.evidence.move_to(0)
            self.further.move_to(0)

    def _tell(self) -> None:
        if self.item is None:
            self.evidence.tell([])
            self.further.tell([])
            return
        look = Look(
            self.desk.zone, self.is_revealed, self.at, self.attribute, self.unfolded,
            self.refusals.get(self.item_key or 0, ""),
            {outcome: key_of(self.app, type(self), name) for outcome, name in BINDING_OF.items()},
            self.head.why_not,
        )  # fmt: skip
        matter, around = pane_evidence.matter(self.item, look), pane_around.around(self.item, look)
        acts = list(pane_evidence.acts(self.item, look))
        is_widest = self.has_class("-widest")
        self.evidence.tell([*matter, *acts] if is_widest else [*matter, *around, *acts])
        self.further.tell(around if is_widest else [])

    # How it is looked at

    def _once_told(self, do: Callable[[], None], what: str) -> None:
        """Do it to the item under the cursor, where `what` is shown; while it is being read, once it is told."""
        if not self.is_in_sight or self.key is None:
            self.say(_("Open the item first: that is in its evidence."), "advice")
        elif self.item_key != self.key:
            if len(self._then) < THEN_MAX:
                self._then.append(do)
            self._follow.moved()
        else:
            do()
            self._tell()
            self.evidence.stand_on(what)
            self.further.stand_on(what)

    def scrub(self, step: int) -> None:
        """Go to the event before or after the one in sight."""

        def go() -> None:
            count = len(self.item["timeline"]) if self.item is not None else 0
            self.at = timeline.place(timeline.place(self.at, count) + step, count) if count else None

        self._once_told(go, pane_around.TIMELINE)

    def look_otherwise(self) -> None:
        """Show one attribute that people share alone, then the next, then all but one."""

        def look() -> None:
            ways = pane_around.looks(self.item or {"linked": []})
            if len(ways) == 1:
                self.say(_("They share nothing that is known."), "advice")
            at = ways.index(self.attribute) if self.attribute in ways else 0
            self.attribute = ways[(at + 1) % len(ways)]

        self._once_told(look, pane_around.LINKED)

    def unfold(self, what: str) -> None:
        """Open the rows behind a line, or fold them again."""
        if what:
            self.unfolded = self.unfolded.symmetric_difference({what})
            self._tell()
