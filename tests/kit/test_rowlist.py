"""The list: a million rows, a cursor that is never lost, marks by key."""

from __future__ import annotations

from typing import Any

import pytest
from textual.app import ComposeResult
from textual.geometry import Offset

from tests.kit.screens import (
    HOSTILE,
    RAW_CONTROLS,
    KitApp,
    Million,
    screen_lines,
    screen_segments,
    screen_text,
    text_row,
)
from waconsole.kit.columns import Column, ColumnHeads
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import Cell, HeldRows, Row, RowSource
from waconsole.kit.rowview import WARM_SECONDS
from waconsole.kit.selection import MARKS_MAX
from waconsole.text import safe

COLUMNS = (Column("no", 8, "right"), Column("text"))


class ListApp(KitApp):
    """One list over a whole screen."""

    def __init__(self, source: RowSource, **options: Any) -> None:
        super().__init__()
        self.rows = RowList(source, COLUMNS, **options)

    def compose(self) -> ComposeResult:
        """Only the list."""
        yield self.rows

    def on_row_list_opened(self, message: RowList.Opened) -> None:
        """Remember it."""
        self.heard.append(("opened", message.key))

    def on_row_list_rested(self, message: RowList.Rested) -> None:
        """Remember it."""
        self.heard.append(("rested", message.key))


def held(*keys: int) -> HeldRows:
    """A source whose rows say their key."""
    return HeldRows([text_row(key, f"{key}", f"row {key}") for key in keys])


def without(source: HeldRows, *keys: int) -> None:
    """Take rows away from `source`."""
    source.replace([row for row in source.rows(0, len(source)) if row.key not in keys])


async def test_the_next_screen_is_read_while_the_hand_rests() -> None:
    source = Million()
    app = ListApp(source, rest_seconds=0)
    async with app.run_test(size=(60, 50)) as pilot:
        await pilot.pause(WARM_SECONDS + 0.2)
        assert source.asked == [(0, 64), (64, 128)]
        await pilot.press("pagedown")
        assert source.asked.count((64, 128)) == 1


async def test_a_million_rows_are_painted_from_the_one_page_in_sight() -> None:
    source = Million()
    app = ListApp(source)
    async with app.run_test(size=(40, 10)):
        assert source.asked == [(0, 64)]
        assert screen_lines(app)[0] == "▌         0 row 0"
        assert screen_lines(app)[9] == "          9 row 9"


async def test_moving_asks_only_for_pages_that_come_into_sight() -> None:
    source = Million()
    app = ListApp(source)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("G")
        assert app.rows.cursor_index == 999_999
        assert "▌    999999 row 999999" in screen_text(app)
        await pilot.press("home", "pagedown", "ctrl+d", "j", "down", "k")
        assert app.rows.cursor_index == 10 + 5 + 1
        assert source.asked == [(0, 64), (999_936, 1_000_000)]


async def test_a_page_that_is_not_ready_shows_an_ellipsis_until_it_is() -> None:
    source = Million()
    source.is_ready = False
    app = ListApp(source)
    async with app.run_test(size=(40, 10)) as pilot:
        assert screen_lines(app)[:2] == ["▌  …", "   …"]
        assert len(source.asked) == 1
        source.is_ready = True
        app.rows.ready(0, 64)
        await pilot.pause()
        assert screen_lines(app)[1] == "          1 row 1"


async def test_the_cursor_stays_on_its_row_when_rows_come_above_it() -> None:
    source = held(*range(10, 60))
    app = ListApp(source)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press(*["j"] * 12)
        before = [line[:39] for line in screen_lines(app)]
        source.replace([text_row(5, "5", "new"), *source.rows(0, len(source))])
        app.rows.reload()
        await pilot.pause()
        assert app.rows.cursor_key == 22
        assert app.rows.cursor_index == 13
        assert [line[:39] for line in screen_lines(app)] == before


