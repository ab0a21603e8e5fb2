"""The thread: a header, its entries, and the one under the cursor in full below them."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

from textual.app import ComposeResult
from textual.message import Message

from waconsole.clock import HOUR, SECOND
from waconsole.database.connection import Transaction
from waconsole.inbox import store_pane_thread, store_thread
from waconsole.inbox.pane_block import Block
from waconsole.inbox.pane_detail import detail_lines, header_pieces
from waconsole.inbox.pane_list import LiveRows
from waconsole.inbox.pane_rows import ENTRY_COLUMNS, Voice, entry_row, new_line_row
from waconsole.inbox.pane_sources import NEW_LINE, ThreadSource
from waconsole.inbox.store_pane_thread import Opening
from waconsole.inbox.store_thread import Entry, GroupCard
from waconsole.kit.ground import GroundColumn
from waconsole.kit.line import SplitLine
from waconsole.kit.rows import HeldRows, Row
from waconsole.kit.rowview import CursorMoved
from waconsole.kit.still import Still
from waconsole.kit.worker import in_worker
from waconsole.operators.desk import Desk

if TYPE_CHECKING:
    from waconsole.kit.compose import ReplyBox

# Threads up to this long are read whole at once (about 1 ms); longer ones around the place that is shown.
WHOLE_KEYS_MAX: Final = 512
AROUND_KEYS: Final = 64
TAIL_KEYS: Final = 256
MARGIN_LINES: Final = 2
PAINTED_MAX: Final = 2048
PREVIEW_SECONDS: Final = 0.1  # what follows the cursor comes once the hand rests


class ThreadView(GroundColumn):
    """One conversation's thread. `open` shows another; `refresh_entries` reads what changed."""

    DEFAULT_CSS = """
    ThreadView > .thread--head { background: $panel; }
    ThreadView > .thread--detail { height: 8; border-top: solid $role-rule; }
    ThreadView.-short > .thread--detail { height: 5; }
    ThreadView.-tall > .thread--detail { height: 12; }
    ThreadView > ReplyBox { border-top: solid $role-rule; }
    """

    class EntryMoved(Message):
        """The cursor stands on another entry of the thread."""

    def __init__(self, desk: Desk, voice: Callable[[], Voice], *, id: str) -> None:
        """`voice` answers how the screen speaks now."""
        super().__init__(id=id)
        self.desk, self.voice = desk, voice
        self.opening: Opening | None = None
        self.card: GroupCard | None = None
        self.source = self._source(0)
        # The keys of the last long thread, and the thread whose keys are being read.
        self._kept: tuple[int, array[int]] = (0, array("q"))
        self._streaming = 0
        self._is_whole = True
        self._detailed: object = None
        self._detail_follows = Still(self, PREVIEW_SECONDS, self.show_detail)

        rest_seconds = desk.settings.inbox.rest_seconds
        self.head = SplitLine(classes="thread--head")
        self.rows = LiveRows(HeldRows(), ENTRY_COLUMNS, rest_seconds=rest_seconds, id="inbox-entries")
        self.detail = Block(classes="thread--detail")

    @cached_property
    def box(self) -> ReplyBox:
        """The box to write in."""
        from waconsole.kit.compose import ReplyBox

        return ReplyBox()

    def compose(self) -> ComposeResult:
        """Head, entries, the one under the cursor in full, and the box to write in."""
        yield self.head
        yield self.rows
        yield self.detail
        yield self.box

    @property
    def is_behind(self) -> bool:
        """Whether the detail has yet to follow the cursor."""
        return self._detail_follows.is_waiting

    @property
    def entry(self) -> Entry | None:
        """The entry under the cursor; the line above what is new stands for the first of it."""
        key = self.rows.cursor_key
        return None if key is None or self.opening is None else self.source.entry(key)

    def _source(self, new_count: int) -> ThreadSource:
        painted: dict[int, tuple[object, Row]] = {}

        def paint(entry: Entry, now: int) -> Row:
            """The row of an entry; made again only when it reads differently."""
            voice = self.voice()
            facts = (entry, voice, self._is_new(entry), now // HOUR)
            known = painted.get(entry.key)
            if known is None or known[0] != facts:
                if len(painted) >= PAINTED_MAX:
                    painted.clear()
                known = painted[entry.key] = (facts, entry_row(entry, now, voice, self._is_new))
            return known[1]

        return ThreadSource(
            self.desk.database, self.desk.clock, paint, lambda: new_line_row(NEW_LINE, new_count)
        )

    def _is_new(self, entry: Entry) -> bool:
        opening = self.opening
        if opening is None or opening.new_at is None or entry.direction != "in" or entry.kind == "system":
            return False
        return (entry.at, entry.id) >= (opening.new_at, opening.new_message_id or 0)

    # Opening

    def open(self, conversation_id: int, *, message_id: int | None = None) -> bool:
        """Show a thread at a message, else at its leading item, else at what is new, else at its end.

        False when there is no such conversation. What is around the place is shown at once; the
        rest of a long thread is read by `read_rest`.
        """
        tx = self.desk.database.pages()
        opening = store_pane_thread.opening(tx, conversation_id, now=self.desk.clock())
        if opening is None:
            self.close()
            return False
        self.opening = opening
        self.card = store_thread.group_card(tx, conversation_id)
        place, at = self._place(opening, message_id)
        self.source = self._source(opening.unread)
        new = None if opening.new_message_id is None else opening.new_message_id * 4
        self._is_whole = opening.message_count <= WHOLE_KEYS_MAX or self._kept[0] == conversation_id
        if opening.message_count <= WHOLE_KEYS_MAX:
            self.source.replace(store_thread.keys(tx, conversation_id), new_key=new)
        elif self._is_whole:
            self.source.replace(self._kept[1], new_key=new)
            self._is_whole = self.source.graft(store_thread.last_keys(tx, conversation_id, TAIL_KEYS))
        if not self._is_whole:
            self.source.replace(
                store_thread.last_keys(tx, conversation_id)
                if at is None
                else store_pane_thread.keys_around(tx, conversation_id, at, limit=AROUND_KEYS),
                new_key=new,
            )
        rows = self.rows
        rows.show(self.source)
        if place is None or not self._stand_on(place * 4):
            rows.move_to(len(self.source) - 1)
            self.show_detail()
        self.show_head()
        return True

    def _place(self, opening: Opening, message_id: int | None) -> tuple[int | None, int | None]:
        """(message, its instant) to open at."""
        if message_id is not None:
            at = store_pane_thread.message_at(self.desk.database.pages(), opening.id, message_id)
            if at is not None:
                return message_id, at
        if opening.lead_message_id is not None:
            return opening.lead_message_id, opening.lead_at
        return opening.new_message_id, opening.new_at

    def _stand_on(self, key: int) -> bool:
        """Put the cursor on an entry, with some of what comes before and after it in sight."""
        index = self.source.index_of(key)
        if index is None:
            return False
        rows = self.rows
        line = index - rows.scroll_offset.y
        if not MARGIN_LINES <= line < rows.line_count - MARGIN_LINES:
            # Far enough ahead that the next ones need no scrolling: a step then repaints two lines.
            above = max(0, index - max(1, rows.line_count // 3))
            rows.scroll_to(y=above, animate=False, force=True, immediate=True)
        rows.move_to(index)
        self.show_detail()
        return True

    def close(self) -> None:
        """Show nothing."""
        self.opening = self.card = self._detailed = None
        self.source = self._source(0)
        self.rows.show(self.source)
        self.head.place((), ())
        self.detail.show(())

    def read_rest(self) -> None:
        """Read the keys of the whole thread, when only a part of them is known; they are kept for coming back."""
        if self.opening is not None and not self._is_whole and self._streaming != self.opening.id:
            self._streaming = self.opening.id
            in_worker(self, partial(self._rest_of, self.opening.id), group="thread")

    async def _rest_of(self, conversation_id: int) -> None:
        """The whole vector of a long thread; not begun when another thread was opened meanwhile."""

        def work(tx: Transaction) -> array[int] | None:
            return store_thread.keys(tx, conversation_id) if self._streaming == conversation_id else None

        keys = await self.desk.database.stream(work)
        if self._streaming == conversation_id:
            self._streaming = 0
        if keys is not None and self.is_attached and self.opening and self.opening.id == conversation_id:
            self._is_whole, self._kept = True, (conversation_id, keys)
            self.source.replace(keys, new_key=self.source.new_key)
            self.source.graft(store_thread.last_keys(self.desk.database.pages(), conversation_id, TAIL_KEYS))
            self.rows.reload()

    # Places

    async def go_to(self, message_id: int) -> bool:
        """Put the cursor on a message of the open thread; False when it is not there."""
        if self.opening is None:
            return False
        if self._stand_on(message_id * 4):
            return True
        found = self.open(self.opening.id, message_id=message_id)
        self.read_rest()
        return found

    # What changed

    def refresh_entries(self) -> None:
        """Read again: entries that changed, came or went, the head and the detail."""
        if self.opening is None:
            return
        tx = self.desk.database.pages()
        opening = store_pane_thread.opening(tx, self.opening.id, now=self.desk.clock())
        if opening is None:
            self.close()
            return
        at_end = self.rows.cursor_index >= len(self.source) - 1
        before = len(self.source)
        # The signs follow the read mark; the line above what was new stays until the thread is opened again.
        self.opening = opening
        self.card = store_thread.group_card(tx, opening.id)
        if opening.message_count <= WHOLE_KEYS_MAX:
            self.source.replace(store_thread.keys(tx, opening.id), new_key=self.source.new_key)
        elif self._is_whole and not self.source.graft(store_thread.last_keys(tx, opening.id, TAIL_KEYS)):
            self._is_whole, self._kept = False, (0, array("q"))
            self.read_rest()
        else:
            self.source.forget()
        self.rows.reload()
        if at_end and len(self.source) > before:
            self.rows.move_to(len(self.source) - 1)
        self.show_head()
        self.show_detail()

    def show_head(self) -> None:
        """Paint the line above the thread."""
        if self.opening is not None:
            left, right = header_pieces(self.opening, self.card, self.desk.clock(), self.voice())
            self.head.place(left, right)

    def show_detail(self) -> None:
        """Paint the entry under the cursor in full."""
        self._detail_follows.forget()
        entry, now, voice = self.entry, self.desk.clock(), self.voice()
        facts = (entry, now // SECOND, voice)
        if facts == self._detailed:
            return
        self._detailed = facts
        lines = () if entry is None else detail_lines(self.desk.database.pages(), entry, now, voice)
        self.detail.show(tuple(lines))

    def on_row_list_cursor_moved(self, message: CursorMoved) -> None:
        """The detail follows the cursor after a moment."""
        message.stop()
        self._detail_follows.moved()
        self.post_message(self.EntryMoved())
