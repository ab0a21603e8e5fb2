"""The frame of the console: one line above, one pane, one line below; what is read again when the ledger changes."""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, ClassVar, Final

from rich.console import RenderableType
from textual import events
from textual.app import ComposeResult
from textual.filter import LineFilter
from textual.screen import Screen
from textual.timer import Timer

from waconsole.console.appearance import Appearance
from waconsole.console.banner import Banner
from waconsole.console.counting import counted_now
from waconsole.console.deck import Deck
from waconsole.console.keymap_live import LiveKeys
from waconsole.console.keys import HELP, PAUSE_ALL, UNDO
from waconsole.console.panes import PANES
from waconsole.console.pausing import PauseKey
from waconsole.console.spoken import SpokenApp
from waconsole.console.status import (
    ConsoleStatus,
    counted,
    hints,
    state_of,
    status_of,
    test_clock_words,
    who_words,
)
from waconsole.console.typeahead import KeyPassed, TypeAhead
from waconsole.kit.bindings import bindings_of
from waconsole.kit.chords import ChordLayer, Pending
from waconsole.kit.ground import GroundScreen
from waconsole.kit.pane import Said, StatusChanged
from waconsole.kit.roles import variable_defaults
from waconsole.kit.safety import ControlFilter
from waconsole.kit.terminal import show_cursor
from waconsole.kit.topline import TopLine
from waconsole.kit.worker import in_worker
from waconsole.operators.desk import Desk
from waconsole.text import SafeText, _, safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.await_complete import AwaitComplete

    from waconsole.console.syncing import Syncing
    from waconsole.inbox.store_list import Counters
    from waconsole.operators.store import Operator
    from waconsole.outbox.alarms import Alarms

    Beside = Callable[[Desk], Syncing]

CHANGED_SECONDS: Final = 0.05
PAINT_SECONDS_MAX: Final = 0.5
SYNC_SECONDS: Final = 0.5
IDLE_LOOK_SECONDS: Final = 30.0
TICK_SECONDS: Final = 1.0  # how long ago is said in seconds
PREPARE_SECONDS: Final = 0.3  # the operator's first key comes before
SAID_ROLES: Final = {"refused": "refused", "advice": "accent"}


