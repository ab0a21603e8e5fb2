"""The pane of what stands aside: what it is and why, harmless to read, and tried again by key."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from tests.conftest import NOW
from tests.console.shell import Console, console
from tests.console.test_hostile import assert_clean
from tests.kit.screens import HOSTILE
from tests.sync.webhooks import ANA, body, our_number, take_in, text
from waconsole.database.connection import Transaction
from waconsole.operators import service as operators

OTHER: Final = "100000000000009"


def _ana(tx: Transaction) -> None:
    operators.add(tx, "Ana", "owner", now=NOW)


@asynccontextmanager
async def aside(path: Path, *contents: bytes) -> AsyncIterator[Console]:
    """The console over a ledger that took these bodies in, with the pane in sight."""
    async with console(path, _ana, clock=lambda: NOW) as shell:
        await our_number(shell.database)
        await take_in(shell.database, *contents)
        await shell.press("g", "n")
        yield shell


def other(wamid: str, words: str) -> bytes:
    """A message to a number that is not ours."""
    return body(number=OTHER, names=[(ANA, "Ana Lima")], messages=[text(wamid, words)])


async def test_what_stands_aside_says_why_and_is_taken_in_once_the_reason_is_gone(ledger_path: Path) -> None:
    async with aside(ledger_path, other("wamid.A", "for another number")) as shell:
        assert "✗ quarantined" in shell.text and "It is for a number" in shell.text
        assert "All 1" in shell.text and "Quarantined 1" in shell.text

        await shell.press("enter")
        assert "for another number" in shell.text

        await shell.press("escape", "a")
        assert "0 taken in, 1 still stand aside." in shell.last_line

        await our_number(shell.database, OTHER)
        await shell.press("a")
        assert "1 taken in, 0 still stand aside." in shell.last_line
        assert "Nothing stands aside." in shell.text

        await shell.press("g", "i")
        assert "Ana Lima" in shell.text


async def test_marked_ones_are_tried_again_through_a_sheet_that_says_it_cannot_be_undone(
    ledger_path: Path,
) -> None:
    async with aside(ledger_path, other("wamid.A", "one"), other("wamid.B", "two")) as shell:
        await our_number(shell.database, OTHER)
        await shell.press("A")
        assert "Nothing is marked." in shell.last_line

        await shell.press("space", "space", "A")
        assert "Try again: 2 things that stand aside" in shell.text
        assert "this cannot be undone" in shell.text
        await shell.press("y")
        assert "2 taken in, 0 still stand aside." in shell.last_line


async def test_it_is_narrowed_in_the_language(ledger_path: Path) -> None:
    async with aside(ledger_path, other("wamid.A", "one"), b'{"object": "page"}') as shell:
        await shell.press("slash")
        await shell.type(f"number:{OTHER}", "enter")
        assert "row 1/1" in shell.last_line or "row 1/1" in shell.text


async def test_hostile_text_that_stands_aside_does_nothing(ledger_path: Path) -> None:
    odd = {
        "from": ANA,
        "id": f"wamid.{HOSTILE}",
        "timestamp": "1795000000",
        "type": HOSTILE,
        HOSTILE: HOSTILE,
    }
    bodies = (body(messages=[odd]), json.dumps({"object": HOSTILE, "entry": HOSTILE}).encode())
    async with aside(ledger_path, *bodies) as shell:
        assert_clean(shell)
        for keys in (
            ["enter"],
            ["escape", "j", "enter"],
            ["escape", "y"],
            ["escape", "space", "A"],
            ["escape"],
        ):
            await shell.press(*keys)
            assert_clean(shell)
