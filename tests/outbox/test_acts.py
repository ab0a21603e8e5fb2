"""What an operator does about a message: recorded, guarded, and taken back exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import NOW
from tests.outbox.road import Wire, add_number, add_thread, queue, queue_many, rows, states
from waconsole import catalogue
from waconsole.clock import DAY
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused, Undone
from waconsole.inbox import service_reply, store_thread
from waconsole.members import store as members
from waconsole.operators import service as operators
from waconsole.operators.store import Operator
from waconsole.outbox import service, store
from waconsole.sync.drain import drain
from waconsole.whatsapp.driver import Action, Verdict

Verb = Callable[..., object]


async def _act(database: Database, verb: Verb, *words: Any, outgoing: int = 1) -> None:
    def work(tx: Transaction) -> None:
        who: Operator = operators.acting(tx, None, now=NOW)
        verb(tx, who, outgoing, *words, now=NOW)

    await database.write(work)


async def _undo(database: Database) -> None:
    await catalogue.undo(database, operator=None, now=NOW)


async def _unknown(database: Database) -> int:
    number_id = await queue_many(database, 1)
    await _drain(database, number_id, Wire(lambda message, number: Verdict("unknown", action=Action.UNKNOWN)))
    return number_id


async def _drain(database: Database, number_id: int, wire: Wire) -> None:
    await drain(database, number_id, wire, clock=lambda: NOW, owner="t:1", once=True)


async def test_cancelling_is_undone_exactly(database: Database) -> None:
    number_id = await queue_many(database, 1)
    await _act(database, service.cancel)
    wire = Wire()
    await _drain(database, number_id, wire)
    assert (await states(database), wire.sent) == (["cancelled"], [])

    await _undo(database)

    assert await states(database) == ["queued"]
    await _drain(database, number_id, wire)
    assert await states(database) == ["accepted"]


@pytest.mark.parametrize(
    ("how", "word", "reason"), [("accepted", "accepted", "operator"), ("closed", "closed", "possibly_sent")]
)
async def test_settling_by_hand_is_undone_exactly(
    database: Database, how: str, word: str, reason: str
) -> None:
    number_id = await _unknown(database)

    await _act(database, service.resolve, how)

    row = (await rows(database))[0]
    assert (row["state"], row["reason"], row["wamid"]) == (word, reason, None)
    await _undo(database)
    assert await states(database) == ["unknown"]
    wire = Wire()
    await _drain(database, number_id, wire)
    assert wire.sent == []


async def test_a_resend_is_undone_until_it_has_left(database: Database) -> None:
    number_id = await _unknown(database)
    await _act(database, service.resolve, "resend")
    await _undo(database)
    assert await states(database) == ["unknown"]

    await _act(database, service.resolve, "resend")
    await _drain(database, number_id, Wire())

    with pytest.raises(Undone):
        await _undo(database)
    assert await states(database) == ["accepted"]


@pytest.mark.parametrize("word", ["accepted", "closed", "resend"])
async def test_what_is_not_open_is_not_settled(database: Database, word: str) -> None:
    number_id = await queue_many(database, 1)
    with pytest.raises(Refused, match="waits to be sent"):
        await _act(database, service.resolve, word)
    await _drain(database, number_id, Wire())

    with pytest.raises(Refused, match="accepted by WhatsApp"):
        await _act(database, service.resolve, word)
    with pytest.raises(Refused, match="accepted by WhatsApp"):
        await _act(database, service.cancel)
    with pytest.raises(Refused, match="accepted by WhatsApp"):
        await _act(database, service.release)


async def test_a_failed_message_is_sent_again_by_an_operator_only(database: Database) -> None:
    number_id = await queue_many(database, 1)
    await _drain(
        database, number_id, Wire(lambda message, number: Verdict("refused", action=Action.FIX, code=100))
    )
    wire = Wire()
    await _drain(database, number_id, wire)
    assert (await states(database), wire.sent) == (["failed"], [])

    await _act(database, service.resolve, "resend")
    await _drain(database, number_id, wire)

    assert (await states(database), (await rows(database))[0]["attempts"]) == (["accepted"], 2)


async def test_an_opt_out_refuses_what_waits_for_that_purpose(database: Database) -> None:
    number_id = await queue_many(database, 0)

    def work(tx: Transaction) -> int:
        threads = [add_thread(tx, number_id, place) for place in range(2)]
        for thread in threads:
            member_id = tx.value("SELECT member_id FROM conversation WHERE id = ?", (thread,))
            members.add_consent(
                tx, member_id=member_id, purpose="marketing", state="yes", source="test", decided_at=NOW - DAY, now=NOW,
                origin="live",
            )  # fmt: skip
            for purpose in ("marketing", "reply"):
                queue(tx, number_id, thread, purpose, purpose=purpose)
        return service.refuse_waiting(tx, threads[:1], {"marketing", "invitation"}, "stopped", now=NOW)

    assert await database.write(work) == 1
    assert [(row["state"], row["reason"]) for row in await rows(database)] == [
        ("refused", "stopped"), ("queued", ""), ("queued", ""), ("queued", ""),
    ]  # fmt: skip


async def test_a_reply_is_one_message_of_its_thread_and_gone_when_it_is_taken_back(
    database: Database,
) -> None:
    thread = await database.write(lambda tx: add_thread(tx, add_number(tx), 1))

    async def shown() -> tuple[list[str], int, int]:
        def look(tx: Transaction) -> tuple[list[str], int, int]:
            entries = store_thread.by_keys(tx, store_thread.keys(tx, thread))
            row = tx.one("SELECT message_count, last_at FROM conversation WHERE id = ?", (thread,))
            assert row is not None
            last = store_thread.by_keys(tx, store_thread.last_keys(tx, thread))
            assert last == entries
            return [entry.text for entry in entries], row["message_count"], row["last_at"]

        return await database.read(look)

    done = await service_reply.reply(database, thread, "Gern!", operator=None, now=NOW)
    assert await shown() == (["Gern!"], 1, NOW)

    await _undo(database)
    assert await shown() == ([], 0, 0)

    columns = await database.read(lambda tx: store.outgoing_columns(tx, done.id or 0))
    assert columns == {"state": "cancelled", "state_reason": "undone"}


async def test_a_reply_that_has_left_is_not_taken_back(database: Database) -> None:
    thread = await database.write(lambda tx: add_thread(tx, add_number(tx), 1))
    number_id = await database.read(store.cloud_number)
    assert number_id is not None
    await service_reply.reply(database, thread, "Gern!", operator=None, now=NOW)
    await _drain(database, number_id, Wire())

    with pytest.raises(Undone):
        await _undo(database)
    assert await states(database) == ["accepted"]


async def test_a_reply_quotes_what_it_answers(database: Database) -> None:
    def work(tx: Transaction) -> tuple[int, int]:
        thread = add_thread(tx, add_number(tx), 1)
        message_id = tx.insert(
            "INSERT INTO message (conversation_id, direction, kind, text, wamid, sent_at, origin)"
            " VALUES (?, 'in', 'text', 'Wann?', 'wamid.ASKED', ?, 'live')",
            (thread, NOW),
        )
        return thread, message_id

    thread, asked = await database.write(work)
    await service_reply.reply(database, thread, "Morgen.", operator=None, now=NOW, answers=asked)
    number_id = await database.read(store.cloud_number)
    assert number_id is not None
    wire = Wire()
    await _drain(database, number_id, wire)
    ours = await database.read(lambda tx: tx.value("SELECT message_id FROM outgoing"))
    await service_reply.reply(database, thread, "Um neun.", operator=None, now=NOW, answers=ours)
    await _drain(database, number_id, wire)

    assert [message.reply_to for message in wire.sent] == ["wamid.ASKED", "wamid.FAKE0001"]
