"""The inbox's frame: its parts and their places at every width."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Size

from waconsole.inbox.pane_block import Block
from waconsole.inbox.pane_list import LiveRows
from waconsole.inbox.pane_rows import CONVERSATION_COLUMNS, Voice, conversation_row
from waconsole.inbox.pane_sources import ConversationSource
from waconsole.inbox.pane_thread import ThreadView
from waconsole.inbox.store_list import ConversationRow, Counters
from waconsole.inbox.store_pane import TabCounts
from waconsole.kit.ground import Ground, GroundColumn
from waconsole.kit.line import SafeLine
from waconsole.kit.pane import Pane, PaneStatus, StatusChanged
from waconsole.kit.rowlist import RowList
from waconsole.kit.tabs import Tab, TabStrip
from waconsole.operators.desk import Desk
from waconsole.operators.store import Operator
from waconsole.text import SafeText, _, safe

if TYPE_CHECKING:
    from waconsole.kit.empty import Empty
    from waconsole.kit.prompt import Prompt

Stage = Literal["list", "thread", "card"]

WIDE_CELLS: Final = 100
FULL_CELLS: Final = 150
SHORT_LINES: Final = 22
TALL_LINES: Final = 36
SHELL_LINES: Final = Size(
    0, 2
)  # of the terminal, above and below a pane; its own size comes with the first layout


class InboxFrame(Ground, Pane):
    """The parts of the inbox; what they show and what can be done is added by the classes above it."""

    DEFAULT_CSS: ClassVar[str] = """
    InboxFrame { layout: horizontal; }
    InboxFrame #inbox-top { dock: top; height: 1; }
    InboxFrame #inbox-foot { dock: bottom; height: auto; }
    InboxFrame TabStrip { width: 1fr; }
    InboxFrame #inbox-filter { width: auto; max-width: 50%; color: $role-accent; padding: 0 1; }
    InboxFrame #inbox-trouble { color: $role-refused; padding: 0 1; display: none; }
    InboxFrame #inbox-queue { width: 1fr; }
    InboxFrame ThreadView { width: 1fr; }
    InboxFrame #inbox-card { width: 1fr; }
    InboxFrame #inbox-empty { display: none; }
    InboxFrame.-empty #inbox-empty { display: block; }
    InboxFrame.-empty #inbox-conversations { height: 1; }
    InboxFrame.-narrow.-list ThreadView, InboxFrame.-narrow.-list #inbox-card,
    InboxFrame.-narrow.-thread #inbox-queue, InboxFrame.-narrow.-thread #inbox-card,
    InboxFrame.-narrow.-card #inbox-queue, InboxFrame.-narrow.-card ThreadView { display: none; }
    InboxFrame.-wide #inbox-queue, InboxFrame.-full #inbox-queue { width: 50; }
    InboxFrame.-wide #inbox-queue > *, InboxFrame.-full #inbox-queue > * { border-right: solid $role-rule; }
    InboxFrame.-wide.-list #inbox-card, InboxFrame.-wide.-thread #inbox-card,
    InboxFrame.-wide.-card ThreadView { display: none; }
    InboxFrame.-full #inbox-card { width: 38; border-left: solid $role-rule; }
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk: Desk = desk
        self.stage: Stage = "list"
        self.filter_text = ""
        self.is_revealed = not desk.settings.inbox.mask_phones
        self.operator: Operator | None = None
        self.counters: Counters | None = None
        self.source = ConversationSource(
            desk.database, desk.clock, lambda row, now: conversation_row(row, now, self.voice())
        )

        self.tabs = TabStrip(tabs_with(None), adds=True, id="inbox-tabs")
        self.rows: RowList = LiveRows(
            self.source, CONVERSATION_COLUMNS, rest_seconds=0, id="inbox-conversations"
        )
        self.thread = ThreadView(desk, self.voice, id="inbox-thread")
        self.card = Block(id="inbox-card", scrolls=True)
        self.filter_line = SafeLine(SafeText(""), id="inbox-filter")
        self.trouble_line = SafeLine(SafeText(""), id="inbox-trouble")
        self.is_furnished = False
        self.add_class("-list")

    @cached_property
    def empty(self) -> Empty:
        """What stands where no row stands."""
        from waconsole.kit.empty import Empty

        return Empty(*nothing_yet(), id="inbox-empty")

    @cached_property
    def prompt(self) -> Prompt:
        """The line to type in."""
        from waconsole.kit.prompt import Prompt

        return Prompt(id="inbox-prompt")

    def voice(self) -> Voice:
        """How the screen speaks now."""
        return Voice(self.desk.zone, self.operator.name if self.operator else "", self.is_revealed)

    def compose(self) -> ComposeResult:
        """Tabs and list; `furnish` brings the rest."""
        self.fit(self.app.size - SHELL_LINES)
        with Horizontal(id="inbox-top"):
            yield self.tabs
        with GroundColumn(id="inbox-queue"):
            yield self.rows

    async def furnish(self) -> None:
        """Bring the thread, the card, and the lines that show on demand."""
        if self.is_furnished:
            return
        self.is_furnished = True
        with self.app.batch_update():
            await self.query_one("#inbox-top").mount(self.filter_line)
            await self.query_one("#inbox-queue").mount(self.empty)
            await self.mount(
                self.thread, self.card, Vertical(self.trouble_line, self.prompt, id="inbox-foot")
            )

    def fit(self, size: Size) -> None:
        """Take on the form for a terminal of this size."""
        width, height = size
        forms = {
            "-narrow": width < WIDE_CELLS,
            "-wide": WIDE_CELLS <= width < FULL_CELLS,
            "-full": width >= FULL_CELLS,
        }
        for name, has in forms.items():
            self.set_class(has, name)
        self.thread.set_class(height < SHORT_LINES, "-short")
        self.thread.set_class(height >= TALL_LINES, "-tall")

    @property
    def active(self) -> RowList:
        """The list the operator is in."""
        return self.rows if self.stage == "list" else self.thread.rows

    @property
    def row(self) -> ConversationRow | None:
        """The conversation acts are for: that of the thread one is in, else the row under the cursor."""
        opening = self.thread.opening
        if self.stage != "list" and opening is not None:
            return self.source.conversation(opening.id)
        key = self.rows.cursor_key
        return None if key is None else self.source.conversation(key)

    def show_filter(self, more: str = "") -> None:
        """Show the narrowing in force, and how it gets on."""
        words = f"/{self.filter_text}" if self.filter_text else ""
        self.filter_line.show(safe(f"{words}  … {more}" if more else words))

    # Places

    def place(self, stage: Stage) -> None:
        """Show the list, the thread or the card, without moving the focus."""
        self.stage = stage
        for name in ("list", "thread", "card"):
            self.set_class(name == stage, f"-{name}")

    def shown(self) -> None:
        """Focus where the operator would type."""
        wanted = {"list": self.rows, "thread": self.thread.rows, "card": self.card}[self.stage]
        wanted.focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click into the other column goes there."""
        places: dict[Any, Stage] = {self.rows: "list", self.thread.rows: "thread", self.card: "card"}
        stage = places.get(event.widget)
        if stage is not None and stage != self.stage and not self.has_class("-narrow"):
            self.place(stage)
            if stage != "list":
                self.thread.read_rest()
            self.post_message(StatusChanged())

    def status(self) -> PaneStatus:
        """Where the operator is."""
        rows = self.active
        count = len(rows.source)
        return PaneStatus(
            filter=safe(self.filter_text),
            row=rows.cursor_index + 1 if count else 0,
            rows=count,
            marks=rows.selection.count(count),
        )


def tabs_with(counts: TabCounts | None) -> list[Tab]:
    """The fixed tabs with their counts."""
    return [
        Tab("all", safe(_("All")), counts.all if counts else None),
        Tab("owed", safe(_("Owed")), counts.owed if counts else None),
        Tab("mine", safe(_("Mine")), counts.mine if counts else None),
        Tab("join", safe(_("Join")), counts.join if counts else None),
    ]


def nothing_yet() -> tuple[SafeText, SafeText]:
    """What an empty ledger teaches."""
    return (
        safe(_("No conversations yet.")),
        safe(_("Import a chat that a phone exported: :import chat FILE --group NAME")),
    )


def nothing_here() -> tuple[SafeText, SafeText]:
    """What an empty tab or narrowing teaches."""
    return safe(_("Nothing here.")), safe(_("Another tab, or an empty narrowing, shows the rest."))
