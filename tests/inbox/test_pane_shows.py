"""What the inbox shows at every width, and how one moves through it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inbox.ledger_builder import Builder, Said, long_thread
from tests.inbox.pane_app import inbox, press, settle
from tests.kit.screens import screen_lines, screen_text
from waconsole.database.connection import Transaction
from waconsole.inbox.pane import InboxPane
from waconsole.inbox.pane_find import TYPING_SECONDS
from waconsole.kit.bindings import conflicts, faults
from waconsole.kit.rowlist import RowList


async def test_rows_say_the_clock_that_dies_first_what_is_owed_and_by_whom(ledger_path: Path) -> None:
    async with inbox(ledger_path, size=(80, 24)) as (app, _):
        lines = screen_lines(app)
        assert lines[0].split() == ["All", "5", "▸", "Owed", "4", "Mine", "0", "Join", "1", "+"]
        assert lines[1].split()[:7] == ["▌", "◷", "3m", "◆", "question", "●3", "◆2"]
        assert "Mamans Lyon 3" in lines[1] and "Et c'est quand" in lines[1]
        names = ["Mamans Lyon 3", "Skin Club TPE", "Complaints Berlin", "Runners Köln", "Ambassadors"]
        assert [name for line in lines for name in names if name in line] == names
        assert "21h" in lines[5] and "quiet" in lines[5]


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (99, 30)])
async def test_a_narrow_screen_shows_one_part_and_comes_back_to_the_same_row(
    ledger_path: Path, size: tuple[int, int]
) -> None:
    async with inbox(ledger_path, size=size) as (app, pilot):
        await press(pilot, "j", "enter")
        assert "by API" in screen_text(app) and "Mamans" not in screen_text(app)
        await press(pilot, "enter")
        assert "marketing  never asked" in screen_text(app)
        await press(pilot, "escape")
        assert app.pane.stage == "thread"
        await press(pilot, "escape")
        assert app.pane.status().row == 2 and "Mamans" in screen_text(app)


async def test_a_wide_screen_shows_the_thread_beside_the_list(ledger_path: Path) -> None:
    async with inbox(ledger_path, size=(120, 30)) as (app, pilot):
        text = screen_text(app)
        assert "Mamans Lyon 3  3 members" in text and "post by hand" in text
        assert "◆  09:09  Inès           question  Et c'est quand" in text
        assert "◆ question · 3m left · rule q.en.1 version 1" in text
        assert "─── 3 new below ───" in text
        await press(pilot, "j")
        assert "Skin Club TPE  2 members" in screen_text(app)
        assert isinstance(app.focused, RowList) and app.focused is app.pane.rows


async def test_a_very_wide_screen_shows_the_member_as_well(ledger_path: Path) -> None:
    async with inbox(ledger_path, size=(170, 40)) as (app, _):
        text = screen_text(app)
        assert "purpose    not said yet" in text and "reached    post by hand" in text
        assert "groups     Mamans Lyon 3" in text


async def test_numbers_are_masked_until_they_are_revealed(ledger_path: Path) -> None:
    def fill(tx: Transaction) -> None:
        said = [Said("+33639980042", "call +33 6 39 98 00 17 or @33639980017", 5, "question", 30)]
        Builder(tx).group("Numbers", said)

    async with inbox(ledger_path, fill, size=(120, 30)) as (app, pilot):
        await press(pilot, "enter")
        assert "3998" not in screen_text(app).replace(" ", "")
        assert "+33 •• 42" in screen_text(app)
        await press(pilot, "number_sign")
        assert "+33639980042" in screen_text(app) and "+33 6 39 98 00 17" in screen_text(app)
        await press(pilot, "number_sign")
        assert "3998" not in screen_text(app).replace(" ", "")


async def test_tabs_keep_what_is_owed_mine_and_joining(ledger_path: Path) -> None:
    async with inbox(ledger_path, size=(80, 24)) as (app, pilot):
        await press(pilot, "tab")
        assert app.pane.status().rows == 4
        await press(pilot, "tab")
        assert "Nothing here." in screen_text(app)
        await press(pilot, "tab")
        assert app.pane.status().rows == 1 and "Runners Köln" in screen_text(app)
        await press(pilot, "shift+tab", "shift+tab", "shift+tab")
        assert app.pane.status().rows == 5


async def test_the_next_item_is_found_over_all_groups_that_are_not_muted(ledger_path: Path) -> None:
    async with inbox(ledger_path) as (app, pilot):
        await press(pilot, "j", "M", "k")
        seen = []
        for _ in range(5):
            await press(pilot, "right_square_bracket")
            assert app.pane.thread.opening is not None
            seen.append(app.pane.thread.opening.name)
        assert seen == [
            "Mamans Lyon 3",
            "Complaints Berlin",
            "Runners Köln",
            "Mamans Lyon 3",
            "Mamans Lyon 3",
        ]


async def test_narrowing_is_live_says_its_errors_and_escape_clears_it(ledger_path: Path) -> None:
    async with inbox(ledger_path, size=(80, 24)) as (app, pilot):
        await press(pilot, "slash", *"is:owd")
        await pilot.pause(TYPING_SECONDS)
        assert "did you mean owed?" in screen_text(app)
        assert app.pane.status().rows == 5
        await press(pilot, *["backspace"] * 2, *"wed")
        await pilot.pause(TYPING_SECONDS)
        await settle(pilot)
        assert app.pane.status().rows == 4
        await press(pilot, "space", *"in:", "quotation_mark", *"Skin Club TPE", "quotation_mark", "enter")
        assert app.pane.status().rows == 1 and "/is:owed in:" in screen_text(app)
        await press(pilot, "escape")
        assert app.pane.status().rows == 5


async def test_words_are_found_in_a_thread_and_n_goes_on(ledger_path: Path) -> None:
    async with inbox(ledger_path) as (app, pilot):
        await press(pilot, "enter", "slash", *"prochain", "enter")
        assert app.said[-1] == "Hit 1 of 1."
        await press(pilot, "slash", *"et", "enter")
        assert app.said[-1] == "Hit 2 of 2."
        await press(pilot, "n")
        assert app.said[-1] == "Hit 1 of 2."
        await press(pilot, "N")
        assert app.said[-1] == "Hit 2 of 2."


async def test_scrolling_reads_nothing_and_resting_reads(ledger_path: Path) -> None:
    async with inbox(ledger_path) as (app, pilot):
        await press(pilot, "enter", "home", "G", "k", "pageup", "j")
        assert app.pane.counters is not None and app.pane.counters.unread == 7
        rows = app.pane.thread.rows
        rows.move_to(4)
        assert rows.cursor_key is not None
        # The list of the kit posts this when the cursor has stood still for the time of the setting.
        rows.post_message(RowList.Rested(rows, rows.cursor_key))
        await settle(pilot)
        assert app.pane.counters.unread == 5
        assert "─── 3 new below ───" in screen_text(app)


async def test_a_long_thread_opens_where_it_is_new_and_reaches_its_first_message(ledger_path: Path) -> None:
    async with inbox(ledger_path, long_thread, 3000) as (app, pilot):
        await press(pilot, "enter")
        assert "message number 2997" in screen_text(app)
        await press(pilot, "home")
        assert "message number 0" in screen_text(app)
        assert app.pane.status().rows == 3001


async def test_an_empty_ledger_teaches_how_to_begin(ledger_path: Path) -> None:
    async with inbox(ledger_path, lambda tx: None) as (app, pilot):
        assert "No conversations yet." in screen_text(app)
        await press(
            pilot, "e", "r", "s", "c", "y", "asterisk", "right_square_bracket", "enter", "n", "u", "plus", "t"
        )
        assert app.pane.status().rows == 0


async def test_a_message_that_comes_is_shown_and_the_cursor_stays(ledger_path: Path) -> None:
    async with inbox(ledger_path) as (app, pilot):
        await press(pilot, "j", "j")

        def work(tx: Transaction) -> None:
            Builder.more(tx, "Ambassadors", [Said("Lin C.", "is there a class?", 0, "question", 1)])

        await app.desk.database.write(work)
        await settle(pilot)
        assert "is there" in screen_text(app) or "Ambassadors" in screen_lines(app)[1]
        assert app.pane.rows.cursor_key == 3 and app.pane.status().row == 4


def test_every_key_has_its_words_and_one_verb() -> None:
    assert faults(InboxPane) == ()
    assert conflicts([InboxPane, RowList]) == ()
