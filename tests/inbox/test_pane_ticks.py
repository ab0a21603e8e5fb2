"""What became of our messages, in the thread; the service window; what the reply box says before Enter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Final

import pytest

from tests.inbox.ledger_builder import NOW
from tests.inbox.pane_app import inbox, press
from tests.kit.screens import screen_text
from tests.outbox import road
from waconsole.clock import HOUR, MINUTE, SECOND
from waconsole.database.connection import Database, Transaction
from waconsole.inbox import service_live, service_reply, store_thread
from waconsole.inbox.pane_detail import detail_lines
from waconsole.inbox.pane_rows import Voice
from waconsole.inbox.pane_window import fate
from waconsole.inbox.service_live import Received
from waconsole.operators import service as operators
from waconsole.outbox import service, service_acts, service_road, store, store_ticks
from waconsole.whatsapp.content import Text
from waconsole.whatsapp.driver import Action, Verdict

SIZE: Final = (120, 34)
Then = Callable[[Transaction, int], None]


def thread(tx: Transaction, *, window_until: int | None = NOW + 20 * HOUR) -> tuple[int, int]:
    """(our number, a conversation with a member whose window is open)."""
    number = road.add_number(tx)
    return number, road.add_thread(tx, number, 42, window_until=window_until)


def said(tx: Transaction, conversation: int, text: str) -> int:
    """A reply of Ana's; its outgoing row."""
    ana = operators.acting(tx, "Ana", now=NOW)
    return service_reply.write_out(tx, ana, conversation, Text(text), answers=None, verb="reply", now=NOW)


def answered(tx: Transaction, number: int, verdict: Verdict) -> None:
    """The next one leaves and is answered so."""
    (taken,) = service_road.take(tx, number, owner="host:1", now=NOW, limit=1).taken
    service_road.conclude(tx, number, taken, verdict, now=NOW, chance=1.0)


def heard(tx: Transaction, *words: str, code: int | None = None, participant: str | None = None) -> None:
    """WhatsApp's words on the first message."""
    for place, word in enumerate(words):
        event = road.heard(
            "wamid.FAKE0001", word, at=NOW + place * SECOND, code=code, participant=participant
        )
        service.status(tx, event, now=NOW)


def _taken(tx: Transaction, number: int) -> None:
    service_road.take(tx, number, owner="host:1", now=NOW, limit=1)


def _accepted(tx: Transaction, number: int) -> None:
    answered(tx, number, road.accepted(1))


def _read(tx: Transaction, number: int) -> None:
    _accepted(tx, number)
    heard(tx, "sent", "delivered", "read")


def _in_a_group(tx: Transaction, number: int) -> None:
    _accepted(tx, number)
    for place in range(7):
        heard(tx, "read" if place < 3 else "delivered", participant=f"3363998{place:04}")


def _undelivered(tx: Transaction, number: int) -> None:
    _accepted(tx, number)
    heard(tx, "failed", code=131049)


def _lost(tx: Transaction, number: int) -> None:
    answered(tx, number, Verdict("unknown", action=Action.UNKNOWN))


def _refused(tx: Transaction, number: int) -> None:
    answered(tx, number, Verdict("refused", action=Action.PARK, code=131026, detail="nobody there"))


def _stopped(tx: Transaction, number: int) -> None:
    answered(tx, number, Verdict("refused", action=Action.STOP, code=190, detail="token"))


def _opted_out(tx: Transaction, number: int) -> None:
    conversation = int(tx.value("SELECT conversation_id FROM outgoing"))
    service.refuse_waiting(tx, [conversation], {"reply"}, "opt_out", now=NOW)


def _closed(tx: Transaction, number: int) -> None:
    _lost(tx, number)
    service_acts.resolve(tx, operators.acting(tx, "Ana", now=NOW), 1, "closed", now=NOW)


@pytest.mark.parametrize(
    ("then", "shown"),
    [
        (lambda _tx, _number: None, "◷  09:21  Ana            queued  On arrive."),
        (_taken, "›  09:21  Ana            sending  On arrive."),
        (_accepted, "✓  09:21  Ana            accepted  On arrive."),
        (_read, "✓  09:21  Ana            read  On arrive."),
        (_in_a_group, "✓  09:21  Ana            read 3/7  On arrive."),
        (_undelivered, "✗  09:21  Ana            failed: marketing limit of WhatsApp  On"),
        (_lost, "?  09:21  Ana            unknown: answer lost  On arrive."),
        (_refused, "✗  09:21  Ana            failed: not reachable on WhatsApp  On"),
        (_stopped, "‖  09:21  Ana            held: number stopped  On arrive."),
        (_opted_out, "✗  09:21  Ana            refused: opted out  On arrive."),
        (_closed, "?  09:21  Ana            closed: possibly sent  On arrive."),
    ],
)
async def test_a_message_of_ours_says_what_became_of_it(ledger_path: Path, then: Then, shown: str) -> None:
    def fill(tx: Transaction) -> None:
        operators.add(tx, "Ana", "owner", now=NOW)
        number, conversation = thread(tx)
        said(tx, conversation, "On arrive.")
        then(tx, number)

    async with inbox(ledger_path, fill, size=SIZE) as (app, _pilot):
        assert shown in screen_text(app)


@pytest.mark.parametrize("size", [SIZE, (80, 24)])
async def test_a_cancelled_reply_leaves_the_thread_and_the_list(
    ledger_path: Path, size: tuple[int, int]
) -> None:
    def fill(tx: Transaction) -> None:
        operators.add(tx, "Ana", "owner", now=NOW)
        _number, conversation = thread(tx)
        outgoing = said(tx, conversation, "On arrive.")
        service.cancel(tx, operators.acting(tx, "Ana", now=NOW), outgoing, now=NOW)

    async with inbox(ledger_path, fill, size=size) as (app, _pilot):
        assert "On arrive." not in screen_text(app)


