"""Search: where was that said? The newest messages at once, the exact count after."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import partial
from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Input

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.errors import Refused, WaconsoleError
from waconsole.inbox import search_page, words
from waconsole.inbox.pane_rows import Voice
from waconsole.inbox.pane_search_entry import SearchEntry
from waconsole.inbox.pane_search_marks import MarkingList, spans
from waconsole.inbox.store_search import Place, places
from waconsole.inbox.words import Term
from waconsole.kit import ages
from waconsole.kit.columns import Column
from waconsole.kit.empty import Empty
from waconsole.kit.line import SafeLine
from waconsole.kit.listframe import Record
from waconsole.kit.listpane import ListPane
from waconsole.kit.pane import PaneStatus, PaneWanted, StatusChanged
from waconsole.kit.prompt import Prompt
from waconsole.kit.rows import Cell, Row
from waconsole.kit.rowview import CursorMoved
from waconsole.kit.tabs import Tab, TabStrip
from waconsole.kit.worker import in_worker
from waconsole.operators.desk import Desk
from waconsole.text import SafeText, _, safe

TYPING_SECONDS: Final = 0.12
PAGE_ROWS: Final = 200
FOUND_MAX: Final = 20_000
NEAR_THE_END: Final = 64
BEFORE_HIT_CHARACTERS: Final = 24
ROW_CHARACTERS_MAX: Final = 600


class SearchPane(ListPane):
    """A query line over what it finds, newest first."""

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
    SearchPane TabStrip { width: auto; min-width: 26; }
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk: Desk = desk
        self.terms: tuple[Term, ...] = ()
        self.total: int | None = None
        self._wait: Timer | None = None
        self._last: tuple[int, int] | None = None
        self._is_whole = True
        self._counts = 0

    def compose(self) -> ComposeResult:
        """Query line, list, what went wrong."""
        with Horizontal(classes="list--top"):
            yield SafeLine(safe("/"), classes="search--sign")
            yield SearchEntry(
                compact=True, placeholder=_("words to look for"), max_length=words.SEARCH_LETTERS_MAX
            )
            yield TabStrip([Tab("found", safe(_("Found")))])
        yield MarkingList(self.source, self.COLUMNS, rest_seconds=0)
        yield Empty(safe(self.NOTHING[0]), safe(self.NOTHING[1]))
        yield SafeLine(SafeText(""), classes="list--trouble")
        yield Prompt()

    @property
    def entry(self) -> SearchEntry:
        """The query line."""
        return self.query_one(SearchEntry)

    @property
    def hits(self) -> MarkingList:
        """What was found."""
        return self.query_one(MarkingList)

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
        if len(self.source) <= search_page.PAGE_ROWS_MAX:
            await self._look(max(PAGE_ROWS, len(self.source)), keeps_place=True)

    def why_not(self, action: str) -> str:
        """The query line can always be typed on."""
        return "" if action == "narrow" else super().why_not(action)

    def action_narrow(self) -> None:
        """Type on the query line."""
        self.entry.focus()

    def action_back(self) -> None:
        """The marks first, then the words."""
        if self.rows.selection:
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
        """Go to what was found."""
        message.stop()
        if self._wait is not None:
            self._wait.stop()
            self._typed()
        self.hits.focus()

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
        if self._counts:
            self.desk.database.interrupt_stream()
        self.terms, self.total, sentence = (), None, ""
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
        self._counts += 1
        try:
            total = await self.desk.database.stream(lambda tx: search_page.count(tx, terms))
        except WaconsoleError:
            return
        finally:
            self._counts -= 1
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
        elif is_empty:
            self.query_one(Empty).teach(safe(self.NOTHING[0]), safe(self.NOTHING[1]))
        self.tabs.show([Tab("found", safe(_("Found")), self.total if self.terms else None)])
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

    # Rows

    def _voice(self) -> Voice:
        return Voice(self.desk.zone, "", self.is_revealed)

    def read_rows(self, tx: Transaction, ids: Sequence[int]) -> list[Row]:
        """Rows by key."""
        now, voice = self.desk.clock(), self._voice()
        return [self._row(place, now, voice) for place in places(tx, ids).values()]

    def _row(self, place: Place, now: int, voice: Voice) -> Row:
        ours = place.direction == "out"
        return Row(
            place.id,
            (
                Cell(ages.ago(place.sent_at, now, self.desk.zone), "muted"),
                Cell(voice.text(place.conversation), "muted"),
                Cell(safe(_("us")) if ours else voice.name(place.sender, place.phone, is_short=True), "mine" if ours else ""),
                Cell(voice.text(self._snippet(place.text))),
            ),
        )  # fmt: skip

    def _snippet(self, text: str) -> str:
        """The text from a little before the first hit."""
        first = next(spans(text[: search_page.PAGE_ROWS_MAX * 4], self.terms), (0, 0))[0]
        start = first - BEFORE_HIT_CHARACTERS
        return text[:ROW_CHARACTERS_MAX] if start <= 0 else f"…{text[start : start + ROW_CHARACTERS_MAX]}"

    def records(self, tx: Transaction, ids: Sequence[int]) -> list[Record]:
        """Messages as they are copied."""
        found = places(tx, ids)
        return [_record(found[key]) for key in ids if key in found]

    async def open_row(self, key: int) -> None:
        """Show the message in its thread."""
        place = (await self.desk.database.read(lambda tx: places(tx, [key]))).get(key)
        if place is not None:
            self.post_message(PaneWanted("inbox", {"conversation": place.conversation_id, "message": key}))


def _record(place: Place) -> Record:
    return {
        "text": place.text,
        "id": place.id,
        "at": iso(place.sent_at),
        "group": place.conversation,
        "from": place.sender,
        "kind": place.kind,
    }
