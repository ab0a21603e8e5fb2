"""The shell: panes, lines, undo, what happens when the ledger changes, and leaving from anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console.shell import console, nothing, replied
from tests.inbox.ledger_builder import NOW, Builder, Said
from waconsole import catalogue
from waconsole.console.panes import PANES
from waconsole.database.connection import Transaction
from waconsole.inbox import store_conversations


async def test_the_first_screen_shows_who_needs_the_operator_and_what_is_open(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        first, *_rest = shell.text.splitlines()

        assert "Inbox" in first
        assert "owed 5" in first
        assert "Mamans Lyon 3" in shell.text
        assert "? help" in shell.last_line
        assert "row 1/5" in shell.last_line


async def test_each_pane_opens_by_chord_and_by_number(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        for entry in reversed(PANES):
            await shell.press("escape", "g", entry.letter)
            assert entry.name == shell.app.deck.pane.NAME
            assert entry.title in shell.text.splitlines()[0]
            if entry.digit:
                await shell.press("escape", "1", entry.digit)
                assert entry.name == shell.app.deck.pane.NAME
                assert entry.title in shell.text.splitlines()[0]


async def test_a_pane_that_is_not_visited_is_not_made(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        assert [pane.NAME for pane in shell.app.deck.made] == ["inbox"]

        await shell.press("g", "m")

        assert [pane.NAME for pane in shell.app.deck.made] == ["inbox", "members"]


async def test_minus_goes_back_to_the_pane_before(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("minus")
        assert "This is the first pane you have opened." in shell.last_line

        await shell.press("g", "m", "minus")
        assert shell.app.deck.pane.NAME == "inbox"

        await shell.press("minus")
        assert shell.app.deck.pane.NAME == "members"


async def test_a_chord_that_is_waited_for_says_what_may_follow(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("g")
        await shell.pilot.pause(0.35)

        assert "m Members" in shell.last_line


async def test_undo_says_what_was_taken_back(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("M")
        assert "is muted." in shell.last_line
        assert "z takes it back." in shell.last_line

        await shell.press("z")
        assert "Undone: mute (1)." in shell.last_line

        await shell.press("z")
        assert "There is nothing to undo." in shell.last_line


async def test_a_commit_of_somebody_else_changes_the_screen(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        async with catalogue.open_ledger(ledger_path, now=NOW) as other:
            await other.write(lambda tx: store_conversations.change(tx, 1, {"muted": 1}))
        await shell.settle()

        assert "owed 3" in shell.text.splitlines()[0]


async def test_a_task_counts_in_the_first_line(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await replied(shell.database, "Jeudi matin.")
        await shell.settle()

        assert "tasks 1" in shell.text.splitlines()[0]


async def test_reading_only_is_said_and_refuses_acts_in_words(ledger_path: Path) -> None:
    async with console(ledger_path, read_only=True) as shell:
        assert "read-only" in shell.last_line

        await shell.press("M")
        assert "open for reading only" in shell.last_line


async def test_a_test_clock_is_said_with_its_time(ledger_path: Path) -> None:
    async with console(ledger_path, test_clock=True) as shell:
        assert "test clock 2026-11-20 09:21Z" in shell.last_line


async def test_a_demo_says_that_it_is_one(ledger_path: Path) -> None:
    async with console(ledger_path, demo=True) as shell:
        assert shell.text.splitlines()[0].rstrip().endswith("demo")


async def test_an_empty_ledger_teaches_the_import(ledger_path: Path) -> None:
    async with console(ledger_path, nothing) as shell:
        left = " ".join(" ".join(line.partition("│")[0] for line in shell.text.splitlines()).split())

        assert ":import chat FILE --group NAME" in left
        assert "`waconsole demo` shows a community to practise on." in shell.last_line


async def test_an_unknown_theme_is_refused_in_words_and_another_one_is_shown(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("colon")
        await shell.type("theme wa-lihgt", "enter")
        assert "wa-light" in shell.last_line

        await shell.press("colon")
        await shell.type("theme wa-light", "enter")
        assert shell.app.theme == "wa-light"


async def test_reduced_motion_moves_nothing(ledger_path: Path) -> None:
    from dataclasses import replace

    from waconsole.settings import ConsoleSettings

    async with console(ledger_path) as shell:
        desk = shell.app.desk
    still = replace(desk, settings=replace(desk.settings, console=ConsoleSettings(motion="reduced")))
    from waconsole.console.app import ConsoleApp

    assert ConsoleApp(still).animation_level == "none"


LEAVING = {
    "the inbox": [],
    "a prompt": ["slash", "a"],
    "the command line": ["colon", "x"],
    "the help": ["question_mark"],
    "the palette": ["ctrl+p", "a"],
    "the reply box": ["enter", "r", "h", "i"],
    "a choice": ["y"],
    "the search": ["3", "a"],
    "a begun chord": ["g"],
    "members, a tag": ["4", "t", "v"],
}


EVERY_DAY = frozenset({"the inbox", "the help", "the reply box", "a begun chord"})


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param(keys, id=where, marks=() if where in EVERY_DAY else pytest.mark.slow)
        for where, keys in LEAVING.items()
    ],
)
async def test_ctrl_q_leaves_from_anywhere_with_exit_code_0(ledger_path: Path, keys: list[str]) -> None:
    async with console(ledger_path) as shell:
        await shell.press(*keys)
        await shell.pilot.press("ctrl+q")
        await shell.left()

        assert not shell.app.is_running
        assert shell.app.return_code == 0


async def test_leaving_keeps_the_reply_that_is_being_written(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("enter", "r")
        await shell.type("jeudi")
        await shell.pilot.press("ctrl+q")
        await shell.left()
    async with catalogue.open_ledger(ledger_path, now=NOW) as database:
        drafts = await database.read(lambda tx: tx.rows("SELECT draft FROM conversation WHERE draft <> ''"))
    assert [row["draft"] for row in drafts] == ["jeudi"]


@pytest.mark.parametrize(
    "size",
    [(80, 24), *(pytest.param(size, marks=pytest.mark.slow) for size in ((60, 20), (120, 40)))],
    ids=str,
)
async def test_every_pane_works_at_every_size(ledger_path: Path, size: tuple[int, int]) -> None:
    async with console(ledger_path, size=size) as shell:
        await replied(shell.database, "Jeudi matin.")
        for entry in PANES:
            await shell.press("escape", "g", entry.letter)
            lines = shell.text.splitlines()

            assert entry.title in lines[0]
            assert len(lines) == size[1]
            assert max(map(len, lines)) <= size[0]
            await shell.press(
                "j", *(() if size == (120, 40) else ("question_mark", "escape", "ctrl+p", "escape"))
            )


def crowd(tx: Transaction) -> None:
    """One group that holds many people."""
    Builder(tx).group("Crowd", [Said(f"Person {place:03}", "hi", 500 - place) for place in range(200)])


async def test_the_cursor_is_not_lost_when_a_pane_comes_back(ledger_path: Path) -> None:
    async with console(ledger_path, crowd) as shell:
        await shell.press("4", "G", "1", "4")

        assert "row 200/200" in shell.last_line
