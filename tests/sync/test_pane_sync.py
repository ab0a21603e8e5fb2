"""The Sync pane: what stands between us and WhatsApp, and what is done about it by key."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import NOW
from tests.console.shell import console
from tests.console.test_hostile import assert_clean
from tests.sync.sync_ledger import ana, everything, hostile
from waconsole.clock import MINUTE
from waconsole.database.connection import Database
from waconsole.outbox import store_numbers
from waconsole.sync import notice_rows, store_pane_sync


async def test_everything_stands_on_one_small_screen_and_is_settled_by_key(ledger_path: Path) -> None:
    async with console(ledger_path, everything, size=(80, 24), clock=lambda: NOW) as shell:
        await shell.press("g", "y")
        for words in (
            "+1 •• 99 cloud     ● ready, at most 80/s",
            "green · portfolio 611 of 2,000 in 24 h",
            "spring",
            "WhatsApp has paused the template after",
            "campaigns",
            "answer lost · no word for 16m",
            "template needed",
            "webhooks today: 1, waiting: 1",
        ):
            assert words in shell.text, words
        assert "The campaign spring: it paused itself" in shell.text.splitlines()[1]

        await shell.press("tab", "e")
        await shell.until("It counts as accepted")
        assert "Nothing is unknown." in shell.text

        await shell.press("tab", "T")
        assert "template hello fr" in shell.text  # the only one that can be sent
        await shell.press("escape", "a")
        await shell.until("It is queued again.")
        await shell.press("tab", "e")
        await shell.until("Seen: 1.")
        assert await shell.database.read(notice_rows.unseen_count) == {}


async def test_a_number_is_paused_and_goes_on_and_the_log_follows_or_stands_still(ledger_path: Path) -> None:
    async with console(ledger_path, everything, size=(120, 40), clock=lambda: NOW) as shell:
        await shell.press("g", "y", "p")
        await shell.until("The number is paused")
        assert "paused by Ana" in shell.text

        await shell.press("a")
        await shell.until("It goes on")
        rows = await shell.database.read(store_numbers.all_numbers)
        assert all(row["paused_at"] is None for row in rows)

        await shell.press("enter")
        assert "Only templates outside a window count" in shell.text
        await shell.press("escape", "slash")
        await shell.type("answer lost", "enter")
        assert "row 1/1" in shell.last_line
        await shell.press("escape", "L")
        assert "answer lost after 1.0 s" in shell.text and "kept, waits to be taken apart" in shell.text
        await shell.press("L")
        assert "The log stands still" in shell.last_line


async def test_a_ledger_without_a_number_teaches_how_one_is_connected(ledger_path: Path) -> None:
    async with console(ledger_path, ana, size=(80, 24)) as shell:
        await shell.press("0")
        assert "No number yet: `waconsole connect`" in shell.text


async def test_hostile_words_in_it_do_nothing(ledger_path: Path) -> None:
    async with console(ledger_path, hostile, clock=lambda: NOW) as shell:
        await shell.press("g", "y")
        assert_clean(shell)
        for keys in (["enter"], ["escape", "j", "j", "enter"], ["escape", "tab", "tab", "tab", "enter"], ["escape", "tab", "enter"]):  # fmt: skip
            await shell.press(*keys)
            assert_clean(shell)


async def test_what_the_pane_reads_is_what_the_ledger_holds(database: Database) -> None:
    await database.write(everything)

    found = await database.read(lambda tx: store_pane_sync.seen(tx, now=NOW, with_log=True))

    assert [(one.state, one.quality, one.reached, one.reach_max) for one in found.numbers] == [
        ("ready", "GREEN", 611, 2_000)
    ]
    assert [(one.lane, one.queued) for one in found.lanes] == [(0, 1), (1, 0), (2, 0)]
    assert found.counts == {"held": 2, "unknown": 1, "scheduled": 0, "failed": 0}
    assert (found.inward.today, found.inward.waiting, found.inward.quarantined) == (1, 1, 0)
    assert [one["way"] for one in found.log] == ["in", "out"]
    assert found.log[1]["at"] == NOW - 16 * MINUTE
