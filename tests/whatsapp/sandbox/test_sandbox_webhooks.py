"""What the sandbox posts to a receiver: signed, in order, again until it is taken."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from typing import Any

from tests.whatsapp.sandbox.harness import (
    MEMBER,
    NUMBER,
    SECRET,
    WABA,
    Running,
    receiving,
    running,
    text_to,
)


async def test_a_message_comes_in_metas_envelope(sandbox: Running) -> None:
    wamid = await sandbox.say("KAFFEE-7", at="2026-11-26T10:00:00Z", name="Ana", username="ana.fake")

    await sandbox.messages(1)

    (posted,) = sandbox.receiver.got
    person = posted.document["entry"][0]["changes"][0]["value"]["contacts"][0]["user_id"]
    assert posted.headers["content-type"] == "application/json"
    assert posted.document == {
        "object": "whatsapp_business_account",
        "entry": [{"id": WABA, "changes": [{"field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550009999", "phone_number_id": NUMBER},
            "contacts": [
                {"profile": {"name": "Ana", "username": "ana.fake"}, "wa_id": "15550001111", "user_id": person}
            ],
            "messages": [{
                "from": "15550001111", "from_user_id": person, "id": wamid, "timestamp": "1795687200",
                "type": "text", "text": {"body": "KAFFEE-7"},
            }],
        }}]}],
    }  # fmt: skip


async def test_a_body_is_signed_as_it_stands_with_metas_escapes(sandbox: Running) -> None:
    text = "c'est combien / 価格 😀 é\u2028\x00"
    await sandbox.say(text)

    await sandbox.messages(1)

    (posted,) = sandbox.receiver.got
    wanted = hmac.new(SECRET.encode(), posted.body, hashlib.sha256).hexdigest()
    assert posted.headers["x-hub-signature-256"] == f"sha256={wanted}"
    assert posted.body.isascii()
    assert rb"combien \/ \u4fa1\u683c \ud83d\ude00 \u00e9" in posted.body
    assert sandbox.receiver.values("messages")[0]["text"]["body"] == text
    assert json.dumps(posted.document, separators=(",", ":")).encode() != posted.body


async def test_statuses_follow_a_message_in_order(sandbox: Running) -> None:
    await sandbox.say()
    wamid = await sandbox.send(biz_opaque_callback_data="wa1:x:1:1")

    sent, delivered, read = await sandbox.statuses(3)

    assert [it["status"] for it in (sent, delivered, read)] == ["sent", "delivered", "read"]
    for status in (sent, delivered, read):
        assert status["id"] == wamid
        assert status["recipient_id"] == "15550001111"
        assert status["recipient_user_id"].startswith("US.")
        assert status["biz_opaque_callback_data"] == "wa1:x:1:1"
        assert status["timestamp"].isdecimal()
    free = {
        "billable": False,
        "pricing_model": "PMP",
        "type": "free_customer_service",
        "category": "service",
    }
    assert sent["pricing"] == delivered["pricing"] == free
    assert "pricing" not in read


async def test_a_message_without_opaque_gets_none_back(sandbox: Running) -> None:
    await sandbox.say()
    await sandbox.send()

    assert all("biz_opaque_callback_data" not in it for it in await sandbox.statuses(3))


async def test_group_statuses_stand_alone_and_name_their_readers(sandbox: Running) -> None:
    await sandbox.say(group="SomeGroup")
    await sandbox.say(group="SomeGroup", sender="DE.90000000000000002")
    await sandbox.post(text_to("SomeGroup", recipient_type="group", biz_opaque_callback_data="o"))

    rows = await sandbox.statuses(5)

    assert [row["status"] for row in rows] == ["sent", "delivered", "delivered", "read", "read"]
    assert {row["recipient_id"] for row in rows} == {"SomeGroup"}
    assert {row["recipient_type"] for row in rows} == {"group"}
    assert "recipient_participant_id" not in rows[0]
    assert [row.get("recipient_participant_id") for row in rows[3:]] == ["15550001111", None]
    assert rows[4]["recipient_participant_user_id"] == "DE.90000000000000002"
    assert rows[0]["pricing"]["category"] == "group_service"
    bodies = [value["statuses"] for value in sandbox.receiver.changes() if "statuses" in value]
    assert [len(body) for body in bodies] == [1, 2, 2]


async def test_a_person_known_by_bsuid_only_has_no_phone_anywhere(sandbox: Running) -> None:
    await sandbox.say(sender="DE.90000000000000002", username="bo.fake")
    request = text_to("x", recipient="DE.90000000000000002")
    del request["to"]
    await sandbox.post(request)

    (message,) = await sandbox.messages(1)
    statuses = await sandbox.statuses(3)

    assert message["from_user_id"] == "DE.90000000000000002"
    assert "from" not in message
    assert all("recipient_id" not in it for it in statuses)
    contacts = [it for value in sandbox.receiver.changes() for it in value["contacts"]]
    assert all("wa_id" not in it and it["profile"]["username"] == "bo.fake" for it in contacts)


async def test_anything_but_200_is_posted_again_before_what_comes_later(sandbox: Running) -> None:
    sandbox.receiver.answers = [500, 201, 204, 200]

    await sandbox.say("first")
    await sandbox.say("second")
    await sandbox.until(lambda: len(sandbox.receiver.got) >= 5)

    got = [value["messages"] for value in sandbox.receiver.changes()]
    assert [[it["text"]["body"] for it in messages] for messages in got] == [["first"]] * 4 + [["second"]]
    assert sandbox.receiver.got[0].body == sandbox.receiver.got[3].body


async def test_a_receiver_that_comes_late_gets_everything() -> None:
    async with receiving() as gone:
        url = gone.url
    async with running(webhook=url) as sandbox:
        for number in range(150):
            await sandbox.say(str(number))
        await asyncio.sleep(0.1)
        async with receiving(int(url.split(":")[2].partition("/")[0])) as late:
            await sandbox.until(lambda: len(late.values("messages")) >= 150)

            assert [it["text"]["body"] for it in late.values("messages")] == [str(n) for n in range(150)]
            assert max(len(value["messages"]) for value in late.changes()) == 100


async def test_a_receiver_subscribes_itself_after_a_handshake() -> None:
    async with running(webhook="") as sandbox, receiving() as other:
        path = f"/v26.0/{WABA}/subscribed_apps"
        wanted = {"override_callback_uri": other.url, "verify_token": "word"}

        assert (await sandbox.post(wanted, path=path)).json() == {"success": True}

        (asked,) = other.got
        assert asked.method == "GET"
        assert "hub.mode=subscribe" in asked.target
        assert (await sandbox.client.get(path)).json()["data"][0]["override_callback_uri"] == other.url
        await sandbox.say("there you are")
        await sandbox.until(lambda: len(other.values("messages")) == 1)
        assert sandbox.receiver.got == []


BAD_SUBSCRIPTIONS: list[tuple[dict[str, Any], int]] = [
    ({"verify_token": "wrong"}, 2200),
    ({"verify_token": None}, 100),
    ({"override_callback_uri": "http://127.0.0.1:9/webhook"}, 2200),
    ({"override_callback_uri": "http://example.org/webhook"}, 100),
    ({"override_callback_uri": "http://[/"}, 100),
    ({"extra": 1}, 100),
]


async def test_a_bad_subscription_is_refused() -> None:
    async with running(webhook="") as sandbox, receiving() as other:
        for changes, code in BAD_SUBSCRIPTIONS:
            wanted = {"override_callback_uri": other.url, "verify_token": "word"} | changes
            body = {key: value for key, value in wanted.items() if value is not None}

            answer = await sandbox.post(body, path=f"/v26.0/{WABA}/subscribed_apps")

            assert (answer.status_code, answer.json()["error"]["code"]) == (400, code), changes
        assert (await sandbox.state())["webhooks"]["url"] == "http://127.0.0.1:9/webhook"


async def test_a_place_given_at_the_start_stays(sandbox: Running) -> None:
    async with receiving() as other:
        wanted = {"override_callback_uri": other.url, "verify_token": "word"}
        assert (await sandbox.post(wanted, path=f"/v26.0/{WABA}/subscribed_apps")).status_code == 200
        assert (await sandbox.client.post(f"/v26.0/{WABA}/subscribed_apps")).json() == {"success": True}

        await sandbox.say()
        await sandbox.messages(1)

        assert other.values("messages") == []


async def test_the_window_is_metas_clock(sandbox: Running) -> None:
    await sandbox.say(sender="+15550002222", at=1_700_000_000)
    await sandbox.say(group="SomeGroup", at="2023-11-14T22:13:20+00:00")

    for request in (text_to("+15550002222"), text_to("SomeGroup", recipient_type="group")):
        answer = await sandbox.post(request)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, 131047)

    await sandbox.say()
    await sandbox.send()
    await sandbox.control("clock", {"ahead_seconds": 24 * 3600 - 60})
    await sandbox.send()
    await sandbox.control("clock", {"ahead_seconds": 24 * 3600 + 60})
    assert (await sandbox.post(text_to(MEMBER))).json()["error"]["code"] == 131047


async def test_anybody_in_a_group_opens_its_window_and_not_their_own(sandbox: Running) -> None:
    await sandbox.say(group="SomeGroup")

    assert (await sandbox.post(text_to("SomeGroup", recipient_type="group"))).status_code == 200
    assert (await sandbox.post(text_to(MEMBER))).json()["error"]["code"] == 131047
