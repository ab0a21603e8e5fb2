"""A rule counted at every key, beside the screen.

Nothing is worked out on the screen's own thread. While one count is under way the next one waits, and only the latest.
"""

from __future__ import annotations

from typing import Any, Final

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer

from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.errors import WaconsoleError
from waconsole.kit.columns import ColumnHeads
from waconsole.kit.glyphs import glyph
from waconsole.kit.line import Piece, SplitLine, piece
from waconsole.kit.now import paint_now
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import HeldRows
from waconsole.kit.worker import in_worker
from waconsole.operators.desk import Desk
from waconsole.operators.pane_stream import Overtaken
from waconsole.query.mistakes import QueryError
from waconsole.query.parse import parse
from waconsole.query.tree import EVERYTHING, Node
from waconsole.segments import outline, pane_rows, service_composing
from waconsole.segments.outline import Line
from waconsole.segments.pane_draft import Draft
from waconsole.segments.pane_list import NEW, SegmentList
from waconsole.segments.service_asking import Asking
from waconsole.segments.service_composing import Counted
from waconsole.text import _, safe

DUE_SECONDS_MIN: Final = 1.0
DUE_REST: Final = 20.0
"""What changes by itself is asked again after so many times as long as it took, a second at least."""
DUE_SECONDS_MAX: Final = 3_600.0
OTHER_LINES: Final = 10
"""Lines of the screen that the outline leaves to everything else."""
LINES_SHOWN_MIN: Final = 3
COMPOSING: Final = "-composing"


