"""Hostile text through the outbox pane, from every place it can come from: nothing raw, nothing breaks, nothing acts."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.conftest import NOW
from tests.console.shell import console
from tests.console.test_hostile import TEXTS, assert_clean
from tests.outbox import road
from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.operators import service as operators
from waconsole.outbox import service, service_road
from waconsole.text import stored
from waconsole.whatsapp.driver import Action, Verdict
from waconsole.whatsapp.events import StatusChanged

SIZES: Final = ((80, 24), (120, 40))


def hostile(tx: Transaction) -> None:
    """A message refused, one undelivered, one held and one waiting for each text; a number stopped because of one."""
    operators.add(tx, "Ana", "owner", now=NOW)
    number = road.add_number(tx)
    for place, raw in enumerate(TEXTS):
        text = stored(raw)[:4000]
        threads = [road.add_thread(tx, number, 10 * place + turn) for turn in range(4)]
        _take(
            tx,
            number,
            threads[0],
            text,
            Verdict("refused", action=Action.PARK, code=999999, detail=text, trace=text),
        )
        wamid = f"wamid.{place}"
        _take(tx, number, threads[1], text, Verdict("accepted", wamid=wamid))
        for participant in ("", text[:200]):
            service.status(
                tx,
                StatusChanged(wamid, "failed", NOW, "33639980000", participant, None, 999998, text, None),
                now=NOW,
            )
        _take(tx, number, threads[2], text, Verdict("refused", action=Action.STOP, code=190, detail=text))
        road.queue(tx, number, threads[3], text)
    tx.execute("UPDATE member SET name = :text", {"text": stored(TEXTS[0])})
    tx.execute(
        "UPDATE number SET name = :text, stopped_reason = :text WHERE driver = 'cloud'",
        {"text": stored(TEXTS[0])},
    )


def _take(tx: Transaction, number: int, conversation: int, text: str, verdict: Verdict) -> None:
    road.queue(tx, number, conversation, text)
    (taken,) = service_road.take(tx, number, owner="host:1", now=NOW, limit=1).taken
    service_road.conclude(tx, number, taken, verdict, now=NOW, chance=1.0)


@pytest.mark.parametrize("size", [SIZES[0], pytest.param(SIZES[1], marks=pytest.mark.slow)])
async def test_hostile_text_does_nothing_in_the_outbox(ledger_path: Path, size: tuple[int, int]) -> None:
    rung: list[str] = []
    async with console(ledger_path, hostile, size=size, clock=lambda: NOW + SECOND) as shell:
        shell.app.bell = lambda: rung.append("bell")  # type: ignore[method-assign]
        await shell.press("g", "o")
        assert_clean(shell)
        for _ in range(3):
            await shell.press("enter")
            assert_clean(shell)
            await shell.press("pagedown")
            assert_clean(shell)
            await shell.press("escape", "j")
        for keys in (
            ["number_sign"],
            ["asterisk", "X"],
            ["escape"],
            ["A"],
            ["escape"],
            ["R"],
            ["escape"],
            ["question_mark"],
        ):
            await shell.press(*keys)
            assert_clean(shell)
    assert rung == []
