"""Short links, histories, the block list, the number; what people do with our messages; the record."""

from __future__ import annotations

import json
import re
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.whatsapp.sandbox.harness import MEMBER, NUMBER, WABA, Inside, inside, options, text_to
from tests.whatsapp.sandbox.test_sandbox_forms import CASHBACK, template
from tests.whatsapp.sandbox.test_sandbox_sending import buttons, listing
from waconsole.errors import Refused
from waconsole.whatsapp.sandbox.record import Record

LINKS = f"{NUMBER}/message_qrdls"
BLOCKS = f"{NUMBER}/block_users"
HISTORY = f"{NUMBER}/message_history"


@pytest.fixture
def sandbox() -> AbstractAsyncContextManager[Inside]:
    """A sandbox without a port."""
    return inside({"silent": True})


async def test_a_short_link_is_made_changed_and_deleted(sandbox: Inside) -> None:
    made = await sandbox.call("POST", LINKS, {"prefilled_message": "KAFFEE-7", "generate_qr_image": "SVG"})
    assert re.fullmatch(r"[A-Z2-7]{14}", made["code"])
    assert made["deep_link_url"] == f"https://wa.me/message/{made['code']}"
    assert made["qr_image_url"].endswith(".svg")

    changed = await sandbox.call("POST", LINKS, {"code": made["code"], "prefilled_message": "TEE-7"})
    assert (changed["code"], changed["prefilled_message"]) == (made["code"], "TEE-7")
    listed = await sandbox.get(f"{LINKS}?fields=code,prefilled_message,qr_image_url.format(PNG)")
    assert [it["prefilled_message"] for it in listed["data"]] == ["TEE-7"]
    assert listed["data"][0]["qr_image_url"].endswith(".png")
    assert (await sandbox.get(f"{LINKS}/{made['code']}"))["data"][0]["code"] == made["code"]
    assert await sandbox.call("DELETE", f"{LINKS}/{made['code']}") == {"success": True}
    assert (await sandbox.call("GET", f"{LINKS}/{made['code']}"))["error"]["code"] == 100


async def test_short_links_have_their_limits(sandbox: Inside) -> None:
    assert "code" in await sandbox.call("POST", LINKS, {"prefilled_message": "x" * 140})
    for body in (
        {"prefilled_message": "x" * 141},
        {},
        {"prefilled_message": "x", "code": "A" * 14},
        {"prefilled_message": "x", "generate_qr_image": "GIF"},
    ):
        assert (await sandbox.call("POST", LINKS, body))["error"]["code"] == 100, body


async def test_the_history_of_a_message_can_be_asked_for(sandbox: Inside) -> None:
    await sandbox.say()
    wamid = await sandbox.send()
    await sandbox.until(lambda: len(sandbox.world.accepted[0].events) == 4)

    fields = "id,message_id,events{delivery_status,timestamp,webhook_update_state}"
    answer = await sandbox.client.get(f"/v26.0/{HISTORY}", params={"message_id": wamid, "fields": fields})
    (row,) = answer.json()["data"]
    assert row["message_id"] == wamid
    states = [it["delivery_status"] for it in row["events"]["data"]]
    assert states == ["ACCEPTED", "SENT", "DELIVERED", "READ"]
    events = (await sandbox.get(f"{row['id']}/events?status_filter=READ"))["data"]
    assert [it["node"]["delivery_status"] for it in events] == ["READ"]
    assert (await sandbox.get(f"{HISTORY}?limit=1"))["data"] == [{"id": row["id"], "message_id": wamid}]
    assert (await sandbox.client.get(f"/v26.0/{HISTORY}", params={"message_id": "wamid.x"})).json()[
        "data"
    ] == []


async def test_who_wrote_within_a_day_can_be_blocked(sandbox: Inside) -> None:
    await sandbox.say()
    people = [{"user": MEMBER}, {"user": "+15550002222"}]

    answer = await sandbox.call("POST", BLOCKS, {"messaging_product": "whatsapp", "block_users": people})

    assert [it["wa_id"] for it in answer["block_users"]["added_users"]] == ["15550001111"]
    assert answer["block_users"]["failed_users"][0]["errors"][0]["code"] == 131047
    assert answer["errors"][0]["code"] == 139100
    assert [it["wa_id"] for it in (await sandbox.get(BLOCKS))["data"]] == ["15550001111"]
    assert await sandbox.code({"type": "text", "text": {"body": "x"}}) == 130403
    assert (await sandbox.refused("say", {"from": MEMBER, "text": "x"})).startswith("We have blocked them")

    answer = await sandbox.call(
        "DELETE", BLOCKS, {"messaging_product": "whatsapp", "block_users": people[:1]}
    )
    assert answer["block_users"] == {
        "removed_users": [
            {"input": MEMBER, "wa_id": "15550001111", "user_id": sandbox.world.person(MEMBER).bsuid}  # type: ignore[union-attr]
        ]
    }
    assert await sandbox.code({"type": "text", "text": {"body": "x"}}) == 0


async def test_whatsapp_judges_the_number_and_the_account(sandbox: Inside) -> None:
    await sandbox.control("account", {"quality": "RED", "limit": "TIER_250", "event": "ACCOUNT_RESTRICTION"})

    number = await sandbox.get(f"{NUMBER}?fields=quality_rating,whatsapp_business_manager_messaging_limit")
    assert (number["quality_rating"], number["whatsapp_business_manager_messaging_limit"]) == (
        "RED",
        "TIER_250",
    )
    assert sandbox.told("phone_number_quality_update")[0]["event"] == "FLAGGED"
    assert sandbox.told("business_capability_update")
    assert sandbox.told("account_update")[0]["event"] == "ACCOUNT_RESTRICTION"
    assert (await sandbox.call("GET", f"{NUMBER}?fields=secret"))["error"]["code"] == 100
    assert (await sandbox.get(f"{WABA}/phone_numbers"))["data"][0]["quality_rating"] == "RED"


