"""One message to many: seen all at once, once only, gone on with after an end half way, and queued a part at a time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import NOW
from tests.outbox.road import add_number
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.inbox.service_sent import show_sent
from waconsole.inbox.store_conversations import add_member_conversations
from waconsole.members import store as members
from waconsole.outbox import service_bulk, service_waking, store, store_batches
from waconsole.outbox.service_bulk import Batched, Query, Wanted, enqueue_all
from waconsole.outbox.store_rows import outgoing_ids
from waconsole.whatsapp.content import Content, Template, Text

SALE = Template("autumn_sale", "en", category="MARKETING")
EVERYBODY = Query("SELECT id FROM visible_member")


def _people(tx: Transaction, count: int = 7) -> int:
    for place in range(count):
        members.add_member(tx, ref=f"m-{place}", name=f"Member {place}", origin="live", now=NOW)
    return add_number(tx)


async def _queue(database: Database, number_id: int, content: Content = SALE, **more: Any) -> Batched:
    wanted = Wanted("autumn", number_id, content, "marketing", campaign="autumn")
    return await enqueue_all(
        database, EVERYBODY, wanted, open_threads=add_member_conversations, now=NOW, **more
    )


async def test_the_same_again_adds_nothing_and_another_content_is_refused(database: Database) -> None:
    number_id = await database.write(_people)

    first = await _queue(database, number_id)
    again = await _queue(database, number_id)

    assert (first.count, first.added, again) == (7, 7, Batched(first.batch_id, 7, 0))
    rows = await database.read(lambda tx: store.outgoing_rows(tx, outgoing_ids(tx)))
    assert {(row["state"], row["kind"], row["purpose"]) for row in rows} == {
        ("scheduled", "template", "marketing")
    }
    with pytest.raises(Refused, match="another content"):
        await _queue(database, number_id, Template("winter_sale", "en"))


async def test_nobody_sees_a_part_and_who_died_is_gone_on_with(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    number_id = await database.write(_people)
    monkeypatch.setattr(service_bulk, "PIECE", 2)
    monkeypatch.setattr(service_bulk, "CHUNK_SECONDS", 0.0)
    written: list[int] = []

    def halfway() -> bool:
        return bool(written and written[-1] >= 4)

    with pytest.raises(Refused, match="Ask the same again"):
        await _queue(database, number_id, progress=lambda done, _: written.append(done), cancelled=halfway)

    def look(tx: Transaction) -> tuple[int, list[int], int]:
        return (
            tx.value("SELECT count(*) FROM outgoing"),
            outgoing_ids(tx),
            len(store_batches.unopened(tx)),
        )

    assert await database.read(look) == (4, [], 1)
    assert await database.write(lambda tx: service_waking.wake(tx, number_id, now=NOW)) == 0

    assert await _queue(database, number_id) == Batched(1, 7, 3)
    count, seen, unopened = await database.read(look)
    assert (count, len(seen), unopened) == (7, 7, 0)


async def test_a_batch_is_queued_a_part_at_a_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    number_id = await database.write(_people)
    await _queue(database, number_id)
    monkeypatch.setattr(store, "WAKE_MAX", 3)
    monkeypatch.setattr(service_waking, "FEW", 2)

    def wake(tx: Transaction) -> int:
        return service_waking.wake(tx, number_id, now=NOW)

    def took(tx: Transaction) -> int:
        return tx.execute("UPDATE outgoing SET state = 'cancelled' WHERE state = 'queued'").rowcount

    assert await database.read(lambda tx: service_waking.next_wake_at(tx, number_id)) == 0
    assert [await database.write(wake) for _ in range(2)] == [3, 0], "the first part is not through"
    parts = []
    for _ in range(3):
        parts.append((await database.write(took), await database.write(wake)))
    assert parts == [(3, 3), (3, 1), (1, 0)]
    assert await database.read(lambda tx: service_waking.next_wake_at(tx, number_id)) is None
    assert await database.read(lambda tx: store_batches.waiting(tx, number_id)) == []


async def test_each_may_be_told_something_of_their_own(database: Database) -> None:
    number_id = await database.write(_people)

    def said(member_id: int) -> Content:
        return Text(f"Hello number {member_id}")

    wanted = Wanted("hello", number_id, said, "service", digest="hello v1")
    done = await enqueue_all(database, [3, 1, 3], wanted, open_threads=add_member_conversations, now=NOW)

    assert done.added == 2
    texts = await database.read(
        lambda tx: [row[0] for row in tx.rows("SELECT text FROM outgoing ORDER BY id")]
    )
    assert texts == ["Hello number 1", "Hello number 3"]


async def test_what_went_out_of_a_batch_stands_in_its_thread_once(database: Database) -> None:
    number_id = await database.write(_people)
    await _queue(database, number_id, Text("Hello everybody"))

    def sent(tx: Transaction) -> list[tuple[str, int]]:
        service_waking.wake(tx, number_id, now=NOW)
        tx.execute(
            "INSERT INTO attempt (outgoing_id, n, opaque, owner, started_at) VALUES (1, 1, 'o', 'test', ?)",
            (NOW,),
        )
        store.set_outgoing_state(tx, 1, "sending")
        store.set_outgoing_state(tx, 1, "accepted", wamid="wamid.FAKE0001")
        for _ in range(2):
            show_sent(tx, "wamid.FAKE0001", now=NOW)
            show_sent(tx, "wamid.OTHER", now=NOW)
        return [(row[0], row[1]) for row in tx.rows("SELECT text, conversation_id FROM message LIMIT 9")]

    assert await database.write(sent) == [("Hello everybody", 1)]
