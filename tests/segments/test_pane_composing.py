"""The composer by keys: the waterfall and who is behind a step, keeping a rule, twelve conditions on a small terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from tests.console.shell import Console, console
from waconsole.clock import DAY, parse_iso
from waconsole.database.connection import Transaction
from waconsole.operators import service as operators

NOW: Final = parse_iso("2026-11-26T12:00:00Z")
PEOPLE: Final = 30
EVIL: Final = "\x1b]0;x\x07[@click=app.bell]x[/]"
TWELVE: Final = (
    "lang:fr and not tag:a and not tag:b and not tag:c and not tag:d and not tag:e and not tag:f and not tag:g"
    " and not tag:h and not tag:i and not tag:j and not tag:vip"
)


def fill(tx: Transaction) -> None:
    """People, every other one French; the first twenty agreed to marketing, the first three are VIPs."""
    operators.add(tx, "ann", "owner", now=NOW - DAY)
    for one in range(1, PEOPLE + 1):
        phone = f"+852910001{one:02}"
        tx.execute(
            "INSERT INTO member (id, ref, name, language, origin, added_at) VALUES (?, ?, ?, ?, 'import', 0)",
            (one, f"m{one:02}", EVIL if one == 1 else f"Person {one}", "fr" if one % 2 else "ja"),
        )
        tx.execute(
            "INSERT INTO alias (member_id, kind, value, folded, origin) VALUES (?, 'phone', ?, ?, 'import')",
            (one, phone, phone),
        )
    for one in range(1, 21):
        tx.execute(
            "INSERT INTO consent (member_id, purpose, state, source, decided_at, recorded_at, origin)"
            " VALUES (?, 'marketing', 'yes', 'file', ?, 0, 'import')",
            (one, NOW - DAY),
        )
    for one in range(1, 4):
        tx.execute("INSERT INTO own_tag (member_id, name, tagged_at) VALUES (?, 'vip', 0)", (one,))
    tx.execute(
        "INSERT INTO template (waba_id, name, language, category, status, told_at)"
        " VALUES ('', 'promo', 'en', 'MARKETING', 'APPROVED', 0)"
    )


@asynccontextmanager
async def composer(path: Path, rule: str, size: tuple[int, int]) -> AsyncIterator[Console]:
    """The console with a rule that was typed."""
    options: dict[str, Any] = {"operator": "ann", "clock": lambda: NOW, "size": size}
    async with console(path, fill, **options) as shell:
        await shell.press("g", "e", "plus")
        await shell.type(rule, "enter")
        yield shell


def flat(shell: Console) -> str:
    """The screen with its gaps squeezed."""
    return " ".join(shell.text.split())


async def test_a_step_of_the_waterfall_lists_whom_it_is_against(ledger_path: Path) -> None:
    async with composer(ledger_path, "lang:fr", (120, 40)) as shell:
        await shell.settle()
        assert "new rule (draft, 1 edit) 15 of 30 members 50.0 %" in flat(shell)
        assert "15 match" in flat(shell) and "−5 no marketing consent" in flat(shell)
        assert "10 would get it" in flat(shell)
        assert "\x1b" not in shell.text and "+852910001" not in shell.text

        await shell.press("space", "l", "j", "space")
        assert "✱" not in shell.text
        await shell.press("enter")
        assert "5 no marketing consent" in flat(shell)
        assert "Person 29 (+852 •• •• •• 29) no marketing consent" in flat(shell)


async def test_twelve_conditions_on_a_small_terminal_are_edited_and_kept(ledger_path: Path) -> None:
    async with composer(ledger_path, TWELVE, (80, 24)) as shell:
        assert "13 of 30 members 43.3 %" in flat(shell)
        assert "row 1/12" in shell.last_line
        assert "13 match" in flat(shell) and "would get it" in flat(shell)

        await shell.press("G", "tilde")
        assert "2 of 30 members" in flat(shell)
        await shell.press("x")
        assert "15 of 30 members" in flat(shell) and "row 11/11" in shell.last_line
        await shell.press("z", "z")
        assert "13 of 30 members" in flat(shell)

        await shell.press("w")
        await shell.type("French", "enter")
        await shell.type("who reads it", "enter", "enter")
        assert "French is saved as version 1" in shell.last_line
        await shell.press("escape")
        await shell.settle()
        assert "French" in shell.text and "who reads it" in shell.text

        await shell.press("x")
        assert "No segment is saved yet." in shell.text
        await shell.press("z")
        assert "who reads it" in shell.text