async def sent(sandbox: Inside, body: dict[str, Any]) -> str:
    request = {"messaging_product": "whatsapp", "to": MEMBER, **body}
    return str((await sandbox.post(request)).json()["messages"][0]["id"])


async def test_people_tap_on_what_we_sent(sandbox: Inside) -> None:
    await sandbox.say()
    chosen = []
    for body, choice in ((buttons(2), "cb:1"), (listing(2), "0:1"), (template(*CASHBACK), "OK")):
        wamid = await sent(sandbox, body)
        await sandbox.control("tap", {"message": wamid, "choice": choice})
        chosen.append(sandbox.told()[-1])
        assert chosen[-1]["context"] == {"from": "15550009999", "id": wamid}

    assert chosen[0]["interactive"] == {
        "type": "button_reply",
        "button_reply": {"id": "cb:1", "title": "Choice 1"},
    }
    assert chosen[1]["interactive"]["list_reply"]["description"] == "Studio 1"
    assert (chosen[2]["type"], chosen[2]["button"]) == ("button", {"payload": "cb:ok", "text": "OK"})
    wamid = await sandbox.send()
    assert (
        await sandbox.refused("tap", {"message": wamid, "choice": "x"})
        == "That message has nothing to tap on."
    )


async def test_a_person_reads_when_told(sandbox: Inside) -> None:
    await sandbox.say()
    await sandbox.faults(silent=True, read_share=0)
    wamid = await sandbox.send()

    for _ in range(2):
        await sandbox.control("read", {"message": wamid})

    assert [it["status"] for it in sandbox.told() if it.get("status") == "read"] == ["read"]


async def test_a_person_takes_another_number(sandbox: Inside) -> None:
    await sandbox.say()
    before = sandbox.told()[-1]["from_user_id"]

    answer = await sandbox.control("renumber", {"from": MEMBER, "to": "+15550002222"})

    told = sandbox.told()[-1]
    assert (told["type"], told["from"]) == ("system", "15550001111")
    assert told["system"]["type"] == "user_changed_number"
    assert (told["system"]["wa_id"], told["system"]["user_id"]) == ("15550002222", answer["bsuid"])
    assert told["system"]["previous_user_id"] == before != answer["bsuid"]
    await sandbox.say(sender="+15550002222")
    assert sandbox.told()[-1]["from_user_id"] == answer["bsuid"]
    assert "nobody has" in await sandbox.refused("renumber", {"from": "+15550002222", "to": "+15550002222"})


async def test_the_first_message_after_an_ad_says_so(sandbox: Inside) -> None:
    await sandbox.say(referral=True)

    assert sandbox.told()[-1]["referral"]["source_type"] == "ad"


async def test_the_record_holds_what_was_accepted_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "record"
    for opaque in ("o1", "o2"):
        async with inside({"silent": True}, record=path) as sandbox:
            await sandbox.say()
            await sandbox.send("Hello", biz_opaque_callback_data=opaque)
            await sandbox.post(text_to("+15550003333"))
            shown = (await sandbox.client.get("/_sandbox/record")).json()
            assert (await sandbox.client.get("/_sandbox/record?after=1")).json() == []

    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["opaque"] for row in rows] == ["o1", "o2"]
    assert rows[1:] == shown
    assert rows[0].keys() == {"id", "to", "opaque", "type", "sha256", "at"}
    assert rows[0]["sha256"] == rows[1]["sha256"]
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Refused, match="The record cannot be written"):
        Record(tmp_path / "nowhere" / "record")


SECOND = "100000000000002"


@pytest.fixture
def two() -> AbstractAsyncContextManager[Inside]:
    """A sandbox with a second number."""
    account = replace(options().account, others={SECOND: "15550009998"})
    return inside({"silent": True, "group_delay_seconds": 0, "throughput_max": 1}, account=account)


async def test_two_numbers_have_windows_paces_and_groups_of_their_own(two: Inside) -> None:
    async def code(number: str, **more: Any) -> int:
        answer = await two.post(text_to(MEMBER, **more), path=f"/v26.0/{number}/messages")
        return int(answer.json().get("error", {}).get("code", 0))

    shown = (await two.get(f"{WABA}/phone_numbers"))["data"]
    assert [(it["id"], it["display_phone_number"]) for it in shown] == [
        (NUMBER, "+15550009999"), (SECOND, "+15550009998"),
    ]  # fmt: skip
    await two.say(number=SECOND)
    assert await code(NUMBER) == 131047
    assert [await code(SECOND), await code(SECOND)] == [0, 130429]
    await two.say()
    assert await two.control("expire", {"of": MEMBER, "number": SECOND}) == {"open": False}
    (accepted,) = two.world.accepted
    assert accepted.number == SECOND
    await two.until(lambda: len(two.told()) == 5)
    numbers = {it.number for it in two.courier.waiting() if it.kind == "statuses"}
    assert numbers == {SECOND}

    await two.call("POST", f"{SECOND}/groups", {"messaging_product": "whatsapp", "subject": "x"})
    (made,) = await two.hears("group_lifecycle_update")
    assert made["group_id"] not in str(await two.get(f"{NUMBER}/groups"))
    assert [it["id"] for it in (await two.get(f"{SECOND}/groups"))["data"]["groups"]] == [made["group_id"]]
    assert {it.number for it in two.courier.waiting() if it.kind == "groups"} == {SECOND}
    assert await two.refused("say", {"from": MEMBER, "text": "x", "number": "1"}) == (
        f"number is one of {NUMBER}, {SECOND}."
    )
