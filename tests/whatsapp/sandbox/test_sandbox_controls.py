"""The controls: what a test may let members do, and how it is told no."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from tests.whatsapp.sandbox.harness import MEMBER, Running, options, running
from waconsole.whatsapp.sandbox import server


async def test_a_phone_may_be_spelled_in_any_way(sandbox: Running) -> None:
    spellings = [
        "+15550001111",
        "15550001111",
        "+1 555-000-1111",
        "0015550001111",
        "+1 (555) 000.1111",
        15550001111,
    ]
    for spelling in spellings:
        await sandbox.control("say", {"from": spelling, "text": "Hi"})

    messages = await sandbox.messages(len(spellings))

    assert {message["from"] for message in messages} == {"15550001111"}


async def test_an_instant_may_be_iso_or_seconds(sandbox: Running) -> None:
    instants = ["2026-11-20T09:12:00Z", "2026-11-20T10:12:00.9+01:00", 1795165920, 1795165920.9, "1795165920"]
    for at in instants:
        await sandbox.say(at=at)

    messages = await sandbox.messages(len(instants))

    assert {message["timestamp"] for message in messages} == {"1795165920"}


async def test_a_message_may_quote_and_be_of_another_type(sandbox: Running) -> None:
    first = await sandbox.say("one")
    await sandbox.say("two", reply_to=first)
    await sandbox.say("three", type="image", forwarded=True)
    await sandbox.say("four", type="button")
    await sandbox.control("say", {"from": MEMBER, "type": "unsupported"})
    await sandbox.control("say", {"from": MEMBER, "type": "poll", "body": {"name": "?"}})

    _, two, image, button, unsupported, poll = await sandbox.messages(6)

    assert two["context"] == {"from": "15550001111", "id": first}
    assert image["context"] == {"forwarded": True}
    assert image["image"]["mime_type"] == "image/jpeg"
    assert image["image"]["caption"] == "three"
    assert button["button"] == {"payload": "four", "text": "four"}
    assert unsupported["errors"][0]["code"] == 131051
    assert poll["poll"] == {"name": "?"}


async def test_a_member_reacts_edits_and_revokes(sandbox: Running) -> None:
    wamid = await sandbox.say("teh price?", group="SomeGroup")
    ids = [
        (await sandbox.control("react", {"from": "+15550002222", "message": wamid, "emoji": "👍"}))["id"],
        (await sandbox.control("react", {"from": "+15550002222", "message": wamid, "emoji": ""}))["id"],
        (await sandbox.control("edit", {"message": wamid, "text": "the price?"}))["id"],
        (await sandbox.control("revoke", {"message": wamid, "at": 1795165920}))["id"],
    ]
    await sandbox.control("revoke", {"message": "wamid.of-nobody", "from": MEMBER})

    _, react, taken, edit, revoke, unknown = await sandbox.messages(6)

    assert [it["id"] for it in (react, taken, edit, revoke)] == ids
    assert (react["type"], react["reaction"]) == ("reaction", {"message_id": wamid, "emoji": "👍"})
    assert taken["reaction"] == {"message_id": wamid}
    assert edit["edit"] == {
        "original_message_id": wamid,
        "message": {"type": "text", "text": {"body": "the price?"}},
    }
    assert revoke["revoke"] == {"original_message_id": wamid}
    assert (revoke["timestamp"], revoke["from"]) == ("1795165920", "15550001111")
    assert {it.get("group_id") for it in (react, taken, edit, revoke)} == {"SomeGroup"}
    assert "group_id" not in unknown


async def test_accepted_lists_what_was_accepted_in_order_and_nothing_else(sandbox: Running) -> None:
    await sandbox.say()
    wamids = [await sandbox.send(str(n), biz_opaque_callback_data=f"o{n}") for n in range(3)]
    wamids.append(await sandbox.send())
    await sandbox.post({"messaging_product": "whatsapp"})

    rows = await sandbox.accepted()

    assert [row["id"] for row in rows] == wamids
    assert [row["opaque"] for row in rows] == ["o0", "o1", "o2", None]
    for row in rows:
        assert row.keys() == {"id", "to", "opaque", "at"}
        assert len(row["at"]) == len("2026-11-26T12:00:00Z")
        assert row["at"].endswith("Z")


SAY_WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("say", {"text": "x"}, "from says who writes"),
    ("say", {"from": "nobody", "text": "x"}, "from is neither a phone number"),
    ("say", {"from": True, "text": "x"}, "from says who writes"),
    ("say", {"from": "+15550009999", "text": "x"}, "from is the number of the business itself."),
    ("say", {"from": MEMBER}, "text says what is written"),
    ("say", {"from": MEMBER, "text": 5}, "text takes a text."),
    ("say", {"from": MEMBER, "text": "x" * 70_000}, "text has at most"),
    ("say", {"from": MEMBER, "text": "x", "at": "yesterday"}, "at takes an instant like"),
    ("say", {"from": MEMBER, "text": "x", "at": True}, "at takes an instant like"),
    ("say", {"from": MEMBER, "text": "x", "at": 1e300}, "at takes an instant like"),
    ("say", {"from": MEMBER, "text": "x", "type": "dance"}, "type is one of text, image"),
    ("say", {"from": MEMBER, "text": "x", "to": "y"}, "Nothing is called to here"),
    ("react", {"message": "wamid.x", "emoji": "x"}, "Nobody here wrote that message"),
    ("react", {"from": MEMBER}, "message is missing."),
    ("edit", {"from": MEMBER, "message": "x"}, "text is missing."),
    ("revoke", {"from": MEMBER, "message": ""}, "message is missing."),
    ("chatter", {"per_minute": -1}, "per_minute takes a number"),
    ("chatter", {}, "per_minute takes a number"),
    ("clock", {"ahead_seconds": "x"}, "ahead_seconds takes"),
]


async def test_a_control_refuses_in_one_sentence(sandbox: Running) -> None:
    for name, body, sentence in SAY_WRONG:
        assert (await sandbox.refused(name, body)).startswith(sentence)
    assert sandbox.receiver.got == []


async def test_a_group_holds_eight_people(sandbox: Running) -> None:
    for number in range(8):
        await sandbox.say(sender=f"+1555000200{number}", group="SomeGroup")

    said = await sandbox.refused("say", {"from": "+15550002009", "text": "x", "group": "SomeGroup"})

    assert said == "The group is full: official groups have at most eight participants."
    state = await sandbox.state()
    (group,) = [it for it in state["groups"] if it["id"] == "SomeGroup"]
    assert len(group["people"]) == 8
    assert group["open"] is True


async def test_a_control_wants_json(sandbox: Running) -> None:
    for body in (b"{", b"[1]", b"", b"\xff"):
        answer = await sandbox.client.post("/_sandbox/say", content=body)
        assert answer.status_code == 400
        assert answer.json()["error"].endswith(".")
    assert (await sandbox.client.get("/_sandbox/say")).status_code == 405
    assert (await sandbox.client.get("/_sandbox/nothing")).status_code == 404


async def test_a_web_page_cannot_use_the_controls(sandbox: Running) -> None:
    answer = await sandbox.client.post(
        "/_sandbox/say", json={"from": MEMBER, "text": "x"}, headers={"Origin": "https://example.org"}
    )

    assert answer.status_code == 403


async def test_the_controls_listen_to_this_machine_only(sandbox: Running) -> None:
    app = None
    async with server.sandbox(options()) as parts:
        app = parts.app
        transport = httpx.ASGITransport(app=app, client=("192.0.2.7", 5))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as far:
            answer = await far.get("/_sandbox/accepted")
            assert (answer.status_code, answer.json()) == (
                403,
                {"error": "The controls listen to this machine only."},
            )
            assert (await far.get("/v26.0/100000000000001")).status_code == 401


async def test_state_says_what_happened(sandbox: Running) -> None:
    await sandbox.say(name="Ana", sender="+33612345678")
    await sandbox.messages(1)
    await asyncio.sleep(0.02)

    state = await sandbox.state()

    assert (state["received"], state["accepted"], state["webhooks"]["posted"]) == (1, 0, 1)
    assert state["people"][-1]["name"] == "Ana"
    assert state["people"][-1]["bsuid"].startswith("FR.")
    assert state["people"][-1]["open"] is True


async def test_lone_surrogates_and_controls_pass_unharmed() -> None:
    text = "a\ud800b\x1b[31m\u202ec"
    async with running() as sandbox:
        # httpx would not encode the surrogate: the escape does
        body = b'{"from": "+15550001111", "text": "a\\ud800b\\u001b[31m\\u202ec"}'
        answer = await sandbox.client.post("/_sandbox/say", content=body)
        assert answer.status_code == 200

        assert (await sandbox.messages(1))[0]["text"]["body"] == text
