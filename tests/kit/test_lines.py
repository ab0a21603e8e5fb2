"""Lines, status, tabs, empty states: what they show and what leaves when it is narrow."""

from __future__ import annotations

import pytest
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from tests.kit.screens import HOSTILE, RAW_CONTROLS, KitApp, plain, screen_lines, screen_segments, screen_text
from waconsole.kit.empty import Empty
from waconsole.kit.line import Paragraphs, SafeLine, fit_pieces, piece
from waconsole.kit.rows import Cell
from waconsole.kit.safety import without_controls
from waconsole.kit.statusline import Hint, Status, StatusLine
from waconsole.kit.tabs import TAB_BINDINGS, Tab, TabStrip
from waconsole.kit.topline import Counter, TopLine

FULL = Status(
    pane=plain("Inbox"),
    filter=plain("is:owed"),
    row=1,
    rows=14,
    marked=2,
    tasks=3,
    role=plain("moderator"),
    is_read_only=True,
    has_test_clock=True,
)
HINTS = [Hint(plain(key), plain(word)) for key, word in (("e", "done+next"), ("r", "reply"), ("?", "help"))]


class Pane(Screen[None]):
    """Top line, tabs, an empty state and the status line."""

    BINDINGS = TAB_BINDINGS

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield TopLine()
        yield TabStrip(
            [Tab("all", plain("All"), 212), Tab("owed", plain("Owed"), 14), Tab("m", plain("Mine"))]
        )
        yield Empty(plain("Nothing owed."), plain("Import a chat to begin."))
        yield StatusLine()

    def action_tab(self, step: int) -> None:
        """What a pane does."""
        self.query_one(TabStrip).step(step)


class LinesApp(KitApp):
    """One pane."""

    def get_default_screen(self) -> Pane:
        """The pane."""
        return Pane()

    def on_tab_strip_opened(self, message: TabStrip.Opened) -> None:
        """Remember it."""
        self.heard.append(message.tab)


async def test_the_status_line_says_keys_and_place_and_drops_the_least_when_narrow() -> None:
    app = LinesApp()
    async with app.run_test(size=(150, 12)) as pilot:
        status = app.screen.query_one(StatusLine)
        status.show(FULL)
        status.hint(HINTS)
        await pilot.pause()
        assert screen_lines(app)[-1] == (
            " e done+next  r reply  ? help"
            + " " * 38
            + "/is:owed  row 1/14  ✱ 2 marked  tasks 3  Inbox  moderator"
            "  read-only  ◷ test clock"
        )
        await pilot.resize_terminal(60, 12)
        await pilot.pause(0.15)
        for kept in ("2 marked", "read-only", "test clock"):
            assert kept in screen_lines(app)[-1]
        assert len(screen_lines(app)[-1]) <= 60


async def test_a_sentence_and_pending_keys_take_the_place_of_the_hints_for_a_while() -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 12)) as pilot:
        status = app.screen.query_one(StatusLine)
        status.hint(HINTS)
        status.say(plain("3 done."), "done", seconds=0.1)
        await pilot.pause(0.02)
        assert screen_lines(app)[-1] == " 3 done."
        status.pend(plain("g  i Inbox"))
        await pilot.pause(0.02)
        assert screen_lines(app)[-1] == " g  i Inbox"
        status.pend(plain(""))
        await pilot.pause(0.25)
        assert screen_lines(app)[-1] == " e done+next  r reply  ? help"


async def test_the_top_line_counts() -> None:
    app = LinesApp()
    async with app.run_test(size=(60, 12)) as pilot:
        counters = [Counter(plain("owed"), 14, "owed"), Counter(plain("unread"), 1212, "unread", 2)]
        app.screen.query_one(TopLine).show(plain("Inbox"), counters, name="waconsole")
        await pilot.pause()
        assert screen_lines(app)[0] == " waconsole  Inbox" + " " * 21 + "owed 14  unread 1,212"
        await pilot.resize_terminal(24, 12)
        await pilot.pause(0.15)
        assert screen_lines(app)[0].split() == ["Inbox", "owed", "14"]