async def test_when_its_row_goes_the_cursor_stands_on_the_next_one() -> None:
    source = held(1, 2, 3, 4, 5)
    app = ListApp(source)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("j", "j")
        without(source, 1, 3)
        app.rows.reload()
        await pilot.pause()
        assert app.rows.cursor_key == 4
        assert screen_lines(app)[1] == "▌         4 row 4"


async def test_when_the_last_row_goes_the_cursor_stands_on_the_new_last_row() -> None:
    source = held(1, 2, 3, 4)
    app = ListApp(source)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("G")
        for expected in (3, 2, 1):
            without(source, expected + 1)
            app.rows.reload()
            await pilot.pause()
            assert app.rows.cursor_key == expected
        without(source, 1)
        app.rows.reload()
        assert app.rows.cursor_key is None
        source.replace([text_row(9, "9", "row 9")])
        app.rows.reload()
        assert app.rows.cursor_key == 9


async def test_a_list_emptied_row_by_row_always_has_a_cursor_and_never_skips_a_row() -> None:
    source = held(*range(200))
    app = ListApp(source)
    async with app.run_test(size=(40, 10)):
        seen = []
        while len(source):
            key = app.rows.cursor_key
            assert key is not None
            seen.append(key)
            without(source, key)
            app.rows.reload()
        assert seen == list(range(200))


async def test_marks_are_keys_and_stay_when_rows_move() -> None:
    source = held(1, 2, 3, 4)
    app = ListApp(source)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("space", "j", "space")
        assert app.rows.selection.keys == {1, 3}
        source.replace(tuple(reversed(source.rows(0, 4))))
        app.rows.reload()
        await pilot.pause()
        assert [line[1] for line in screen_lines(app)[:4]] == [" ", "✱", " ", "✱"]
        without(source, 3)
        app.rows.reload()
        app.rows.forget_lost_marks()
        assert app.rows.selection.keys == {1}


