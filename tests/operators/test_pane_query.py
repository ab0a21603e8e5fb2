"""The query language on the screen: the bar, its menu and errors, marks, explanations, views as tabs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console.shell import Console, console
from tests.inbox.ledger_builder import NOW, Builder, Said
from tests.kit.screens import HOSTILE, RAW_CONTROLS
from waconsole.catalogue import vocabulary
from waconsole.database.connection import Transaction
from waconsole.kit.prompt import Prompt
from waconsole.members import service as members
from waconsole.operators import pane_views, service_views
from waconsole.query.compile import check


def crowd(tx: Transaction) -> None:
    """Forty people in one group, and a group of one."""
    builder = Builder(tx)
    builder.group("Crowd", [Said(f"Member {place:02}", f"hello {place}", 90 - place) for place in range(40)])
    builder.group("Alone", [Said("Zoë", "anybody here?", 3)])


def menu(shell: Console) -> list[str]:
    """What the menu offers."""
    prompt = next(one for one in shell.app.deck.pane.query(Prompt) if one.display)
    return [str(row.insert) for row in prompt.menu.rows]


async def saved(shell: Console, name: str, query: str, subject: str, *, shared: bool = False) -> None:
    """A view that somebody saves elsewhere."""
    await service_views.save(
        shell.database, name, query, subject=subject, shared=shared, check=lambda _query, _subject: None,
        operator="Ana", now=NOW,
    )  # fmt: skip


# The bar


async def test_the_menu_offers_what_may_follow_and_tab_takes_it(ledger_path: Path) -> None:
    async with console(ledger_path, size=(80, 24)) as shell:
        await shell.press("slash")
        assert "Tab shows what can be asked" in shell.text

        await shell.type("is:m")
        assert menu(shell) == ["mine", "muted"]
        assert "▌ mine   assigned to you or taken by you" in shell.text

        await shell.press("down", "enter")
        assert "/is:muted" in shell.text
        assert menu(shell) == []

        await shell.press("enter")
        assert "Nothing here." in shell.text


async def test_escape_closes_the_menu_first_and_then_the_bar(ledger_path: Path) -> None:
    async with console(ledger_path, size=(80, 24)) as shell:
        await shell.press("g", "m", "slash")
        await shell.type("lan")
        assert menu(shell) == ["lang:"]

        await shell.press("escape")
        assert "/lan" in shell.text
        assert menu(shell) == []

        await shell.press("escape")
        assert "/lan" not in shell.text
        assert "row 1/9" in shell.last_line


async def test_real_names_are_offered_and_the_right_key_takes_them(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("slash")
        await shell.type("in:mam")
        assert menu(shell) == ['"Mamans Lyon 3"']

        await shell.press("right", "enter")
        assert '/in:"Mamans Lyon 3"' in shell.text
        assert "row 1/1" in shell.last_line


async def test_what_is_wrong_stands_below_the_line_and_the_list_stays(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("g", "m", "slash")
        await shell.type("lagn:fr")
        assert "✗ There is no field 'lagn' for members; did you mean lang?" in shell.text
        await shell.press("enter")
        assert "/lagn:fr" in shell.text  # the line can be mended

        await shell.press("escape")
        assert "lagn" not in shell.text
        assert "row 1/9" in shell.last_line


async def test_up_in_an_empty_bar_brings_back_the_query_before(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("g", "m", "slash")
        await shell.type('"paula"', "enter")
        assert "row 1/1" in shell.last_line

        await shell.press("escape", "slash", "up", "enter")
        assert '/"paula"' in shell.text
        assert "row 1/1" in shell.last_line


async def test_acts_and_groups_have_words_of_their_own(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("M", "g", "a", "slash")
        await shell.type("verb:mute by:ana", "enter")
        assert "row 1/1" in shell.last_line

        await shell.press("z", "slash")
        await shell.type("-is:undone", "enter")
        assert "takes back" in shell.text and "taken back" not in shell.text

        await shell.press("g", "r", "slash")
        await shell.type("owed>=1 lyon", "enter")
        assert "Mamans Lyon 3" in shell.text
        assert "row 1/1" in shell.last_line


def test_every_word_of_acts_and_groups_can_be_asked() -> None:
    from waconsole.groups import fields as groups
    from waconsole.operators import fields as acts

    for words, subject in ((acts.vocabulary(), "act"), (groups.vocabulary(), "group")):
        for field in words.of_subject(subject).values():
            assert check(field.example, subject, words) == []
        assert subject not in vocabulary().subjects


# Why


async def test_a_row_is_explained_by_the_query_in_force_and_by_another(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("slash")
        await shell.type("is:owed unread>=2", "enter")
        await shell.press("W")
        assert "✓ matches  is:owed unread>=2" in shell.text
        assert "✓ true    unread >= 2" in shell.text
        assert "it is: 3    asked: 2" in shell.text
        assert "rule     q." in shell.text

        await shell.press("W")
        await shell.type("is:muted", "enter")
        assert "✗ does not match  is:muted" in shell.text
        assert "✗ false   is:muted" in shell.text


async def test_every_pane_explains_its_row(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("M")
        for pane, query, shown in (
            ("m", "last_inbound<2d", "✓ true    last_inbound < 2d"),
            ("r", "messages>=1", "✓ true    messages >= 1"),
            ("a", "verb:mute", "✓ true    verb:mute"),
        ):
            await shell.press("g", pane, "W")
            await shell.type(query, "enter")
            assert shown in shell.text
            await shell.press("escape")


async def test_a_message_in_a_thread_is_explained_with_the_rule_of_its_item(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("enter", "W")
        assert "work item: question, open" in shell.text
        assert "says     " in shell.text


async def test_what_is_found_by_the_search_is_explained_too(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("g", "s")
        await shell.type("prochain", "enter")
        await shell.press("W")
        assert "✓ true    prochain" in shell.text


# Marks


async def test_a_query_marks_exactly_what_matches_and_the_sheet_says_how_many(ledger_path: Path) -> None:
    async with console(ledger_path, crowd) as shell:
        await shell.press("g", "m", "asterisk")
        assert "Enter alone marks every row" in shell.text
        await shell.type('in:"Crowd"', "enter")
        assert "Marked: 40." in shell.last_line

        await shell.press("t")
        await shell.type("vip", "enter")
        assert "Tag: 40 members" in shell.text
        await shell.press("y")
        assert "Tagged vip: 40." in shell.last_line


async def test_a_query_that_marks_nothing_says_so(ledger_path: Path) -> None:
    async with console(ledger_path, crowd) as shell:
        await shell.press("g", "m", "asterisk")
        await shell.type("tag:nobody", "enter")
        assert "Nothing in this list matches." in shell.last_line
        assert not shell.app.deck.pane.query_one("RowList").selection  # type: ignore[attr-defined]


# Views


async def test_a_query_is_kept_as_a_tab_with_its_number_and_taken_back(ledger_path: Path) -> None:
    async with console(ledger_path, crowd) as shell:
        await shell.press("g", "m", "slash")
        await shell.type('in:"Crowd"', "enter")
        await shell.press("w")
        await shell.type("The crowd", "enter")
        await shell.settle()
        assert "The crowd 40 ▸" in shell.text
        assert "The crowd is a tab of yours now." in shell.last_line
        assert "row 1/40" in shell.last_line

        await shell.press("z")
        await shell.settle()
        assert "The crowd 40" not in shell.text
        assert "All 41 ▸" in shell.text


async def test_views_of_the_subject_are_counted_and_follow_the_ledger(
    ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pane_views, "COUNTS_APART_SECONDS", 0.1)
    async with console(ledger_path, crowd) as shell:
        await saved(shell, "Vip", "tag:vip", "member", shared=True)
        await saved(shell, "Elsewhere", "is:owed", "conversation")
        await shell.press("g", "m")
        await shell.settle()
        assert "Vip 0" in shell.text
        assert "Elsewhere" not in shell.text

        await members.tag(shell.database, [1, 2, 3], "vip", True, operator="Ana", now=NOW)
        await shell.settle()
        assert "Vip 3" in shell.text


async def test_a_view_can_be_narrowed_further_and_says_both_when_explained(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await saved(shell, "Owing", "is:owed", "conversation")
        await shell.settle()
        for _ in range(4):
            await shell.press("tab")
        assert "Owing 4 ▸" in shell.text
        await shell.press("slash")
        await shell.type("lyon", "enter")
        assert "row 1/1" in shell.last_line

        await shell.press("W")
        assert "matches  Owing  is:owed" in shell.text
        assert "matches  lyon" in shell.text

        await shell.press("escape", "w")
        await shell.type("Lyon owing --shared", "enter")
        views = await shell.database.read(lambda tx: service_views.views_of(tx, "conversation", None))
        assert [(one.name, one.query) for one in views] == [("Lyon owing", "is:owed lyon")]


async def test_nothing_to_save_says_so(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("w")
        assert "Nothing is narrowed here" in shell.last_line

        await shell.press("g", "r", "w")
        assert "Nothing is narrowed here" in shell.last_line


async def test_a_view_that_asks_for_what_there_no_longer_is_shows_no_number(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await saved(shell, "Old", "gone:field", "member")
        await shell.press("g", "m")
        await shell.settle()
        assert "Old" in shell.text

        for _ in range(4):
            await shell.press("tab")
        assert "There is no field 'gone'" in shell.text
        assert "Old ▸" in shell.text


async def test_a_name_that_is_taken_is_refused_in_words(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await saved(shell, "Owing", "is:owed", "conversation", shared=True)
        await shell.press("slash")
        await shell.type("lyon", "enter")
        await shell.press("w")
        await shell.type("owing", "enter")
        assert "choose another name" in shell.last_line


# The search by exact characters


async def test_the_search_reads_every_text_for_exact_characters(ledger_path: Path) -> None:
    async with console(ledger_path, crowd) as shell:
        await shell.press("g", "s")
        await shell.type("llo 3")
        await shell.press("tab")
        assert "Enter reads every text for them" in shell.text

        await shell.press("enter")
        assert "Exact 11 ▸" in shell.text
        assert "row 1/11" in shell.last_line


async def test_hostile_names_are_harmless_in_tabs_menus_and_explanations(ledger_path: Path) -> None:
    def hostile(tx: Transaction) -> None:
        Builder(tx).group(f"Crowd {HOSTILE}", [Said(HOSTILE, HOSTILE, 9)])

    async with console(ledger_path, hostile) as shell:
        await saved(shell, HOSTILE[:20], f'"{HOSTILE[:12]}" or is:unread', "conversation", shared=True)
        await shell.settle()
        seen = [shell.text]
        await shell.press("slash")
        await shell.type("in:cr")
        seen.append(shell.text)
        await shell.press("escape", "escape", *["tab"] * 4)
        await shell.press("W")  # the view has been read
        seen.append(shell.text)

        assert "matches" in seen[-1]
        assert not any(RAW_CONTROLS.search(line) for text in seen for line in text.splitlines())


async def test_a_search_is_kept_as_a_tab_that_the_line_narrows(ledger_path: Path) -> None:
    async with console(ledger_path, crowd) as shell:
        await shell.press("g", "s")
        await shell.type("hello", "enter")
        await shell.press("w")
        await shell.type("Greetings", "enter")
        await shell.settle()
        assert "Greetings 40 ▸" in shell.text
        assert "Greetings is a tab of yours now." in shell.last_line
        assert "row 1/40" in shell.last_line

        await shell.press("slash")
        await shell.type('from:"Member 12"', "enter")
        assert "row 1/1" in shell.last_line
        await shell.press("W")
        assert "matches  Greetings  hello" in shell.text
        assert 'matches  from:"Member 12"' in shell.text

        await shell.press("escape", "slash")
        await shell.type(" fro:x", "enter")
        assert "There is no field 'fro'" in shell.text
