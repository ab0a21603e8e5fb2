"""The driver of a gateway: what it asks for, and what it makes of the answers (WAHA's own documents)."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.whatsapp.waha import BASE, GROUP, KEY, Waha
from waconsole.errors import Refused
from waconsole.settings import GatewaySettings
from waconsole.settings.secrets import Secret
from waconsole.whatsapp.content import Buttons, Content, Media, Poll, Reaction, Text
from waconsole.whatsapp.driver import Action, Driver, Message, Recipient
from waconsole.whatsapp.gateway.driver import GatewayDriver, open_gateway
from waconsole.whatsapp.limits import bundled

PHONE = Recipient("phone", "+15550001111")
THEIRS = "false_15550001111@c.us_AAAA1111"
SHA = "ab" * 32


def message(content: Content, to: Recipient = PHONE, **more: Any) -> Message:
    return Message(to, content, "wa1:x:1:1", **more)


async def sent(waha: Waha, one: Message, **more: Any) -> Any:
    async with waha.driver(**more) as driver:
        return await driver.send(one)


async def test_a_text_carries_the_id_that_was_chosen_for_it() -> None:
    waha = Waha()

    verdict = await sent(waha, message(Text("Hello"), chosen_id="3EB0CHOSEN", reply_to=THEIRS))

    assert (verdict.outcome, verdict.wamid) == ("accepted", "3EB0CHOSEN")
    (asked,) = waha.asked
    assert (asked.method, asked.path, asked.key) == ("POST", "/api/sendText", KEY)
    assert asked.form == {
        "session": "default", "chatId": "15550001111@c.us", "id": "3EB0CHOSEN", "reply_to": THEIRS,
        "text": "Hello", "linkPreview": False,
    }  # fmt: skip


async def test_without_one_an_id_is_fetched_first() -> None:
    waha = Waha()

    verdict = await sent(waha, message(Text("Hello"), Recipient("group", GROUP)))

    assert waha.paths() == ["GET /api/default/new-message-id", "POST /api/sendText"]
    assert verdict.wamid == "3EB0AA0001" == waha.asked[1].form["id"]
    assert waha.asked[1].form["chatId"] == GROUP


async def test_when_no_id_is_to_be_had_nothing_leaves() -> None:
    waha = Waha({"GET /api/default/new-message-id": httpx.ReadTimeout("slow")})

    verdict = await sent(waha, message(Text("Hello")))

    assert (verdict.outcome, verdict.action, len(waha.asked)) == ("unsent", Action.RETRY, 1)


@pytest.mark.parametrize(
    ("content", "path", "form"),
    [
        (
            Poll("Which day?", ("Monday", "Friday"), several=True),
            "POST /api/sendPoll",
            {"poll": {"name": "Which day?", "options": ["Monday", "Friday"], "multipleAnswers": True}},
        ),
        (
            Media("image", link="https://shop.example/a.jpg", mime="image/jpeg", caption="New"),
            "POST /api/sendImage",
            {"file": {"mimetype": "image/jpeg", "url": "https://shop.example/a.jpg"}, "caption": "New"},
        ),
        (
            Media("document", sha256=SHA, mime="application/pdf", name="bill.pdf"),
            "POST /api/sendFile",
            {"file": {"mimetype": "application/pdf", "filename": "bill.pdf", "data": base64.b64encode(b"%PDF").decode()}},
        ),
        (
            Media("audio", sha256=SHA, mime="audio/ogg"),
            "POST /api/sendVoice",
            {"file": {"mimetype": "audio/ogg", "data": base64.b64encode(b"%PDF").decode()}, "convert": True},
        ),
        (
            Media("video", link="https://shop.example/a.mp4", mime="video/mp4"),
            "POST /api/sendVideo",
            {"file": {"mimetype": "video/mp4", "url": "https://shop.example/a.mp4"}, "convert": True},
        ),
    ],
)  # fmt: skip
async def test_each_kind_has_its_call(
    tmp_path: Path, content: Content, path: str, form: dict[str, Any]
) -> None:
    waha = Waha()
    (tmp_path / SHA).write_bytes(b"%PDF")

    verdict = await sent(waha, message(content, chosen_id="3EB0C"), media_folder=tmp_path)

    assert (verdict.outcome, verdict.wamid) == ("accepted", "3EB0C")
    assert waha.paths() == [path]
    assert waha.asked[0].form == {
        "session": "default", "chatId": "15550001111@c.us", "id": "3EB0C", **form,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("target", "named"),
    [(THEIRS, THEIRS), ("3EB0OURS", "true_15550001111@c.us_3EB0OURS")],
)
async def test_a_reaction_names_its_message_in_full(target: str, named: str) -> None:
    waha = Waha()

    await sent(waha, message(Reaction(target, "👍"), chosen_id="3EB0C"))

    assert waha.paths() == ["PUT /api/reaction"]
    assert waha.asked[0].form == {"session": "default", "messageId": named, "reaction": "👍"}


@pytest.mark.parametrize(
    "faulty",
    [
        message(Text(" ")),
        message(Text("x" * 4097)),
        message(Buttons("Which?", (("a", "A"),))),
        message(Poll("Which?", ("one",))),
        message(Poll("Which?", ("one", "one"))),
        message(Media("image")),
        message(Text("Hello"), Recipient("bsuid", "US.9")),
        message(Text("Hello"), Recipient("group", "R1JPVVAtRkFLRS0wMDE")),
        message(Media("document", sha256="cd" * 32, name="gone.pdf"), chosen_id="3EB0C"),
    ],
)
async def test_what_cannot_go_this_way_does_not_leave(tmp_path: Path, faulty: Message) -> None:
    waha = Waha()

    verdict = await sent(waha, faulty, media_folder=tmp_path)

    assert (verdict.outcome, verdict.action) == ("refused", Action.FIX)
    assert verdict.detail.endswith(".")
    assert not any("send" in path for path in waha.paths())


async def test_the_ledgers_limits_count_on_the_way_out(tmp_path: Path) -> None:
    waha, small = Waha(), replace(bundled(), text=4, poll_choices=2, pin_days=(3,))

    for content in (Text("Hello"), Poll("Which?", ("a", "b", "c"))):
        assert (await sent(waha, message(content), media_folder=tmp_path, limits=small)).action is Action.FIX
    async with waha.driver(limits=small) as driver:
        verdict = await driver.pin("120363000000000001@g.us", "3EB0A", 7)

    assert (verdict.detail, waha.asked) == ("A pin lasts 3 days.", [])


SCAN = {
    "error": "Session status is not as expected",
    "session": "default",
    "status": "SCAN_QR_CODE",
    "expected": ["WORKING"],
}


@pytest.mark.parametrize(
    ("answer", "outcome", "action"),
    [
        (httpx.ConnectError("refused"), "unsent", Action.RETRY),
        (httpx.ConnectTimeout("slow"), "unsent", Action.RETRY),
        (httpx.ReadTimeout("slow"), "unknown", Action.UNKNOWN),
        (httpx.ReadError("cut"), "unknown", Action.UNKNOWN),
        (httpx.RemoteProtocolError("cut"), "unknown", Action.UNKNOWN),
        ((500, {"statusCode": 500, "exception": {"message": "boom"}}), "unknown", Action.UNKNOWN),
        ((502, b"<html>"), "unknown", Action.UNKNOWN),
        ((400, {"statusCode": 400, "message": ["chatId must be a string"]}), "refused", Action.FIX),
        ((401, {"statusCode": 401, "message": "Unauthorized"}), "refused", Action.STOP),
        ((404, b"<html>nothing here"), "refused", Action.STOP),
        ((404, {"message": "Session not found", "statusCode": 404}), "refused", Action.STOP),
        ((422, SCAN), "refused", Action.STOP),
        ((422, {**SCAN, "status": "STARTING"}), "refused", Action.RETRY),
        ((429, {"message": "Too many"}), "refused", Action.SLOW),
        ((501, {"message": "Not implemented by the engine"}), "refused", Action.FIX),
        ((302, b""), "refused", Action.STOP),
    ],
)  # fmt: skip
async def test_what_became_of_a_send_is_known_or_said_to_be_unknown(
    answer: Any, outcome: str, action: Action
) -> None:
    verdict = await sent(Waha({"POST /api/sendText": answer}), message(Text("Hello"), chosen_id="3EB0C"))

    assert (verdict.outcome, verdict.action) == (outcome, action)
    assert verdict.detail and KEY not in verdict.detail


HISTORY = "GET /api/default/chats/15550001111%40c.us/messages"


async def test_a_lost_message_is_found_by_its_id() -> None:
    rows = [{"id": "true_15550001111@c.us_3EB0OTHER"}, {"id": "true_9000000001@lid_3EB0C"}]
    waha = Waha({HISTORY: (200, rows)})

    async with waha.driver() as driver:
        found = await driver.find(message(Text("Hello"), chosen_id="3EB0C"))

    assert (found.outcome, found.wamid) == ("accepted", "3EB0C")
    query = waha.asked[0].query
    assert (query["filter.fromMe"], query["downloadMedia"], query["sortOrder"]) == ("true", "false", "desc")


@pytest.mark.parametrize(
    ("content", "rows", "outcome"),
    [
        (Text("Hello"), 0, "unsent"),
        (Text("Hello"), 100, "unknown"),  # it may stand further back
        (Media("image", link="https://x.example/a.jpg"), 0, "unknown"),  # its id may not have been kept
        (Reaction(THEIRS, "👍"), 0, "unsent"),  # once more is the same
    ],
)
async def test_not_found_says_something_only_where_the_look_was_whole(
    content: Content, rows: int, outcome: str
) -> None:
    listed = [{"id": f"true_15550001111@c.us_X{place}"} for place in range(rows)]

    async with Waha({HISTORY: (200, listed)}).driver() as driver:
        assert (await driver.find(message(content, chosen_id="3EB0C"))).outcome == outcome
        assert (await driver.find(message(Text("Hello")))).outcome == "unknown"


async def test_where_the_history_cannot_be_had_nobody_knows() -> None:
    async with Waha({HISTORY: httpx.ConnectError("no")}).driver() as driver:
        found = await driver.find(message(Text("Hello"), chosen_id="3EB0C"))

    assert (found.outcome, found.action) == ("unknown", Action.UNKNOWN)


async def test_ids_are_fetched_as_many_as_are_wanted() -> None:
    waha = Waha()

    async with waha.driver() as driver:
        assert await driver.message_ids(3) == ["3EB0AA0001", "3EB0AA0002", "3EB0AA0003"]

    async with Waha({"GET /api/default/new-message-id": (500, {})}).driver() as driver:
        assert await driver.message_ids(3) == []


async def test_a_blue_tick_names_chat_and_message_and_may_show_typing() -> None:
    waha, left = Waha(), []

    async with waha.driver() as driver:
        verdict = await driver.mark_read(THEIRS, typing=True, left=lambda: left.append(True))
        own = await driver.mark_read("3EB0OURS")

    assert verdict.outcome == "accepted"
    assert waha.paths() == ["POST /api/sendSeen", "POST /api/startTyping"]
    assert waha.asked[0].form == {"session": "default", "chatId": "15550001111@c.us", "messageIds": [THEIRS]}
    assert waha.asked[1].form == {"session": "default", "chatId": "15550001111@c.us"}
    assert own.outcome == "refused"


async def test_the_key_goes_to_one_place() -> None:
    waha = Waha()
    async with waha.driver() as driver:
        driver._client._base = "http://elsewhere.example"
        verdict = await driver.send(message(Text("Hello"), chosen_id="3EB0C"))

    assert (verdict.outcome, verdict.action, waha.asked) == ("unsent", Action.STOP, [])


ON = GatewaySettings(enabled=True, base_url=BASE, api_key=Secret(KEY, "test"))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (replace(ON, enabled=False), "may be banned"),
        (replace(ON, base_url=""), "base_url"),
        (replace(ON, base_url="http://waha.example:3000"), "https://"),
        (replace(ON, session=" "), "session"),
        (replace(ON, api_key=Secret()), "WACONSOLE_GATEWAY__API_KEY"),
        (replace(ON, api_key=Secret("a\nb", "test")), "signs that no key has"),
    ],
)
async def test_what_is_missing_is_said_in_words(settings: GatewaySettings, says: str) -> None:
    with pytest.raises(Refused, match=says):
        async with open_gateway(settings):
            pass


async def test_it_is_a_driver() -> None:
    async with open_gateway(ON) as opened:
        driver: Driver = opened
        assert isinstance(driver, GatewayDriver)
