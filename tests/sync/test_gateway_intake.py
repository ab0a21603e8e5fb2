"""What a gateway's events become: rows of the right rooms, once, and no word of a stranger's for another's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sync.gateway_events import ANA, AT, BO, GROUP, HIDDEN, envelope, hear, our_phone, said
from tests.sync.imports import found
from tests.sync.test_process import one, sound
from waconsole.clock import SECOND
from waconsole.database.connection import Database, Transaction
from waconsole.members import store as members
from waconsole.outbox import service_delivery, store_chosen, store_numbers
from waconsole.sync.process import Processed
from waconsole.whatsapp.gateway.envelope import wrapped


async def test_a_message_to_us_alone_and_one_in_a_group(database: Database) -> None:
    number_id = await our_phone(database)

    done = await hear(
        database,
        envelope(
            "message.any",
            said("AAAA", "where is my parcel?", _data={"Info": {"PushName": "Ana"}}),
            id="evt_1",
        ),
        envelope("message.any", said("BBBB", "Hello all", by=HIDDEN, group=GROUP), id="evt_2"),
    )

    assert done == Processed(received=2, processed=2)
    first, second = sorted(await found(database), key=lambda row: row["text"], reverse=True)
    assert (first["wamid"], first["from"], first["group"]) == (f"false_{ANA}_AAAA", "+15550001111", None)
    assert (second["wamid"], second["group"]) == (f"false_{GROUP}_BBBB_{HIDDEN}", GROUP)
    group = await one(database, 'SELECT driver, whatsapp_id, number_id FROM "group"')
    assert tuple(group) == ("gateway", GROUP, number_id)
    rows = await database.read(lambda tx: tx.rows("SELECT DISTINCT number_id FROM conversation"))
    assert [row["number_id"] for row in rows] == [number_id]
    assert (await one(database, "SELECT value FROM alias WHERE kind = 'lid'"))["value"] == "9000000001"
    await sound(database)


async def test_what_came_by_socket_webhook_and_history_is_one_message(database: Database) -> None:
    await our_phone(database)
    payload = said("AAAA", "Hello")

    await hear(
        database, envelope("message", payload, id="evt_1"), envelope("message.any", payload, id="evt_2")
    )
    again = await hear(database, wrapped("message.any", "default", {**payload, "ack": 3}, at=AT * SECOND))

    assert again == Processed(received=1)
    assert len(await found(database)) == 1


async def test_an_edit_is_its_authors_and_so_is_taking_back(database: Database) -> None:
    await our_phone(database)
    edited = said("EEEE", "Hello you", group=GROUP, editedMessageId="AAAA")
    forged = said("FFFF", "I owe Bo money", by=BO, group=GROUP, editedMessageId="AAAA")
    taken = said("VVVV", "", by=BO, group=GROUP)
    key = {"Message": {"protocolMessage": {"key": {"ID": "AAAA", "participant": ANA}}}}

    await hear(
        database,
        envelope("message.any", said("AAAA", "Hello", group=GROUP), id="evt_1"),
        envelope("message.edited", edited, id="evt_2"),
        envelope("message.edited", forged, id="evt_3"),
        envelope("message.revoked", {"after": taken, "revokedMessageId": "AAAA", "_data": key}, id="evt_4"),
    )
    assert [(row["text"], row["deleted"]) for row in await found(database)] == [("Hello you", False)]
    left = await one(database, "SELECT state, reason FROM inbound_item WHERE state <> 'done'")
    assert left["state"] == "kept" and "no admin" in left["reason"]

    promoted = {
        "type": "promote",
        "timestamp": AT,
        "group": {"id": GROUP},
        "participants": [{"id": BO, "role": "admin"}],
    }
    taken = said("WWWW", "", by=BO, group=GROUP)
    await hear(
        database,
        envelope("group.v2.participants", promoted, id="evt_5"),
        envelope("message.revoked", {"after": taken, "revokedMessageId": "AAAA", "_data": key}, id="evt_6"),
    )
    assert [row["deleted"] for row in await found(database, "")] == [True]
    await sound(database)


async def test_a_number_behind_a_hidden_id_makes_one_member(database: Database) -> None:
    await our_phone(database)
    asked = {
        "group": {"id": GROUP}, "action": "created", "requesterId": HIDDEN, "requesterPn": ANA,
        "requestMethod": "invite_link", "timestamp": AT,
    }  # fmt: skip

    await hear(
        database,
        envelope("message.any", said("AAAA", "let me in", by=HIDDEN), id="evt_1"),
        envelope("group.v2.participants.join-request", asked, id="evt_2"),
    )

    def work(tx: Transaction) -> tuple[int | None, int | None]:
        by_lid = members.member_by_alias(tx, "lid", "9000000001")
        return by_lid, members.member_by_alias(tx, "phone", "+15550001111")

    by_lid, by_phone = await database.read(work)
    assert by_lid == by_phone is not None
    (row,) = await found(database, "", subject="members")
    assert row["phone"] == "+15550001111"


async def test_what_was_written_on_the_phone_stands_as_ours(database: Database) -> None:
    await our_phone(database)
    written = said("3EB0PHONE", "We open at nine", by=ANA, ours=True)

    await hear(
        database,
        envelope("message.any", said("AAAA", "When do you open?"), id="evt_1"),
        envelope("message.any", written, id="evt_2"),
        envelope("message.ack", {**written, "ack": 3}, id="evt_3"),
    )

    ours = next(row for row in await found(database, "") if row["direction"] == "out")
    assert (ours["text"], ours["wamid"]) == ("We open at nine", "3EB0PHONE")
    assert (await one(database, "SELECT status FROM delivery"))["status"] == "read"
    conversation = await one(database, "SELECT unread, message_count FROM conversation")
    assert tuple(conversation) == (1, 2)
    await sound(database)


async def test_a_phone_that_is_no_longer_linked_holds_its_number(database: Database) -> None:
    number_id = await our_phone(database)

    async def stopped(state: str, id: str) -> str:
        await hear(database, envelope("session.status", {"name": "default", "status": state}, id=id))
        return str(
            (await database.read(lambda tx: store_numbers.number_row(tx, number_id)))["stopped_reason"]
        )

    assert "waconsole gateway pair" in await stopped("SCAN_QR_CODE", "evt_1")
    assert "banned" in await stopped("FAILED", "evt_3")
    assert await stopped("WORKING", "evt_2") == ""


async def test_events_that_come_before_the_number_are_taken_in_later(database: Database) -> None:
    early = await hear(database, envelope("message.any", said("AAAA", "Hello"), id="evt_1"))
    assert early == Processed(received=1, quarantined=1)

    await our_phone(database)
    later = await hear(database)

    assert later.processed == 1
    assert len(await found(database)) == 1


async def test_an_echo_settles_a_message_whose_answer_was_lost(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await our_phone(database)
    told: list[Any] = []

    def status(tx: Transaction, event: Any, *, now: int) -> bool:
        told.append(event)
        return True

    monkeypatch.setattr(store_chosen, "attempt_by_chosen", lambda tx, chosen: {"opaque": "wa1:x:1:1"})
    monkeypatch.setattr(service_delivery, "status", status)

    await hear(database, envelope("message.ack", said("3EB0C", "", ours=True) | {"ack": 2}, id="evt_1"))

    assert [(event.wamid, event.opaque, event.status) for event in told] == [
        ("3EB0C", "wa1:x:1:1", "delivered")
    ]
