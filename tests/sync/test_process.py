"""What webhooks become: rows of the right rooms, once, whatever the order they come in."""

from __future__ import annotations

import json
import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NOW
from tests.sync.imports import found
from tests.sync.webhooks import ANA, AT, BO, GROUP, NUMBER, body, keep, message, our_number, take_in, text
from waconsole.clock import DAY, SECOND
from waconsole.database.connection import Database, Row
from waconsole.inbox import service_live
from waconsole.outbox import service as outbox
from waconsole.outbox import store as outbox_rows
from waconsole.sync import process
from waconsole.sync.check_rows import row_checks
from waconsole.sync.process import Processed, process_waiting
from waconsole.whatsapp.content import Text


async def one(database: Database, sql: str, *parameters: Any) -> Row:
    """The only row of a query."""
    rows = await database.read(lambda tx: tx.rows(sql, parameters))
    assert len(rows) == 1, [dict(row) for row in rows]
    return rows[0]


async def sound(database: Database) -> None:
    """The counters say what a count of the rows says."""
    faults = await database.read(
        lambda tx: [check for check in row_checks(tx, Path("/nowhere")) if not check.ok]
    )
    assert faults == []


async def test_a_message_becomes_a_row_with_its_sender_window_and_item(database: Database) -> None:
    await our_number(database)
    done = await take_in(
        database,
        body(messages=[text("wamid.1", "where is my parcel? it never arrived")], names=[(ANA, "Ana")]),
    )

    assert done == Processed(received=1, processed=1, quarantined=0)
    row = (await found(database))[0]
    assert (row["text"], row["wamid"], row["type"], row["direction"], row["bsuid"]) == (
        "where is my parcel? it never arrived", "wamid.1", "text", "in", f"US.{ANA}",
    )  # fmt: skip
    assert row["from"] == f"+{ANA}"
    assert [item["kind"] for item in row["items"]] == ["complaint"]
    conversation = await one(database, "SELECT * FROM conversation")
    assert conversation["unread"] == conversation["message_count"] == conversation["owed"] == 1
    assert conversation["window_until"] == AT * SECOND + DAY
    assert (await found(database, "parcel"))[0]["wamid"] == "wamid.1"
    assert (await found(database, "", subject="members"))[0]["name"] == "Ana"
    await sound(database)


@pytest.mark.parametrize(
    ("kind", "part", "shown", "row_kind"),
    [
        ("image", {"id": "3", "mime_type": "image/jpeg", "sha256": "ZmFrZQ==", "caption": "receipt"}, "receipt", "media"),
        ("document", {"id": "3", "mime_type": "application/pdf", "filename": "bill.pdf"}, "", "media"),
        ("button", {"payload": "cb:ok", "text": "OK"}, "OK", "text"),
        ("interactive", {"type": "button_reply", "button_reply": {"id": "y", "title": "Accept"}}, "Accept", "text"),
        ("interactive", {"type": "list_reply", "list_reply": {"id": "s", "title": "09:00"}}, "09:00", "text"),
    ],
)  # fmt: skip
async def test_every_kind_of_message_is_shown(
    database: Database, kind: str, part: dict[str, Any], shown: str, row_kind: str
) -> None:
    await our_number(database)
    await take_in(database, body(messages=[message("wamid.k", kind, part)]))

    row = (await found(database))[0]
    assert (row["type"], row["kind"]) == (kind, row_kind)
    assert shown in row["text"]
    if row_kind == "media":
        file = await one(database, "SELECT * FROM media")
        assert (file["media_id"], file["mime"]) == ("3", part["mime_type"])
    await sound(database)


async def test_what_is_not_understood_is_kept_and_shown(database: Database) -> None:
    await our_number(database)
    done = await take_in(
        database,
        body(messages=[message("wamid.u", "hologram", {"beam": 1})]),
        body(field="message_template_status_update", event="PAUSED", message_template_id=5),
    )

    assert done == Processed(received=2, processed=2, quarantined=0)
    assert (await found(database))[0]["type"] == "hologram"
    kept = await database.read(lambda tx: tx.rows("SELECT state, raw FROM inbound_item ORDER BY id"))
    assert [row["state"] for row in kept] == ["kept", "kept"]
    assert json.loads(kept[0]["raw"])["hologram"] == {"beam": 1}


