"""What goes out: committed before the wire, never twice, back in order when the network is back."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path

import pytest

from tests.conftest import NOW
from tests.outbox.road import (
    WINDOW,
    Wire,
    accepted,
    add_number,
    add_thread,
    beside,
    heard,
    phone,
    queue,
    queue_many,
    rows,
    say,
    states,
    until,
)
from waconsole.clock import DAY, HOUR, SECOND
from waconsole.database.connection import Database, Transaction
from waconsole.members import store as members
from waconsole.operators import service as operators
from waconsole.outbox import service
from waconsole.outbox.pace import WAIT_MAX
from waconsole.sync import drain as draining
from waconsole.sync import drain_lock
from waconsole.sync.drain import Drained, drain
from waconsole.sync.drain_lock import DrainLock
from waconsole.whatsapp.content import shown
from waconsole.whatsapp.driver import Action, Message, Verdict

UNSENT = Verdict("unsent", action=Action.RETRY, detail="ConnectError")
LOST = Verdict("unknown", action=Action.UNKNOWN, detail="ReadTimeout")


async def _once(
    database: Database, number_id: int, wire: Wire, *, now: int = NOW, chance: float = 0.0
) -> Drained:
    return await drain(
        database, number_id, wire, clock=lambda: now, owner="test:1", once=True, chance=lambda: chance
    )


def _refused(action: Action, code: int, detail: str = "") -> Verdict:
    return Verdict("refused", action=action, code=code, detail=detail)


async def test_what_is_queued_goes_out_and_is_accepted(database: Database) -> None:
    number_id = await queue_many(database, 25)
    wire = Wire()

    drained = await _once(database, number_id, wire)

    assert drained == Drained(sent=25)
    assert await states(database) == ["accepted"] * 25
    assert [row["wamid"] for row in await rows(database)] == [
        f"wamid.FAKE{place + 1:04}" for place in range(25)
    ]
    assert [message.recipient.value for message in wire.sent] == [phone(place) for place in range(25)]


async def test_so_many_at_once_and_one_per_recipient_in_order(database: Database) -> None:
    people = draining.IN_FLIGHT_MAX + 5
    number_id = await queue_many(database, people, each=3)

    async def slowly(message: Message, number: int) -> Verdict:
        await asyncio.sleep(0.002)
        return accepted(number)

    wire = Wire(slowly)

    await _once(database, number_id, wire)

    assert wire.most_at_once == draining.IN_FLIGHT_MAX
    for place in range(people):
        assert [shown(it.content) for it in wire.sent if it.recipient.value == phone(place)] == [
            "text 0",
            "text 1",
            "text 2",
        ]


async def test_the_attempt_is_committed_before_the_wire(database: Database, ledger_path: Path) -> None:
    number_id = await queue_many(database, 3)
    seen: list[tuple[str, str, int]] = []

    def look(message: Message, number: int) -> Verdict:
        with contextlib.closing(beside(ledger_path)) as other:
            row = other.execute(
                "SELECT o.state, a.outcome, a.started_at FROM attempt AS a JOIN outgoing AS o ON o.id = a.outgoing_id"
                " WHERE a.opaque = ?",
                (message.opaque,),
            ).fetchone()
        seen.append(tuple(row))
        return accepted(number)

    await _once(database, number_id, Wire(look))

    assert seen == [("sending", "", NOW)] * 3


async def test_the_opaque_names_installation_outgoing_and_attempt(database: Database) -> None:
    number_id = await queue_many(database, 1)
    wire = Wire()

    await _once(database, number_id, wire)

    installation = await database.read(
        lambda tx: tx.value("SELECT value FROM ledger_fact WHERE name = 'installation'")
    )
    assert wire.sent[0].opaque == f"wa1:{installation}:{(await rows(database))[0]['outgoing']}:1"


async def test_a_lost_answer_leaves_unknown_and_no_drain_sends_it_again(database: Database) -> None:
    number_id = await queue_many(database, 2)
    wire = Wire(lambda message, number: LOST)

    drained = [await _once(database, number_id, wire, now=NOW + turn * HOUR) for turn in range(4)]

    assert drained == [Drained(unknown=2), Drained(), Drained(), Drained()]
    assert len(wire.sent) == 2
    assert await states(database) == ["unknown", "unknown"]


async def test_a_driver_that_fails_leaves_unknown_and_the_queue_goes_on(database: Database) -> None:
    number_id = await queue_many(database, 12)

    def break_first(message: Message, number: int) -> Verdict:
        if number == 1:
            raise RuntimeError("a driver never raises")
        return accepted(number)

    assert await _once(database, number_id, Wire(break_first)) == Drained(sent=11, unknown=1)


@pytest.mark.parametrize("wamid", [None, "wamid.FAKE0001"], ids=["of none", "of another"])
async def test_an_answer_that_names_no_message_of_its_own_proves_nothing(
    database: Database, wamid: str | None
) -> None:
    number_id = await queue_many(database, 2)
    wire = Wire(lambda message, number: accepted(1) if number == 1 else Verdict("accepted", wamid=wamid))

    assert await _once(database, number_id, wire) == Drained(sent=1, unknown=1)


@pytest.mark.parametrize("word", ["sent", "delivered", "read", "failed"])
async def test_an_echo_settles_what_was_unknown(database: Database, word: str) -> None:
    number_id = await queue_many(database, 1)
    wire = Wire(lambda message, number: LOST)
    await _once(database, number_id, wire)

    await say(
        database,
        heard("wamid.ECHO", word, opaque=wire.sent[0].opaque, code=131026 if word == "failed" else None),
    )

    row = (await rows(database))[0]
    assert (row["state"], row["reason"], row["wamid"]) == ("accepted", "", "wamid.ECHO")
    assert row["delivery"] == ("" if word == "failed" else word)
    assert row["delivery_error"] == (131026 if word == "failed" else None)
    assert await _once(database, number_id, wire) == Drained()


@pytest.mark.parametrize("then", [accepted(7), LOST, UNSENT, _refused(Action.PARK, 131026)], ids=str)
async def test_a_status_before_the_answer_settles_it_whatever_is_answered(
    database: Database, then: Verdict
) -> None:
    number_id = await queue_many(database, 1)

    async def status_first(message: Message, number: int) -> Verdict:
        await say(database, heard("wamid.FAKE0007", "delivered", opaque=message.opaque))
        return then

    drained = await _once(database, number_id, Wire(status_first))

    row = (await rows(database))[0]
    assert drained.sent + drained.unknown + drained.failed == 1
    assert drained.sent == 1
    assert (row["state"], row["wamid"], row["delivery"], row["attempts"]) == (
        "accepted",
        "wamid.FAKE0007",
        "delivered",
        1,
    )


async def test_a_status_without_our_word_waits_for_its_wamid(database: Database) -> None:
    number_id = await queue_many(database, 1)
    await say(database, heard("wamid.FAKE0001", "read"))
    await say(database, heard("wamid.FAKE0001", "sent"))

    await _once(database, number_id, Wire())

    assert (await rows(database))[0]["delivery"] == "read"


async def test_offline_is_a_normal_state(database: Database) -> None:
    number_id = await queue_many(database, 30)
    wire = Wire(lambda message, number: UNSENT)

    offline = [await _once(database, number_id, wire, chance=1.0) for _ in range(3)]

    assert offline == [Drained(reason="offline")] * 3
    assert set(await states(database)) == {"queued"}
    assert len(wire.sent) <= 3 * draining.IN_FLIGHT_MAX

    online = Wire(lambda message, number: accepted(number))
    assert await _once(database, number_id, online) == Drained(sent=30)


async def test_a_token_that_expired_holds_the_number_and_later_it_drains_by_itself(
    database: Database,
) -> None:
    number_id = await queue_many(database, 20)
    expired = Wire(lambda message, number: _refused(Action.STOP, 190, "Session has expired"))

    assert await _once(database, number_id, expired) == Drained(reason="number")

    tried = len(expired.sent)
    assert tried <= draining.IN_FLIGHT_MAX
    assert sorted(await states(database)) == sorted(["held"] * tried + ["queued"] * (20 - tried))
    assert {row["reason"] for row in await rows(database) if row["state"] == "held"} == {"number"}
    stopped = await database.read(
        lambda tx: tx.value("SELECT stopped_reason FROM number WHERE id = ?", (number_id,))
    )
    assert stopped == "Session has expired"

    again = Wire(lambda message, number: _refused(Action.STOP, 190, "Session has expired"))
    await _once(database, number_id, again)
    assert len(again.sent) == 1  # one goes first

    assert await _once(database, number_id, Wire()) == Drained(sent=20)
    stopped = await database.read(
        lambda tx: tx.value("SELECT stopped_reason FROM number WHERE id = ?", (number_id,))
    )
    assert stopped == ""


async def test_a_closed_window_holds_a_text_until_it_is_released(database: Database) -> None:
    number_id = await queue_many(database, 1)
    wire = Wire()

    assert await _once(database, number_id, wire, now=WINDOW) == Drained()

    row = (await rows(database))[0]
    assert (row["state"], row["reason"], wire.sent) == ("held", "template_needed", [])
    await _act(database, service.release)
    assert await states(database) == ["queued"]
    await _once(database, number_id, wire, now=WINDOW)
    assert await states(database) == ["held"]
    await _act(database, service.release)
    assert await _once(database, number_id, wire, now=NOW) == Drained(sent=1)


async def test_a_window_that_whatsapp_calls_closed_holds_the_text(database: Database) -> None:
    number_id = await queue_many(database, 1)

    await _once(database, number_id, Wire(lambda message, number: _refused(Action.TEMPLATE, 131047)))

    row = (await rows(database))[0]
    assert (row["state"], row["reason"], row["attempts"]) == ("held", "template_needed", 1)


async def test_what_whatsapp_refuses_for_good_fails_with_its_code(database: Database) -> None:
    number_id = await queue_many(database, 1)

    drained = await _once(
        database,
        number_id,
        Wire(lambda message, number: _refused(Action.PARK, 131026, "Message undeliverable")),
    )

    row = (await rows(database))[0]
    assert drained == Drained(failed=1)
    assert (row["state"], row["reason"], row["delivery_error"]) == ("failed", "Message undeliverable", 131026)


@pytest.mark.parametrize("word", ["stop", "no", None])
async def test_marketing_is_refused_at_the_last_moment(database: Database, word: str | None) -> None:
    number_id = await queue_many(database, 0)

    def work(tx: Transaction) -> None:
        thread = add_thread(tx, number_id, 1)
        member_id = tx.value("SELECT member_id FROM conversation WHERE id = ?", (thread,))
        _consent(tx, member_id, "yes", NOW - DAY)
        queue(tx, number_id, thread, "sale", purpose="marketing")
        queue(tx, number_id, thread, "an answer")
        if word is not None:
            _consent(tx, member_id, word, NOW)

    await database.write(work)
    assert await states(database) == ["queued", "queued"]
    if word is None:
        await database.write(lambda tx: tx.execute("DELETE FROM consent"))

    assert (await _once(database, number_id, Wire())).sent == 1

    reasons = [(row["state"], row["reason"]) for row in await rows(database)]
    assert reasons == [("refused", "stopped" if word == "stop" else "no_consent"), ("accepted", "")]


@pytest.mark.parametrize("how", ["answer", "status"])
async def test_a_member_who_stopped_marketing_in_whatsapp_gets_no_more(database: Database, how: str) -> None:
    number_id = await queue_many(database, 0)

    def work(tx: Transaction) -> None:
        thread = add_thread(tx, number_id, 1)
        _consent(tx, tx.value("SELECT member_id FROM conversation"), "yes", NOW - DAY)
        for text in ("one", "two"):
            queue(tx, number_id, thread, text, purpose="marketing")

    await database.write(work)

    async def stopped(message: Message, number: int) -> Verdict:
        if how == "answer":
            return _refused(Action.SUPPRESS, 131050, "User stopped marketing")
        await say(database, heard("wamid.FAKE0001", "failed", opaque=message.opaque, code=131050))
        return accepted(1)

    wire = Wire(stopped)
    await _once(database, number_id, wire)

    assert (len(wire.sent), [(row["state"], row["reason"]) for row in await rows(database)][1]) == (
        1,
        ("refused", "stopped"),
    )
    state = await database.read(lambda tx: tx.value("SELECT state FROM consent_in_force"))
    assert state == "stop"


async def test_a_pair_that_is_too_fast_waits_four_to_the_n_seconds_and_others_go_on(
    database: Database,
) -> None:
    number_id = await queue_many(database, 2, each=2)
    wire = Wire(
        lambda message, number: (
            _refused(Action.PAIR, 131056) if message.recipient.value == phone(0) else accepted(number)
        )
    )

    waits = []
    now = NOW
    for _ in range(8):
        await _once_without_patience(database, number_id, wire, now=now)
        not_before = await database.read(lambda tx: tx.value("SELECT not_before FROM outgoing WHERE id = 1"))
        waits.append((not_before - now) // SECOND)
        now = not_before

    assert waits == [1, 4, 16, 64, 256, 1024, 1024, 1024]
    assert await states(database) == ["queued", "accepted", "queued", "accepted"]
    assert [shown(it.content) for it in wire.sent if it.recipient.value == phone(0)] == ["text 0"] * 8


async def test_a_passing_refusal_is_tried_again_within_the_run(database: Database) -> None:
    number_id = await queue_many(database, 3)
    wire = Wire(lambda message, number: _refused(Action.SLOW, 130429) if number < 3 else accepted(number))

    assert await _once(database, number_id, wire) == Drained(sent=3)


async def test_a_refusal_that_does_not_pass_fails_in_the_end(database: Database) -> None:
    number_id = await queue_many(database, 1)
    wire = Wire(lambda message, number: _refused(Action.RETRY, 131057))

    assert await _once(database, number_id, wire) == Drained(failed=1)
    assert (await rows(database))[0]["attempts"] == 30


async def test_a_clock_that_is_set_back_delays_nothing_for_long(database: Database) -> None:
    number_id = await queue_many(database, 1)
    await _once_without_patience(
        database, number_id, Wire(lambda message, number: _refused(Action.PAIR, 131056)), now=NOW + 2 * HOUR
    )
    assert await database.read(lambda tx: tx.value("SELECT not_before FROM outgoing")) > NOW + WAIT_MAX

    assert await _once(database, number_id, Wire()) == Drained(sent=1)


async def test_what_a_dead_process_was_sending_is_unknown(database: Database, ledger_path: Path) -> None:
    number_id = await queue_many(database, 1)
    never = asyncio.Event()

    async def hang(message: Message, number: int) -> Verdict:
        await never.wait()
        raise AssertionError

    wire = Wire(hang)
    dying = asyncio.create_task(_once(database, number_id, wire))

    async def is_sent() -> bool:
        return bool(wire.sent)

    await until(is_sent)
    with contextlib.closing(beside(ledger_path)) as other:
        assert other.execute("SELECT state FROM outgoing").fetchone()[0] == "sending"

    dying.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await dying

    assert await states(database) == ["unknown"]
    assert await _once(database, number_id, Wire()) == Drained()


async def test_one_drain_per_number_at_a_time(database: Database, ledger_path: Path) -> None:
    number_id = await queue_many(database, 40)

    async def slowly(message: Message, number: int) -> Verdict:
        await asyncio.sleep(0.005)
        return accepted(number)

    wires = [Wire(slowly), Wire(lambda message, number: accepted(500 + number))]

    both = await asyncio.gather(*(_once(database, number_id, wire) for wire in wires))

    assert sum(it.sent for it in both) == 40
    assert len({message.opaque for wire in wires for message in wire.sent}) == 40
    assert min(len(wire.sent) for wire in wires) == 0


async def test_a_drain_that_waits_in_vain_for_another_says_so(
    database: Database, ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain_lock, "BUSY_SECONDS_MAX", 0.2)
    number_id = await queue_many(database, 1)
    lock = DrainLock(ledger_path, "number-100000000000001")
    assert lock.take()

    assert await _once(database, number_id, Wire()) == Drained(reason="busy")
    lock.close()
    assert await _once(database, number_id, Wire()) == Drained(sent=1)


async def test_watching_sends_what_is_queued_later_and_ends_when_asked(database: Database) -> None:
    number_id = await queue_many(database, 0)
    wire, ended = Wire(), asyncio.Event()
    watching = asyncio.create_task(
        drain(database, number_id, wire, clock=lambda: NOW, owner="test:1", once=False, stop=ended.is_set)
    )
    await asyncio.sleep(0.05)

    def work(tx: Transaction) -> None:
        queue(tx, add_number(tx), add_thread(tx, number_id, 1), "later")

    await database.write(work)
    await until(lambda: _all_accepted(database), seconds=2)
    ended.set()
    async with asyncio.timeout(2):
        assert await watching == Drained(sent=1)


async def test_watching_comes_back_by_itself(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    number_id = await queue_many(database, 5)
    answers = [UNSENT] * 12 + [_refused(Action.STOP, 190, "expired")] * 2

    def by_turns(message: Message, number: int) -> Verdict:
        return answers[number - 1] if number <= len(answers) else accepted(number)

    wire, ended = Wire(by_turns), asyncio.Event()
    began = time.monotonic_ns()
    watching = asyncio.create_task(
        drain(
            database, number_id, wire, clock=lambda: NOW + (time.monotonic_ns() - began) // 1000, owner="test:1", once=False, stop=ended.is_set,
            chance=lambda: 0.002,
        )
    )  # fmt: skip
    await until(lambda: _all_accepted(database))
    ended.set()

    assert (await watching).sent == 5


async def test_resending_is_an_operators_act_and_a_new_attempt(database: Database) -> None:
    number_id = await queue_many(database, 1)
    wire = Wire(lambda message, number: LOST if number == 1 else accepted(number))
    await _once(database, number_id, wire)

    await _act(
        database,
        lambda tx, operator, outgoing, now: service.resolve(tx, operator, outgoing, "resend", now=now),
    )
    await _once(database, number_id, wire)

    row = (await rows(database))[0]
    assert (row["state"], row["attempts"], row["wamid"]) == ("accepted", 2, "wamid.FAKE0002")
    assert [message.opaque.rpartition(":")[2] for message in wire.sent] == ["1", "2"]
    verbs = await database.read(lambda tx: [it["verb"] for it in tx.rows("SELECT verb FROM act")])
    assert verbs == ["resolve outgoing as resend"]


async def test_a_resend_that_is_held_is_still_a_resend_when_released(database: Database) -> None:
    number_id = await queue_many(database, 1)
    await _once(database, number_id, Wire(lambda message, number: LOST))
    await _act(
        database,
        lambda tx, operator, outgoing, now: service.resolve(tx, operator, outgoing, "resend", now=now),
    )
    await _once(database, number_id, Wire(), now=WINDOW)
    assert await states(database) == ["held"]

    await _act(database, service.release)

    assert await _once(database, number_id, Wire()) == Drained(sent=1)


async def _all_accepted(database: Database) -> bool:
    return set(await states(database)) == {"accepted"}


def _consent(tx: Transaction, member_id: int, state: str, at: int) -> None:
    members.add_consent(
        tx,
        member_id=member_id,
        purpose="marketing",
        state=state,
        source="test",
        decided_at=at,
        now=NOW,
        origin="live",
    )


async def _act(database: Database, act: object) -> None:
    """Let an operator do something to the first outgoing row."""
    assert callable(act)
    await database.write(lambda tx: act(tx, operators.acting(tx, None, now=NOW), 1, now=NOW))


async def _once_without_patience(database: Database, number_id: int, wire: Wire, *, now: int) -> None:
    patience = draining.ONCE_WAIT_SECONDS_MAX
    try:
        vars(draining)["ONCE_WAIT_SECONDS_MAX"] = 0.0
        await _once(database, number_id, wire, now=now)
    finally:
        vars(draining)["ONCE_WAIT_SECONDS_MAX"] = patience


async def test_what_is_on_its_way_when_we_are_asked_to_end_is_waited_for_and_then_cut_off(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draining, "END_SECONDS_MAX", 0.3)
    most = draining.IN_FLIGHT_MAX
    number_id = await queue_many(database, 2 * most)
    ended = asyncio.Event()

    async def slowly(message: Message, number: int) -> Verdict:
        ended.set()
        await asyncio.sleep(0.1 if number <= 4 else 60)
        return accepted(number)

    wire = Wire(slowly)
    async with asyncio.timeout(5):
        drained = await drain(
            database, number_id, wire, clock=lambda: NOW, owner="test:1", once=False, stop=ended.is_set
        )

    assert (drained, len(wire.sent)) == (Drained(sent=4, unknown=most - 4), most)
    assert sorted(set(await states(database))) == ["accepted", "queued", "unknown"]
