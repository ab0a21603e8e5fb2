"""What a rule comes to, read once the hand rests: one after the other, and given up when the rule changes or a count waits."""

from __future__ import annotations

import gc
import time
from typing import Any, Final

from waconsole.database.connection import Transaction
from waconsole.errors import WaconsoleError
from waconsole.kit.columns import GUTTER_CELLS
from waconsole.kit.line import Piece, piece
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import HeldRows
from waconsole.kit.still import Still
from waconsole.kit.tabs import TabStrip
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

NUMBER_CELLS: Final = GUTTER_CELLS + pane_rows.LOOK_COLUMNS[0].width + pane_rows.LOOK_COLUMNS[0].gap
LOOK_SECONDS: Final = 0.1
LATE_SECONDS_MAX: Final = 5.0
"""For so long at most what is read under a rule is put off by counts."""
LOOK_REST: Final = 4.0
"""What is read again for every commit rests so many times as long as it took."""


class LookingPane(Composer):
    """Reads what is in sight under the outline, and shows it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.looks: dict[str, Look] = {}
        self.entries: dict[str, list[Entry]] = {}
        self._worded: dict[str, tuple[Look, tuple[bool, int], list[Entry]]] = {}  # the lines of a look, once
        self._of: dict[str, str] = {}  # which look the lines of each list are of
        self._looking = Still(self, LOOK_SECONDS, self._look_soon)
        self._is_looking = self._is_loaded = False
        self._look_until = 0.0
        self._look_turn = 0
        self._sight: list[str] = []  # as threads may ask
        self._late_since = 0.0
        self._fresh: set[str] = set()  # read since the rule was last counted
        self._choices: dict[int, dict[str, Any]] = {}
        self._said: dict[int, str] = {}

    # What is looked at

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

    # Reading

    def open_draft(self, version: Version | None) -> None:
        """Nothing is known of it yet."""
        self._forget_looks()
        self._of.clear()
        self.show_looks()
        super().open_draft(version)

    def _forget_looks(self) -> None:
        self.looks = {}
        self._fresh.clear()

    def followed(self, *, is_other: bool) -> None:
        """The rule was counted: what it comes to follows once the hand rests."""
        self._look_turn += 1
        self._fresh.clear()
        if is_other:
            self._forget_looks()
        self.call_after_refresh(self.show_looks)  # the count is painted first
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
        if not self._is_loaded:
            self._is_loaded = True
            gc.freeze()  # see Preview.warm: the first look loads as much again

    @property
    def _is_read(self) -> bool:
        return self.counted is None or all(what in self._fresh for what in self.in_sight)

    @property
    def _gives_way(self) -> bool:
        """Whether a count waits for the engine; after a while of that it waits for once."""
        is_late = self._late_since and time.monotonic() - self._late_since > LATE_SECONDS_MAX
        return self._is_counting and not is_late

    async def _look_at(self, what: str, text: str) -> None:
        turn = self._look_turn
        wanted = Wanted(text, but=folded(self.draft.name), **self.choices)

        def is_stopped() -> bool:
            return self._text != text or what not in self._sight or self._gives_way

        def work(tx: Transaction, engine: Any, asking: Asking) -> Look:
            return pane_look.read(tx, engine, asking, what, wanted)

        try:
            found = await self.preview.run(work, is_stopped=is_stopped)
        except Overtaken:
            self._late_since = self._late_since or time.monotonic()
            raise
        except WaconsoleError as refusal:
            found = Look(what, wanted, why=str(refusal))
        self._late_since = 0.0
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
            entries = self._lines_of(name, what)
            if self.entries.get(name) == entries:
                continue
            self.entries[name] = entries
            shown = self.list_of(name)
            source = shown.source
            assert isinstance(source, HeldRows)
            source.replace(pane_look_rows.rows(entries))
            shown.reload()

    def _lines_of(self, name: str, what: str) -> list[Entry]:
        look = self.looks.get(what)
        if look is not None and not self.wrong:
            self._of[name] = what
            cells = self.list_of(name).scrollable_content_region.width - NUMBER_CELLS
            known = self._worded.get(name)
            if known is not None and known[0] is look and known[1] == (self.is_revealed, cells):
                return known[2]
            found = pane_look_rows.entries(look, self.desk.zone, is_revealed=self.is_revealed, cells=cells)
            self._worded[name] = (look, (self.is_revealed, cells), found)
            return found
        if self._of.get(name) != what:
            self._of.pop(name, None)
            return pane_look_rows.waiting()
        return pane_look_rows.before(self.entries.get(name, []), with_numbers=not self.wrong)

    def _say_wrong(self, sentence: str) -> None:
        """What was read of another text says nothing of this one."""
        super()._say_wrong(sentence)
        self.show_looks()

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
