"""Signing in at the console: hidden, kept in no history, for every pane; a copy says that it waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console.shell import Console, console
from tests.console.test_launch import Terminal
from tests.inbox.ledger_builder import NOW, community
from tests.quick_screens import TURNS_MAX, WAIT_SECONDS
from waconsole import catalogue
from waconsole.console.signing import PassphraseSheet, end_idle
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.kit.entry import Entry
from waconsole.operators import service_known, service_passphrase
from waconsole.operators.authority import ADOPTION, PENDING
from waconsole.operators.service_known import Wanted
from waconsole.settings.secrets import Secret

WORDS = "shibboleth for Ana"


def staffed(tx: Transaction) -> None:
    """A community whose owner has a passphrase; the ledger waits for an owner."""
    community(tx)
    kept = service_passphrase.hashed(Secret(WORDS))
    service_known.add(tx, None, Wanted("Ana", "owner"), kept, now=NOW)
    facts.set_fact(tx, ADOPTION, PENDING)


async def command(shell: Console, line: str) -> PassphraseSheet:
    """Say `line`, which asks for a passphrase; answers the sheet that asks."""
    await shell.press("colon")
    await shell.type(line)
    await shell.pilot.press("enter")
    for _ in range(TURNS_MAX):
        if isinstance(shell.app.screen, PassphraseSheet) and shell.app.screen.is_mounted:
            return shell.app.screen
        await shell.pilot.pause(WAIT_SECONDS)
    raise AssertionError("nobody asks for a passphrase")


async def answer(shell: Console, sheet: PassphraseSheet, words: str, said: str) -> None:
    """Answer it and wait until `said` stands somewhere; whoever waits for a sheet is at work, so nothing settles."""
    sheet.query_one(Entry).value = words
    await shell.pilot.pause()
    assert words not in shell.text
    await shell.pilot.press("enter")
    for _ in range(TURNS_MAX):
        if said in shell.text:
            return
        await shell.pilot.pause(WAIT_SECONDS)
    raise AssertionError(shell.text)


def acts_here(shell: Console) -> str | None:
    """Who is signed in."""
    return shell.app.desk.operator


async def test_signing_in_is_hidden_and_changes_who_acts_until_signing_out(ledger_path: Path) -> None:
    async with console(ledger_path, staffed, operator=None) as shell:
        assert "This ledger is a copy" in shell.text
        sheet = await command(shell, "sign-in Ana")
        await answer(shell, sheet, "words that are wrong", "That is not Ana's passphrase")
        assert acts_here(shell) is None

        await answer(shell, await command(shell, "sign-in Ana"), WORDS, "Ana acts here now")
        await shell.settle()
        assert acts_here(shell) == "Ana"
        assert "Ana, owner" in shell.last_line

        await shell.press("colon")
        await shell.type("adopt", "enter")
        assert "This ledger is a copy" not in shell.text

        shell.app.key_at -= 29 * 60
        await end_idle(shell.app)
        assert acts_here(shell) == "Ana"
        shell.app.key_at -= 2 * 60
        await end_idle(shell.app)
        assert acts_here(shell) is None


async def test_a_passphrase_on_the_command_line_is_not_taken_echoed_or_kept(ledger_path: Path) -> None:
    async with console(ledger_path, staffed, operator=None) as shell:
        await shell.press("colon")
        await shell.type(f"sign-in Ana {WORDS}", "enter")
        assert "on a line of its own" in shell.last_line
        await shell.press("colon", "up")
        assert "shibboleth" not in shell.text

        await shell.press("escape", "colon")
        await shell.type("sign-out", "enter")
        assert "Nobody is signed in here." in shell.last_line


async def test_another_operator_is_added_with_a_passphrase_typed_twice(ledger_path: Path) -> None:
    async with console(ledger_path, staffed, operator="Ana") as shell:
        sheet = await command(shell, "operators add Cy --role moderator")
        await answer(shell, sheet, "one thing here", "once more")
        await answer(shell, sheet, "another thing", "These two were not the same.")
        await answer(shell, sheet, "the words of Cy", "once more")
        await answer(shell, sheet, "the words of Cy", "Cy is an operator: moderator.")


@pytest.mark.parametrize(("words", "code"), [(WORDS, 0), ("words that are wrong", 1)])
async def test_the_passphrase_is_asked_before_the_screen_opens(
    ledger_path: Path, words: str, code: int
) -> None:
    async with catalogue.open_ledger(ledger_path, now=NOW) as database:
        await database.write(staffed)
    terminal = Terminal("--ledger", str(ledger_path), "--as", "Ana")
    try:
        terminal.read_until("Ana's passphrase: ")
        terminal.press(f"{words}\r")
        if code:
            assert terminal.end() == code
            assert b"That is not Ana's passphrase" in terminal.written
        else:
            terminal.read_until("Ana, owner")
            terminal.press("\x11")
            assert terminal.end() == code
        assert words.encode() not in terminal.written
    finally:
        terminal.close()
