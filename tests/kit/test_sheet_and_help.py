"""The sheet before a bulk act, and the help."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from tests.kit.screens import HOSTILE, RAW_CONTROLS, KitApp, plain, screen_lines, screen_text
from waconsole.kit.help import Help, HelpEntry, matching
from waconsole.kit.sheet import Proposal, Sheet
from waconsole.text import safe

PROPOSAL = Proposal(
    verb=plain("Mark as done"),
    things=plain("items"),
    count=12,
    first=plain("Mamans Lyon 3"),
    last=plain("Runners Köln"),
    undo=plain("Puts all 12 back until 14:20."),
    excluded=((3, plain("muted")),),
)
ENTRIES = (
    HelpEntry(("e",), "inbox.done", plain("Done"), plain("Mark as done and go on.")),
    HelpEntry(("r",), "inbox.reply", plain("Reply"), plain("Write an answer."), False, plain("read-only")),
    HelpEntry(("g i",), "visit.inbox", plain("Inbox"), plain("Open the inbox.")),
    HelpEntry(("E",), "review.escalate", plain("Escalate"), plain("Ask someone above.")),
)


async def asked(app: KitApp, proposal: Proposal, **options: Any) -> Sheet:
    """`proposal` on the screen; the answer is heard by `app`."""
    sheet = Sheet(proposal, **options)
    await app.push_screen(sheet, app.heard.append)
    return sheet


@pytest.mark.parametrize(("key", "answer"), [("y", True), ("enter", True), ("n", False), ("escape", False)])
async def test_the_sheet_says_what_will_be_done_and_takes_yes_or_no(key: str, answer: bool) -> None:
    app = KitApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await asked(app, PROPOSAL)
        await pilot.pause()
        lines = [" ".join(line.split()) for line in screen_lines(app)]
        for line in (
            "Mark as done: 12 items",
            "first Mamans Lyon 3",
            "last Runners Köln",
            "left out 3 muted",
            "undo Puts all 12 back until 14:20.",
        ):
            assert line in lines
        await pilot.press(key)
        assert app.heard == [answer]


async def test_a_large_act_needs_its_exact_count_typed() -> None:
    app = KitApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await asked(app, dataclasses.replace(PROPOSAL, count=312))
        await pilot.press("y", "enter")
        assert app.heard == []
        await pilot.press("3", "1", "1", "enter")
        await pilot.pause()
        assert app.heard == []
        assert "That is not the count. Type 312 to go on." in screen_text(app)
        await pilot.press("3", "1", "2", "enter")
        assert app.heard == [True]


async def test_escape_leaves_a_large_act_too() -> None:
    app = KitApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await asked(app, PROPOSAL, typed_from=2)
        await pilot.press("1", "escape")
        assert app.heard == [False]


@pytest.mark.parametrize("empty", ["verb", "things", "first", "last", "undo"])
def test_a_sheet_without_content_cannot_be_made(empty: str) -> None:
    with pytest.raises(AssertionError):
        changes: dict[str, Any] = {empty: plain(" ")}
        dataclasses.replace(PROPOSAL, **changes)
    with pytest.raises(AssertionError):
        dataclasses.replace(PROPOSAL, count=0)


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ("", ["inbox.done", "inbox.reply", "visit.inbox", "review.escalate"]),
        ("key:e", ["inbox.done"]),
        ("key:g", ["visit.inbox"]),
        ("reply", ["inbox.reply"]),
        ("open inbox", ["visit.inbox"]),
        ("key:e reply", []),
    ],
)
def test_help_is_found_by_act_and_by_key(wanted: str, ids: list[str]) -> None:
    assert [entry.id for entry in matching(ENTRIES, wanted)] == ids


async def test_the_help_shows_why_an_act_cannot_be_done_and_does_not_do_it() -> None:
    app = KitApp()
    async with app.run_test(size=(80, 20)) as pilot:
        await app.push_screen(Help(ENTRIES), app.heard.append)
        await pilot.pause()
        assert "r  Reply                   not now: read-only" in screen_text(app)
        await pilot.press("down", "enter")
        assert app.heard == []
        await pilot.press("down", "enter")
        assert app.heard == ["visit.inbox"]


async def test_typing_narrows_the_help() -> None:
    app = KitApp()
    async with app.run_test(size=(80, 20)) as pilot:
        await app.push_screen(Help(ENTRIES), app.heard.append)
        await pilot.press(*"key:E")
        await pilot.pause()
        assert "Escalate" in screen_text(app) and "Reply" not in screen_text(app)
        await pilot.press("enter")
        assert app.heard == ["review.escalate"]


async def test_hostile_text_in_sheet_and_help_stays_text() -> None:
    evil = safe(HOSTILE)
    app = KitApp()
    async with app.run_test(size=(100, 24)) as pilot:
        await asked(app, Proposal(evil, evil, 2, evil, evil, evil, ((1, evil),), ((evil, evil),)))
        await pilot.pause()
        assert "[@click=app.bell]" in screen_text(app)
        assert not any(RAW_CONTROLS.search(line) for line in screen_lines(app))
        await pilot.press("escape")
        await app.push_screen(Help([HelpEntry((HOSTILE,), "x.y", evil, evil, False, evil)]))
        await pilot.pause()
        assert "not now: A" in screen_text(app)
        assert not any(RAW_CONTROLS.search(line) for line in screen_lines(app))