async def test_below_the_thread_stands_what_it_means_and_what_to_do(ledger_path: Path) -> None:
    def fill(tx: Transaction) -> None:
        operators.add(tx, "Ana", "owner", now=NOW)
        number, conversation = thread(tx)
        said(tx, conversation, "On arrive.")
        _refused(tx, number)

    async with inbox(ledger_path, fill, size=SIZE) as (app, pilot):
        await press(pilot, "enter")
        assert "131026 The number is not on WhatsApp" in screen_text(app)
        assert "in its own words: nobody there" in screen_text(app)


async def test_a_tick_comes_with_the_commit_of_another_process(ledger_path: Path) -> None:
    def fill(tx: Transaction) -> None:
        operators.add(tx, "Ana", "owner", now=NOW)
        _number, conversation = thread(tx)
        said(tx, conversation, "On arrive.")

    async with inbox(ledger_path, fill, size=SIZE) as (app, pilot):
        await press(pilot, "enter")

        def leave(tx: Transaction) -> None:
            number = store.cloud_number(tx)
            assert number is not None
            _read(tx, number)

        await app.desk.database.write(leave)
        await press(pilot)
        assert "✓  09:21  Ana            read  On arrive." in screen_text(app)
        assert "delivered 09:21:01 · read 09:21:02" in screen_text(app)


@pytest.mark.parametrize(
    ("left", "head"),
    [
        (40 * MINUTE, "▲ window 40m"),
        (5 * HOUR, "◷ window  5h"),
        (-MINUTE, "‖ window closed: a template is needed"),
        (None, "‖ window closed: a template is needed"),
    ],
)
async def test_the_head_says_how_long_the_window_is_open(
    ledger_path: Path, left: int | None, head: str
) -> None:
    def fill(tx: Transaction) -> None:
        operators.add(tx, "Ana", "owner", now=NOW)
        _, conversation = thread(tx, window_until=None if left is None else NOW + left)
        if left is None:  # they never wrote; we have
            service_live.add_ours(tx, conversation_id=conversation, text="Hello", at=NOW)

    async with inbox(ledger_path, fill, size=SIZE) as (app, _pilot):
        assert head in screen_text(app).replace("window 5h", "window  5h")


async def test_a_reply_after_the_window_is_held_and_said_so_before_and_after(ledger_path: Path) -> None:
    def fill(tx: Transaction) -> None:
        operators.add(tx, "Ana", "owner", now=NOW)
        thread(tx, window_until=NOW - HOUR)

    async with inbox(ledger_path, fill, size=SIZE) as (app, pilot):
        await press(pilot, "r")
        assert "Window closed: it is held until they write." in screen_text(app)

        await press(pilot, "o", "k", "enter")
        assert app.said[-1].startswith("The reply is held: the service window is closed.")
        assert "held: template needed  ok" in screen_text(app)


@pytest.mark.parametrize(
    ("driver", "until", "stopped", "words"),
    [
        ("human", None, "", "a task for a human hand"),
        ("cloud", NOW + HOUR, "", "goes by API, at once. The window is open for 1h"),
        ("cloud", NOW + HOUR, "token \x1b[2J expired", "token ␛[2J expired"),
        ("cloud", NOW, "", "held until they write"),
        ("gateway", None, "", "goes by API"),
    ],
)
def test_the_fate_of_a_reply_is_known_before_it_is_written(
    driver: str, until: int | None, stopped: str, words: str
) -> None:
    assert words in fate(driver, until, stopped, NOW)


def ticked(tx: Transaction, conversation: int, wamid: str, outcome: str, detail: str = "") -> None:
    """Ana asked for a blue tick, and this came of it."""
    ana = operators.acting(tx, "Ana", now=NOW)
    tick = store_ticks.ask(
        tx, wamid, conversation_id=conversation, outgoing_id=None, operator_id=ana.id, typing=False, now=NOW
    )
    store_ticks.end(tx, tick, outcome=outcome, code=None, detail=detail, now=NOW + SECOND)


async def test_a_blue_tick_stands_below_its_message_and_those_before_it(database: Database) -> None:
    voice = Voice(UTC, "Ana", False)

    def below(tx: Transaction, message_id: int) -> str:
        (entry,) = store_thread.by_keys(tx, [message_id * 4])
        return "\n".join("".join(cell.text for cell in line) for line in detail_lines(tx, entry, NOW, voice))

    def work(tx: Transaction) -> None:
        operators.add(tx, "Ana", "owner", now=NOW)
        _number, conversation = thread(tx)
        ids = [
            service_live.receive(
                tx, Received(conversation, "c", 1, f"wamid.in{n}", NOW + n * SECOND, "text", "hi"), now=NOW
            )
            for n in range(3)
        ]
        first, second, third = (one for one in ids if one is not None)
        assert "blue tick" not in below(tx, first)
        ticked(tx, conversation, "wamid.in1", "refused", "131009 no such message")
        assert "WhatsApp refused the blue tick: 131009 no such message" in below(tx, second)
        assert "blue tick" not in below(tx, first)
        ticked(tx, conversation, "wamid.in1", "accepted")
        for message_id in (first, second):
            assert "✓ they see that it was read: blue tick by Ana, 20 Nov 09:21:01" in below(tx, message_id)
        assert "blue tick" not in below(tx, third)

    await database.write(work)


async def test_in_a_group_the_key_says_that_there_is_no_blue_tick(ledger_path: Path) -> None:
    async with inbox(ledger_path, size=SIZE) as (app, pilot):
        await press(pilot, "B")
        assert "WhatsApp gives no blue ticks in groups." in screen_text(app)
