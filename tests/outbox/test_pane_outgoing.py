"""The outbox pane: every state in words and sign, each key where it is allowed and why not where it is not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path
from typing import Any, Final

import pytest

from tests.conftest import NOW
from tests.console.shell import Console, console
from tests.outbox import road
from waconsole.clock import HOUR, SECOND
from waconsole.console.app import ConsoleApp
from waconsole.database.connection import Database, Transaction
from waconsole.kit import clipboard
from waconsole.operators import service as operators
from waconsole.outbox import pane_outgoing_plan as plans
from waconsole.outbox import service, service_acts, service_pacing, service_road, store, store_pane_numbers
from waconsole.outbox.fields import STATES
from waconsole.outbox.pane_outgoing_rows import Tongue, head_pieces
from waconsole.whatsapp.driver import Action, Verdict

LOST: Final = Verdict("unknown", action=Action.UNKNOWN, detail="ReadTimeout")
NO_WHATSAPP: Final = Verdict(
    "refused",
    action=Action.PARK,
    code=131026,
    detail="Message undeliverable \x1b[31m",
    trace="Az8or2yhqkZfEZ",
)


def tried(tx: Transaction, number_id: int, verdict: Verdict, *, chance: float = 0.0) -> int:
    """Take the next queued message and answer so; the outgoing row."""
    (taken,) = service_road.take(tx, number_id, owner="host:1", now=NOW, limit=1).taken
    service_road.conclude(tx, number_id, taken, verdict, now=NOW + SECOND, chance=chance)
    return taken.outgoing_id


def everything(tx: Transaction) -> None:
    """A message in each state an operator meets."""
    number = road.add_number(tx)
    for place, (text, verdict) in enumerate(
        (("it was read", road.accepted(1)), ("the answer is lost", LOST), ("no such number", NO_WHATSAPP))
    ):
        road.queue(tx, number, road.add_thread(tx, number, place), text)
        tried(tx, number, verdict)
    road.queue(tx, number, road.add_thread(tx, number, 3, window_until=NOW - HOUR), "too late to say so")
    road.queue(tx, number, road.add_thread(tx, number, 4), "this one waits")
    service.status(tx, road.heard("wamid.FAKE0001", "delivered", at=NOW + SECOND), now=NOW)
    service.status(tx, road.heard("wamid.FAKE0001", "read", at=NOW + 2 * SECOND), now=NOW)


@asynccontextmanager
async def outbox(
    path: Path, fill: Callable[[Transaction], None] = everything, *, size: tuple[int, int] = (120, 30)
) -> AsyncIterator[Console]:
    """The console with the outbox in sight, its clock at the road's."""

    def work(tx: Transaction) -> None:
        operators.add(tx, "Ana", "owner", now=NOW)
        fill(tx)

    async with console(path, work, size=size, clock=lambda: NOW + 5 * SECOND) as shell:
        await shell.press("g", "o")
        yield shell


async def states(shell: Console) -> list[str]:
    """The state of every message, oldest first."""
    return await road.states(shell.database)


async def test_every_message_says_its_state_whom_to_and_why(ledger_path: Path) -> None:
    async with outbox(ledger_path, everything) as shell:
        assert "✓ accepted" in shell.text and "✓ read" in shell.text
        assert "? unknown" in shell.text and "answer lost · the answer is lost" in shell.text
        assert "✗ failed" in shell.text and "131026 not reachable on WhatsApp" in shell.text
        assert "‖ held" in shell.text and "template needed · too late" in shell.text
        assert "◷ queued" in shell.text
        assert "+33 •• 00" in shell.text and "+33639980000" not in shell.text
        assert "All 5" in shell.text and "Waiting 2" in shell.text and "Unknown 1" in shell.text
        assert "Failed 1" in shell.text and "Done 1" in shell.text


async def test_it_fits_a_small_screen(ledger_path: Path) -> None:
    async with outbox(ledger_path, everything, size=(80, 24)) as shell:
        assert "template needed" in shell.text and "answer lost" in shell.text
        assert "+33 •• 01 Member" in shell.text
        assert "queued 1" in shell.text


async def test_the_head_says_that_a_number_is_stopped_and_why(ledger_path: Path) -> None:
    def stopped(tx: Transaction) -> None:
        everything(tx)
        number = store.cloud_number(tx)
        assert number is not None
        tried(
            tx,
            number,
            Verdict("refused", action=Action.STOP, code=190, detail="Session has expired \x1b]0;x\x07"),
        )

    async with outbox(ledger_path, stopped) as shell:
        assert "✗ stopped" in shell.text and "Session has expired ␛]0;x␇" in shell.text
        assert "number stopped · this one waits" in shell.text


async def test_the_head_says_that_whatsapp_cannot_be_reached(ledger_path: Path) -> None:
    def offline(tx: Transaction) -> None:
        everything(tx)
        number = store.cloud_number(tx)
        assert number is not None
        tried(tx, number, Verdict("unsent", action=Action.RETRY, detail="ConnectError"), chance=10.0)

    async with outbox(ledger_path, offline) as shell:
        assert "○ offline, next try in" in shell.text
        assert "again in" in shell.text


