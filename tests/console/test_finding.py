"""The palette and the help: everything that can be done is found, and what cannot be done says why."""

from __future__ import annotations

from pathlib import Path

from tests.console.shell import console
from waconsole.console.candidates import CANDIDATES_MAX, Candidate, best, offered, score
from waconsole.console.helping import doables
from waconsole.text import safe


async def _nothing() -> None:
    return None


def candidate(title: str, more: str = "") -> Candidate:
    """A candidate that does nothing."""
    return Candidate(title, safe("act"), safe(title), safe(more), _nothing)


def test_a_beginning_counts_more_than_a_part_and_a_part_more_than_letters() -> None:
    titles = ["Unmark", "Mark all", "Quick mark", "Mute a rank"]
    found = best([candidate(title) for title in titles], "mark", [])

    assert [one.title for one in found] == ["Mark all", "Quick mark", "Unmark", "Mute a rank"]
    assert score(candidate("Reply"), ["zzz"]) == 0


def test_what_was_chosen_lately_comes_first() -> None:
    found = best([candidate("A"), candidate("B"), candidate("C")], "", ["C"])

    assert [one.title for one in found] == ["C", "A", "B"]


async def test_the_palette_offers_acts_commands_views_and_panes(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        found = offered(shell.app)
        titles = {one.title for one in found}

        assert {"Reply", ":import chat", "Inbox: Owed", "Members", "wa-light"} <= titles
        assert len(found) <= CANDIDATES_MAX
        assert len({one.id for one in found}) == len(found)


async def test_a_group_is_found_by_its_beginning_and_opened(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("4", "ctrl+p")
        await shell.type("amba")
        assert "group     Ambassadors" in shell.text

        await shell.press("enter")
        assert shell.app.deck.pane.NAME == "inbox"
        assert "good night" in shell.text


async def test_a_person_is_found_by_a_masked_number_and_shown(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("ctrl+p")
        await shell.type("+4915")
        assert "+49 •• •• •• 89" in shell.text

        await shell.press("enter")
        assert "number" in shell.text
        assert "known as" in shell.text


async def test_a_command_with_arguments_is_put_on_the_line(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("ctrl+p")
        await shell.type("import chat", "enter")

        assert ":import chat" in shell.text.splitlines()[-2]


async def test_the_help_finds_acts_by_key_and_says_why_not(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("question_mark")
        await shell.type("key:.")
        assert "Nothing has been done yet" in shell.text

        await shell.press("escape", "question_mark")
        await shell.type("members", "enter")
        assert shell.app.deck.pane.NAME == "members"


async def test_every_key_of_a_pane_is_in_the_help(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("g", "t")
        keys = {key for one in doables(shell.app) for key in one.keys}

        assert {"e", "x", "y", "/", "j", "z", "?", ":", "g i", "1", "ctrl+q"} <= keys