async def test_a_quote_finds_the_message_it_quotes(database: Database) -> None:
    await our_number(database)
    await take_in(
        database,
        body(
            messages=[
                text("wamid.1", "shade 3"),
                text("wamid.2", "this one", at=AT + 9, context={"id": "wamid.1"}),
            ]
        ),
    )

    row = await one(database, "SELECT reply_to, reply_to_id FROM message WHERE wamid = 'wamid.2'")
    assert (row["reply_to"], row["reply_to_id"]) == ("wamid.1", 1)


async def test_a_message_in_two_bodies_is_one_row(database: Database) -> None:
    await our_number(database)
    first, second = text("wamid.1", "hello"), text("wamid.2", "again", at=AT + 1)
    done = await take_in(
        database, body(messages=[first]), body(messages=[first, second]), body(messages=[second])
    )

    assert done == Processed(received=4, processed=2, quarantined=0)
    assert len(await found(database)) == 2
    await sound(database)


HISTORY = [
    body(messages=[text("wamid.1", "first"), text("wamid.2", "second", at=AT + 5, sender=BO)]),
    body(messages=[message("wamid.e1", "edit", {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "better"}}}, at=AT + 10)]),
    body(messages=[message("wamid.e2", "edit", {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "best"}}}, at=AT + 20)]),
    body(messages=[message("wamid.r", "revoke", {"original_message_id": "wamid.2"}, at=AT + 30, sender=BO)]),
    body(messages=[message("wamid.x1", "reaction", {"message_id": "wamid.1", "emoji": "👍"}, at=AT + 11, sender=BO)]),
    body(messages=[message("wamid.x2", "reaction", {"message_id": "wamid.1", "emoji": "❤"}, at=AT + 12, sender=BO)]),
    body(messages=[message("wamid.x3", "reaction", {"message_id": "wamid.1", "emoji": "🎉"}, at=AT + 12)]),
    body(messages=[message("wamid.x4", "reaction", {"message_id": "wamid.1"}, at=AT + 40)]),
    body(messages=[text("wamid.3", "third", at=AT + 50)]),
]  # fmt: skip