async def test_a_range_marks_what_the_cursor_passes_and_gives_back_what_it_leaves() -> None:
    app = ListApp(Million(100))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("space", "j", "v", "j", "j", "k")
        assert {key // 10 for key in app.rows.selection.keys} == {0, 2, 3}
        await pilot.press("k", "k", "k", "k")
        assert {key // 10 for key in app.rows.selection.keys} == {0, 1, 2}
        await pilot.press("escape")
        assert {key // 10 for key in app.rows.selection.keys} == {0}
        await pilot.press("v", "j", "v", "j", "j")
        assert {key // 10 for key in app.rows.selection.keys} == {0, 1}


async def test_a_range_over_everything_stops_at_its_bound_and_says_so() -> None:
    app = ListApp(Million())
    async with app.run_test(size=(60, 20), notifications=True) as pilot:
        await pilot.press("v", "G")
        assert len(app.rows.selection.keys) == MARKS_MAX
        await pilot.pause()
        assert "10,000 rows" in screen_text(app)


async def test_all_that_match_minus_exceptions_names_no_row() -> None:
    app = ListApp(Million())
    async with app.run_test(size=(40, 10)) as pilot:
        app.rows.mark_everything()
        await pilot.press("space")
        assert app.rows.selection.count(len(app.rows.source)) == 999_999
        assert [line[1] for line in screen_lines(app)[:3]] == [" ", "✱", "✱"]
        assert 7 not in app.rows.selection


async def test_an_act_is_for_the_marks_or_else_for_the_row_under_the_cursor() -> None:
    app = ListApp(held(1, 2, 3))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("j")
        assert app.rows.targets().keys == {2}
        await pilot.press("space")
        assert app.rows.targets() is app.rows.selection


async def test_enter_and_a_double_click_open_and_a_click_moves() -> None:
    app = ListApp(held(1, 2, 3))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("j", "enter")
        await pilot.click(RowList, offset=(5, 2))
        assert app.rows.cursor_key == 3
        await pilot.click(RowList, offset=(5, 0), times=2)
        assert app.heard == [("opened", 2), ("opened", 1)]


async def test_resting_on_a_row_says_so_once_and_moving_does_not() -> None:
    app = ListApp(held(1, 2, 3), rest_seconds=1)  # longer than three presses take on a busy machine
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("j", "j", "k")
        assert app.heard == []
        for _ in range(50):
            await pilot.pause(0.1)
            if app.heard:
                break
        assert app.heard == [("rested", 2)]


async def test_a_rest_of_zero_seconds_never_counts_as_reading() -> None:
    app = ListApp(held(1, 2, 3), rest_seconds=0)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("j")
        await pilot.pause(0.1)
        assert app.heard == []


async def test_the_terminals_own_cursor_follows_the_row() -> None:
    app = ListApp(Million())
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("j", "j")
        assert app.cursor_position == Offset(0, 2)
        await pilot.press("G")
        assert app.cursor_position == Offset(0, 9)


async def test_hostile_text_reaches_the_screen_without_a_raw_control() -> None:
    rows = [Row(1, (Cell(safe(HOSTILE)), Cell(safe(HOSTILE), "owed"))), text_row(2, "x", HOSTILE * 50)]
    app = ListApp(HeldRows(rows))
    async with app.run_test(size=(60, 10)) as pilot:
        await pilot.press("space")
        text = screen_text(app)
        assert "[@click" in text or "␛" in text
        assert not any(RAW_CONTROLS.search(line) for line in screen_lines(app))


async def test_a_role_colours_its_cell_also_under_the_cursor() -> None:
    app = ListApp(HeldRows([Row(1, (Cell(safe("1")), Cell(safe("late"), "overdue")))]))
    async with app.run_test(size=(40, 10)):
        segment = next(s for s in screen_segments(app) if s.text.startswith("late"))
        assert segment.style is not None and segment.style.color is not None
        assert segment.style.color.triplet is not None
        assert segment.style.color.triplet.hex == "#f28b6d"
        assert segment.style.bgcolor is not None and segment.style.bgcolor.triplet is not None
        assert segment.style.bgcolor.triplet.hex == "#26323a"


async def test_without_colour_the_cursor_and_the_roles_still_stand_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = ListApp(HeldRows([Row(key, (Cell(safe("1")), Cell(safe("owed"), "owed"))) for key in (1, 2)]))
    async with app.run_test(size=(40, 10)):
        first, second = [s.style for s in screen_segments(app) if s.text.startswith("owed")]
        assert first is not None and first.reverse
        assert second is not None and second.bold and not second.reverse


async def test_another_source_starts_on_its_first_row_without_marks() -> None:
    app = ListApp(held(1, 2, 3))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("space", "space")
        app.rows.show(held(7, 8))
        await pilot.pause()
        assert app.rows.cursor_key == 7
        assert not app.rows.selection
        assert screen_lines(app)[:3] == ["▌         7 row 7", "          8 row 8", ""]


async def test_narrow_lists_drop_the_columns_that_matter_least() -> None:
    columns = (Column("a", 6), Column("b", 6, priority=2), Column("c", 6, priority=1), Column("d"))
    rows = RowList(held(), columns)
    rows.source.replace([text_row(1, "aaa", "bbb", "ccc", "ddd")])  # type: ignore[attr-defined]

    class Narrow(KitApp):
        def compose(self) -> ComposeResult:
            yield ColumnHeads(columns)
            yield rows

    app = Narrow()
    async with app.run_test(size=(80, 5)) as pilot:
        rows.reload()
        await pilot.pause()
        assert screen_lines(app)[:2] == ["   a      b      c      d", "▌  aaa    bbb    ccc    ddd"]
        await pilot.resize_terminal(32, 5)
        await pilot.pause(0.15)
        assert screen_lines(app)[:2] == ["   a      c      d", "▌  aaa    ccc    ddd"]
        await pilot.resize_terminal(24, 5)
        await pilot.pause(0.15)
        assert screen_lines(app)[:2] == ["   a      d", "▌  aaa    ddd"]
