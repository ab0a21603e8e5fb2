"""Sync: what stands between us and WhatsApp? Numbers, lanes, what needs a decision, what was told, what comes in."""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.timer import Timer

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.kit.empty import Empty
from waconsole.kit.listframe import Listed, Record
from waconsole.kit.pane import PaneWanted
from waconsole.kit.rows import Row
from waconsole.kit.worker import in_worker
from waconsole.operators.desk import Desk
from waconsole.operators.pane_stream import LatestRead, Overtaken
from waconsole.outbox import store_pane
from waconsole.sync import pane_sync_acts, store_pane_sync
from waconsole.sync import pane_sync_listing as listing
from waconsole.sync.pane_sync_acts import KEY_BITS
from waconsole.sync.pane_sync_beside import beside_now
from waconsole.sync.pane_sync_convert import SyncConvert
from waconsole.sync.pane_sync_listing import Beside
from waconsole.sync.pane_sync_rows import COLUMNS, Item, message_row, row_of
from waconsole.text import _, safe

if TYPE_CHECKING:
    from waconsole.kit.reader import Line

TICK_SECONDS: Final = 5.0
READ_SECONDS: Final = 0.5  # while a campaign runs the ledger changes all the time
ASK_SECONDS: Final = 30.0  # how often a gateway is asked how its session stands, while this pane is in sight
NARROWED_MAX: Final = 20_000
ROWS_AT_ONCE: Final = 500
LOG: Final = "log"


