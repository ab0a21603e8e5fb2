"""Counting a rule while it is typed: exact where it is a rule, and no number at all where it is none."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.console.shell import console
from waconsole.clock import parse_iso
from waconsole.database.connection import Transaction

NOW: Final = parse_iso("2026-11-26T12:00:00Z")
PEOPLE: Final = 30


def fill(tx: Transaction) -> None:
    """People, every other one French."""
    for one in range(1, PEOPLE + 1):
        tx.execute(
            "INSERT INTO member (id, ref, language, origin, added_at) VALUES (?, ?, ?, 'import', 0)",
            (one, f"m{one}", "fr" if one % 2 else "ja"),
        )


async def test_what_is_no_rule_is_never_counted_as_everybody(ledger_path: Path) -> None:
    async with console(ledger_path, fill, operator="ann", clock=lambda: NOW, size=(120, 40)) as shell:
        await shell.press("g", "e", "plus")
        await shell.type("lang:fr")
        assert "15  of 30 members  50.0 %" in shell.text
        assert "exact" in shell.text

        await shell.press("ctrl+u")  # everybody
        await shell.type("lang:fr and nope(7d) = 1")
        assert "? not a whole rule  There is no field 'nope'" in shell.text
        assert "of 30 members" not in shell.text
        await shell.database.write(lambda tx: tx.execute("UPDATE member SET timezone = 'UTC'"))
        await shell.settle()
        assert "? not a whole rule" in shell.text
