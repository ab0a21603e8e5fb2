"""The cashback pane on the screen: what is to be decided on, what speaks for it, deciding by one key, and by many."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cashback import earnings, ledger_lines
from tests.cashback.earnings import AMARA, LIN, NOW
from tests.console.shell import Console, console
from waconsole.cashback.pane import CashbackPane
from waconsole.cashback.pane_many import Deed
from waconsole.database.connection import Transaction
from waconsole.members.model import ref_of
from waconsole.operators import service as operators
from waconsole.operators import store_sign_in

ORDERS: Final = (
    (LIN, "1000.00 HKD"), (LIN, "500.00 HKD"), (AMARA, "2000.00 HKD"), (LIN, "90000 JPY"), (LIN, "111.111 KWD"),
    (LIN, "4000 points"), (AMARA, "10.00 HKD"), (LIN, "300.00 HKD"),
)  # fmt: skip
PROPOSED: Final = 6
LOOKS_MAX: Final = 200  # at what is read beside the screen


def earned(tx: Transaction, more: int = 0) -> None:
    """Eight lines, the last one's order may come back; `more` of 3.00 HKD each, earned by two in turn."""
    operators.add(tx, "ann", "owner", now=NOW)
    ledger_lines._staffed(tx)
    earnings.scheme(tx, budget="40000.00 HKD")
    earnings.ambassador(tx, LIN)
    earnings.ambassador(tx, AMARA)
    tx.execute("UPDATE member SET name = 'Lin C.' WHERE ref = ?", (ref_of("phone", LIN),))
    for number, (phone, total) in enumerate(ORDERS, 1):
        day = "2026-11-25" if number == len(ORDERS) else "2026-10-01"
        earnings.order(tx, f"A{number}", phone, day, total)
    for number in range(more):
        earnings.order(tx, f"B{number}", (LIN, AMARA)[number % 2], "2026-10-02", "100.00 HKD")
    earnings.catch_up(tx)


def proposed(tx: Transaction, more: int = 0) -> None:
    """The same, and kim proposed the first six lines and what is more."""
    earned(tx, more)
    mature = tx.rows("SELECT id FROM cashback_line WHERE matures_at <= ? ORDER BY id LIMIT 1000", (NOW,))
    first, rest = [row[0] for row in mature[:PROPOSED]], [row[0] for row in mature[PROPOSED + 1 :]]
    ledger_lines.done(tx, "kim", "propose", *first, *rest)


@asynccontextmanager
async def cashback(
    path: Path, fill: Callable[[Transaction], None] = proposed, **options: Any
) -> AsyncIterator[Console]:
    """The console on the cashback pane, where zoe acts."""
    async with console(path, fill, **{"operator": "zoe", "clock": lambda: NOW, **options}) as shell:
        await shell.press("g", "c")
        yield shell


def pane_of(shell: Console) -> CashbackPane:
    """The pane itself."""
    return shell.app.query_one(CashbackPane)


async def states(shell: Console) -> Counter[str]:
    """How many lines stand how; what is held counts as held."""
    rows = await shell.database.read(lambda tx: tx.rows("SELECT state, held FROM line_state LIMIT 1000"))
    return Counter("held" if held else state for state, held in rows)


def flat(shell: Console) -> str:
    """The screen with its gaps squeezed."""
    return " ".join(shell.text.split())


async def test_a_line_is_told_with_what_speaks_for_it_and_whether_one_may_decide(ledger_path: Path) -> None:
    async with cashback(ledger_path) as shell:
        assert "To decide 6 ▸ By payee Earned 2 Held 0 Approved 0 Back 0 All 8" in flat(shell)
        assert "105.00 HKD" in shell.text
        assert "budget 39885.70 of 40000.00 HKD left" in shell.text
        assert "limit 1000.00 of 1000.00 HKD left today" in shell.text
        assert "30.00 HKD · Lin C. (+852 •• •• •• 67)" in shell.text
        assert "3 % of 1000.00 HKD = 30.00 HKD" in flat(shell)
        assert "✓ Past its return window." in shell.text
        assert "✓ not payee · not proposer · inside your limit" in shell.text
        assert "proposed 30.00 HKD kim, 26 Nov 2026 12:00" in shell.text

        await shell.press("#")
        assert f"Lin C. ({LIN})" in shell.text

        await shell.press("tab", "tab", "j")
        assert "◷ returnable" in shell.text or "It can still be returned until" in shell.text


@pytest.mark.parametrize("count", [10, pytest.param(100, marks=pytest.mark.slow)])
async def test_a_hundred_lines_are_decided_on_in_a_hundred_and_thirty_keys(
    ledger_path: Path, count: int
) -> None:
    keys: list[str] = []
    for number in range(count):
        keys += ["x", "1"] if number % 10 == 3 else ["p"] if number % 20 == 7 else ["a"]
    assert len(keys) <= 1.3 * count

    async with cashback(ledger_path, partial(proposed, more=count - PROPOSED)) as shell:
        await shell.press(*keys)

        rejected, held = count // 10, keys.count("p")
        left = {"approved": count - rejected - held, "rejected": rejected, "held": held, "accrued": 2}
        assert await states(shell) == left
        assert "Nothing is proposed." in shell.text

        await shell.press("z")
        assert (await states(shell))["proposed"] == 1