class SyncPane(SyncConvert):
    """One list of all that an operator asks about the road to WhatsApp, in tabs by what is asked."""

    NAME = "sync"
    CHORD = "y"
    TITLE = _("Sync")
    HELP: ClassVar[str] = _(
        "Numbers and what waits on them, what nobody can say of, what WhatsApp told, and what came in."
    )
    TABS = (
        ("now", _("Now")),
        ("unknown", _("Unknown")),
        ("held", _("Held")),
        ("notices", _("Notices")),
        ("templates", _("Templates")),
        (LOG, _("Live log")),
    )
    COLUMNS = COLUMNS
    NOTHING = (
        _("No number yet: `waconsole connect`"),
        _(
            "It asks for what Meta gave you, and tests each step. What is sent and what comes in stands here then."
        ),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *pane_sync_acts.BINDINGS,
        Binding(
            "L", "log", _("Live log"), id="sync.log",
            tooltip=_("Show the last attempts and bodies as they happen; again lets the log stand still, or go on."),
        ),
        Binding(
            "right,l", "right", _("To the outbox"), id="sync.right", tooltip=_("Go to this message in the outbox."),
            show=False,
        ),
    ]  # fmt: skip

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.looking = LatestRead(desk.database)
        self.beside = Beside()
        self.is_still = False  # the log stands still
        self._shown_log: Listed | None = None
        self._read_at = 0.0
        self._again: Timer | None = None

    async def on_mount(self) -> None:
        """Read the list, ask what is beside the ledger, and let the clocks go on."""
        await super().on_mount()
        self.set_interval(TICK_SECONDS, self._tick)
        self.set_interval(ASK_SECONDS, self._look_around)
        self._look_around()

    def _tick(self) -> None:
        if self.is_attached and self.display:
            self.changed()

    # What is listed

    async def look(self, tab: str, narrowing: str) -> Listed:
        """What stands in the tab now; a log that stands still stays as it is."""
        if tab == LOG and self.is_still and self._shown_log is not None and not narrowing:
            return self._shown_log
        listed = await self.looking.run(partial(self._read, tab, narrowing.casefold().strip()))
        self._shown_log = listed if tab == LOG else None
        return listed

    def _read(self, tab: str, narrowing: str, tx: Transaction) -> Listed:
        now = self.desk.clock()
        seen = store_pane_sync.seen(tx, now=now, with_log=tab == LOG)
        lines: Iterable[tuple[int, Item | None]]
        if tab in ("unknown", "held"):
            lines = ((key, None) for key in store_pane_sync.ids(tx, tab))
        elif tab == "notices":
            lines = listing.notice_lines(seen.notices)
        elif tab == "templates":
            lines = listing.template_lines(seen.templates)
        elif tab == LOG:
            lines = listing.log_lines(seen)
        elif listing.is_nothing(seen):
            lines = ()
        else:
            some = listing.MESSAGES_NOW_MAX
            unknown = store_pane_sync.ids(tx, "unknown", limit=some)
            held = store_pane_sync.ids(tx, "held", limit=some)
            lines = listing.now_lines(seen, unknown, held, self.desk.settings, self.beside)
        ids, held_items = array("q"), {}
        for key, item in lines:
            ids.append(key)
            if item is not None:
                held_items[key] = item
        if narrowing:
            ids = self._narrowed(tx, ids, held_items, narrowing, now)
        counts = {
            "unknown": seen.counts["unknown"],
            "held": seen.counts["held"],
            "notices": sum(one["seen_at"] is None for one in seen.notices),
            "templates": len(seen.templates),
        }
        return Listed(ids, counts, held_items)

    def _narrowed(
        self, tx: Transaction, ids: array[int], items: dict[int, Item], words: str, now: int
    ) -> array[int]:
        """Those whose line holds every word."""
        kept = array("q")
        wanted = words.split()
        for start in range(0, min(len(ids), NARROWED_MAX), ROWS_AT_ONCE):
            for row in self._rows(tx, ids[start : start + ROWS_AT_ONCE], items, now):
                text = " ".join(cell.text for cell in row.cells).casefold()
                if all(word in text for word in wanted):
                    kept.append(row.key)
        return kept

    def read_rows(self, tx: Transaction, ids: Sequence[int]) -> list[Row]:
        """Rows by key: messages from the ledger, everything else as it was read with the list."""
        return self._rows(tx, ids, self.held, self.desk.clock())

    def _rows(self, tx: Transaction, ids: Sequence[int], items: Any, now: int) -> list[Row]:
        tongue = self.tongue
        messages = [key for key in ids if key < 1 << KEY_BITS]
        rows: dict[int, Row] = {}
        if messages:
            tried = store_pane_sync.tried_at(tx, messages)
            for one in store_pane.rows(tx, messages):
                rows[one.id] = message_row(one, tried.get(one.id), now, tongue)
        return [
            row_of(key, items[key], now, tongue) if key in items else rows[key]
            for key in ids
            if key in items or key in rows
        ]

    def records(self, tx: Transaction, ids: Sequence[int]) -> list[Record]:
        """Lines as they are copied: what they show."""
        titles = [column.title for column in COLUMNS]
        return [
            {"text": row.cells[-1].text.strip(), **{title: cell.text.strip() for title, cell in zip(titles, row.cells, strict=True)}}
            for row in self._rows(tx, ids, self.held, self.desk.clock())
        ]  # fmt: skip

    async def read_again(self) -> None:
        """Read the list again; one that a newer look stopped shows nothing."""
        try:
            await super().read_again()
        except Overtaken:
            return

    def changed(self) -> None:
        """Read the list again, twice a second at most; a look that runs is not stopped for it."""
        wait = self._read_at + READ_SECONDS - time.monotonic()
        if wait > 0:
            if self._again is None:
                self._again = self.set_timer(wait, self._read_soon)
            return
        self._read_soon()

    def _read_soon(self) -> None:
        self._again, self._read_at = None, time.monotonic()
        self.looking.when_idle(lambda: self.call_later(super(SyncPane, self).changed))

    def _teach(self) -> None:
        super()._teach()
        lessons = {
            "unknown": (
                _("Nothing is unknown."),
                _("A message whose answer was lost stands here: an operator decides about it, never a timer."),
            ),
            "held": (
                _("Nothing is held."),
                _("What waits for a template, a number or an operator stands here, with its reason."),
            ),
            "notices": (
                _("WhatsApp has told nothing yet."),
                _("A template that was paused, an account that was restricted: each is told here until it is seen."),
            ),
            "templates": (
                _("No template is known."),
                _("`waconsole templates sync` fetches them; their status and quality stand here."),
            ),
            LOG: (
                _("Nothing has been sent, and nothing came in."),
                _("Each attempt and each body appears here as it happens."),
            ),
        }  # fmt: skip
        lesson = lessons.get(self.tabs.open_tab.id)
        if lesson is not None and not self.filter_text:
            self.query_one(Empty).teach(*map(safe, lesson))

    # Beside the ledger

    def _look_around(self) -> None:
        if self.is_attached and self.display:
            in_worker(self, self._ask_beside, group="beside", exclusive=True)

    async def _ask_beside(self) -> None:
        before, self.beside = self.beside, await beside_now(self.desk)
        if self.beside != before and self.is_attached:
            self.changed()

    # Opening

    async def open_row(self, key: int) -> None:
        """Show a line in full, or go where it leads."""
        from waconsole.kit.reader import Reader
        from waconsole.sync.pane_sync_detail import lines_of

        item = self.item_at(key)
        if item is not None and item.kind == "fact":
            self._follow(item)
        elif item is not None and item.kind == "lane":
            self.post_message(PaneWanted("outbox", {"tab": "waiting"}))
        elif item is not None:
            title, lines = lines_of(item, self.desk.clock(), self.tongue)
            self.app.push_screen(Reader(title, lines))
        else:
            await self._open_message(key)

    def _follow(self, item: Item) -> None:
        place = dict(item.thing.place)
        if item.thing.pane:
            self.post_message(PaneWanted(item.thing.pane, place))
        elif "tab" in place:
            self.tabs.open(place["tab"])
        else:
            self.say(item.thing.says, "advice")

    async def _open_message(self, key: int) -> None:
        from waconsole.kit.reader import Reader
        from waconsole.outbox.pane_outgoing_detail import detail_lines

        shown = await self.attempt(self.desk.database.read(lambda tx: store_pane.detail(tx, key)))
        if shown is not None:
            title = safe(f"{self.tongue.recipient(shown.row)}  {iso(shown.row.written_at)}")
            lines: list[Line] = detail_lines(shown, self.desk.clock(), self.tongue)
            self.app.push_screen(Reader(title, lines))

    def action_right(self) -> None:
        """Go to the message in the outbox."""
        item = self.item_at(self.key)
        outgoing = item.thing["outgoing_id"] if item is not None and item.kind == "log" else self.key
        if outgoing is None or (item is not None and item.kind != "log"):
            self.say(_("That is for a message."), "advice")
            return
        self.post_message(PaneWanted("outbox", {"outgoing": outgoing}))

    def action_log(self) -> None:
        """Open the log; in it, let it stand still or go on."""
        if self.tabs.open_tab.id != LOG:
            self.is_still = False
            self.tabs.open(LOG)
            return
        self.is_still = not self.is_still
        if self.is_still:
            self.say(_("The log stands still: what happens meanwhile is shown when it goes on."))
        else:
            self.changed()
            self.say(_("The log follows."))