async def test_enter_shows_every_attempt_in_whatsapps_own_words(ledger_path: Path) -> None:
    async with outbox(ledger_path, everything, size=(120, 40)) as shell:
        await shell.press("slash")
        await shell.type("is:failed", "enter")
        await shell.press("enter")

        assert "The number is not on WhatsApp" in shell.text
        assert "reach this person another way" in shell.text
        assert "Message undeliverable ␛[31m" in shell.text
        assert "opaque id wa1:" in shell.text and "trace Az8or2yhqkZfEZ" in shell.text
        assert "no such number" in shell.text
        assert "+33 •• •• •• 02" in shell.text


async def test_delivery_is_shown_with_its_times(ledger_path: Path) -> None:
    async with outbox(ledger_path, everything, size=(120, 40)) as shell:
        await shell.press("slash")
        await shell.type("delivery:read", "enter")
        await shell.press("enter")

        assert "delivered 26 Nov 2026" in shell.text or "delivered " in shell.text
        assert "· read " in shell.text
        assert "wamid.FAKE0001" in shell.text


async def test_a_word_nobody_knows_leaves_the_list_and_says_so(ledger_path: Path) -> None:
    async with outbox(ledger_path, everything) as shell:
        await shell.press("slash")
        await shell.type("is:qeued")

        assert "qeued" in shell.text and "queued" in shell.text
        assert "the answer is lost" in shell.text

        await shell.press("escape")
        assert "All 5" in shell.text and "this one waits" in shell.text


async def test_a_held_message_is_released_and_held_again_by_undo(ledger_path: Path) -> None:
    async with outbox(ledger_path, everything) as shell:
        await shell.press("slash")
        await shell.type("is:held", "enter")
        await shell.press("a")
        assert "It is queued again." in shell.last_line
        assert (await states(shell))[3] == "queued"

        await shell.press("z")
        assert (await states(shell))[3] == "held"


async def test_an_unknown_message_is_sent_again_only_after_a_sheet_that_warns(ledger_path: Path) -> None:
    async with outbox(ledger_path, everything) as shell:
        await shell.press("slash")
        await shell.type("is:unknown", "enter")
        await shell.press("R")
        assert "Send again: 1 message" in shell.text
        assert "1 of them may arrive twice" in shell.text
        assert "Undo helps only until one of them has left" in shell.text

        await shell.press("escape")
        assert (await states(shell))[1] == "unknown"

        await shell.press("R", "y")
        assert (await states(shell))[1] == "queued"
        rows = await road.rows(shell.database)
        assert rows[1]["reason"] == "resend"


@pytest.mark.parametrize(
    ("key", "state"), [("x", "closed"), pytest.param("e", "accepted", marks=pytest.mark.slow)]
)
async def test_an_unknown_message_is_settled_and_unsettled(ledger_path: Path, key: str, state: str) -> None:
    async with outbox(ledger_path, everything) as shell:
        await shell.press("slash")
        await shell.type("is:unknown", "enter")
        await shell.press(key)
        if key == "x":
            assert "Close as possibly sent: 1 message" in shell.text
            await shell.press("y")
        assert (await states(shell))[1] == state

        await shell.press("z")
        assert (await states(shell))[1] == "unknown"


async def test_what_is_not_allowed_says_why_and_changes_nothing(ledger_path: Path) -> None:
    async with outbox(ledger_path, everything) as shell:
        before = await states(shell)
        await shell.press("slash")
        await shell.type("is:accepted", "enter")
        for key in ("a", "R", "x", "e"):
            await shell.press(key)
            assert "WhatsApp took it" in shell.last_line
        await shell.press("A")
        assert "Nothing is marked." in shell.last_line
        await shell.press("question_mark")
        assert "WhatsApp took it" in shell.text
        assert await states(shell) == before


async def test_marks_are_cancelled_and_closed_through_one_sheet_and_come_back_as_one(
    ledger_path: Path,
) -> None:
    async with outbox(ledger_path, everything) as shell:
        before = await states(shell)
        await shell.press("asterisk", "enter", "X")
        assert "Cancel or close: 3 messages" in shell.text
        assert "1 possibly sent" in shell.text
        assert "left out" in shell.text and "WhatsApp took it" in shell.text

        await shell.press("y")
        assert "1 are closed as possibly sent. 2 are cancelled." in shell.last_line
        assert sorted(await states(shell)) == ["accepted", "cancelled", "cancelled", "closed", "failed"]

        await shell.press("z")
        assert await states(shell) == before


async def test_marks_are_released_through_the_sheet(ledger_path: Path) -> None:
    async with outbox(ledger_path, everything) as shell:
        await shell.press("asterisk", "enter", "A")
        assert "Release: 1 message" in shell.text
        await shell.press("y")

        assert (await states(shell))[3] == "queued"


