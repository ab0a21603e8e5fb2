"""A line with a guide, marks of a query, and more tabs than there is room for."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import pytest
from textual.app import ComposeResult

from tests.kit.screens import KitApp, plain, screen_lines, screen_text
from waconsole.kit.history import History
from waconsole.kit.prompt import Prompt, PromptInput
from waconsole.kit.selection import MARKS_MAX, Selection
from waconsole.kit.suggest import Guide, Suggestion, Wrong
from waconsole.kit.tabs import Tab, TabStrip

WORDS = ("alpha", "beta", "beyond")


def suggest(text: str, cursor: int) -> Sequence[Suggestion]:
    """The words that begin with the last one."""
    start = text.rfind(" ", 0, cursor) + 1
    begun = text[start:cursor]
    return [
        Suggestion(plain(word), plain(f"says {word}"), start, cursor)
        for word in WORDS
        if word.startswith(begun) and word != begun
    ]


def check(text: str) -> Wrong | None:
    """Every word must be known."""
    start = 0
    for word in text.split(" "):
        if word and word not in WORDS:
            return Wrong(plain(f"Nobody knows {word}."), start, start + len(word))
        start += len(word) + 1
    return None


class GuidedApp(KitApp):
    """A prompt at the bottom."""

    CSS = "Screen { align: left bottom; }"

    def compose(self) -> ComposeResult:
        """The prompt."""
        yield Prompt()

    def ask(self) -> Prompt:
        """Open it."""
        prompt = self.query_one(Prompt)
        prompt.open(
            plain("/"), history=History(["alpha beta"]), guide=Guide(suggest, check), hint=plain("type")
        )
        return prompt

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        """Remember it."""
        self.heard.append(message.text)

    def on_prompt_cancelled(self, message: Prompt.Cancelled) -> None:
        """Remember it."""
        self.heard.append(("cancelled", message.text))


async def test_the_menu_stands_above_the_word_and_moves_nothing() -> None:
    app = GuidedApp()
    async with app.run_test(size=(40, 10)) as pilot:
        prompt = app.ask()
        await pilot.press("a", "l", "tab", "space", "b")
        await pilot.pause(0.1)
        assert screen_lines(app)[7:] == [
            "      ▌ beta    says beta",
            "        beyond  says beyond",
            " /alpha b",
        ]
        await pilot.press("down", "enter", "enter")
        assert app.heard == ["alpha beyond"]
        assert not prompt.display


async def test_what_is_wrong_is_underlined_and_enter_does_not_send_it() -> None:
    app = GuidedApp()
    async with app.run_test(size=(40, 10)) as pilot:
        app.ask()
        await pilot.press(*"beta", "space", *"xy", "enter")
        await pilot.pause(0.1)
        assert screen_lines(app)[8:] == [" /beta xy", " ✗ Nobody knows xy."]
        value = app.query_one(PromptInput)._value
        assert [(span.start, span.end) for span in value.spans] == [(5, 7)]
        assert app.heard == []

        await pilot.press("backspace", "backspace", "enter")
        assert app.heard == ["beta "]


async def test_a_word_that_is_being_written_is_not_called_wrong() -> None:
    app = GuidedApp()
    async with app.run_test(size=(40, 10)) as pilot:
        app.ask()
        await pilot.press("b", "e")
        await pilot.pause(0.1)
        assert "Nobody knows" not in screen_text(app)
        await pilot.press("z")
        await pilot.pause(0.1)
        assert "Nobody knows bez." in screen_text(app)


async def test_tab_on_an_empty_line_shows_everything_and_up_the_line_before() -> None:
    app = GuidedApp()
    async with app.run_test(size=(40, 10)) as pilot:
        prompt = app.ask()
        await pilot.pause()
        assert "type" in screen_text(app)
        await pilot.press("tab")
        assert len(prompt.menu.rows) == 3
        await pilot.press("escape", "up", "enter")
        assert app.heard == ["alpha beta"]


async def test_tab_takes_at_once_what_was_just_begun() -> None:
    app = GuidedApp()
    async with app.run_test(size=(40, 10)) as pilot:
        app.ask()
        app.query_one(PromptInput).insert_text_at_cursor("al")
        await pilot.press("tab", "enter")
        assert app.heard == ["alpha"]


# Marks of a query


def test_a_query_marks_few_rows_by_name_and_many_as_one_rule() -> None:
    few, many = Selection(), Selection()
    few.put(7, marked=True)
    few.mark_matching(array("q", [1, 2, 7]))
    assert few.keys == {1, 2, 7} and not few.matched

    many.put(-5, marked=True)
    many.mark_matching(array("q", range(MARKS_MAX + 1)))
    assert many.count(0) == MARKS_MAX + 2
    assert -5 in many and 0 in many and MARKS_MAX + 1 not in many
    assert not many.keys


def test_exceptions_to_a_query_are_named_and_what_is_gone_is_forgotten() -> None:
    marks = Selection()
    marks.mark_matching(array("q", range(MARKS_MAX + 1)))
    assert marks.toggle(3) and marks.toggle(-1)
    assert 3 not in marks and -1 in marks
    assert marks.count(0) == MARKS_MAX + 1

    marks.keep(range(10))
    assert marks.count(0) == 10
    assert 9 in marks and 11 not in marks

    marks.mark_matching(array("q", [3, 20]))
    assert 3 in marks and 20 in marks and -1 in marks

    marks.clear()
    assert not marks and 5 not in marks


# Tabs


class TabsApp(KitApp):
    """A strip of tabs."""

    def compose(self) -> ComposeResult:
        """Ten tabs."""
        yield TabStrip([Tab(f"t{place}", plain(f"Tab {place}"), place) for place in range(10)], adds=True)

    def on_tab_strip_opened(self, message: TabStrip.Opened) -> None:
        """Remember it."""
        self.heard.append(message.tab)

    def on_tab_strip_add_wanted(self, _: TabStrip.AddWanted) -> None:
        """Remember it."""
        self.heard.append("+")


@pytest.mark.parametrize(
    ("opened", "shown"),
    [("t0", " Tab 0 0 ▸  Tab 1 1  Tab 2 2  …"), ("t5", "…Tab 3 3  Tab 4 4  Tab 5 5 ▸  …")],
)
async def test_tabs_are_shown_whole_and_more_of_them_as_a_sign(opened: str, shown: str) -> None:
    app = TabsApp()
    async with app.run_test(size=(34, 4)) as pilot:
        app.query_one(TabStrip).open(opened)
        await pilot.pause()
        assert screen_lines(app)[0] == shown


async def test_the_last_tabs_end_with_a_plus_that_can_be_clicked() -> None:
    app = TabsApp()
    async with app.run_test(size=(34, 4)) as pilot:
        app.query_one(TabStrip).open("t9")
        await pilot.pause()
        line = screen_lines(app)[0]
        assert line.endswith("Tab 9 9 ▸  +")
        await pilot.click(TabStrip, offset=(line.index("+"), 0))
        assert app.heard == ["t9", "+"]


async def test_when_the_open_tab_goes_the_first_one_is_opened() -> None:
    app = TabsApp()
    async with app.run_test(size=(34, 4)) as pilot:
        strip = app.query_one(TabStrip)
        strip.open("t9")
        strip.show([Tab("t0", plain("Tab 0")), Tab("t1", plain("Tab 1"))])
        await pilot.pause()
        assert app.heard == ["t9", "t0"]
