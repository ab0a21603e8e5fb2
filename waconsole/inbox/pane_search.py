"""Search: where was that said? The newest messages at once, the exact count after."""

from __future__ import annotations

from array import array
from functools import partial
from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Input

from waconsole.errors import Refused, WaconsoleError
from waconsole.inbox import search_page, words
from waconsole.inbox.pane_search_entry import SearchEntry
from waconsole.inbox.pane_search_marks import MarkingList
from waconsole.inbox.pane_search_views import SearchViews
from waconsole.inbox.words import Term
from waconsole.kit.columns import Column
from waconsole.kit.empty import Empty
from waconsole.kit.line import SafeLine
from waconsole.kit.pane import PaneStatus, StatusChanged
from waconsole.kit.prompt import Prompt
from waconsole.kit.rowview import CursorMoved
from waconsole.kit.tabs import TabStrip
from waconsole.kit.worker import in_worker
from waconsole.operators.desk import Desk
from waconsole.operators.pane_stream import Overtaken
from waconsole.text import SafeText, _, safe

TYPING_SECONDS: Final = 0.12
PAGE_ROWS: Final = 200
FOUND_MAX: Final = 20_000
NEAR_THE_END: Final = 64


class SearchPane(SearchViews):
    """A query line over what it finds, newest first: by words at once, or by exact characters, slowly."""

    NAME = "search"
    CHORD = "s"
    TITLE = _("Search")
    NOTHING = (
        _("Search every message."),
        _(
            'A word finds what begins with it, "words in quotes" stand in that order, 日本語 is found anywhere.'
        ),
    )
    COLUMNS = (
        Column(_("when"), 6, "right"),
        Column(_("group"), 18, priority=2),
        Column(_("from"), 14, priority=1, gap=2),
        Column(_("text")),
    )
    DEFAULT_CSS = """
    SearchPane .search--sign { width: auto; color: $role-accent; text-style: bold; padding: 0 0 0 1; }
    SearchPane SearchEntry { width: 1fr; padding: 0 1; }
    SearchPane SearchEntry:focus { background: $panel; }
    SearchPane TabStrip { width: 30; }
    SearchPane.-views TabStrip { width: 50%; }
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk: Desk = desk
        self._wait: Timer | None = None
        self._last: tuple[int, int] | None = None

    def compose(self) -> ComposeResult:
        """Query line, list, what went wrong."""
        with Horizontal(classes="list--top"):
            yield SafeLine(safe("/"), classes="search--sign")
            yield SearchEntry(
                compact=True, placeholder=_("words to look for"), max_length=words.SEARCH_LETTERS_MAX
            )
            yield SafeLine(SafeText(""), classes="list--filter")
            yield TabStrip(self._search_tabs(), adds=True)
        yield MarkingList(self.source, self.COLUMNS, rest_seconds=0)
        yield Empty(safe(self.NOTHING[0]), safe(self.NOTHING[1]))
        yield SafeLine(SafeText(""), classes="list--trouble")
        yield Prompt()

    # Where the operator is

    def shown(self) -> None:
        """The query line, until something is found."""
        (self.hits if len(self.source) else self.entry).focus()

    def status(self) -> PaneStatus:
        """The row among all that match, once they are counted."""
        status = super().status()
        rows = self.total if self.total is not None else status.rows
        return PaneStatus(status.filter, status.row, rows, status.marks)

    async def read_again(self) -> None:
        """Look again, as far as it was read, without moving the cursor."""
        self.refresh_views()
        if self.is_view:
            await self.read_view()
        elif not self.is_exact and len(self.source) <= search_page.PAGE_ROWS_MAX:
            await self._look(max(PAGE_ROWS, len(self.source)), keeps_place=True)

    def why_not(self, action: str) -> str:
        """The query line can always be typed on."""
        return "" if action == "narrow" else super().why_not(action)

    def action_narrow(self) -> None:
        """Type on the query line."""
        self.entry.focus()

    def action_back(self) -> None:
        """The search that is running first, then the marks, then the words."""
        if self.scan.is_running:
            self.scan.stop()
        elif self.rows.selection:
            self.rows.clear_marks()
        elif self.entry.value:
            self.entry.value = ""

    # Looking

    def on_input_changed(self, message: Input.Changed) -> None:
        """Look once the hand rests."""
        message.stop()
        if self._wait is not None:
            self._wait.stop()
        self._wait = self.set_timer(TYPING_SECONDS, self._typed)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Go to what was found; exact characters are looked for only now."""
        message.stop()
        is_new = self._wait is not None
        if self._wait is not None:
            self._wait.stop()
            self._wait = None
        if self.is_exact:
            in_worker(self, partial(self._read_all, self.entry.value), group="list")
        elif is_new:
            self._typed()
        self.hits.focus()

    def on_search_entry_left(self, message: SearchEntry.Left) -> None:
        """Escape stops what runs, else it goes to what was found."""
        message.stop()
        if self.scan.is_running:
            self.scan.stop()
        else:
            self.hits.focus()

    async def on_tab_strip_opened(self, message: TabStrip.Opened) -> None:
        """The same line, looked for in the other way."""
        message.stop()
        in_worker(self, partial(self.narrow_to, self.entry.value), group="list")

    def _typed(self) -> None:
        self._wait = None
        in_worker(self, partial(self.narrow_to, self.entry.value), group="list")

    async def narrow_to(self, text: str) -> None:
        """Look for `text`; what cannot be looked for is said."""
        self.filter_text = text.strip()
        if self.entry.value.strip() != self.filter_text:
            with self.prevent(Input.Changed):
                self.entry.value = text
        self._turn += 1
        self.scan.stop()
        self.looking.stop()
        self.terms, self.total, sentence = (), None, ""
        if self.is_exact:
            self._wait_for_enter()
            return
        if self.is_view:
            await self.read_view()
            return
        if self.filter_text:
            try:
                self.terms = words.terms(self.filter_text)
            except Refused as refusal:
                sentence = str(refusal)
        self.trouble(sentence)
        await self._look(PAGE_ROWS)

    async def _look(self, limit: int, *, keeps_place: bool = False) -> None:
        """Read the first page, show it, then count."""
        self._turn += 1
        turn, terms = self._turn, self.terms
        page = (
            await self.desk.database.read(
                lambda tx: search_page.first_page(tx, terms, limit=min(limit, search_page.PAGE_ROWS_MAX))
            )
            if terms
            else []
        )
        if turn != self._turn or not self.is_attached:
            return
        self.source.replace(array("q", [found.id for found in page]))
        self._last = (page[-1].sent_at, page[-1].id) if page else None
        self._is_whole = len(page) < limit
        self.hits.look_for(terms)
        self.hits.reload()
        if not keeps_place:
            self.hits.clear_marks()
            self.hits.move_to(0)
        self.total = len(page) if self._is_whole else None
        self._show_found()
        if not self._is_whole:
            await self._count(turn, terms)

    async def _count(self, turn: int, terms: tuple[Term, ...]) -> None:
        """The exact count, which a new search interrupts."""
        try:
            total = await self.looking.run(lambda tx: search_page.count(tx, terms))
        except (Overtaken, WaconsoleError):
            return
        if turn == self._turn and self.is_attached:
            self.total = total
            self._show_found()

    def _show_found(self) -> None:
        is_empty = not len(self.source)
        self.set_class(is_empty, "-empty")
        if is_empty and self.terms:
            title = safe(_("No message has these words."))
            self.query_one(Empty).teach(
                title, safe(_("Fewer letters find more: a word finds what begins with it."))
            )
        elif is_empty and self.is_exact and self.filter_text:
            self.teach_exact()
        elif is_empty and self.is_view:
            self.teach_view()
        elif is_empty:
            self.query_one(Empty).teach(safe(self.NOTHING[0]), safe(self.NOTHING[1]))
        self.show_tabs()
        self.post_message(StatusChanged())

    def on_row_list_cursor_moved(self, message: CursorMoved) -> None:
        """Read on before the end is reached."""
        if not self._is_whole and message.index >= len(self.source) - NEAR_THE_END:
            in_worker(self, self._read_on, group="more", exclusive=True)

    async def _read_on(self) -> None:
        turn, terms, before = self._turn, self.terms, self._last
        page = await self.desk.database.read(
            lambda tx: search_page.first_page(tx, terms, limit=PAGE_ROWS, before=before)
        )
        if turn != self._turn or before != self._last or not self.is_attached:
            return
        self._is_whole = len(page) < PAGE_ROWS or len(self.source) + len(page) >= FOUND_MAX
        if page:
            self._last = (page[-1].sent_at, page[-1].id)
            self.source.replace(self.source.ids + array("q", [found.id for found in page]))
            self.hits.reload()
