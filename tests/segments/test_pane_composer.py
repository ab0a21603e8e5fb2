"""The segments pane on the screen: a rule composed by keys, live, kept, and written to."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NOW
from tests.console.shell import Console, console
from tests.policy.ledgers import OWNER
from tests.segments.test_sending import crowd
from waconsole.clock import HOUR
from waconsole.database.connection import Transaction
from waconsole.database.engine import connect
from waconsole.query.parse import parse
from waconsole.segments.pane import SegmentsPane
from waconsole.segments.service_asking import Asking, Sql, read
from waconsole.segments.store_segments import in_force

LEAVES = (
    "clicks(7d) >= 1", "orders(30d) = 0", "not tag:vip", "last_push > 36h", "consent:marketing", "not review:open",
    "coupon_share(180d) < 70%", "rfm_layer(365d) = never", "not lang:de", "carts(30d) = 0", "not is:dormant", "refunds(ever) = 0",
)  # fmt: skip
SEEN_SECONDS_MAX = 3.0  # a busy machine: the benchmark of segments holds the 150 ms


def fill(tx: Transaction) -> None:
    """The crowd of a sending, of whom four clicked."""
    crowd(tx)
    tx.execute(
        "INSERT INTO click (member_id, clicked_at, category, recorded_at)"
        " SELECT id, ?, 'serum', 0 FROM member ORDER BY id LIMIT 4",
        (NOW - HOUR,),
    )
    tx.execute("UPDATE member SET name = 'Evil\x1b]0;x\x07[@click=quit]' WHERE name = 'Ana'")


@asynccontextmanager
async def segments(path: Path, size: tuple[int, int] = (80, 24), **options: Any) -> AsyncIterator[Console]:
    """The console on the segments pane, where the owner acts."""
    options = {"operator": OWNER, "clock": lambda: NOW, **options}
    async with console(path, fill, size=size, **options) as shell:
        await shell.press("g", "e")
        yield shell


def pane_of(shell: Console) -> SegmentsPane:
    """The pane itself."""
    return shell.app.query_one(SegmentsPane)


def flat(shell: Console) -> str:
    """The screen with its gaps squeezed."""
    return " ".join(shell.text.split())


@pytest.mark.slow
async def test_twelve_conditions_are_built_by_keys_on_a_small_screen(ledger_path: Path) -> None:
    async with segments(ledger_path) as shell:
        await shell.press("+")
        await shell.type(" and ".join(LEAVES[:10]), "enter")
        await shell.press("G")
        for leaf in LEAVES[10:]:
            await shell.press("&")
            await shell.type(leaf, "enter")
        pane = pane_of(shell)
        assert pane.counted is not None and len(pane.counted.lines) == len(LEAVES)
        assert "refunds(ever) = 0" in shell.text and "clicks(7d) >= 1" in shell.text

        def by_sql(tx: Transaction) -> int:
            asking = Asking(shell.app.desk.vocabulary(), NOW)
            return Sql().matches(tx, read(tx, pane.draft.text, asking)).count

        assert pane.counted.count == await shell.database.read(by_sql)
        await shell.press("k", "k", "~", "|")
        await shell.type("orders(ever) >= 9", "enter")
        await shell.press("G", "x")
        assert "and any of" in shell.text and "or orders(ever) >= 9" in shell.text
        assert "refunds(ever) = 0" not in shell.text
        assert parse(pane.draft.text) == pane.counted.tree
        assert pane.counted.count == await shell.database.read(by_sql)
        assert "(draft, 6 edits)" in shell.text
        for _ in range(3):
            await shell.press("z")
        assert "(draft, 3 edits)" in shell.text and "refunds(ever) = 0" in shell.text


async def test_a_fact_of_another_process_reaches_the_open_rule(ledger_path: Path) -> None:
    async with segments(ledger_path) as shell:
        await shell.press("+")
        await shell.type("clicks(7d) >= 1", "enter")
        pane, begun = pane_of(shell), time.monotonic()
        assert pane.counted is not None and pane.counted.count == 4
        other = connect(shell.database.path, read_only=False)
        other.execute(
            "INSERT INTO click (member_id, clicked_at, category, recorded_at)"
            " SELECT max(id), ?, 'serum', 0 FROM member",
            (NOW - HOUR,),
        )
        other.close()
        while pane.counted.count == 4 and time.monotonic() - begun < SEEN_SECONDS_MAX:
            await shell.pilot.pause(0.005)
        assert pane.counted.count == 5


async def test_a_rule_is_saved_edited_compared_copied_dropped_and_taken_back(ledger_path: Path) -> None:
    async with segments(ledger_path) as shell:
        assert "No segment is saved yet." in shell.text
        await shell.press("+")
        await shell.type("clicks(7d) >= 1", "enter")
        await shell.press("w")
        await shell.type("Clickers", "enter")
        await shell.type("who looks", "enter")
        await shell.press("enter")
        assert "Clickers is saved as version 1" in shell.last_line
        await shell.press("&")
        await shell.type("lang:de", "enter")
        assert "Clickers (draft, 1 edit)" in shell.text
        await shell.press("V")
        assert "+ and lang:de" in shell.text and "-4 leave" in flat(shell)
        await shell.press("escape", "escape")
        assert f"4 +4 2027-02-25 {OWNER} Clickers ▸ draft who" in flat(shell)
        await shell.press("Z")
        await shell.type("Again", "enter")
        assert "All 2" in shell.text
        await shell.press("x")
        assert "All 1" in shell.text and "is dropped" in shell.last_line
        await shell.press("z")
        assert "All 2" in shell.text
        kept = await shell.database.read(lambda tx: in_force(tx, now=NOW))
        assert {one.name: one.rule for one in kept} == dict.fromkeys(("Again", "Clickers"), "clicks(7d) >= 1")


async def test_who_falls_out_is_listed_with_masked_numbers_and_sent_to_through_a_sheet(
    ledger_path: Path,
) -> None:
    async with segments(ledger_path, (120, 40)) as shell:
        await shell.press("+")
        await shell.type("clicks(7d) >= 1 or lang:de or orders(ever) = 0", "enter")
        await shell.settle(0.2)
        assert "template promo (marketing)" in flat(shell)
        assert "6 match" in flat(shell) and "−1 no marketing consent" in flat(shell)
        await shell.press("l", "j", "j", "enter")
        assert "1 no marketing consent" in flat(shell) and "Cy (" in shell.text
        await shell.press("escape", "#", "l")
        assert "Evil␛]0;x␇[@click=quit] (+33639980001)" in shell.text and "clicks 1 ·" in flat(shell)
        await shell.press("j", "enter")
        assert "asked:" in shell.text
        await shell.press("escape", "h", "h")
        await shell.press("m", "1")
        await shell.type("you", "enter")
        await shell.type("news", "enter")
        assert "Queue: 5 messages" in shell.text
        assert "no marketing consent" in shell.text
        assert "all read Hello you, news" in flat(shell)
        await shell.press("y")
        await shell.settle()
        assert "wait to be sent." in shell.text
        queued = await shell.database.read(
            lambda tx: tx.rows("SELECT text, segment FROM visible_outgoing ORDER BY id LIMIT 10")
        )
        assert [row["text"] for row in queued] == ["Hello you, news"] * 5
        await shell.press("escape", "z")
        assert "5 withdrawn" in shell.last_line and "(draft, 1 edit)" in shell.text