async def test_what_moves_while_the_sheet_is_open_is_left_alone(ledger_path: Path) -> None:
    async with outbox(ledger_path, everything) as shell:
        await shell.press("asterisk", "enter", "X")
        number = await shell.database.read(store.cloud_number)
        assert number is not None
        await shell.database.write(lambda tx: tried(tx, number, road.accepted(9)))
        await shell.press("y")

        assert "1 had moved meanwhile" in shell.last_line
        assert (await states(shell))[4] == "accepted"


async def test_the_row_under_the_cursor_goes_to_its_thread(ledger_path: Path) -> None:
    async with outbox(ledger_path, everything) as shell:
        await shell.press("l")

        assert shell.app.deck.pane.NAME == "inbox"


async def test_what_another_hand_writes_is_shown_and_the_cursor_stays(ledger_path: Path) -> None:
    async with outbox(ledger_path, everything) as shell:
        await shell.press("G", "k")
        pane: Any = shell.app.deck.pane
        key = pane.key

        def work(tx: Transaction) -> None:
            number = store.cloud_number(tx)
            assert number is not None
            road.queue(tx, number, road.add_thread(tx, number, 7), "newly written")

        await shell.database.write(work)
        await shell.settle()
        assert "newly written" in shell.text and "All 6" in shell.text
        assert pane.key == key


async def test_a_row_is_copied_with_its_number_in_full(
    ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    monkeypatch.setattr(clipboard, "tools", lambda _environ, _platform: ())
    monkeypatch.setattr(ConsoleApp, "copy_to_clipboard", lambda _app, text: taken.append(text))
    async with outbox(ledger_path, everything) as shell:
        await shell.press("slash")
        await shell.type("is:accepted", "enter")
        await shell.press("y", "r")

    assert taken and "+33639980000" in taken[0] and "it was read" in taken[0]


async def test_a_group_says_how_many_have_read_it(ledger_path: Path) -> None:
    def group(tx: Transaction) -> None:
        everything(tx)
        for place in range(7):
            word = "read" if place < 3 else "delivered" if place < 6 else "failed"
            service.status(
                tx, road.heard("wamid.FAKE0005", word, participant=f"3363998{place:04}", code=131026), now=NOW
            )
        number = store.cloud_number(tx)
        assert number is not None
        tried(tx, number, road.accepted(5))

    async with outbox(ledger_path, group, size=(120, 40)) as shell:
        assert "✓ read 3/7 ✗1" in shell.text

        await shell.press("slash")
        await shell.type("text:waits", "enter")
        await shell.press("enter")
        assert "+33 •• •• •• 02" in shell.text and "33639980002" not in shell.text


async def test_a_delivery_that_failed_counts_as_failed(ledger_path: Path) -> None:
    def failed(tx: Transaction) -> None:
        everything(tx)
        service.status(tx, road.heard("wamid.FAKE0001", "failed", code=131047), now=NOW)

    async with outbox(ledger_path, failed) as shell:
        assert "✗ failed" in shell.text and "131047 window closed · it was read" in shell.text
        assert "Failed 2" in shell.text and "Done 0" in shell.text


async def test_an_empty_outbox_teaches(ledger_path: Path) -> None:
    async with outbox(ledger_path, lambda _tx: None) as shell:
        assert "Nothing has been written to be sent." in shell.text
        assert "no number is connected" in shell.text

        await shell.press("tab", "tab")
        assert "never a timer" in shell.text


def _any(step: Callable[[str], str]) -> bool:
    return any(not step(act) for act in ("cancel", "closed"))


@pytest.mark.parametrize("state", list(STATES))
def test_a_key_is_refused_exactly_where_the_service_refuses_it(state: str) -> None:
    def refused(act: str) -> str:
        return service_acts.why_not(state, act)

    allowed = {
        "release": not refused("release"),
        "resend": not refused("resend"),
        "done": not refused("accepted"),
        "refuse": _any(refused),
    }
    for act, may in allowed.items():
        assert (plans.why_not(act, state, "cloud") == "") is may, (act, state)


async def test_the_head_says_that_a_number_is_paused_and_not_that_nobody_sends(database: Database) -> None:
    def fill(tx: Transaction) -> None:
        number = road.add_number(tx)
        road.queue(tx, number, road.add_thread(tx, number, 1), "waits")
        service_pacing.pause(tx, operators.acting(tx, None, now=NOW), now=NOW)

    def head(tx: Transaction) -> str:
        left, _ = head_pieces(store_pane_numbers.numbers(tx), 0, NOW + HOUR, Tongue(UTC, False))
        return " ".join(cell.text for one in left for cell in one.cells)

    await database.write(fill)
    assert "‖ paused" in await database.read(head)
    await database.write(lambda tx: service_pacing.resume(tx, operators.acting(tx, None, now=NOW), now=NOW))
    assert "nobody sends" in await database.read(head)
