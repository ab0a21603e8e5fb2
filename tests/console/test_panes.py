"""Tasks, members, groups, search and acts: what they show, what their keys do, what is taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console.shell import console, replied
from tests.inbox.ledger_builder import Builder, Said, community
from waconsole.console.app import ConsoleApp
from waconsole.database.connection import Transaction
from waconsole.kit import clipboard


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was copied; no native tool is asked."""
    taken: list[str] = []
    monkeypatch.setattr(clipboard, "tools", lambda _environ, _platform: ())
    monkeypatch.setattr(ConsoleApp, "copy_to_clipboard", lambda _app, text: taken.append(text))
    return taken


async def test_a_task_is_copied_done_and_taken_back(ledger_path: Path, copied: list[str]) -> None:
    async with console(ledger_path) as shell:
        await replied(shell.database, "Jeudi matin, promis.")
        await shell.press("g", "t")
        assert "◆ offered" in shell.text
        assert "Mamans Lyon 3" in shell.text

        await shell.press("y")
        assert copied == ["Jeudi matin, promis."]
        assert "‖ copied" in shell.text

        await shell.press("e")
        assert "The task is done." in shell.last_line
        assert "Open 0" in shell.text

        await shell.press("z")
        assert "Undone: task done" in shell.last_line
        assert "‖ copied" in shell.text


