"""`!`: it asks once, pauses everything, says so above every pane, and lets everything go on."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import NOW
from tests.console.shell import console
from tests.outbox.road import add_number
from waconsole.console.banner import banner_sentence
from waconsole.database.connection import Database, Transaction
from waconsole.kit.reader import Line, Reader
from waconsole.operators import service as operators
from waconsole.outbox import service_pacing, store_breakers, store_numbers
from waconsole.outbox.alarms import Alarm, Alarms
from waconsole.outbox.store_alarms import alarms
from waconsole.text import ForeignText, SafeText


async def test_the_key_asks_once_pauses_everything_and_lets_it_go_on(ledger_path: Path) -> None:
    async with console(ledger_path, size=(80, 24)) as shell:
        await shell.press("exclamation_mark")
        assert "Pause everything? ! does it" in shell.last_line

        await shell.press("x")
        assert "Nothing was paused." in shell.last_line
        assert not await shell.database.read(store_breakers.is_all_paused)

        await shell.press("g", "m", "exclamation_mark", "exclamation_mark")
        await shell.until("Everything is paused")
        assert await shell.database.read(store_breakers.is_all_paused)
        assert "‖ Everything is paused by " in shell.text.splitlines()[1]

        await shell.press("g", "i")
        assert ": nothing leaves. ! lets it go on." in shell.text

        await shell.press("exclamation_mark")
        await shell.until("Everything goes on")
        assert not await shell.database.read(store_breakers.is_all_paused)
        assert "nothing leaves" not in shell.text


async def test_the_last_line_goes_on_after_a_sheet_that_closed_before_it_was_painted(
    ledger_path: Path,
) -> None:
    async with console(ledger_path) as shell:
        app = shell.app
        reader = Reader(SafeText("Closed at once"), [Line(SafeText("line"))])
        await app.push_screen(reader)
        app._is_behind = True  # asked for after the sheet's next painting, which never comes
        reader.dismiss(None)
        await shell.settle()
        await shell.press("j")
        assert "row 2/" in shell.last_line


async def test_what_paused_itself_and_what_whatsapp_restricted_is_told(database: Database) -> None:
    def work(tx: Transaction) -> Alarms:
        number_id = add_number(tx)
        store_numbers.set_paused(
            tx, number_id, at=NOW, reason="account: WhatsApp has restricted this account."
        )
        store_breakers.set_state(
            tx, "campaign", "spring", "paused", reason="strikes", detail="131026 \x1b[31m", since=NOW
        )
        operators.add(tx, "Ana", "owner", now=NOW)
        service_pacing.pause(tx, operators.acting(tx, "Ana", now=NOW), now=NOW)
        return alarms(tx)

    found = await database.write(work)

    assert [one.scope for one in found.paused] == ["all", "number", "campaign"]
    assert banner_sentence(found, "!") == (
        "‖ Everything is paused by Ana: nothing leaves. ! lets it go on. (and 2 more, in Sync)"
    )
    told = banner_sentence(Alarms(found.paused[1:2]), "!")
    assert told == "‖ Shop: WhatsApp has restricted this account."
    told = banner_sentence(Alarms(found.paused[2:]), "!")
    assert "The campaign spring: it paused itself after refusals in a row: 131026" in told
    assert "\x1b" not in told


def test_nothing_is_said_while_nothing_is_paused() -> None:
    assert banner_sentence(Alarms(unknown=3), "!") == ""
    assert not Alarms((Alarm("number", ForeignText("Shop")),)).is_all_paused
