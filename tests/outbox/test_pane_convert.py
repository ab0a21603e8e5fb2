"""The keys of the outbox that hold, and that make a template of a message; and the task list's copy of a whole group."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import NOW
from tests.console.shell import console
from tests.outbox import road
from waconsole.clock import DAY, HOUR
from waconsole.database.connection import Database, Transaction
from waconsole.kit import clipboard
from waconsole.operators import service as operators
from waconsole.outbox import service, store, store_pane
from waconsole.outbox.pane_convert import command
from waconsole.outbox.store_pane import OutgoingRow
from waconsole.whatsapp.content import Text


def _row(tx: Transaction) -> OutgoingRow:
    number_id = road.add_number(tx)
    thread = road.add_thread(tx, number_id, 1, window_until=None)
    return store_pane.rows(tx, [road.queue(tx, number_id, thread, "Hello")])[0]


async def test_a_line_names_the_template_and_what_fills_it(database: Database) -> None:
    row = await database.write(_row)
    names = ["hello_again en", "shipped en", "shipped de"]

    for typed, meant in (
        ("hello_again en", ["--template", "hello_again", "--language", "en"]),
        ("hello_again", ["--template", "hello_again", "--language", "en"]),
        ("shipped", []),
        ("", []),
        ("shipped de Ana B | 12.50", ["--template", "shipped", "--language", "de", "--param", "'Ana", "B'", "--param", "12.50"]),
    ):  # fmt: skip
        assert command(row, typed, names).split()[3:] == meant


async def test_one_key_holds_and_one_makes_a_template_of_it(ledger_path: Path) -> None:
    def fill(tx: Transaction) -> None:
        operators.add(tx, "Ana", "owner", now=NOW)
        _row(tx)
        tx.execute(
            "INSERT INTO template (waba_id, name, language, status, category) VALUES (?, 'hello', 'en', 'APPROVED', 'UTILITY')",
            ("200000000000002",),
        )

    noon = NOW - NOW % DAY + 12 * HOUR
    async with console(ledger_path, fill, clock=lambda: noon) as shell:
        await shell.press("g", "o")
        await shell.press("T")
        await shell.press("enter")
        await shell.until("in the place of")
        rows = await road.rows(shell.database)
        assert [(row["state"], row["reason"]) for row in rows] == [("cancelled", "replaced"), ("queued", "")]

        await shell.press("up", "H")
        await shell.until("It is held until somebody releases it.")
        assert "held" in await road.states(shell.database)
        await shell.press("z")
        assert "held" not in await road.states(shell.database)


async def test_all_open_tasks_of_a_group_are_copied_at_once(
    ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []

    async def keep(app: object, text: str) -> str:
        copied.append(text)
        return "Copied."

    monkeypatch.setattr(clipboard, "copy", keep)

    def fill(tx: Transaction) -> None:
        operators.add(tx, "Ana", "owner", now=NOW)
        hand = store.hand_number_id(tx)
        threads = [road.add_thread(tx, hand, place) for place in (1, 2)]
        for thread, text in ((threads[0], "one"), (threads[1], "other"), (threads[0], "two")):
            service.enqueue(
                tx, number_id=hand, conversation_id=thread, message_id=None, driver="human", content=Text(text),
                purpose="reply", answers_id=None, operator_id=None, now=NOW,
            )  # fmt: skip

    async with console(ledger_path, fill, clock=lambda: NOW) as shell:
        await shell.press("g", "t")
        await shell.press("Y")
        assert copied == ["one\n\ntwo"]
        tasks = await shell.database.read(lambda tx: store.tasks(tx, only_open=True))
        assert sorted((task.text, task.state) for task in tasks) == [
            ("one", "copied"), ("other", "offered"), ("two", "copied"),
        ]  # fmt: skip
        await shell.press("z")
        tasks = await shell.database.read(lambda tx: store.tasks(tx, only_open=True))
        assert {task.state for task in tasks} == {"offered"}