class ConsoleFrame(SpokenApp):
    """What the console shows; its acts are added by the class above it."""

    TITLE = "waconsole"
    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None  # the pane says where the operator types
    CSS: ClassVar[str] = """
    Screen { layout: vertical; background: $background; overflow: hidden; }
    """

    def __init__(self, desk: Desk, *, demo: bool = False, beside: Beside | None = None) -> None:
        """`demo` says that the ledger is a copy that will be thrown away; `beside` makes what syncs beside it."""
        super().__init__()
        self.desk, self.demo, self._beside = desk, demo, beside
        self.syncing: Syncing | None = None
        self.operator: Operator | None = None
        self.counters: Counters | None = None
        self.alarms: Alarms | None = None
        self.control_filter = ControlFilter()
        self.live_keys = LiveKeys.begin(self, desk.settings)
        self.chord_layer = ChordLayer(self, self.live_keys.chords, self._show_pending)
        self.type_ahead = TypeAhead(self, self._handle_key)
        self.appearance = Appearance(self)
        self._no_theme = self.appearance.begin(desk.settings.console.theme, desk.settings.console.emoji)
        self.deck = Deck(self, PANES[0].name)
        self.recent: list[str] = []
        self.top_line, self.banner, self.status_line = TopLine(), Banner(), ConsoleStatus()
        self.pause_key = PauseKey(self)
        self._is_behind = False
        self._unpainted: ExitStack | None = ExitStack()
        self._changes: Timer | None = None
        self._read_at = 0.0
        self.key_at = time.monotonic()
        if desk.settings.console.motion != "full":
            self.animation_level = "none"

    # What Textual asks

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The kit's roles, for themes that do not know them."""
        return variable_defaults()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The last choke point before the terminal."""
        return [*super().get_line_filters(), self.control_filter]

    def get_default_screen(self) -> Screen[None]:
        """The screen everything stands on."""
        return GroundScreen(id="_default")

    def compose(self) -> ComposeResult:
        """Top line, pane, status line; the command line comes after the first frame."""
        yield self.top_line
        yield self.banner
        yield self.deck.pane
        yield self.status_line

    async def on_event(self, event: events.Event) -> None:
        """Keys are dealt with one after the other."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.key_at = time.monotonic()
            await self.type_ahead.takes(event)
        else:
            await super().on_event(event)

    async def _handle_key(self, event: events.Key) -> None:
        """The answer to a question, Escape from long work and chords come before every widget."""
        if self.pause_key.takes(event) or (event.key == "escape" and self.stops_work()):
            return
        if not await self.chord_layer.takes(event):
            await super().on_event(event)

    def on_key_passed(self, message: KeyPassed) -> None:
        """The next key has its turn."""
        message.stop()
        self.type_ahead.round(message)

    def stops_work(self) -> bool:
        """Whether Escape stops a command that is at work."""
        return False

    # Life

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Leave; what is still being read is for nobody any more."""
        self.is_leaving = True
        super().exit(result, return_code, message)

    def on_load(self) -> None:
        """Paint once the first pane has its rows, instead of four times before."""
        assert self._unpainted is not None
        self._unpainted.enter_context(self.batch_update())
        self.set_timer(PAINT_SECONDS_MAX, self._paint)

    def _paint(self) -> None:
        """The first frame, and what comes after it."""
        if self._unpainted is not None:
            self.show_where()
            self._unpainted.close()
            self._unpainted = None
            self.call_after_refresh(self.call_later, self._after_first_frame)

    def on_mount(self) -> None:
        """The pane takes the keys; what is not needed for the first frame comes after it."""
        if refused := " ".join(filter(None, (self._no_theme, self.live_keys.says))):
            self.say(refused, "refused")
        if self.desk.settings.console.cursor:
            show_cursor(self)
        self.status_line.test_clock = test_clock_words(self.desk)
        self.deck.pane.shown()

    async def _after_first_frame(self) -> None:
        gc.freeze()  # what is loaded stays: later looks for garbage need not walk it
        gc.enable()
        database = self.desk.database
        database.on_change.append(self.ledger_changed)
        database.watch()
        in_worker(self, self.count, group="count", exclusive=True)
        from waconsole.kit.prompt import Prompt

        with self.batch_update():
            await self.deck.pane.furnish()
            await self.mount(Prompt(id="command-line"), before=self.status_line)
        await self.type_ahead.begin()
        self.set_timer(PREPARE_SECONDS, lambda: self.run_worker(self.prepare, group="prepare", thread=True))
        self.set_timer(SYNC_SECONDS, self._begin_syncing)
        self.set_interval(IDLE_LOOK_SECONDS, self.look_idle)

    def _begin_syncing(self) -> None:
        """Send and receive beside the screen; whoever made the console ends it after the screen."""
        if self._beside is None or self.is_leaving:
            return
        self.syncing = self._beside(self.desk)
        self.syncing.begin(self.show_top, self.say, self._handle_exception, came=self.read_now)
        self.set_interval(TICK_SECONDS, self.show_top)

    def look_idle(self) -> None:
        """Whether who signed in has been away for too long."""

    def prepare(self) -> None:
        """Load what the first frame did without, on a thread of its own."""

    def on_unmount(self) -> None:
        """The ledger tells nobody any more."""
        if self.ledger_changed in self.desk.database.on_change:
            self.desk.database.on_change.remove(self.ledger_changed)

    # Changes of the ledger

    def ledger_changed(self) -> None:
        """Read again, once for all commits of a moment."""
        if self._changes is None and not self.is_leaving:
            self._changes = self.set_timer(CHANGED_SECONDS, self._read_again)

    def read_now(self) -> None:
        """What came in stands in the ledger: show it, without waiting for more changes of the moment."""
        if time.monotonic() - self._read_at < CHANGED_SECONDS:
            self.ledger_changed()
            return
        if self._changes is not None:
            self._changes.stop()
        self._read_again()

    def _read_again(self) -> None:
        self._changes, self._read_at = None, time.monotonic()
        if not self.is_leaving:
            self.deck.changed()
            in_worker(self, self.count, group="count", exclusive=True)

    async def count(self) -> None:
        """Read the counters and who acts."""
        is_first = self.counters is None
        known = await counted_now(self.desk)
        self.operator, self.counters, self.alarms = known.operator, known.counters, known.alarms
        self.banner.tell(known.alarms, self.live_keys.shown(PAUSE_ALL), is_copy=known.is_copy)
        self.show_where()
        if is_first and not known.counters.conversations:
            self.say(_("`waconsole demo` shows a community to practise on."), "advice")

    def show_where(self) -> None:
        """Bring the first and the last line up to date."""
        pane = self.deck.pane
        if self.is_leaving or not pane.is_attached or not pane.children:  # it is being put up
            return
        self.show_top()
        tasks = self.counters.tasks if self.counters else 0
        self.status_line.show(
            status_of(pane.TITLE, pane.status(), self.desk, who_words(self.operator, self.desk), tasks)
        )
        self.status_line.hint(hints(bindings_of(type(pane)), HELP, self.live_keys))

    def show_top(self) -> None:
        """Bring the first line up to date."""
        if self.is_leaving:
            return
        sight = None if self.syncing is None else self.syncing.sight
        top = counted(self.counters) if self.counters else ()
        state = state_of(self.demo, sight, self.desk)
        self.top_line.show(safe(self.deck.pane.TITLE), top, state, name="waconsole")

    def say(self, sentence: str, kind: str = "done", *, undo: bool = False) -> None:
        """Say one sentence to the operator."""
        key = self.live_keys.shown(UNDO) if undo and not self.desk.read_only else ""
        words = f"{sentence}  {_('{key} takes it back.').format(key=key)}" if key else sentence
        self.status_line.say(safe(words), SAID_ROLES.get(kind, "done"))

    def on_said(self, message: Said) -> None:
        """A pane says something."""
        message.stop()
        self.say(message.sentence, message.kind, undo=message.undo)

    def on_status_changed(self, message: StatusChanged) -> None:
        """A pane stands elsewhere."""
        message.stop()
        if self._unpainted is not None:
            self.call_later(self._paint)
        elif not self._is_behind:
            self._is_behind = self.call_after_refresh(self._catch_up)  # the row under the cursor first

    def _catch_up(self) -> None:
        self._is_behind = False
        self.show_where()

    def pop_screen(self) -> AwaitComplete:
        """A sheet closes: what was to be brought up to date after its next painting is, now."""
        popped = super().pop_screen()
        self.call_later(self._catch_up)
        return popped

    def _show_pending(self, pending: Pending | None) -> None:
        self.status_line.pend(SafeText("" if pending is None else pending.words))