def told(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what depends on the order of arrival."""
    return {
        key: row[key] for key in ("wamid", "text", "kind", "edited", "deleted", "reactions", "from", "at")
    }


@pytest.mark.parametrize("seed", range(12))
async def test_any_order_and_any_number_of_times_end_the_same(database: Database, seed: int) -> None:
    await our_number(database)
    lucky = random.Random(seed)
    coming = HISTORY * 2 if seed % 2 else list(HISTORY)
    lucky.shuffle(coming)
    for content in coming:
        await take_in(database, content)

    rows = {row["wamid"]: told(row) for row in await found(database)}
    assert (rows["wamid.1"]["text"], rows["wamid.1"]["edited"]) == ("best", True)
    assert rows["wamid.1"]["reactions"] == [{"from": f"+{BO}", "emoji": "❤"}]
    assert (rows["wamid.2"]["kind"], rows["wamid.2"]["deleted"], rows["wamid.2"]["text"]) == (
        "deleted",
        True,
        "",
    )
    assert [row["wamid"] for row in await found(database, "best")] == ["wamid.1"]
    assert await found(database, "second") == []
    assert len(rows) == 3
    await sound(database)


async def test_a_late_message_keeps_the_counters_and_the_window(database: Database) -> None:
    await our_number(database)
    await take_in(database, body(messages=[text("wamid.1", "now", at=AT)]))
    await database.write(
        lambda tx: tx.execute(
            "UPDATE conversation SET read_through_at = :at, unread = 0", {"at": AT * SECOND + 1}
        )
    )
    await take_in(database, body(messages=[text("wamid.0", "before", at=AT - 3600)]))

    row = await one(database, "SELECT * FROM conversation")
    assert (row["unread"], row["message_count"], row["last_at"]) == (0, 2, AT * SECOND)
    assert row["window_until"] == AT * SECOND + DAY
    await sound(database)


async def test_a_message_of_the_future_opens_no_longer_window(database: Database) -> None:
    await our_number(database)
    await take_in(database, body(messages=[text("wamid.1", "hi", at=NOW // SECOND + 86_400)]))

    row = await one(database, "SELECT window_until, last_at FROM conversation")
    assert row["window_until"] == NOW + DAY
    assert row["last_at"] == NOW + DAY


async def test_another_number_stands_aside_until_it_is_ours(database: Database) -> None:
    await our_number(database)
    foreign = body(messages=[text("wamid.1", "hello")], number="777")
    done = await take_in(database, foreign, body(messages=[text("wamid.2", "hi")]))
    assert done == Processed(received=2, processed=1, quarantined=1)
    row = await one(database, "SELECT reason FROM inbound_item WHERE state = 'quarantined'")
    assert row["reason"] == process.ANOTHER_NUMBER

    await our_number(database, "777")
    again = await process_waiting(database, clock=lambda: NOW)

    assert (again.processed, again.quarantined) == (1, 0)
    assert {row["wamid"] for row in await found(database)} == {"wamid.1", "wamid.2"}


async def test_a_bad_item_never_holds_up_the_rest(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await our_number(database)
    real = service_live.receive

    def breaks(tx: Any, received: Any, **more: Any) -> int | None:
        if received.wamid == "wamid.bad":
            real(tx, received, **more)
            raise ZeroDivisionError("planted")
        return real(tx, received, **more)

    monkeypatch.setattr(service_live, "receive", breaks)
    messages = [
        text("wamid.1", "a"),
        text("wamid.bad", "b"),
        text("wamid.2", "c"),
        {"id": "", "type": "text"},
    ]
    done = await take_in(database, body(messages=messages))
    assert done == Processed(received=4, processed=2, quarantined=1, trying=1)
    assert {row["wamid"] for row in await found(database)} == {"wamid.1", "wamid.2"}
    await sound(database)
    now = NOW
    for tries, wait in enumerate(process.AGAIN_AFTER, start=1):
        row = await one(database, "SELECT attempts, again_at FROM inbound_item WHERE state = 'trying'")
        assert (row["attempts"], row["again_at"]) == (tries, now + wait)
        early, now = now + wait - 1, now + wait
        assert await process_waiting(database, clock=lambda: early) == Processed()  # noqa: B023
        await process_waiting(database, clock=lambda: now)  # noqa: B023
    row = await one(database, "SELECT attempts FROM inbound_item WHERE key LIKE '%wamid.bad%'")
    assert row["attempts"] == process.TRIES_MAX == 5
    reasons = await database.read(
        lambda tx: [
            row["reason"] for row in tx.rows("SELECT reason FROM inbound_item WHERE state = 'quarantined'")
        ]
    )
    assert "ZeroDivisionError" in reasons[0] and "planted" in reasons[0]
    await sound(database)

    monkeypatch.setattr(service_live, "receive", real)
    again = await process.replay(database, [1], clock=lambda: NOW)

    assert (again.processed, again.quarantined, again.trying) == (1, 1, 0)
    assert {row["wamid"] for row in await found(database)} == {"wamid.1", "wamid.2", "wamid.bad"}
    await sound(database)


async def test_what_fails_for_a_while_is_taken_in_by_itself_and_a_replay_counts_anew(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await our_number(database)

    def breaks(*_: Any, **__: Any) -> int | None:
        raise KeyError("planted")

    async def attempts() -> int:
        return int((await one(database, "SELECT attempts FROM inbound_item"))["attempts"])

    now, hour = NOW, 3_600 * SECOND
    with monkeypatch.context() as broken:
        broken.setattr(service_live, "receive", breaks)
        await take_in(database, body(messages=[text("wamid.1", "a")]))
        for _ in range(2):
            now += hour
            await process_waiting(database, clock=lambda: now)  # noqa: B023
        assert await attempts() == 3
        again = await process.replay(database, [1], clock=lambda: now)
        assert (again, await attempts()) == (Processed(received=1, trying=1), 1)
    assert (await process_waiting(database, clock=lambda: now)).processed == 0

    done = await process_waiting(database, clock=lambda: now - 24 * hour)  # the clock went back

    assert (done.processed, await attempts()) == (1, 2)
    assert {row["wamid"] for row in await found(database)} == {"wamid.1"}
    await sound(database)


async def test_a_full_disk_is_nobodys_fault_and_the_body_waits(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await our_number(database)

    def full(*_: Any, **__: Any) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(service_live, "receive", full)
        with pytest.raises(Exception, match="disk"):
            await take_in(database, body(messages=[text("wamid.1", "a")]))
    assert await found(database) == []

    await process_waiting(database, clock=lambda: NOW)

    assert len(await found(database)) == 1


async def test_a_signed_body_that_is_no_webhook_is_quarantined_whole(database: Database) -> None:
    await our_number(database)
    done = await take_in(
        database, b'{"object":"whatsapp_business_account","entry":[{"id"', b"[]", b'{"entry":[]}'
    )

    assert (done.processed, done.quarantined) == (1, 2)
    states = await database.read(
        lambda tx: tx.rows("SELECT kind, state, reason FROM inbound_item ORDER BY id")
    )
    assert [row["state"] for row in states] == ["quarantined", "quarantined", "kept"]


async def test_a_changed_number_is_the_same_member(database: Database) -> None:
    await our_number(database)
    change = message(
        "wamid.s", "system",
        {"type": "user_changed_number", "body": "…", "wa_id": BO, "user_id": f"US.{BO}", "previous_user_id": f"US.{ANA}"},
        at=AT + 60,
    )  # fmt: skip
    del change["from_user_id"]
    await take_in(
        database,
        body(messages=[text("wamid.1", "hello")], names=[(ANA, "Ana")]),
        body(messages=[change]),
        body(messages=[text("wamid.2", "new phone", sender=BO, at=AT + 70)]),
    )

    members = await found(database, "", subject="members")
    assert [(row["phone"], row["bsuid"], row["name"]) for row in members] == [(f"+{BO}", f"US.{BO}", "Ana")]
    assert {row["conversation"] for row in await found(database)} == {f"c-member-{members[0]['member']}"}
    assert [row["text"] for row in await found(database, "kind:system")] == [f"+{ANA} changed to +{BO}"]
    await sound(database)


async def test_a_member_without_a_phone_is_known_by_bsuid(database: Database) -> None:
    await our_number(database)
    nameless = text("wamid.1", "hi")
    nameless = {key: part for key, part in nameless.items() if key != "from"}
    await take_in(database, body(messages=[nameless]))

    row = (await found(database))[0]
    assert (row["from"], row["bsuid"]) == (f"US.{ANA}", f"US.{ANA}")


async def test_an_official_group_has_its_members_lines_and_window(database: Database) -> None:
    await our_number(database)
    joined = {
        "timestamp": str(AT - 100), "group_id": GROUP, "type": "group_participants_add", "reason": "invite_link",
        "added_participants": [{"wa_id": BO, "user_id": f"US.{BO}"}],
    }  # fmt: skip
    left = {
        "timestamp": str(AT + 100), "group_id": GROUP, "type": "group_participants_remove", "initiated_by": "participant",
        "removed_participants": [{"wa_id": BO, "user_id": f"US.{BO}"}],
    }  # fmt: skip
    await take_in(
        database,
        body(field="group_participants_update", groups=[left]),
        body(messages=[text("wamid.g", "hello all", group_id=GROUP)], names=[(ANA, "Ana")]),
        body(field="group_participants_update", groups=[joined]),
    )

    assert (await found(database))[0]["group"] == GROUP
    stays = await database.read(
        lambda tx: tx.rows("SELECT joined_at, left_at, entry_channel FROM membership ORDER BY joined_at")
    )
    assert [tuple(row) for row in stays] == [
        ((AT - 100) * SECOND, (AT + 100) * SECOND, "link"), (AT * SECOND, None, ""),
    ]  # fmt: skip
    assert len(await found(database, "kind:system")) == 2
    members = {row["phone"]: row["groups"] for row in await found(database, "", subject="members")}
    assert members == {f"+{ANA}": [GROUP], f"+{BO}": []}
    assert (await one(database, "SELECT window_until FROM conversation"))["window_until"] == AT * SECOND + DAY
    await sound(database)


async def test_a_status_and_a_reaction_find_a_message_of_ours(database: Database) -> None:
    await our_number(database)
    await take_in(database, body(messages=[text("wamid.1", "price?")]))

    def say(tx: Any) -> int:
        said = service_live.add_ours(tx, conversation_id=1, text="12 euros", at=NOW)
        return outbox.enqueue(
            tx, number_id=2, conversation_id=1, message_id=said, driver="cloud", content=Text("12 euros"), purpose="reply",
            answers_id=1, operator_id=None, now=NOW,
        )  # fmt: skip

    outgoing_id = await database.write(say)
    opaque = await database.write(lambda tx: _sent(tx, outgoing_id))
    status = {
        "id": "wamid.ours", "status": "delivered", "timestamp": str(AT + 700), "recipient_id": ANA,
        "biz_opaque_callback_data": opaque,
    }  # fmt: skip
    await take_in(
        database,
        body(messages=[message("wamid.x", "reaction", {"message_id": "wamid.ours", "emoji": "🙏"})]),
        body(statuses=[status]),
    )

    row = next(row for row in await found(database) if row["direction"] == "out")
    assert (row["wamid"], row["text"]) == ("wamid.ours", "12 euros")
    assert row["reactions"] == [{"from": f"+{ANA}", "emoji": "🙏"}]
    await sound(database)


def _sent(tx: Any, outgoing_id: int) -> str:
    """As after a send whose answer was lost."""
    opaque = "wa1:here:out:1"
    tx.execute(
        "INSERT INTO attempt (outgoing_id, n, opaque, owner, started_at) VALUES (?, 1, ?, 'test', ?)",
        (outgoing_id, opaque, NOW),
    )
    outbox_rows.set_outgoing_state(tx, outgoing_id, "sending")
    return opaque


async def test_a_message_of_ours_that_was_taken_back_is_seen_nowhere(database: Database) -> None:
    await our_number(database)
    await take_in(database, body(messages=[text("wamid.1", "price?")]))

    def say(tx: Any) -> None:
        said = service_live.add_ours(tx, conversation_id=1, text="a typo", at=NOW)
        outgoing_id = outbox.enqueue(
            tx, number_id=2, conversation_id=1, message_id=said, driver="cloud", content=Text("a typo"), purpose="reply",
            answers_id=1, operator_id=None, now=NOW,
        )  # fmt: skip
        outbox_rows.set_outgoing_state(tx, outgoing_id, "cancelled", "undone")
        back = outbox_rows.outgoing_columns(tx, outgoing_id)
        assert back["state"] == "cancelled"

    await database.write(say)

    assert [row["text"] for row in await found(database)] == ["price?"]
    await sound(database)


async def test_a_thousand_items_in_one_body_are_all_taken_in(database: Database) -> None:
    await our_number(database)
    many = [
        text(f"wamid.{n}", f"message {n}", sender=str(15550010000 + n % 40), at=AT + n % 7)
        for n in range(1000)
    ]
    await keep(database, body(messages=many), body(messages=many[500:]))

    done = await process_waiting(database, clock=lambda: NOW)

    assert done == Processed(received=1500, processed=1000, quarantined=0)
    assert await database.read(lambda tx: tx.value("SELECT sum(message_count) FROM conversation")) == 1000
    await sound(database)
    assert NUMBER in (await one(database, "SELECT key FROM inbound_item WHERE place = 7"))["key"]
