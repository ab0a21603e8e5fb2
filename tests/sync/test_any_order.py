"""Any permutation, duplication and batching of what WhatsApp posts ends in the same state."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import simulate
from benchmarks.virtual import Fate, Inline
from tests.conftest import NOW
from tests.sync.imports import found
from tests.sync.test_intake_events import group_event, status
from tests.sync.webhooks import ANA, AT, BO, GROUP, NUMBER, body, message, our_number, take_in, text
from waconsole.database.connection import Database, Transaction
from waconsole.inbox import store_conversations as conversations
from waconsole.members import store as members
from waconsole.outbox import service, store, store_numbers
from waconsole.whatsapp.content import Text

CLEO: Final = "US.90000000000000003"
OPAQUE: Final = "wa1:here:out:1"


def word(name: str, at: int, **more: Any) -> bytes:
    """A status of our message; the answer of its send was lost."""
    told = {"id": "wamid.ours", "status": name, "timestamp": str(at), "recipient_id": ANA, **more}
    return body(statuses=[told | {"biz_opaque_callback_data": OPAQUE}])


def wish(value: str, at: int) -> bytes:
    """Ana's word on marketing, in WhatsApp's own settings."""
    one = {
        "wa_id": ANA,
        "user_id": f"US.{ANA}",
        "category": "marketing_messages",
        "value": value,
        "timestamp": at,
    }
    return body(field="user_preferences", user_preferences=[one])


def edit(wamid: str, words: str, at: int) -> bytes:
    """Ana writes her first message anew."""
    part = {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": words}}}
    return body(messages=[message(wamid, "edit", part, at=at)])


def reaction(wamid: str, emoji: str, at: int, **more: Any) -> bytes:
    """Bo reacts to it."""
    return body(
        messages=[
            message(wamid, "reaction", {"message_id": "wamid.1", "emoji": emoji}, at=at, sender=BO, **more)
        ]
    )


EVENTS: Final = (
    body(messages=[text("wamid.1", "first")], names=[(ANA, "Ana")]),
    edit("wamid.e1", "better", AT + 10),
    edit("wamid.e2", "best", AT + 20),
    body(messages=[text("wamid.2", "second", at=AT + 5, sender=BO)]),
    body(messages=[message("wamid.r", "revoke", {"original_message_id": "wamid.2"}, at=AT + 30, sender=BO)]),
    reaction("wamid.x1", "👍", AT + 11),
    reaction("wamid.x2", "❤", AT + 12),
    body(messages=[text("wamid.3", "STOP", at=AT + 50, sender=BO)]),
    body(messages=[text("wamid.4", "in the group", at=AT + 60, sender=BO, group_id=GROUP)]),
    word("sent", AT + 70),
    word("delivered", AT + 71),
    word("read", AT + 72),
    wish("stop", AT + 80),
    wish("resume", AT + 81),
    group_event("group_participants_add", AT + 90, reason="invite_link", added_participants=[{"user_id": CLEO}]),
    group_event("group_participants_remove", AT + 95, initiated_by="participant", removed_participants=[{"user_id": CLEO}]),
    group_event("group_join_request_created", AT + 100, join_request_id="J1", user_id=CLEO),
    group_event("group_join_request_revoked", AT + 101, join_request_id="J1", user_id=CLEO),
    status("APPROVED", AT),
    status("PAUSED", AT + 9),
)  # fmt: skip


def in_one(contents: list[bytes]) -> bytes:
    """Several bodies as one: WhatsApp batches as it likes."""
    entries = [entry for content in contents for entry in json.loads(content)["entry"]]
    return json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()


async def state(database: Database) -> dict[str, Any]:
    """What all of it comes to, without what only tells when it came."""
    messages = [
        tuple(
            json.dumps(row[key])
            for key in ("wamid", "text", "kind", "edited", "deleted", "reactions", "from", "at")
        )
        for row in await found(database)
    ]
    people = [
        (str(row["phone"]), str(row["bsuid"]), str(row["name"]), str(row["marketing"]), tuple(row["groups"]))
        for row in await found(database, subject="members")
    ]

    def rows(tx: Transaction) -> dict[str, Any]:
        asked = {
            "delivery": "SELECT wamid, participant, status, rank FROM delivery",
            "outgoing": "SELECT rule, state, wamid FROM outgoing",
            "template": "SELECT name, language, status FROM template",
            "join": "SELECT request_id, state, asked_at FROM join_request",
            "stay": "SELECT m.joined_at, m.left_at, a.value FROM membership AS m JOIN alias AS a ON a.member_id = m.member_id AND a.kind = 'bsuid'",
            "thread": 'SELECT g.whatsapp_id, c.message_count, c.last_at, c.window_until, c.unread FROM conversation AS c LEFT JOIN "group" AS g ON g.id = c.group_id',
            "item": "SELECT m.wamid, i.kind, i.state FROM work_item AS i JOIN message AS m ON m.id = i.message_id",
            "aside": "SELECT state, reason FROM inbound_item WHERE state <> 'done'",
        }
        return {name: sorted(map(repr, map(tuple, tx.rows(f"{sql} LIMIT 1000")))) for name, sql in asked.items()}  # fmt: skip

    return {"messages": sorted(messages), "people": sorted(people), **await database.read(rows)}


def prepared(tx: Transaction) -> None:
    """A message of ours to Ana is on its way."""
    number_id = store_numbers.numbers_named(tx, NUMBER)[0]["id"]
    member_id = members.ensure_member(
        tx, phone=f"+{ANA}", bsuid=f"US.{ANA}", origin="live", now=NOW, seen_at=NOW
    )
    thread = conversations.add_member_conversation(
        tx, number_id=number_id, member_id=member_id, member_ref=members.member_by_id(tx, member_id).ref
    )
    tx.execute("UPDATE conversation SET window_until = :until WHERE id = :id", {"until": NOW + 3_600_000_000, "id": thread})  # fmt: skip
    outgoing_id = service.enqueue(
        tx, number_id=number_id, conversation_id=thread, message_id=None, driver="cloud", content=Text("ours"), purpose="reply",
        answers_id=None, operator_id=None, now=NOW,
    )  # fmt: skip
    tx.execute(
        "INSERT INTO attempt (outgoing_id, n, opaque, owner, started_at) VALUES (:id, 1, :opaque, 'test', :now)",
        {"id": outgoing_id, "opaque": OPAQUE, "now": NOW},
    )
    store.set_outgoing_state(tx, outgoing_id, "sending")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A ledger in which our message is on its way, as bytes."""
    template = simulate.template(tmp_path_factory.mktemp("order"))
    raw = simulate.copied(template)

    async def prepare() -> None:
        database = Inline(Path("order.db"), raw, Fate(), [])
        await our_number(database)
        await database.write(prepared)

    asyncio.run(prepare())
    return raw.serialize()


