"""The frame of a pane that is one list: tabs, rows by key, what is read and when. It knows no business."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from waconsole.errors import WaconsoleError
from waconsole.kit.bindings import key_of
from waconsole.kit.columns import Column
from waconsole.kit.empty import Empty
from waconsole.kit.keyed import KeyedRows
from waconsole.kit.line import SafeLine
from waconsole.kit.pane import Pane, PaneStatus, StatusChanged
from waconsole.kit.prompt import Prompt
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import Row
from waconsole.kit.rowview import CursorMoved
from waconsole.kit.tabs import Tab, TabStrip
from waconsole.kit.worker import in_worker
from waconsole.text import SafeText, _, safe

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list shows now: the ids in their order, and the number in each tab by its id.

    `held` are the things behind the ids, for lists that read them whole.
    """

    ids: array[int]
    counts: Mapping[str, int] = field(default_factory=dict)
    held: Mapping[int, Any] = field(default_factory=dict)


class ListFrame(Pane):
    """Subclasses say what is listed and how a row reads.

    `read_ids` and `records` are run inside a read transaction of the desk's database, `read_rows`
    on its page connection; all three are handed that transaction.
    """

    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    TABS: ClassVar[tuple[tuple[str, str], ...]] = ()
    NOTHING: ClassVar[tuple[str, str]] = ("", "")
    ADDS_TABS: ClassVar[bool] = False
    DEFAULT_CSS = """
    ListFrame { layout: vertical; height: 1fr; }
    ListFrame .list--top { height: 1; }
    ListFrame TabStrip { width: 1fr; }
    ListFrame .list--filter { width: auto; max-width: 50%; color: $role-accent; padding: 0 1; }
    ListFrame .list--trouble { color: $role-refused; padding: 0 1; display: none; }
    ListFrame Empty { display: none; }
    ListFrame.-empty Empty { display: block; }
    ListFrame.-empty RowList { height: 1; }
    """

    def __init__(self, desk: Any) -> None:
        super().__init__(desk)
        self.filter_text = ""
        self.is_revealed = not desk.settings.inbox.mask_phones
        self.source = KeyedRows(lambda ids: self.read_rows(self.desk.database.pages(), ids))
        self.held: Mapping[int, Any] = {}
        self.counts: Mapping[str, int] = {}
        self._turn = 0

    # What a subclass says

    def read_ids(self, tx: Any, tab: str, narrowing: Any) -> Listed:
        """The ids in `tab` that `narrowing` describes, and the number in each tab. May raise Refused.

        What a narrowing is, a subclass says in `look`.
        """
        raise NotImplementedError

    def read_rows(self, tx: Any, ids: Sequence[int]) -> Sequence[Row]:
        """A row for each id that is there."""
        raise NotImplementedError

    def records(self, tx: Any, ids: Sequence[int]) -> list[Record]:
        """What is copied of the ids, each with a `text` for copying it alone."""
        raise NotImplementedError

    # The parts

    def compose(self) -> ComposeResult:
        """Tabs, list, prompt."""
        with Horizontal(classes="list--top"):
            yield TabStrip(self._tabs({}), adds=self.ADDS_TABS)
            yield SafeLine(SafeText(""), classes="list--filter")
        yield RowList(self.source, self.COLUMNS, rest_seconds=0)
        yield Empty(safe(self.NOTHING[0]), safe(self.NOTHING[1]))
        yield SafeLine(SafeText(""), classes="list--trouble")
        yield Prompt()

    @property
    def rows(self) -> RowList:
        """The list."""
        return self.query_one(RowList)

    @property
    def tabs(self) -> TabStrip:
        """The tabs."""
        return self.query_one(TabStrip)

    def _tabs(self, counts: Mapping[str, int]) -> list[Tab]:
        named = self.TABS or (("all", self.TITLE),)
        return [Tab(name, safe(title), counts.get(name)) for name, title in named]

    async def on_mount(self) -> None:
        """Read the list."""
        await self.read_again()

    def shown(self) -> None:
        """The list takes the keys."""
        self.rows.focus()

    def changed(self) -> None:
        """Read the list again."""
        in_worker(self, self.read_again, group="list", exclusive=True)

    async def look(self, tab: str, narrowing: str) -> Listed:
        """What is listed in `tab` now. Raises Refused for a narrowing that is not understood."""
        listed: Listed = await self.desk.database.read(lambda tx: self.read_ids(tx, tab, narrowing))
        return listed

    async def read_again(self) -> None:
        """Read ids, counts and rows again; the cursor stays on its row."""
        self._turn += 1
        turn, tab, narrowing = self._turn, self.tabs.open_tab.id, self.filter_text
        try:
            listed = await self.look(tab, narrowing)
        except WaconsoleError as refusal:
            self.trouble(str(refusal))
            return
        if turn != self._turn or not self.is_attached:
            return
        self.trouble("")
        self.held, self.counts = listed.held, listed.counts
        self.source.replace(listed.ids)
        self.tabs.show(self._tabs(listed.counts))
        self.rows.reload()
        if self.rows.selection and not self.rows.selection.everything:
            self.rows.selection.keep(listed.ids)
            self.rows.forget_lost_marks()
        self.set_class(not listed.ids, "-empty")
        self._teach()
        self.post_message(StatusChanged())

    def _teach(self) -> None:
        if self.filter_text:
            title, sentence = _("Nothing here matches."), self._ends_narrowing()
        elif self.tabs.open_tab.id != self._tabs({})[0].id:
            title, sentence = _("Nothing here."), _("Another tab shows the rest.")
        else:
            title, sentence = self.NOTHING
        self.query_one(Empty).teach(safe(title), safe(sentence))

    def _ends_narrowing(self) -> str:
        key = key_of(self.app, type(self), "pane.back")
        return (
            _("{key} ends the narrowing.").format(key=key) if key else _("An empty narrowing shows the rest.")
        )

    def repaint(self) -> None:
        """Rows read differently now: numbers were revealed, say."""
        self.source.generation += 1
        self.rows.reload()

    def trouble(self, sentence: str) -> None:
        """Say what is wrong with what is being typed; "" takes it away."""
        line = self.query_one(".list--trouble", SafeLine)
        line.show(safe(sentence))
        line.display = bool(sentence)

    def status(self) -> PaneStatus:
        """Where the operator is."""
        count = len(self.source)
        rows = self.rows
        return PaneStatus(
            filter=safe(self.filter_text),
            row=rows.cursor_index + 1 if count else 0,
            rows=count,
            marks=rows.selection.count(count),
        )

    # Where the cursor and the marks are

    @property
    def key(self) -> int | None:
        """The id under the cursor."""
        return self.rows.cursor_key

    def wanted(self) -> list[int]:
        """The ids an act is for, in the order of the list: the marks, else the row under the cursor."""
        selection = self.rows.targets()
        return [key for key in self.source.ids if key in selection]

    def on_row_list_cursor_moved(self, message: CursorMoved) -> None:
        """The status line says which row."""
        message.stop()
        self.post_message(StatusChanged())

    def on_row_list_selection_changed(self, message: RowList.SelectionChanged) -> None:
        """The status line says how many are marked."""
        message.stop()
        self.post_message(StatusChanged())

    async def on_tab_strip_opened(self, message: TabStrip.Opened) -> None:
        """Another tab lists other rows."""
        message.stop()
        self.rows.clear_marks()
        await self.read_again()
        self.rows.move_to(0)

    async def on_row_list_opened(self, message: RowList.Opened) -> None:
        """Enter opens the row."""
        message.stop()
        await self.open_row(message.key)

    async def open_row(self, key: int) -> None:
        """What Enter does."""
