"""An imported group that is also one of the linked phone."""

from __future__ import annotations

import pytest

from tests.conftest import NOW
from tests.sync.gateway_events import ANA, AT, BO, GROUP, envelope, hear, our_phone, said
from tests.sync.imports import found
from waconsole.clock import DAY
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.groups import store as groups
from waconsole.groups import store_live, store_roles, store_standing
from waconsole.inbox import service_live
from waconsole.inbox import store_conversations as conversations
from waconsole.members import store as members
from waconsole.outbox import store as outbox
from waconsole.sync.linking import link

CLUB = "Coffee club"


async def imported(database: Database, *, origin: str = "import") -> int:
    """An imported group with one old message; answers its conversation."""

    def work(tx: Transaction) -> int:
        group_id = groups.add_group(tx, ref="g-club", name=CLUB, driver="human", origin="import", now=NOW)
        hand = outbox.hand_number_id(tx)
        thread = conversations.add_group_conversation(
            tx, number_id=hand, group_id=group_id, group_ref="g-club", read_through_at=NOW - DAY, run_id=0
        )
        message_id = service_live.add_ours(
            tx, conversation_id=thread, text="from the export", at=NOW - 9 * DAY
        )
        tx.execute("UPDATE message SET origin = :origin WHERE id = :id", {"origin": origin, "id": message_id})
        ana = members.ensure_member(tx, phone="+15550001111", origin="import", now=NOW, seen_at=NOW)
        groups.add_stints(tx, group_id, [groups.Stint(ana, NOW - 9 * DAY, None)], origin="import")
        return thread

    return await database.write(work)


async def live(database: Database) -> None:
    """The same group, heard by the phone: Bo an admin, one message, somebody who asks to come in."""
    people = [{"id": ANA, "role": "participant"}, {"id": BO, "role": "admin"}]
    told = {
        "timestamp": AT,
        "group": {"id": GROUP, "subject": "Coffee", "description": "Beans", "participants": people},
    }
    asks = {"timestamp": AT, "group": {"id": GROUP}, "action": "created", "requesterId": "15550003333@c.us"}
    await hear(
        database,
        envelope("group.v2.join", told, id="evt_1"),
        envelope("message.any", said("AAAA", "live", group=GROUP), id="evt_2"),
        envelope("group.v2.participants.join-request", asks, id="evt_3"),
    )


async def test_history_and_live_are_one_thread(database: Database) -> None:
    number_id = await our_phone(database)
    thread = await imported(database)
    await live(database)

    linked = await link(database, CLUB, GROUP, operator=None, now=NOW)
    await hear(database, envelope("message.any", said("BBBB", "later", by=BO, group=GROUP), id="evt_4"))

    assert (linked.group, linked.messages) == ("g-club", 2)  # the message, and that somebody asks
    rows = await found(database, "")
    assert {row["text"] for row in rows} >= {"from the export", "live", "later"}
    assert len({row["conversation"] for row in rows}) == 1

    def after(tx: Transaction) -> None:
        row = conversations.conversation(tx, thread)
        count = tx.value("SELECT count(*) FROM visible_message WHERE conversation_id = :id", {"id": thread})
        assert (row["number_id"], row["message_count"], row["unread"]) == (number_id, count, 2)
        assert tx.value("SELECT count(*) FROM conversation WHERE group_id IS NOT NULL") == 1
        group = store_live.group_by_whatsapp_id(tx, GROUP)
        assert group is not None and (group["ref"], group["name"]) == ("g-club", CLUB)
        standing = store_standing.standing(tx, group["id"])
        assert (standing["driver"], standing["description"]) == ("gateway", "Beans")
        assert groups.members_count(tx, group["id"]) == 2
        bo = members.member_named(tx, "+15550002222").id
        assert store_roles.is_admin(tx, group["id"], bo)
        assert tx.value("SELECT state FROM join_request WHERE group_id = :id", {"id": group["id"]}) == "asked"
        assert tx.rows("PRAGMA foreign_key_check") == []

    await database.write(after)


async def test_a_group_the_phone_was_not_heard_of_yet(database: Database) -> None:
    number_id = await our_phone(database)
    thread = await imported(database)

    await link(database, CLUB, GROUP, operator=None, now=NOW)
    await live(database)

    assert {row["text"] for row in await found(database, "")} >= {"from the export", "live"}
    rows = await database.read(lambda tx: tx.rows("SELECT id, number_id FROM conversation"))
    assert [tuple(row) for row in rows] == [(thread, number_id)]


@pytest.mark.parametrize(
    ("origin", "name", "group_id", "says"),
    [
        ("live", CLUB, GROUP, "Both have live messages"),
        ("import", GROUP, GROUP, "only an imported group"),
        ("import", CLUB, "R1JPVVAtRkFLRS0wMDE", "no group of a linked phone"),
    ],
)
async def test_what_cannot_be_one_says_why(
    database: Database, origin: str, name: str, group_id: str, says: str
) -> None:
    await our_phone(database)
    await imported(database, origin=origin)
    await live(database)

    with pytest.raises(Refused, match=says):
        await link(database, name, group_id, operator=None, now=NOW)

    assert await database.read(lambda tx: tx.value("SELECT count(*) FROM conversation")) == 2
