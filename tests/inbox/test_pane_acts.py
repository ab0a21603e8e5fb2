"""Each act of the inbox: what its key does, what is said, and that it is taken back exactly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from tests.inbox.ledger_builder import Builder, Said
from tests.inbox.pane_app import InboxApp, inbox, press, settle
from tests.inbox.test_pane_triage import standing
from tests.kit.screens import screen_lines, screen_text
from waconsole.database.connection import Transaction
from waconsole.inbox.pane_copy import links_in, real_host, tsv


@pytest.mark.parametrize(
    ("keys", "sentence", "shown"),
    [
        (("s", "t"), "Mamans Lyon 3 is out of sight until 21 Nov 2026 09:00:00 UTC.", "◷ snoozed"),
        (("s", "tab", "2", "h", "enter"), "Mamans Lyon 3 is out of sight until 20 Nov 2026 11:21:00 UTC.", "◷ snoozed"),
        (("c",), "Mamans Lyon 3 is yours for a while.", "▸ taken by Ana"),
        (("o", "2"), "Mamans Lyon 3 is assigned to Bo.", "for Bo"),
        (("M",), "Mamans Lyon 3 is muted.", "‖ muted"),
        (("j", "e"), "Done: price in Skin Club TPE.", "● unread"),
        (("enter", "k", "u"), "Unread again.", "●3"),
        (("enter", "e"), "Done: question in Mamans Lyon 3.", "✓"),
        (("enter", "j", "plus", "2"), "This is a complaint now.", "◆3"),
        (("enter", "plus", "0"), "Dropped: it was no question.", "✗"),
        (("enter", "t", "v", "i", "p", "enter"), "Tagged vip.", "Inès"),
        (("i", "h", "i", "enter"), "The note stands in the thread.", "¶  09:21  Ana"),
        (("enter", "r", "o", "u", "i", "enter"), "Queued as a task for a human hand.", "offered  oui"),
        (("j", "enter", "r", "o", "k", "enter"), "The reply is queued.", "queued  ok"),
    ],
)  # fmt: skip
async def test_an_act_is_said_seen_and_undone(
    ledger_path: Path, keys: tuple[str, ...], sentence: str, shown: str
) -> None:
    async with inbox(ledger_path, size=(140, 30)) as (app, pilot):
        before = await standing(app.desk.database)
        for key in keys:
            await press(pilot, key)
        assert app.said[-1] == sentence
        assert shown in screen_text(app)
        assert app.pane.rows.cursor_key is not None
        await press(pilot, "z")
        assert app.said[-1].startswith("Undone: ")
        after = await standing(app.desk.database)
        # What was written stays for the record: only its state goes back.
        for table in ("outgoing", "task", "note"):
            before.pop(table), after.pop(table)
        if sentence == "The reply is queued.":
            assert shown not in screen_text(app)
            after["message"] = after["message"][:-1]  # hidden while its outgoing row is cancelled
        if "plus" in keys and "2" in keys:
            after["work_item"] = after["work_item"][:-1]
        assert after == before


async def test_taking_again_gives_back_and_what_another_has_taken_is_refused(ledger_path: Path) -> None:
    async with inbox(ledger_path) as (app, pilot):
        await press(pilot, "c", "c")
        assert app.said[-1] == "Mamans Lyon 3 is given back."
    async with inbox(ledger_path, lambda tx: None, operator="Bo") as (app, pilot):
        await press(pilot, "c")
    async with inbox(ledger_path, lambda tx: None) as (app, pilot):
        assert "▸ taken by Bo" in screen_text(app)
        await press(pilot, "c")
        assert app.said[-1] == "Bo has taken this conversation: nothing was changed."
        await press(pilot, "r", "x", "enter")
        assert app.said[-1].startswith("Bo has taken this conversation")
        assert "Not queued: this is still your text" in screen_text(app)


async def test_escape_keeps_the_draft_and_r_brings_it_back(ledger_path: Path) -> None:
    async with inbox(ledger_path) as (app, pilot):
        await press(pilot, "r", "a", "ctrl+j", "b", "escape")
        assert app.said[-1] == "The draft is kept."
        await press(pilot, "escape")
        row = app.pane.row
        assert row is not None and row.draft
        await press(pilot, "r")
        text = screen_lines(app)
        assert any(line.endswith("│ a") for line in text) and any(line.endswith("│ b") for line in text)
        await press(pilot, "enter")
        row = app.pane.row
        assert row is not None and not row.draft


async def test_an_act_on_marks_asks_with_the_exact_count_and_leaves_out_what_is_not_mine(
    ledger_path: Path,
) -> None:
    async with inbox(ledger_path, operator="Bo") as (app, pilot):
        await press(pilot, "c")
    async with inbox(ledger_path, lambda tx: None, size=(80, 24)) as (app, pilot):
        await press(pilot, "v", "j", "j", "space", "e")
        text = screen_text(app)
        assert "Done: 2 conversations" in text
        assert "first     Skin Club TPE" in text and "last      Complaints Berlin" in text
        assert "left out  1  taken by another operator" in text
        assert "items     2" in text
        await press(pilot, "escape")
        assert app.pane.counters is not None and app.pane.counters.owed == 5
        assert app.pane.status().marks == 3
        await press(pilot, "e", "y")
        assert app.pane.counters.owed == 3 and app.pane.status().marks == 0
        assert app.said[-1] == "Done: 2 conversations."


async def test_marks_in_a_thread_are_done_and_tagged_together(ledger_path: Path) -> None:
    async with inbox(ledger_path) as (app, pilot):
        await press(pilot, "enter", "asterisk", *"paula", "enter")
        assert app.pane.status().marks == 0
        await press(pilot, "asterisk", *"from:Inès", "enter")
        assert app.pane.status().marks == 2
        await press(pilot, "e")
        assert "first     Inès: question  Et c'est quand" in screen_text(app)
        assert "left out  1  messages without an open item" in screen_text(app)
        await press(pilot, "escape", "escape", "asterisk", "enter")
        assert app.pane.status().marks == 2
        await press(pilot, "e")
        assert "Done: 2 items" in screen_text(app)
        await press(pilot, "y")
        assert app.pane.counters is not None and app.pane.counters.owed == 3
        await press(pilot, "home", "space", "space", "t", "n", "e", "w", "enter")
        assert "Tag (new): 2 members" in screen_text(app)
        await press(pilot, "y")
        assert app.said[-1] == "Tag: 2 members."


@pytest.mark.parametrize("keys", [("enter", "r"), ("i",), ("enter", "G", "r"), ("enter", "G", "i")])
async def test_the_cursor_stays_on_what_was_answered(ledger_path: Path, keys: tuple[str, ...]) -> None:
    async with inbox(ledger_path, size=(140, 30)) as (app, pilot):
        await press(pilot, *keys)
        stood_on, count = app.pane.thread.rows.cursor_key, len(app.pane.thread.source)
        await press(pilot, "o", "u", "i", "enter")

        assert len(app.pane.thread.source) == count + 1
        assert app.pane.thread.rows.cursor_key == stood_on


async def test_a_query_marks_what_it_matches(ledger_path: Path) -> None:
    async with inbox(ledger_path, size=(80, 24)) as (app, pilot):
        await press(pilot, "asterisk", *"item:join", "enter")
        assert app.pane.status().marks == 1
        await press(pilot, "escape", "asterisk", "enter")
        assert app.pane.status().marks == 5


async def test_the_last_act_is_repeated_on_the_next_row(ledger_path: Path) -> None:
    async with inbox(ledger_path) as (app, pilot):
        await press(pilot, "full_stop")
        assert app.said[-1] == "Nothing has been done yet that could be repeated."
        await press(pilot, "s", "1", "j", "full_stop")
        assert app.said[-1] == "Skin Club TPE: done again."
        assert app.pane.counters is not None and app.pane.counters.owed == 2


async def test_keys_wait_for_an_act_and_a_cursor_that_went_on_is_not_fetched_back(ledger_path: Path) -> None:
    async with inbox(ledger_path) as (app, pilot):
        pane, attempt = app.pane, app.pane.attempt

        async def slowly(change: Awaitable[Any], *sentences: str, **options: Any) -> Any:
            await asyncio.sleep(0.05)  # the ledger is busy
            return await attempt(change, *sentences, **options)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pane, "attempt", slowly)
            await press(pilot, "s", "1", "j", "full_stop")
        assert app.said[-1] == "Skin Club TPE: done again."

        async def meanwhile(change: Awaitable[Any], *sentences: str, **options: Any) -> Any:
            result = await attempt(change, *sentences, **options)
            pane.rows.move_to(3)
            return result

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pane, "attempt", meanwhile)
            await press(pilot, "home", "M")
        assert app.said[-1] == "Mamans Lyon 3 is muted."
        assert pane.rows.cursor_index == 3


async def test_the_cursor_is_kept_on_the_last_row(ledger_path: Path) -> None:
    async with inbox(ledger_path, size=(80, 24)) as (app, pilot):
        await press(pilot, "tab", "G", "e")
        assert app.pane.status().row == 3 and app.pane.status().rows == 3
        await press(pilot, "e", "e", "e")
        assert app.pane.status().rows == 1
        await press(pilot, "e")
        assert app.pane.status().rows == 0 and "Nothing here." in screen_text(app)
        await press(pilot, "z")
        assert app.pane.status().row == 1


async def test_read_only_acts_say_why_not(ledger_path: Path) -> None:
    async with inbox(ledger_path):
        pass
    async with inbox(ledger_path, lambda tx: None, read_only=True) as (app, pilot):
        for key in ("e", "r", "s", "i", "c", "o", "t", "M", "u"):
            await press(pilot, key)
            assert app.said.pop().startswith("This ledger is open for reading only"), key
        assert len(app.screen_stack) == 1


async def copied(app: InboxApp, choice: str) -> str:
    """What the clipboard holds after a copy."""
    await app.pane.copy(choice)
    return app.clipboard


async def test_text_row_and_rows_are_copied(ledger_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    async with inbox(ledger_path) as (app, pilot):
        await press(pilot, "enter", "v", "j", "j", "space")
        assert await copied(app, "text") == "et le prix ?"
        assert len((await copied(app, "tsv")).splitlines()) == 1 + 3
        rows = json.loads(await copied(app, "json"))
        assert [row["text"] for row in rows][-1] == "et le prix ?"
        assert rows[0]["at"] == "2026-11-20T09:09:00Z"
        assert app.said[-1].startswith("Copied ")


async def test_a_link_shows_its_real_host_before_it_is_opened(
    ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "a 1 b 2")

    def fill(tx: Transaction) -> None:
        said = [Said("X", "look https://paypal.com@evil.example/x and https://раураl.com/", 5, "spam", 30)]
        Builder(tx).group("Links", said)

    async with inbox(ledger_path, fill) as (app, pilot):
        await press(pilot, "enter", "b")
        text = screen_text(app)
        assert "1  evil.example" in text and "2  xn--l-7sba6dbr.com" in text
        await press(pilot, "1")
        await settle(pilot)
        assert app.clipboard == "https://paypal.com@evil.example/x"


def test_links_are_found_with_their_hosts() -> None:
    assert links_in("see www.shop.example/a, (https://b.example/x). https://") == [
        "www.shop.example/a",
        "https://b.example/x",
    ]
    assert real_host("https://[broken") == ""
    assert tsv([{"a": 1, "b": "x\ty\n"}]) == "a\tb\n1\tx y\n"
