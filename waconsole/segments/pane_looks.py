"""What stands under the outline: read once the hand rests, one after the other, and given up when the rule changes."""

from __future__ import annotations

import time
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from waconsole.database.connection import Transaction
from waconsole.errors import WaconsoleError
from waconsole.kit.columns import GUTTER_CELLS
from waconsole.kit.line import Piece, piece
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import HeldRows
from waconsole.kit.still import Still
from waconsole.kit.tabs import Tab, TabStrip
from waconsole.kit.worker import in_worker
from waconsole.members.model import folded
from waconsole.operators.desk import Desk
from waconsole.operators.pane_stream import Overtaken
from waconsole.segments import pane_look, pane_look_rows, pane_rows
from waconsole.segments.pane_composer import Composer
from waconsole.segments.pane_look import FALLS, MOVED, SAMPLE, Look, Wanted
from waconsole.segments.pane_look_rows import Entry
from waconsole.segments.service_asking import Asking
from waconsole.segments.service_composing import Moved
from waconsole.segments.store_segments import Version
from waconsole.text import _, safe

WIDE_CELLS: Final = 110
NUMBER_CELLS: Final = GUTTER_CELLS + pane_rows.LOOK_COLUMNS[0].width + pane_rows.LOOK_COLUMNS[0].gap
LOOK_SECONDS: Final = 0.1
LOOK_REST: Final = 4.0
"""What is read again for every commit rests so many times as long as it took."""


