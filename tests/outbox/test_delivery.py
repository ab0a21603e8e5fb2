"""WhatsApp's word: any order, any number of times, one outcome."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.conftest import NOW
from tests.outbox.road import Wire, heard, queue_many, rows, say
from waconsole.clock import SECOND
from waconsole.database.connection import Database
from waconsole.outbox import store_rows
from waconsole.sync.drain import drain

WORDS = ("sent", "delivered", "read", "failed")
TIMES = ("sent_at", "delivered_at", "read_at", "played_at", "failed_at", "error_code", "rank", "status")


async def _sent(database: Database) -> str:
    number_id = await queue_many(database, 1)
    await drain(database, number_id, Wire(), clock=lambda: NOW, owner="t:1", once=True)
    return "wamid.FAKE0001"


async def _row(database: Database, wamid: str) -> dict[str, Any]:
    return await database.read(
        lambda tx: dict(tx.rows("SELECT * FROM delivery WHERE wamid = ?", (wamid,))[0])
    )


async def test_every_order_of_statuses_comes_to_the_same(database: Database) -> None:
    await _sent(database)
    outcomes = []
    for place, order in enumerate(itertools.permutations(WORDS)):
        wamid = f"wamid.{place}"
        for word in (*order, order[0]):
            event = heard(
                wamid, word, at=NOW + WORDS.index(word) * SECOND, code=131026 if word == "failed" else None
            )
            assert await say(database, event)
        row = await _row(database, wamid)
        outcomes.append(tuple(row[name] for name in TIMES))

    assert set(outcomes) == {(NOW, NOW + SECOND, NOW + 2 * SECOND, None, NOW + 3 * SECOND, 131026, 3, "read")}


async def test_failed_after_delivered_is_a_flag_beside_it(database: Database) -> None:
    wamid = await _sent(database)
    await say(database, heard(wamid, "delivered"))
    await say(database, heard(wamid, "failed", code=131049))

    row = (await rows(database))[0]
    assert (row["state"], row["delivery"], row["delivery_error"]) == ("accepted", "delivered", 131049)


async def test_a_failure_without_a_code_is_still_one(database: Database) -> None:
    wamid = await _sent(database)
    await say(database, heard(wamid, "failed"))

    assert (await rows(database))[0]["delivery_error"] == 0


async def test_an_earlier_time_that_comes_later_counts(database: Database) -> None:
    wamid = await _sent(database)
    await say(database, heard(wamid, "delivered", at=NOW + 9 * SECOND))
    await say(database, heard(wamid, "delivered", at=NOW + 4 * SECOND))

    assert (await _row(database, wamid))["delivered_at"] == NOW + 4 * SECOND


async def test_readers_of_a_group_are_told_apart_and_the_highest_word_is_shown(database: Database) -> None:
    wamid = await _sent(database)
    await say(database, heard(wamid, "sent"))
    await say(database, heard(wamid, "delivered", participant="15550001111"))
    await say(database, heard(wamid, "read", participant="15550002222"))

    told = await database.read(lambda tx: store_rows.deliveries_of(tx, 1))
    assert [(one["participant"], one["status"]) for one in told] == [
        ("", "sent"),
        ("15550001111", "delivered"),
        ("15550002222", "read"),
    ]
    assert (await rows(database))[0]["delivery"] == "read"


async def test_a_word_this_version_does_not_know_is_said_to_be_unknown(database: Database) -> None:
    wamid = await _sent(database)

    assert not await say(database, heard(wamid, "warning"))
    assert (await rows(database))[0]["delivery"] == ""


@pytest.mark.parametrize("opaque", ["wa1:another:out-1:1", "not ours", ""])
async def test_an_opaque_that_is_none_of_ours_settles_nothing(database: Database, opaque: str) -> None:
    await queue_many(database, 1)

    await say(database, heard("wamid.X", "sent", opaque=opaque))

    assert (await rows(database))[0]["state"] == "queued"


async def test_an_echo_settles_what_was_closed_cancelled_or_thought_unsent(database: Database) -> None:
    from waconsole.operators import service as operators
    from waconsole.outbox import service
    from waconsole.whatsapp.driver import Action, Verdict

    number_id = await queue_many(database, 2)
    wire = Wire(
        lambda message, number: (
            Verdict("unknown", action=Action.UNKNOWN)
            if number == 1
            else Verdict("refused", action=Action.RETRY, code=131057)
        )
    )
    await drain(
        database, number_id, wire, clock=lambda: NOW, owner="t:1", once=True, stop=lambda: len(wire.sent) >= 2, chance=lambda: 1.0
    )  # fmt: skip

    def decide(tx: Any) -> None:
        acting = operators.acting(tx, None, now=NOW)
        service.resolve(tx, acting, 1, "closed", now=NOW)
        service.cancel(tx, acting, 2, now=NOW)

    await database.write(decide)
    for place, message in enumerate(wire.sent):
        await say(database, heard(f"wamid.{place}", "sent", opaque=message.opaque))

    assert [row["state"] for row in await rows(database)] == ["accepted", "accepted"]