async def test_a_refused_task_needs_a_reason_and_says_who_decided(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await replied(shell.database, "Jeudi.")
        await shell.press("g", "t", "x", "enter")
        assert "A refusal needs a reason" in shell.last_line

        await shell.press("x")
        await shell.type("wrong", "enter", "tab")
        assert "✗ refused" in shell.text

        await shell.press("e")
        assert "This task is refused already." in shell.last_line


async def test_marked_tasks_are_decided_through_the_sheet(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        for text in ("One.", "Two.", "Three."):
            await replied(shell.database, text)
        await shell.press("g", "t", "space", "space", "e")
        assert "Done: 2 tasks" in shell.text
        assert "z takes all of them back at once." in shell.text

        await shell.press("y")
        assert "2 tasks are done." in shell.last_line
        assert "Open 1" in shell.text

        await shell.press("z")
        assert "Open 3" in shell.text


async def test_enter_on_a_task_goes_to_its_thread(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await replied(shell.database, "Jeudi.")
        await shell.press("g", "t", "enter")

        assert shell.app.deck.pane.NAME == "inbox"
        assert "Mamans Lyon 3" in shell.text


async def test_members_hide_their_numbers_until_they_are_revealed(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("g", "m")
        assert "+49 •• •• •• 89" in shell.text
        assert "+4915123456789" not in shell.text

        await shell.press("number_sign")
        assert "+4915123456789" in shell.text


async def test_members_are_narrowed_tagged_and_shown(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("g", "m", "slash")
        await shell.type("paula", "enter")
        assert "row 1/1" in shell.last_line

        await shell.press("t")
        await shell.type("vip", "enter")
        assert "Tagged vip: 1." in shell.last_line
        assert "Tagged 1" in shell.text

        await shell.press("enter")
        assert "known as" in shell.text
        assert "Mamans Lyon 3" in shell.text

        await shell.press("escape", "z")
        assert "Tagged 0" in shell.text

        await shell.press("escape")
        assert "row 1/1" not in shell.last_line


async def test_many_members_are_tagged_through_the_sheet_and_the_act_is_repeated(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("g", "m", "space", "space", "t")
        await shell.type("live", "enter")
        assert "Tag: 2 members" in shell.text

        await shell.press("y")
        assert "Tagged live: 2." in shell.last_line

        await shell.press("G", "full_stop")
        assert "Tagged live: 1." in shell.last_line


def twins(tx: Transaction) -> None:
    """Two people of one name in two groups."""
    build = Builder(tx)
    build.group("One", [Said("Ana", "hi", 5), Said("Bea", "hi", 4)])
    build.group("Two", [Said("Ana", "hi", 5)])


async def test_members_of_equal_names_are_suggested(ledger_path: Path) -> None:
    async with console(ledger_path, twins) as shell:
        await shell.press("g", "m", "tab")

        assert "Same name 2 ▸" in shell.text
        assert "Bea" not in shell.text


async def test_groups_say_what_can_be_done_there_and_open_in_the_inbox(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("g", "r")
        assert "read; post by hand" in shell.text

        await shell.press("j", "j", "j", "j")
        assert "Skin Club TPE" in shell.text
        await shell.press("slash")
        await shell.type("lyon", "enter", "enter")
        assert shell.app.deck.pane.NAME == "inbox"
        assert '/in:"Mamans Lyon 3"' in shell.text
        assert "row 1/1" in shell.last_line


async def test_search_finds_marks_and_opens_the_message(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("g", "s")
        assert "Search every message." in shell.text

        await shell.type("prochain")
        assert "Et c'est quand le prochain arrivage ?" in shell.text
        assert "Found 1" in shell.text

        await shell.press("escape", "enter")
        assert shell.app.deck.pane.NAME == "inbox"
        assert "prochain arrivage" in shell.text


async def test_search_says_what_is_too_short_and_finds_chinese_inside(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("g", "s")
        await shell.type("p")
        assert "is too short to search for" in shell.text

        await shell.press("backspace")
        await shell.app.deck.pane.narrow_to("折價")  # type: ignore[attr-defined]
        await shell.settle()
        assert "可以用折價券嗎" in shell.text


async def test_a_new_message_is_found_by_the_search_that_is_open(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("g", "s")
        await shell.type("joined", "escape")
        assert "Found 0" in shell.text

        await shell.database.write(
            lambda tx: Builder.more(tx, "Ambassadors", [Said("Paula", "joined at last", 1)])
        )
        await shell.settle()
        assert "Found 1" in shell.text


def sayings(tx: Transaction) -> None:
    """A thousand messages with one word in common."""
    said = [Said(f"Member {place % 9}", f"hello number {place}", 1001 - place) for place in range(1000)]
    Builder(tx).group("Crowd", said)


async def test_search_reads_on_as_the_cursor_goes_down_and_counts_exactly(ledger_path: Path) -> None:
    async with console(ledger_path, sayings) as shell:
        await shell.press("g", "s")
        await shell.type("hello", "enter")
        assert "row 1/1,000" in shell.last_line

        for _ in range(4):
            await shell.press("G")
        await shell.press("G")
        assert "row 1,000" in shell.last_line or "row 1000" in shell.last_line


async def test_acts_say_who_did_what_and_what_was_taken_back(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("M", "6")
        assert "Ana" in shell.text
        assert "✓ stands" in shell.text

        await shell.press("enter")
        assert "muted: 0 ▸ 1" in shell.text

        await shell.press("escape", "z")
        assert "✗ taken back" in shell.text
        assert "takes back" in shell.text


@pytest.mark.parametrize(("key", "form"), [("t", "text"), ("r", "row"), ("s", "table"), ("o", "json")])
async def test_rows_are_copied_in_four_forms(
    ledger_path: Path, copied: list[str], key: str, form: str
) -> None:
    async with console(ledger_path, twins) as shell:
        await shell.press("g", "r", "asterisk", "enter", "y", key)

        begun, end = copied[0][:14], copied[0][-3:]
        assert (begun.replace("\t", " "), end) == {
            "text": ("One", "One"),
            "row": ("One g-0000 One", "\t\t\t"),
            "table": ("text group nam", "\t\t\n"),
            "json": ('[\n {\n  "text":', "}\n]\n"[-3:]),
        }[form]


async def test_more_than_a_terminal_takes_is_refused_in_words(
    ledger_path: Path, copied: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipboard, "TERMINAL_BYTES_MAX", 10)
    async with console(ledger_path, community) as shell:
        await shell.press("g", "r", "asterisk", "enter", "y", "o")

        assert copied == []
        assert "copy fewer rows" in shell.last_line