class CountingPane(SegmentList):
    """The open rule, its lines and its numbers; the list of segments stands behind it."""

    DEFAULT_CSS = """
    CountingPane .segments--composer { display: none; height: 1fr; }
    CountingPane.-composing .segments--composer { display: block; }
    CountingPane.-composing .list--top, CountingPane.-composing .segments--queue { display: none; }
    CountingPane .segments--head { background: $panel; }
    CountingPane #segments-outline { height: 3; }
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.draft = Draft()
        self.place = NEW
        self.counted: Counted | None = None
        self.wrong = ""
        self.lines = HeldRows()
        self.goal: Node | None = None  # the line the cursor is to stand on once it is counted
        self.head_line = SplitLine(classes="segments--head")
        self._text = ""
        self._is_rule = True  # whether what is typed can be counted at all
        self._wanted = self._shown = 0
        self._is_counting = False
        self._due: Timer | None = None

    # The parts

    def composer_parts(self) -> ComposeResult:
        """Head, outline; what stands under it is yielded by the class above this one."""
        yield self.head_line
        yield ColumnHeads(pane_rows.LINE_COLUMNS)
        yield RowList(self.lines, pane_rows.LINE_COLUMNS, rest_seconds=0, id="segments-outline")
        yield from self.under_parts()

    def under_parts(self) -> ComposeResult:
        """What stands under the outline."""
        yield from ()

    def composer(self) -> Vertical:
        """Everything that is shown while a rule is composed."""
        return Vertical(*self.composer_parts(), classes="segments--composer")

    @property
    def outline_list(self) -> RowList:
        """The lines of the rule."""
        return self.query_one("#segments-outline", RowList)

    @property
    def is_composing(self) -> bool:
        """Whether a rule is open."""
        return self.has_class(COMPOSING)

    @property
    def rule_tree(self) -> Node:
        """The draft's tree; everybody while its text is no rule."""
        try:
            return parse(self.draft.text)
        except QueryError:
            return EVERYTHING

    @property
    def line(self) -> Line | None:
        """The line under the cursor of the outline; None where the rule has none."""
        key, lines = self.outline_list.cursor_key, outline.lines_of(self.rule_tree)
        return lines[key] if key is not None and 0 <= key < len(lines) else None

    # Counting

    def say_rule(self, text: str) -> None:
        """Count another text: the latest of several, as soon as the one under way is done."""
        self._text, self._is_rule = text, True
        self.recount()

    def recount(self) -> None:
        """Count again: the text changed, or the ledger, or the time."""
        self._wanted += 1
        if not self._is_counting and self.is_attached:
            self._is_counting = True
            in_worker(self, self._count, group="count")

    async def _count(self) -> None:
        try:
            while self._shown != self._wanted and self.is_attached:
                self._shown = self._wanted
                if self._is_rule:
                    await self._count_once(self._text)
        finally:
            self._is_counting = False

    async def _count_once(self, text: str) -> None:
        def work(tx: Transaction, engine: Any, asking: Asking) -> Counted:
            return service_composing.counted(tx, engine, text, asking)

        def is_stopped() -> bool:
            return self._text != text or not self._is_rule

        try:
            found = await self.preview.run(work, is_stopped=is_stopped)
        except Overtaken:
            return
        except WaconsoleError as refusal:
            if not is_stopped():
                self._say_wrong(str(refusal))
                self._text, self._is_rule = text, True  # what the ledger lacks may come
            return
        if not is_stopped() and self.is_attached:
            self._show_counted(found)

    def _show_counted(self, found: Counted) -> None:
        is_other = self.counted is None or self.counted.tree != found.tree
        if self.wrong or self.counted is None or self.counted.lines != found.lines:
            self.counted, self.wrong = found, ""
            self._show_lines()
        self.counted, self.wrong = found, ""
        self._stand_on_goal()
        self.show_head()
        paint_now(self.outline_list, self.head_line)
        self._ask_when_due(found)
        self.followed(is_other=is_other)

    def _say_wrong(self, sentence: str) -> None:
        """The text is no rule at the moment: no number stands beside it."""
        self._text, self._is_rule = "", False
        self.end_due()
        self.wrong = sentence
        self._show_lines()
        self.show_head()

    def followed(self, *, is_other: bool) -> None:
        """A count stands: what hangs on it follows, anew where the rule is another."""

    def _show_lines(self) -> None:
        self.lines.replace(pane_rows.line_rows(self.counted, is_stale=bool(self.wrong)))
        self.outline_list.reload()
        self.fit_outline()

    def _stand_on_goal(self) -> None:
        """Put the cursor on the line that was typed, once it is one of the lines."""
        if self.counted is None or self.goal is None or self.counted.text != self.draft.text:
            return
        for place, one in enumerate(self.counted.lines):
            if one.line.node == self.goal:
                self.outline_list.move_to_key(place)
        self.goal = None

    def fit_outline(self) -> None:
        """The outline is as high as it is long, and leaves room for what stands under it."""
        room = max(LINES_SHOWN_MIN, self.size.height - OTHER_LINES)
        height = max(1, min(len(self.lines), room))
        if self.outline_list.styles.height is None or self.outline_list.styles.height.value != height:
            self.outline_list.styles.height = height

    def on_resize(self) -> None:
        """There is more room, or less."""
        self.fit_outline()

    # What changes by itself

    def _ask_when_due(self, found: Counted) -> None:
        self.end_due()
        if found.changes_at is not None:
            left = (found.changes_at - self.desk.clock()) / SECOND
            rest = max(DUE_SECONDS_MIN, DUE_REST * found.ms / 1000)
            self._due = self.set_timer(min(max(left, rest), DUE_SECONDS_MAX), self.recount)

    def end_due(self) -> None:
        if self._due is not None:
            self._due.stop()
            self._due = None

    def changed(self) -> None:
        """The ledger changed: the open rule is counted again; the list is read when it is seen again."""
        if self.is_composing:
            self.recount()
        else:
            super().changed()

    # The line above

    def show_head(self) -> None:
        """What the rule is called, and how many it names."""
        left = [piece(self.draft.title(), "title", 1)]
        if self.wrong:
            left.append(piece(safe(f"{glyph('unknown')} {_('not a whole rule')}"), "unknown"))
            left.append(piece(safe(self.wrong), "muted"))
            self.head_line.place(left, [])
            return
        found = self.counted
        if found is None:
            self.head_line.place(left, [piece(safe(_("counting …")), "muted")])
            return
        share = f"{found.count * 100 / found.of:.1f} %" if found.of else ""
        left += [
            piece(safe(f"{found.count:,}"), "title"),
            piece(safe(_("of {count} members").format(count=f"{found.of:,}")), "muted", 3),
            piece(safe(share), "", 2),
            *self.head_pieces(),
        ]
        exact = _("exact · {ms} ms · as of now").format(ms=f"{found.ms:.1f}")
        self.head_line.place(left, [piece(safe(exact), "muted", 4)])

    def head_pieces(self) -> list[Piece]:
        """What more is said of the count."""
        return []
