"""The fraud pane on the screen: what is at stake and why, deciding by keys, the evidence at every width."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cashback.ledger_lines import KEPT
from tests.console.shell import Console, console
from tests.fraud import desk
from tests.fraud.desk import NOW, PEOPLE, item, person
from waconsole.clock import DAY, HOUR
from waconsole.database.connection import Transaction
from waconsole.fraud.pane import FraudPane
from waconsole.operators import service as operators
from waconsole.operators import store_sign_in
from waconsole.text import stored

RING: Final = list(range(101, 113))


def staffed(tx: Transaction) -> None:
    """Who decides, and a programme."""
    owner = operators.add(tx, "ann", "owner", now=NOW - DAY)
    for name, (role, number) in PEOPLE.items():
        member = None if number is None else person(tx, number)
        one = owner if name == "ann" else operators.add(tx, name, role, now=NOW - DAY, member_id=member)
        store_sign_in.add_passphrase(tx, one.id, KEPT, set_by=owner.id, now=NOW - DAY)
    desk.lay_programme(tx, owner.id)


def queue(tx: Transaction) -> None:
    """A ring of twelve, one that shares an address, what is about lee, something small, something large."""
    staffed(tx)
    item(tx, "r-ring", RING, held=240_000)
    item(
        tx,
        "r-pair",
        [101, 120],
        kind="self_referral",
        held=60_000,
        address="1 Nathan Rd",
        found_at=NOW - HOUR,
    )
    item(tx, "r-lee", [1, 121], kind="mule", held=30_000)
    item(tx, "r-solo", [122], kind="velocity", held=800)
    item(tx, "r-large", [123, 124], kind="chain", held=900_000, found_at=NOW - 2 * HOUR)
    tx.execute("UPDATE member SET name = 'Lin Chan' WHERE id = ?", (person(tx, 101),))


def many(tx: Transaction, count: int) -> None:
    """Items of two people each, by turns of ten kinds of trouble and of honesty."""
    staffed(tx)
    for place in range(count):
        kind = "ring" if place % 3 else "mule"
        item(tx, f"r-{place:03}", [200 + 2 * place, 201 + 2 * place], kind=kind, held=100_000 - place)


@asynccontextmanager
async def fraud(
    path: Path, fill: Callable[[Transaction], None] = queue, **options: Any
) -> AsyncIterator[Console]:
    """The console on the fraud pane, where kim acts."""
    async with console(path, fill, **{"operator": "kim", "clock": lambda: NOW, **options}) as shell:
        await shell.press("g", "f")
        yield shell


def flat(shell: Console) -> str:
    """The screen with its gaps squeezed."""
    return " ".join(shell.text.split())


async def outcomes(shell: Console) -> Counter[str]:
    """How many items are decided how; what nobody decided counts as open."""
    rows = await shell.database.read(
        lambda tx: tx.rows(
            "SELECT coalesce(d.outcome, 'open') FROM review AS v LEFT JOIN review_decision AS d ON d.id = v.decision_id"
            " LIMIT 1000"
        )
    )
    return Counter(row[0] for row in rows)


async def test_an_item_is_told_with_what_speaks_for_and_against_it(ledger_path: Path) -> None:
    async with fraud(ledger_path, size=(168, 46)) as shell:
        assert "To decide 5 ▸ Mine 0 Escalated 0 Put off 0 Frozen 0 Decided 0 All 5" in flat(shell)
        assert "open 5 held 12308.00 HKD oldest 5h (hold at 24 h)" in flat(shell)
        assert "9000.00 HKD 2h 22h ▲ chain of 2" in flat(shell)
        assert "Another operator confirms it." in flat(shell)

        await shell.press("j")
        assert "2400.00 HKD · ring of 12 · r-ring" in shell.text
        assert "ring A → B → C → D → E → F → G → H" in flat(shell)
        assert "Lin C. +852 •• •• •• 01" in shell.text
        assert "signals ▲ +60 ring says so" in flat(shell)
        assert "counter ✓ -20 old_customers says so" in flat(shell)
        assert "p freeze: 2400.00 HKD stays held" in flat(shell)
        assert "◂ 26 Nov 2026" in flat(shell)
        await shell.press("<")
        assert "23/24" in flat(shell)

        await shell.press("j", "I", "#")
        assert "only address" in flat(shell)
        assert "address “1 Nathan Rd”: A B" in flat(shell)
        assert "Lin Chan +85291000101" in shell.text


@pytest.mark.parametrize("count", [10, pytest.param(100, marks=pytest.mark.slow)])
async def test_a_hundred_items_are_decided_on_in_a_hundred_and_thirty_keys(
    ledger_path: Path, count: int
) -> None:
    """A run of five alike is one reason and four repeats: some are void for what each is, some genuine."""
    keys: list[str] = []
    for run in range(count // 5):
        keys += ["x", "enter", *["full_stop"] * 4] if run % 2 == 0 else ["a", "enter", *["full_stop"] * 4]
    assert len(keys) <= 1.3 * count

    async with fraud(ledger_path, partial(many, count=count)) as shell:
        await shell.press(*keys)

        void = 5 * (count // 5 - count // 10)
        assert await outcomes(shell) == {"void": void, "release": count - void}
        assert "To decide 0 ▸" in flat(shell)
        assert "✓ void, ring of 2" in shell.text
        reasons = await shell.database.read(
            lambda tx: {row[0] for row in tx.rows("SELECT DISTINCT reason FROM review_decision LIMIT 10")}
        )
        assert reasons == {"ring", "mule", "old_customer"}

        await shell.press("z")
        assert (await outcomes(shell))["open"] == 1


async def test_a_ring_of_twelve_is_frozen_in_three_keys_once_its_sum_was_shown(ledger_path: Path) -> None:
    async with fraud(ledger_path, size=(80, 24)) as shell:
        await shell.press("j")
        await shell.press("p")
        assert "ring: Enter takes it" in flat(shell)
        await shell.press("enter")
        assert "Freeze: 12 people" in shell.text
        assert "held 2400.00 HKD" in flat(shell)
        assert "first Lin C. +852 •• •• •• 01" in flat(shell)
        assert (await outcomes(shell))["open"] == 5
        await shell.press("enter")

        assert await outcomes(shell) == {"freeze": 1, "open": 4}
        assert "Frozen: 1 item, 12 people." in shell.last_line
        assert "‖ frozen, ring o" in shell.text
        kept = await shell.database.read(lambda tx: tx.value("SELECT count(*) FROM member_gate"))
        assert kept == 12

        await shell.press("z", "enter")
        assert "600.00 HKD · self referral of 2 · r-pair" in shell.text
        assert "To decide" in shell.text and "r-pair" in shell.text
        await shell.press("x", "enter")
        assert "300.00 HKD · mule of 2 · r-lee" in flat(shell)
        await shell.press("escape")
        assert "▌" in shell.text and "✓ void, self" in shell.text


async def test_many_are_voided_through_the_sheet_and_more_money_waits_for_another(ledger_path: Path) -> None:
    async with fraud(ledger_path, operator="lee") as shell:
        await shell.press("*", "enter", "X", "enter")
        assert "Void: 4 items" in shell.text
        assert "left out 1 it is about you: somebody else decides on it" in flat(shell)
        assert "second ▲ 1 need another operator" in flat(shell)
        assert "reason ring 1" not in flat(shell) and "reason" in flat(shell)
        await shell.press("y")
        assert "Voided: 3 items" in shell.last_line
        assert "Proposed to another operator: 1." in shell.last_line
        assert "◆ proposed by lee void: chain" in flat(shell)

        await shell.press("k", "k", "k", "x", "enter")
        assert "another operator confirms it" in flat(shell)
        shell.app.desk.operator = "kim"
        await shell.press("x", "enter")
        assert (await outcomes(shell)) == {"void": 4, "open": 1}


async def test_items_are_taken_put_off_connected_and_found(ledger_path: Path) -> None:
    async with fraud(ledger_path) as shell:
        await shell.press("j", "c")
        assert "r-ring is yours until" in shell.last_line
        assert "Mine 1" in shell.text
        await shell.press("C")
        assert "Marked: 2 of 2 that hang together." in shell.last_line
        await shell.press("escape", "s", "1", "enter")
        assert "Put off: 2400.00 HKD" in shell.last_line
        assert "Put off 1" in shell.text
        await shell.press("e")
        assert "row 3/4" in shell.last_line

        await shell.press("slash")
        await shell.type("held<10 HKD", "enter")
        assert "row 1/1" in shell.last_line
        await shell.press("escape", "x")
        await shell.type("nonsense", "enter")
        assert "'nonsense' is no reason here." in shell.last_line
        await shell.press("ctrl+u")
        await shell.type("abu: they said so", "enter")
        words = await shell.database.read(lambda tx: tx.value("SELECT words FROM review_words"))
        assert words == "they said so"
        await shell.press("full_stop")
        assert "It is decided already" in shell.text
        await shell.press("z")
        assert "It is decided already" not in shell.text

        await shell.press("tab", "g", "i")
        await shell.app.show_pane("fraud", {"review": "r-lee"})
        await shell.settle()
        assert "300.00 HKD · mule of 2 · r-lee" in shell.text


async def test_hostile_names_are_harmless_and_an_empty_desk_teaches(ledger_path: Path) -> None:
    evil = "\x1b]0;x\x07[@click=app.bell]x[/] \u202eevil"

    def fill(tx: Transaction) -> None:
        staffed(tx)

    async with fraud(ledger_path, fill, operator=None) as shell:
        assert "Nothing has looked wrong yet." in shell.text
        assert ":import invites FILE" in flat(shell)

        def more(tx: Transaction) -> None:
            item(tx, "r-evil", [101, 102], held=100, address=evil)
            tx.execute("UPDATE member SET name = ?", (stored(evil),))
            tx.execute("UPDATE signal SET says = ?", (stored(evil),))

        await shell.database.write(more)
        await shell.settle()
        await shell.press("enter", "#")
        assert "\x1b" not in shell.text and "\u202e" not in shell.text
        assert "nobody is signed in" in shell.text
        await shell.press("x")
        assert "Nobody is signed in here" in shell.last_line
        assert isinstance(shell.app.deck.pane, FraudPane)
