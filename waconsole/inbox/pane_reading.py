"""What the inbox shows and when it reads it again: first page at once, the rest from a stream."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from textual import events

from waconsole.database.connection import Transaction
from waconsole.errors import WaconsoleError
from waconsole.inbox import store_list, store_pane, store_thread
from waconsole.inbox.pane_block import Line
from waconsole.inbox.pane_detail import detail_lines, group_lines, member_lines
from waconsole.inbox.pane_frame import InboxFrame, Stage, nothing_here, nothing_yet, tabs_with
from waconsole.inbox.pane_thread import PREVIEW_SECONDS
from waconsole.inbox.store_list import ConversationRow, Counters
from waconsole.inbox.store_pane import TAB_CONDITIONS, TabCounts
from waconsole.kit.pane import StatusChanged
from waconsole.kit.rowlist import RowList
from waconsole.kit.rowview import CursorMoved
from waconsole.kit.still import Still
from waconsole.kit.worker import in_worker
from waconsole.operators.desk import Desk
from waconsole.operators.pane_language import PaneLanguage
from waconsole.operators.pane_stream import LatestRead, Overtaken
from waconsole.operators.pane_views import ViewTabs
from waconsole.operators.store import Operator
from waconsole.text import safe

TICK_SECONDS: Final = 30.0
CONVERSATION: Final = "conversation"


class Stay(NamedTuple):
    """Where the cursor stood when an act began: its place stays, whichever row stands there afterwards."""

    place: int
    key: int | None


class InboxReading(InboxFrame):
    """Reads the list, the thread and the card, and lets them follow the cursor."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.language = PaneLanguage(desk)
        self.looking, self.asking = LatestRead(desk.database), LatestRead(desk.database)
        self.views = ViewTabs(desk, CONVERSATION, self.language)
        self.tab_counts: TabCounts | None = None
        self._turn = 0
        self._preview = Still(self, PREVIEW_SECONDS, self._open_preview)
        self._read_version = -1
        self._stay: Stay | None = None
        self.acts_under_way = 0
        self._card_follows = Still(self, PREVIEW_SECONDS, self._show_card)

    def on_mount(self) -> None:
        """The first page is on the screen with the first frame; the rest follows."""
        self.operator = store_pane.operator_for(self.desk.database.pages(), self.desk.operator)
        self._first_page()

    async def furnish(self) -> None:
        """The parts that follow the first frame, and what is read for them."""
        await super().furnish()
        self.set_interval(TICK_SECONDS, self._tick)
        in_worker(self, self.read_again, group="list")
        self._follow()
        self.show_card()

    def on_resize(self, event: events.Resize) -> None:
        """The columns there is room for."""
        self.fit(event.size)
        self._follow()
        self.show_card()

    def enter(self, stage: Stage) -> None:
        """Put the operator into the list, the thread or the card."""
        self.place(stage)
        if stage != "list":
            self.thread.read_rest()
        if stage == "card":
            self.show_card(at_once=True)
        self.shown()
        self.post_message(StatusChanged())

    # Reading

    def queries(self) -> list[str]:
        """What the list is narrowed by: the view that is open, and what was typed."""
        return self.views.queries(self.tabs.open_tab.id, self.filter_text)

    def condition(self) -> tuple[str, dict[str, Any]]:
        """The open tab and the narrowing as SQL over `c`. Raises Refused for words it does not know."""
        me = self.operator.id if self.operator else 0
        where = TAB_CONDITIONS.get(self.tabs.open_tab.id, TAB_CONDITIONS["all"])
        parameters = {"me": me}
        if queries := self.queries():
            compiled = self.language.compiled(queries, CONVERSATION)
            where = f"({where}) AND ({compiled.where})"
            parameters |= compiled.parameters
        return where, parameters

    def _first_page(self) -> None:
        """The first rows of the open tab at once; a narrowed list waits for its stream."""
        if not self.queries():
            where, parameters = self.condition()
            page = store_list.first_page(self.desk.database.pages(), where, parameters, now=self.desk.clock())
            self._turn += 1
            self.show_ids(array("q", (row.id for row in page)), held=page)

    async def read_list(self) -> None:
        """Read the list alone: the narrowing changed, and no number of a tab with it."""
        self._turn += 1
        turn, now, tab, found = self._turn, self.desk.clock(), self.tabs.open_tab.id, self.condition()
        self.views.counting.stop()
        try:
            with self.looking.told(self, self.show_filter):
                ids = await self.looking.run(lambda tx: store_list.ids(tx, *found, now=now))
        except Overtaken:
            return
        except WaconsoleError as refusal:
            self.trouble(str(refusal))
            return
        if turn == self._turn and self.is_attached:
            if not self.filter_text.strip():
                self.views.note(tab, len(ids))
            self.show_ids(ids)
            self.views.count_soon(self, self.show_tabs)

    async def read_again(self, *, stay: Stay | None = None) -> None:
        """Read the list, the counts and the open thread again; `stay` is where the cursor stays."""
        self._read_version = self._version()
        self.views.refresh()
        if stay is not None:
            self._stay = stay  # a later reading that overtakes this one keeps the place as well
        self._turn += 1
        turn, now, name = self._turn, self.desk.clock(), self.desk.operator
        tab, is_narrowed = self.tabs.open_tab.id, bool(self.queries())
        try:
            where, parameters = self.condition()
        except WaconsoleError as refusal:
            self.trouble(str(refusal))
            return

        def work(tx: Transaction) -> tuple[array[int], TabCounts, Counters, Operator | None]:
            operator = store_pane.operator_for(tx, name)
            me = operator.id if operator else 0
            return (
                store_list.ids(tx, where, {**parameters, "me": me}, now=now),
                store_pane.tab_counts(tx, operator_id=me, now=now),
                store_list.counters(tx, operator_id=me, now=now),
                operator,
            )

        try:
            if is_narrowed:
                self.views.counting.stop()
                with self.looking.told(self, self.show_filter):
                    ids, counts, counters, operator = await self.looking.run(work)
            else:
                ids, counts, counters, operator = await self.desk.database.read(work)
        except Overtaken:
            return
        except WaconsoleError as refusal:
            self.trouble(str(refusal))
            return
        if turn != self._turn or not self.is_attached:
            return
        self.counters, self.operator, self.tab_counts = counters, operator, counts
        if not self.filter_text.strip():
            self.views.note(tab, len(ids))
        self.show_tabs()
        self.views.count_soon(self, self.show_tabs)
        stay, self._stay = self._stay, None
        has_stayed = stay is not None and stay.key == self.rows.cursor_key  # who went on, stays on
        self.show_ids(ids, stay_at=stay.place if stay and has_stayed else None)
        self.thread.refresh_entries()
        self.show_card()

    def stay(self) -> Stay:
        """Where the cursor stands now."""
        return Stay(self.rows.cursor_index, self.rows.cursor_key)

    def show_ids(
        self, ids: array[int], *, stay_at: int | None = None, held: Sequence[ConversationRow] = ()
    ) -> None:
        """List `ids`; the cursor stays on its row, or at `stay_at` when that is given."""
        rows = self.rows
        top = rows.scroll_offset.y
        if stay_at is not None and len(ids):
            # Step onto the row that will stand there first, so that the list does not follow the old one away.
            stay_at = min(stay_at, len(ids) - 1)
            rows.move_to_key(ids[stay_at])
        self.source.replace(ids, held)
        rows.reload()
        if stay_at is not None:
            rows.move_to(stay_at)
            rows.scroll_to(y=min(top, rows.cursor_index), animate=False, force=True, immediate=True)
        if rows.selection:
            rows.selection.keep(ids)
            rows.forget_lost_marks()
        is_empty = not len(ids)
        if is_empty:
            is_narrowed = bool(self.queries()) or self.tabs.open_tab.id != "all"
            self.empty.teach(*(nothing_here() if is_narrowed else nothing_yet()))
        self.set_class(is_empty, "-empty")
        if is_empty and self.stage == "list" and not self.has_class("-narrow"):
            self.thread.close()
        self.post_message(StatusChanged())

    def show_tabs(self) -> None:
        """The fixed tabs and the views, with the numbers that are known."""
        self.tabs.show([*tabs_with(self.tab_counts), *self.views.tabs()])

    def trouble(self, sentence: str) -> None:
        """Say what is wrong with the narrowing while it is typed; "" when nothing is."""
        self.trouble_line.show(safe(sentence))
        self.trouble_line.display = bool(sentence)

    def changed(self) -> None:
        """Somebody wrote: read again, unless an act of our own has done so since, or is about to."""
        if self.is_attached and not self.acts_under_way and self._version() != self._read_version:
            self.looking.when_idle(lambda: in_worker(self, self.read_again, group="list"))

    def _version(self) -> int:
        """Grows with every commit, by whomever."""
        return int(self.desk.database.pages().value("PRAGMA data_version"))

    def _tick(self) -> None:
        """The clocks go on."""
        if self.display and self.is_attached:
            self.repaint()

    def repaint(self) -> None:
        """Read every shown row again."""
        self.source.forget()
        self.rows.reload()
        self.thread.refresh_entries()
        self.show_card(at_once=True)

    # What follows the cursor

    @property
    def is_behind(self) -> bool:
        """Whether the thread or the card has yet to follow the cursor."""
        return self._preview.is_waiting or self._card_follows.is_waiting or self.thread.is_behind

    def on_row_list_cursor_moved(self, message: CursorMoved) -> None:
        """The thread follows the list after a moment, where both are seen."""
        message.stop()
        self.post_message(StatusChanged())
        self._follow()

    def _follow(self) -> None:
        if self.has_class("-narrow") or self.stage != "list" or not self.is_furnished:
            return
        self._preview.moved()

    def _open_preview(self) -> None:
        key, opening = self.rows.cursor_key, self.thread.opening
        if self.stage == "list" and key is not None and (opening is None or opening.id != key):
            self.thread.open(key)
            self.show_card()

    def on_thread_view_entry_moved(self) -> None:
        """The card follows the thread."""
        self.post_message(StatusChanged())
        self.show_card()

    def on_row_list_selection_changed(self, message: RowList.SelectionChanged) -> None:
        """The status counts the marks."""
        message.stop()
        self.post_message(StatusChanged())

    def show_card(self, *, at_once: bool = False) -> None:
        """Show who wrote the message under the cursor, and the group, where the card is seen."""
        if not (self.has_class("-full") or self.stage == "card") or not self.is_furnished:
            return
        if at_once:
            self._card_follows.forget()
            self._show_card()
        else:
            self._card_follows.moved()

    def _show_card(self) -> None:
        thread, tx, voice = self.thread, self.desk.database.pages(), self.voice()
        opening, entry = thread.opening, thread.entry
        lines: list[Line] = []
        if opening is not None:
            if self.stage == "card" and entry is not None and not self.has_class("-full"):
                lines += [*detail_lines(tx, entry, self.desk.clock(), voice), ()]
            member_id = entry.member_id if entry is not None and entry.member_id else opening.member_id
            member = None if member_id is None else store_thread.member_card(tx, member_id)
            if member is not None:
                lines += [*member_lines(member, voice), ()]
            if thread.card is not None:
                lines += group_lines(thread.card, opening, voice)
        self.card.show(lines)