async def test_many_are_decided_on_through_the_sheet_and_what_is_refused_stays_marked(
    ledger_path: Path,
) -> None:
    def fill(tx: Transaction) -> None:
        proposed(tx)
        ledger_lines.done(tx, "zoe", "propose", 7)

    async with cashback(ledger_path, fill, operator="abe", size=(80, 24)) as shell:  # abe is Amara
        await shell.press("*", "enter", "A")
        assert "Approve: 5 lines" in shell.text
        assert "left out 2 it is paid to you: somebody else decides on it" in flat(shell)
        await shell.press("escape")
        assert (await states(shell))["approved"] == 0

        await shell.press("escape", "space", "space", "A", "y")
        assert "Approved: 2 lines, 45.00 HKD." in shell.last_line
        assert (await states(shell))["approved"] == 2

        await shell.press("z")
        assert (await states(shell))["proposed"] == 7


async def test_the_limit_of_the_day_refuses_a_line_and_says_so_beside_it(ledger_path: Path) -> None:
    def fill(tx: Transaction) -> None:
        proposed(tx)
        zoe = ledger_lines.operator(tx, "zoe")
        store_sign_in.add_limit(tx, zoe.id, "HKD", 5_000, set_by=1, now=NOW)

    async with cashback(ledger_path, fill) as shell:
        await shell.press("space", "space", "space")
        assert "proposed 6 marked 3 · 105.00 HKD" in flat(shell)
        await shell.press("A")
        assert "you may approve 50.00 HKD today: lines beyond it are refused" in flat(shell)
        await shell.press("y")
        assert "Approved: 2 lines, 45.00 HKD. Refused and still marked: 1." in flat(shell)
        assert "1 marked" in flat(shell)
        assert (
            "✗ refused" in shell.text
            or "refused 60.00 HKD is more than zoe may still approve today" in flat(shell)
        )

        await shell.press("escape", "tab")
        assert "60.00 HKD · +852 •• •• •• 32 · 1 line to decide on" in flat(shell)


async def test_who_was_first_is_said_and_the_other_console_sees_it(ledger_path: Path) -> None:
    async with cashback(ledger_path) as shell:
        pane = pane_of(shell)
        key = pane.key
        assert key is not None
        await shell.database.write(lambda tx: ledger_lines.done(tx, "ann", "approve", key))
        pane._put(key, Deed("approve"))
        await shell.settle()

        assert "It was already approved by ann at 2026-11-26T12:00:00Z." in flat(shell)
        assert "To decide 5 ▸" in flat(shell)
        for _ in range(LOOKS_MAX):  # the line above is read beside the screen
            if "▲ 1 too late" in flat(shell):
                break
            await shell.pilot.pause(0.02)
        assert "▲ 1 too late" in flat(shell)

        await shell.press("e")
        assert "you wanted to approve it: approved by ann, 26 Nov 2026 12:00" in flat(shell)
        await shell.press("escape")
        assert "too late" not in shell.text


async def test_a_batch_is_made_and_exported_by_who_counted_it(ledger_path: Path, tmp_path: Path) -> None:
    def fill(tx: Transaction) -> None:
        proposed(tx)
        ledger_lines.done(tx, "ann", "approve", 1, 2)

    file = tmp_path / "payouts.csv"
    async with cashback(ledger_path, fill) as shell:
        await shell.press("h")
        assert "No batch yet." in shell.text
        await shell.press("+", "1")
        assert "Put into a batch: 2 lines" in shell.text
        await shell.press("y")
        assert "export it to a file" in shell.text

        await shell.press("e")
        await shell.type("2", "enter")
        await shell.type("45.01", "enter")
        await shell.press("ctrl+u")
        await shell.type(str(file), "enter")
        assert "another count or another sum" in flat(shell)
        assert not file.exists()

        await shell.press("h")
        await shell.press("enter")
        await shell.press("e")
        await shell.type("2", "enter")
        await shell.type("45.00", "enter")
        await shell.press("ctrl+u")
        await shell.type(str(file), "enter")
        assert "2 payouts, SHA-256" in flat(shell)
        assert file.read_text().count("\n") == 3


async def test_a_line_is_split_stated_and_followed_into_the_ledger(ledger_path: Path) -> None:
    async with cashback(ledger_path, size=(80, 24)) as shell:
        await shell.press("S")
        await shell.type("12.50", "enter")
        assert "Approved in part: 30.00 HKD" in flat(shell)

        await shell.press("$")
        assert "HKD: earned" in shell.text
        await shell.press("escape", "tab", "tab", "tab", "tab", "enter")
        assert "open 17.50 HKD · in the wallet 12.50 HKD" in flat(shell)

        await shell.press("escape", "l")
        assert "comes from A1" in flat(shell)


async def test_nobody_decides_who_is_not_signed_in(ledger_path: Path) -> None:
    async with cashback(ledger_path, operator=None) as shell:
        assert "nobody is signed in: `:sign-in NAME`" in shell.text
        await shell.press("a")
        assert "Nobody is signed in here" in shell.last_line
        assert (await states(shell))["proposed"] == PROPOSED
