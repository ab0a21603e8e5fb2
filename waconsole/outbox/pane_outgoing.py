"""The outbox: what became of what we said? Messages to send by state, and how the numbers they leave by stand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.kit.empty import Empty
from waconsole.kit.line import SplitLine
from waconsole.kit.listframe import Listed, Record
from waconsole.kit.pane import PaneWanted
from waconsole.kit.reader import Reader
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import Row
from waconsole.kit.worker import in_worker
from waconsole.operators.desk import Desk
from waconsole.operators.pane_language import Within
from waconsole.outbox import pane_outgoing_acts, store, store_pane, store_pane_numbers
from waconsole.outbox.pane_convert import ConvertingActs
from waconsole.outbox.pane_outgoing_acts import OutgoingActs
from waconsole.outbox.pane_outgoing_detail import detail_lines
from waconsole.outbox.pane_outgoing_rows import COLUMNS, WITH_NUMBER, head_pieces, outgoing_row
from waconsole.outbox.store_pane_numbers import NumberRow
from waconsole.text import SafeText, _, safe

TICK_SECONDS: Final = 5.0
TITLE_CHARACTERS_MAX: Final = 80


class OutgoingPane(ConvertingActs, OutgoingActs):
    """Our effort and WhatsApp's word, message by message. Nothing is ever sent again by a timer: an operator decides."""

    NAME = "outbox"
    CHORD = "o"
    TITLE = _("Outbox")
    SUBJECT = "outgoing"
    HELP: ClassVar[str] = _(
        "State is our effort, delivery is WhatsApp's word. What still waits stands oldest first, the rest newest first."
    )
    TABS = (
        ("all", _("All")),
        ("waiting", _("Waiting")),
        ("unknown", _("Unknown")),
        ("failed", _("Failed")),
        ("done", _("Done")),
    )
    COLUMNS = COLUMNS
    NOTHING = (
        _("Nothing has been written to be sent."),
        _("Answer somebody in the inbox: what becomes of it stands here."),
    )
    DEFAULT_CSS = """
    OutgoingPane .outbox--head { background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *pane_outgoing_acts.BINDINGS,
        Binding(
            "right,l", "right", _("To the thread"), id="outbox.right", tooltip=_("Go to the conversation of this message."),
            show=False,
        ),
    ]  # fmt: skip

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.head = SplitLine(classes="outbox--head")
        self._has_number = store_pane_numbers.count(desk.database.pages()) > 1
        self._standing: tuple[list[NumberRow], int] = ([], 0)

    def compose(self) -> ComposeResult:
        """How the numbers stand, then the list."""
        yield self.head
        for part in super().compose():
            is_list = isinstance(part, RowList) and self._has_number
            yield RowList(self.source, WITH_NUMBER, rest_seconds=0) if is_list else part

    async def on_mount(self) -> None:
        """Read the list, and let its clocks go on."""
        await super().on_mount()
        self.set_interval(TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        if self.is_attached and self.display:
            self.repaint()
            self._show_head()

    # What is listed

    def read_ids(self, tx: Transaction, tab: str, narrowing: Within | None) -> Listed:
        """The ids of a tab, narrowed by a query."""
        where, parameters = (
            (f"o.id IN ({narrowing.sql})", narrowing.parameters) if narrowing else ("1 = 1", {})
        )
        return Listed(store_pane.ids(tx, tab, where, parameters), self.known or store_pane.counts(tx))

    def title_of(self, key: int) -> SafeText:
        """Whom a message goes to, and what it says."""
        rows = store_pane.rows(self.desk.database.pages(), [key])
        tongue = self.tongue
        words = [
            f"{tongue.recipient(row)}: {tongue.text(row.text, characters_max=TITLE_CHARACTERS_MAX)}"
            for row in rows
        ]
        return safe("".join(words))

    def read_rows(self, tx: Transaction, ids: Sequence[int]) -> list[Row]:
        """Rows by key."""
        now, tongue = self.desk.clock(), self.tongue
        return [
            outgoing_row(row, now, tongue, has_number=self._has_number) for row in store_pane.rows(tx, ids)
        ]

    def records(self, tx: Transaction, ids: Sequence[int]) -> list[Record]:
        """Messages as they are copied: as the command line answers them, with the text."""
        texts = {row.id: row.text for row in store_pane.rows(tx, ids)}
        rows = store.outgoing_rows(tx, ids)
        return [{"text": texts[key], **row} for key, row in zip(texts, rows, strict=True)]

    async def read_again(self) -> None:
        """Read the list and how the numbers stand; the cursor stays on its row."""
        await super().read_again()
        self._standing = await self.desk.database.read(
            lambda tx: (store_pane_numbers.numbers(tx), store_pane_numbers.tasks_open(tx))
        )
        if self.is_attached:
            self._show_head()

    def _show_head(self) -> None:
        self.head.place(*head_pieces(*self._standing, self.desk.clock(), self.tongue))

    def repaint(self) -> None:
        """Rows and the head read differently now."""
        super().repaint()
        self._show_head()

    def _teach(self) -> None:
        """What an empty tab teaches."""
        super()._teach()
        lessons = {
            "waiting": (_("Nothing waits."), _("What is queued or held stands here until it has left.")),
            "unknown": (
                _("Nothing is unknown."),
                _(
                    "A message whose answer was lost stands here: an operator decides about it, never a timer."
                ),
            ),
            "failed": (
                _("Nothing has failed."),
                _("What WhatsApp or a rule refused stands here, with the reason."),
            ),
        }
        lesson = lessons.get(self.tabs.open_tab.id)
        if lesson is not None and not self.filter_text:
            self.query_one(Empty).teach(*map(safe, lesson))

    # Opening

    async def open_row(self, key: int) -> None:
        """Show the message in full."""
        shown = await self.attempt(self.desk.database.read(lambda tx: store_pane.detail(tx, key)))
        if shown is not None:
            title = safe(f"{self.tongue.recipient(shown.row)}  {iso(shown.row.written_at)}")
            self.app.push_screen(Reader(title, detail_lines(shown, self.desk.clock(), self.tongue)))

    def action_right(self) -> None:
        """Go to the thread, at the message where it stands there."""
        row = self.at_hand
        if row is None:
            self.say(_("There is no row here."), "advice")
            return
        place = {"conversation": row.conversation_id}
        if row.message_id is not None:
            place["message"] = row.message_id
        self.post_message(PaneWanted("inbox", place))

    def go_to(self, place: dict[str, Any]) -> None:
        """Stand on {"outgoing": id}."""
        if (key := place.get("outgoing")) is not None:
            in_worker(self, partial(self._visit, int(key)), group="act")

    async def _visit(self, key: int) -> None:
        if not self.rows.move_to_key(key):
            await self.stand_on(key)