def ends(ready: bytes, batches: list[list[bytes]]) -> dict[str, Any]:
    """The state after these batches, each taken apart before the next comes."""
    raw: sqlite3.Connection = simulate.copied(ready)

    async def take() -> dict[str, Any]:
        database = Inline(Path("order.db"), raw, Fate(), [])
        for batch in batches:
            await take_in(database, in_one(batch))
        return await state(database)

    return asyncio.run(take())


@pytest.fixture(scope="module")
def expected(ready: bytes) -> dict[str, Any]:
    """The state after everything came once, one by one, in the order in which it happened."""
    return ends(ready, [[event] for event in EVENTS])


@st.composite
def posted(draw: st.DrawFn) -> list[list[bytes]]:
    """The events in any order, some of them again, in batches of any size."""
    again = draw(st.lists(st.sampled_from(EVENTS), max_size=8))
    dice = random.Random(draw(st.integers(0, 2**32)))
    coming = [*EVENTS, *again]
    dice.shuffle(coming)
    batches: list[list[bytes]] = []
    while coming:
        size = dice.choice((1, 1, 2, 5, 20))
        batches.append(coming[:size])
        del coming[:size]
    return batches


def test_what_it_all_comes_to(expected: dict[str, Any]) -> None:
    said = [json.loads(row[1]) for row in expected["messages"]]
    assert said[:4] == ["best", "", "STOP", "in the group"] and "no more marketing" in said[4]
    assert expected["aside"] == [] and "'read'" in expected["delivery"][0]
    assert "'accepted'" in expected["outgoing"][0] and "'PAUSED'" in expected["template"][0]
    assert "'revoked'" in expected["join"][0] and len(expected["stay"]) >= 1


@settings(max_examples=30, deadline=None)
@given(batches=posted())
def test_any_order_repetition_and_batching_end_the_same(
    ready: bytes, expected: dict[str, Any], batches: list[list[bytes]]
) -> None:
    assert ends(ready, batches) == expected