class LooksPane(Composer):
    """The waterfall stands at the left where the terminal is wide; else it is the first tab."""

    DEFAULT_CSS = """
    LooksPane .segments--looks { height: 1fr; }
    LooksPane #segments-strip { border-top: none; background: $panel; }
    LooksPane #segments-falls { width: 1fr; height: 1fr; }
    LooksPane #segments-look { width: 1fr; height: 1fr; display: none; }
    LooksPane.-wide #segments-look { display: block; border-left: solid $role-rule; }
    LooksPane.-other #segments-look { display: block; }
    LooksPane.-other #segments-falls { display: none; }
    LooksPane.-wide #segments-falls { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right,l", "right", _("To the numbers"), id="segments.right",
            tooltip=_("Go from the rule to what it comes to."), show=False,
        ),
        Binding(
            "left,h", "left", _("To the rule"), id="segments.left",
            tooltip=_("Go from what the rule comes to back to its lines."), show=False,
        ),
    ]  # fmt: skip

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.looks: dict[str, Look] = {}
        self.entries: dict[str, list[Entry]] = {}
        self._looking = Still(self, LOOK_SECONDS, self._look_soon)
        self._is_looking = False
        self._look_until = 0.0
        self._look_turn = 0
        self._sight: list[str] = []  # as threads may ask
        self._fresh: set[str] = set()  # read since the rule was last counted
        self._choices: dict[int, dict[str, Any]] = {}
        self._said: dict[int, str] = {}

    # The parts

    def under_parts(self) -> ComposeResult:
        """The tabs, and what stands in the open one."""
        yield TabStrip([Tab(name, safe(title)) for name, title in pane_look.titles()], id="segments-strip")
        lists = (
            RowList(HeldRows(), pane_rows.LOOK_COLUMNS, rest_seconds=0, id=f"segments-{name}")
            for name in ("falls", "look")
        )
        yield Horizontal(*lists, classes="segments--looks")

    @property
    def strip(self) -> TabStrip:
        """The tabs of what is looked at."""
        return self.query_one("#segments-strip", TabStrip)

    def list_of(self, name: str) -> RowList:
        """`falls` or `look`."""
        return self.query_one(f"#segments-{name}", RowList)

    @property
    def open_look(self) -> str:
        """What stands in the list beside the waterfall, or in its place."""
        name = self.strip.open_tab.id
        return SAMPLE if name == FALLS else name

    @property
    def in_sight(self) -> list[str]:
        """What is seen now, and so has to be read; who came and left stands in the line above as well."""
        name = self.strip.open_tab.id
        seen = [FALLS, self.open_look] if self.has_class("-wide") else [name]
        return [*seen, *(() if MOVED in seen else (MOVED,))]

    def on_resize(self) -> None:
        """There is room for both, or for one."""
        self.set_class(self.size.width >= WIDE_CELLS, "-wide")
        self.call_after_refresh(self.show_looks)
        self._looking.moved()

    async def on_tab_strip_opened(self, message: TabStrip.Opened) -> None:
        """Look at something else."""
        if message.strip is self.strip:
            message.stop()
            message.prevent_default()
            had_focus = self.focused_look is not None
            self.set_class(message.tab != FALLS, "-other")
            self._sight = self.in_sight
            self.show_looks()
            self._looking.moved()
            if had_focus:
                self.focus_look()

    # Focus

    @property
    def focused_look(self) -> str | None:
        """`falls` or `look`, whichever has the keys."""
        return next((name for name in ("falls", "look") if self.list_of(name).has_focus), None)

    def focus_look(self) -> None:
        """Give the keys to what the open tab shows."""
        self.list_of(self._shown_list).focus()

    @property
    def _shown_list(self) -> str:
        return "falls" if self.strip.open_tab.id == FALLS else "look"

    def action_right(self) -> None:
        """From the rule to its numbers; where both stand, from the waterfall to what is beside it."""
        if not self.is_composing:
            return
        if self.focused_look is None:
            self.list_of("falls" if self.has_class("-wide") else self._shown_list).focus()
        elif self.focused_look == "falls" and self.has_class("-wide"):
            self.list_of("look").focus()

    def action_left(self) -> None:
        """Back again."""
        if not self.is_composing:
            return
        if self.focused_look == "look" and self.has_class("-wide"):
            self.list_of("falls").focus()
        else:
            self.outline_list.focus()

    def action_tab(self, step: int) -> None:
        """Another tab, of what is in sight."""
        if self.is_composing:
            self.strip.step(step)
        else:
            super().action_tab(step)

    # Reading

    def open_draft(self, version: Version | None) -> None:
        """Nothing is known of it yet."""
        self._forget_looks()
        super().open_draft(version)

    def _forget_looks(self) -> None:
        self.looks = {}
        self._fresh.clear()
        self.show_looks()

    def followed(self, *, is_other: bool) -> None:
        """The rule was counted: what it comes to follows once the hand rests."""
        self._look_turn += 1
        self._fresh.clear()
        if is_other:
            self._forget_looks()
        self._looking.moved()

    def look_again(self, **changed: Any) -> None:
        """Look at something else from now on: another template, since when, which measure, which sample."""
        for name, value in changed.items():
            self.choices[name] = value
        self.looks = {
            name: look for name, look in self.looks.items() if name == MOVED and "since" not in changed
        }
        self._fresh &= set(self.looks)
        self._look_turn += 1
        self.show_looks()
        self._looking.moved()

    @property
    def choices(self) -> dict[str, Any]:
        """What was chosen for this draft."""
        return self._choices.setdefault(self.place, {})

    def _look_soon(self) -> None:
        if (
            self.is_attached
            and self.is_composing
            and not self._is_looking
            and self.counted
            and not self.wrong
        ):
            self._is_looking = True
            in_worker(self, self._look_all, group="look")

    async def _look_all(self) -> None:
        """Read what is in sight and not read yet; what is read once more for a commit rests a little first."""
        text = self.counted.text if self.counted else ""
        self._sight = self.in_sight
        due = [what for what in self._sight if what not in self._fresh]
        left = self._look_until - time.monotonic()
        if left > 0 and all(what in self.looks for what in due):
            self._is_looking = False
            if due:
                self.set_timer(left, self._look_soon)
            return
        began = time.monotonic()
        try:
            for what in due:
                await self._look_at(what, text)
        except Overtaken:
            return
        finally:
            self._is_looking = False
            if self.is_attached and self.is_composing and not self.wrong and not self._is_read:
                self._looking.moved()
        self._look_until = time.monotonic() + LOOK_REST * (time.monotonic() - began)

    @property
    def _is_read(self) -> bool:
        return self.counted is None or all(what in self._fresh for what in self.in_sight)

    async def _look_at(self, what: str, text: str) -> None:
        turn = self._look_turn
        wanted = Wanted(text, but=folded(self.draft.name), **self.choices)

        def is_stopped() -> bool:
            return self._text != text or what not in self._sight

        def work(tx: Transaction, engine: Any, asking: Asking) -> Look:
            return pane_look.read(tx, engine, asking, what, wanted)

        try:
            found = await self.preview.run(work, is_stopped=is_stopped)
        except WaconsoleError as refusal:
            found = Look(what, wanted, why=str(refusal))
        if self._text == text and self.is_attached and self.is_composing:
            self.looks[what] = found
            if turn == self._look_turn:
                self._fresh.add(what)
            self.show_looks()
            if what == MOVED:
                self.show_head()

    # What is shown

    def show_looks(self) -> None:
        """Bring the lists up to date with what was read."""
        for name, what in (("falls", FALLS), ("look", self.open_look)):
            look, shown = self.looks.get(what), self.list_of(name)
            cells = shown.scrollable_content_region.width - NUMBER_CELLS
            entries = (
                pane_look_rows.waiting()
                if look is None
                else pane_look_rows.entries(look, self.desk.zone, is_revealed=self.is_revealed, cells=cells)
            )
            if self.entries.get(name) == entries:
                continue
            self.entries[name] = entries
            source = shown.source
            assert isinstance(source, HeldRows)
            source.replace(pane_look_rows.rows(entries))
            shown.reload()

    def repaint(self) -> None:
        """Numbers are revealed, or hidden again."""
        super().repaint()
        if self.is_composing:
            self.show_looks()

    def head_pieces(self) -> list[Piece]:
        """How many more or fewer than since when."""
        look = self.looks.get(MOVED)
        if look is None or not isinstance(look.found, Moved):
            return []
        change = pane_rows.signed(len(look.found.came) - len(look.found.left))
        since = self._said.get(self.place) or _("yesterday")
        words = _("{change} since {at}").format(change=change, at=since)
        return [piece(safe(words), "accent" if change != "=" else "muted", 2)]