async def test_tab_and_shift_tab_walk_the_tabs_round_and_round() -> None:
    app = LinesApp()
    async with app.run_test(size=(60, 12)) as pilot:
        assert screen_lines(app)[1] == " All 212 ▸  Owed 14  Mine"
        await pilot.press("tab", "tab", "tab", "shift+tab")
        assert app.heard == ["owed", "m", "all", "m"]
        assert screen_lines(app)[1] == " All 212  Owed 14  Mine ▸"
        await pilot.click(TabStrip, offset=(12, 0))
        assert app.screen.query_one(TabStrip).open_tab.id == "owed"


async def test_the_open_tab_is_seen_in_a_strip_that_is_too_narrow() -> None:
    app = LinesApp()
    async with app.run_test(size=(20, 12)) as pilot:
        strip = app.screen.query_one(TabStrip)
        strip.show([Tab(str(n), plain(f"View {n}"), n) for n in range(20)])
        strip.open("15")
        await pilot.pause()
        assert screen_lines(app)[1].startswith("…")
        assert "View 15 15 ▸" in screen_lines(app)[1]


async def test_an_empty_state_teaches_one_thing() -> None:
    app = LinesApp()
    async with app.run_test(size=(60, 12)):
        lines = [line.strip() for line in screen_lines(app)]
        assert "Nothing owed." in lines
        assert "Import a chat to begin." in lines
    with pytest.raises(AssertionError):
        Empty(plain("Nothing."), plain(""))


async def test_safe_lines_and_paragraphs_read_no_markup_and_colour_their_roles() -> None:
    class Lines(KitApp):
        def compose(self) -> ComposeResult:
            yield SafeLine(plain("[b]x[/b] [/oops] [@click=app.quit]y"))
            yield Paragraphs([(Cell(plain("late "), "overdue"), Cell(plain("[red]text[/]"))), ()])

    app = Lines()
    async with app.run_test(size=(60, 5)):
        assert screen_lines(app)[:2] == ["[b]x[/b] [/oops] [@click=app.quit]y", "late [red]text[/]"]
        style = next(s.style for s in screen_segments(app) if s.text.startswith("late"))
        assert style is not None and style.color is not None and style.color.triplet is not None
        assert style.color.triplet.hex == "#f28b6d"


async def test_without_colour_a_paragraph_shows_the_roles_by_text_style(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    class Lines(KitApp):
        def compose(self) -> ComposeResult:
            yield Paragraphs([(Cell(plain("late"), "overdue"), Cell(plain(" text")))])

    app = Lines()
    async with app.run_test(size=(60, 5)):
        style = next(s.style for s in screen_segments(app) if s.text.startswith("late"))
        assert style is not None and style.reverse and style.bold


async def test_the_filter_stops_raw_controls_that_slipped_past_the_border() -> None:
    class Raw(KitApp):
        def compose(self) -> ComposeResult:
            yield Static(HOSTILE, markup=False)
            yield Static(Text("x", style=Style(link="https://evil.example")))

    app = Raw()
    async with app.run_test(size=(60, 8)):
        assert "A]52;c;ZXZpbA==B[31mCD31mEFG" in screen_text(app)
        assert not any(RAW_CONTROLS.search(line) for line in screen_lines(app))
        assert not any(segment.style and segment.style.link for segment in screen_segments(app))


def test_a_lone_surrogate_is_shown_and_does_not_break_the_terminal() -> None:
    assert without_controls("a\ud800b").encode() == "a\ufffdb".encode()


def test_what_matters_least_leaves_first_and_what_must_stay_stays() -> None:
    left = [piece(plain("aaaa"), priority=2), piece(plain("bbbb"), priority=3)]
    right = [piece(plain("cccc"), priority=1), piece(plain("dddd"))]

    def shown(cells: int) -> list[list[str]]:
        return [[str(one.cells[0].text) for one in side] for side in fit_pieces(left, right, cells)]

    assert shown(22) == [["aaaa", "bbbb"], ["cccc", "dddd"]]
    assert shown(16) == [["aaaa"], ["cccc", "dddd"]]
    assert shown(10) == [[], ["cccc", "dddd"]]
    assert shown(2) == [[], ["dddd"]]
