"""Sizes, templates, files and groups of what may be sent, each typed by hand from WhatsApp's own reference."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from tests.whatsapp.sandbox.harness import MEMBER, Inside, inside
from tests.whatsapp.sandbox.test_sandbox_forms import CASHBACK, NAMED

GROUP = "R1JPVVAtRkFLRS0wMDE"
FILE = "300000000000003"


@asynccontextmanager
async def written_to() -> AsyncIterator[Inside]:
    async with inside({"silent": True}) as found:
        await found.say()
        yield found


@pytest.fixture
def sandbox() -> AbstractAsyncContextManager[Inside]:
    """A sandbox in which the member has just written."""
    return written_to()


def image(**body: Any) -> dict[str, Any]:
    return {"type": "image", "image": body}


def buttons(count: int = 1, **changes: Any) -> dict[str, Any]:
    inner = {
        "type": "button",
        "header": {"type": "text", "text": "Cashback"},
        "body": {"text": "Accept 12.50?"},
        "footer": {"text": "Ref KAFFEE-7"},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": f"cb:{n}", "title": f"Choice {n}"}} for n in range(count)
            ]
        },
    }
    return {"type": "interactive", "interactive": inner | changes}


def listing(rows: int = 1, sections: int = 1, **changes: Any) -> dict[str, Any]:
    parts = [
        {
            "title": f"Day {s}",
            "rows": [{"id": f"{s}:{n}", "title": "09:00", "description": "Studio 1"} for n in range(rows)],
        }
        for s in range(sections)
    ]
    inner = {"type": "list", "body": {"text": "Pick"}, "action": {"button": "Slots", "sections": parts}}
    return {"type": "interactive", "interactive": inner | changes}


def cta(**changes: Any) -> dict[str, Any]:
    parameters = {"display_text": "Open", "url": "https://shop.example"} | changes
    inner = {
        "type": "cta_url",
        "body": {"text": "See"},
        "action": {"name": "cta_url", "parameters": parameters},
    }
    return {"type": "interactive", "interactive": inner}


def reply(**changes: Any) -> dict[str, Any]:
    return {"type": "reply", "reply": {"id": "a", "title": "Yes"} | changes}


# One below and one above each published size; 0 is accepted.
SIZES: list[tuple[str, dict[str, Any], int]] = [
    ("text 4096", {"type": "text", "text": {"body": "a" * 4096}}, 0),
    ("text 4097", {"type": "text", "text": {"body": "a" * 4097}}, 100),
    ("caption 1024", image(id=FILE, caption="a" * 1024), 0),
    ("caption 1025", image(id=FILE, caption="a" * 1025), 100),
    ("button body 1024", buttons(body={"text": "a" * 1024}), 0),
    ("button body 1025", buttons(body={"text": "a" * 1025}), 100),
    ("list body 4096", listing(body={"text": "a" * 4096}), 0),
    ("list body 4097", listing(body={"text": "a" * 4097}), 100),
    ("header 60", buttons(header={"type": "text", "text": "a" * 60}), 0),
    ("header 61", buttons(header={"type": "text", "text": "a" * 61}), 100),
    ("footer 60", buttons(footer={"text": "a" * 60}), 0),
    ("footer 61", buttons(footer={"text": "a" * 61}), 100),
    ("header image", buttons(header={"type": "image", "image": {"id": FILE}}), 0),
    ("3 buttons", buttons(3), 0),
    ("4 buttons", buttons(4), 100),
    ("button id 256", buttons(action={"buttons": [reply(id="a" * 256)]}), 0),
    ("button id 257", buttons(action={"buttons": [reply(id="a" * 257)]}), 100),
    ("button title 20", buttons(action={"buttons": [reply(title="a" * 20)]}), 0),
    ("button title 21", buttons(action={"buttons": [reply(title="a" * 21)]}), 100),
    ("button title blank", buttons(action={"buttons": [reply(title="  ")]}), 100),
    ("button ids twice", buttons(action={"buttons": [reply(), reply(title="No")]}), 131009),
    ("10 rows", listing(5, 2), 0),
    ("12 rows", listing(6, 2), 131009),
    ("10 sections", listing(1, 10), 0),
    ("11 sections", listing(1, 11), 100),
    ("list button 21", listing(action={"button": "a" * 21, "sections": [{"rows": [{"id": "1", "title": "x"}]}]}), 100),
    ("link", cta(), 0),
    ("link of 21", cta(display_text="a" * 21), 100),
    ("link that is none", cta(url="shop"), 131009),
    ("opaque 512", {"type": "text", "text": {"body": "x"}, "biz_opaque_callback_data": "o" * 512}, 0),
    ("opaque 513", {"type": "text", "text": {"body": "x"}, "biz_opaque_callback_data": "o" * 513}, 100),
    ("a person's card", {"type": "contacts", "contacts": [
        {"name": {"formatted_name": "Ana", "first_name": "Ana"}, "phones": [{"phone": "+1555", "type": "WORK"}]},
    ]}, 0),
    ("a card with a wrong day", {"type": "contacts", "contacts": [
        {"name": {"formatted_name": "Ana"}, "birthday": "18.8.2012"},
    ]}, 131009),
    ("a pin without days", {"to": GROUP, "recipient_type": "group", "type": "pin",
                            "pin": {"type": "pin", "message_id": "x"}}, 100),
    ("an upload nobody made", image(id="42"), 131009),
    ("a picture as a film", {"type": "video", "video": {"id": FILE}}, 131053),
    ("a picture as a document", {"type": "document", "document": {"id": FILE, "filename": "a.jpg"}}, 0),
    ("a link", image(link="https://shop.example/a.jpg"), 0),
]  # fmt: skip


async def test_sizes_are_metas(sandbox: Inside) -> None:
    for name, body, code in SIZES:
        assert await sandbox.code(body) == code, name


def template(name: str, *components: dict[str, Any], language: str = "en_US") -> dict[str, Any]:
    inner = {"name": name, "language": {"code": language}, "components": list(components)}
    return {"type": "template", "template": inner}


def body(*values: str, **named: str) -> dict[str, Any]:
    parameters = [{"type": "text", "text": one} for one in values]
    parameters += [{"type": "text", "parameter_name": key, "text": one} for key, one in named.items()]
    return {"type": "body", "parameters": parameters}


HEADER, BODY, QUICK, URL, COPY = CASHBACK
TEXT_HEADER = {"type": "header", "parameters": [{"type": "text", "text": "x"}]}
CODE_BUTTON = {
    "type": "button",
    "sub_type": "url",
    "index": 0,
    "parameters": [{"type": "text", "text": "123456"}],
}
TEMPLATES: list[tuple[str, dict[str, Any], int]] = [
    ("positional", template("cashback_paid", *CASHBACK), 0),
    ("without its quick reply", template("cashback_paid", HEADER, BODY, URL, COPY), 0),
    ("named", template("cashback_note", *NAMED), 0),
    ("nothing to fill", template("hello_world"), 0),
    ("another language", template("order_ready", body("Ana", "7"), language="de"), 0),
    ("a code", template("login_code", body("123456"), CODE_BUTTON), 0),
    ("a language it has not", template("order_ready", body("Ana", "7"), language="ja"), 132001),
    ("a name nobody knows", template("no_such_template"), 132001),
    ("pending", template("winter_sale", body("Ana")), 132001),
    ("rejected", template("free_money"), 132001),
    ("paused", template("spring_sale", body("Ana")), 132015),
    ("too few parameters", template("order_ready", body("Ana")), 132000),
    ("too many parameters", template("order_ready", body("Ana", "7", "8")), 132000),
    ("no body at all", template("order_ready"), 132000),
    ("a parameter for nothing", template("hello_world", body("Ana")), 132000),
    ("names for places", template("order_ready", body(first="Ana", second="7")), 132012),
    ("places for names", template("cashback_note", body("Ana", "7")), 132012),
    ("a name it has not", template("cashback_note", body(first_name="Ana", sum="7")), 132012),
    ("no picture", template("cashback_paid", BODY, URL, COPY), 132012),
    ("words for a picture", template("cashback_paid", TEXT_HEADER, BODY, URL, COPY), 132012),
    ("no end of the address", template("cashback_paid", HEADER, BODY, COPY), 131008),
    ("no code", template("cashback_paid", HEADER, BODY, URL), 131008),
    ("another kind of button", template("cashback_paid", HEADER, BODY, URL, COPY | {"index": "0"}), 132012),
    ("a button it has not", template("news", body("Ana"), QUICK | {"index": "3"}), 132012),
    ("a tab", template("order_ready", body("Ana\t", "7")), 132018),
    ("four spaces", template("order_ready", body("A    na", "7")), 132018),
    ("too long once filled", template("order_ready", body("a" * 1000, "b" * 100)), 132005),
    ("a picture nobody uploaded", template(
        "cashback_paid", {"type": "header", "parameters": [{"type": "image", "image": {"id": "9"}}]}, BODY, URL, COPY,
    ), 131009),
    ("a group nobody knows", template(
        "group_invite", {"type": "body", "parameters": [{"type": "group_id", "group_id": "none"}]},
    ), 131041),
]  # fmt: skip


async def test_a_template_is_filled_as_it_was_approved(sandbox: Inside) -> None:
    for name, message, code in TEMPLATES:
        assert await sandbox.code(message) == code, name


async def test_any_template_is_taken_when_the_dial_says_so(sandbox: Inside) -> None:
    await sandbox.faults(templates_open=True)

    assert await sandbox.code(template("no_such_template", body("Ana"))) == 0
    assert await sandbox.code(template("order_ready", body("Ana"))) == 132000


async def test_a_template_may_be_held_or_paused_at_once(sandbox: Inside) -> None:
    async def status() -> str:
        message = {"messaging_product": "whatsapp", "to": MEMBER, **template("news", body("Ana"))}
        return str((await sandbox.post(message)).json()["messages"][0]["message_status"])

    assert await status() == "accepted"
    await sandbox.faults(template_held=1, template_held_fails=1, template_held_seconds=0)
    assert await status() == "held_for_quality_assessment"
    await sandbox.faults(template_paused=1)
    assert await status() == "paused"
    await sandbox.until(lambda: sum(row.get("status") == "failed" for row in sandbox.told()) == 2)
    codes = [row["errors"][0]["code"] for row in sandbox.told() if row.get("status") == "failed"]
    assert codes == [132015, 132015]


async def test_outside_the_window_only_templates_go(sandbox: Inside) -> None:
    assert await sandbox.control("expire", {"of": MEMBER}) == {"open": False}

    assert await sandbox.code({"type": "text", "text": {"body": "Hi"}}) == 131047
    assert await sandbox.code(template("order_ready", body("Ana", "7"))) == 0


async def test_groups_take_texts_files_and_plain_templates(sandbox: Inside) -> None:
    await sandbox.say(group=GROUP)
    wamid = str((await sandbox.post(group_text())).json()["messages"][0]["id"])
    pin = {"type": "pin", "message_id": wamid, "expiration_days": 4}
    cases: list[tuple[str, dict[str, Any], int]] = [
        ("text", {"type": "text", "text": {"body": "x"}}, 0),
        ("image", image(id=FILE), 0),
        ("template", template("order_ready", body("Ana", "7")), 0),
        ("template with buttons", template("news", body("Ana")), 131051),
        ("code", template("login_code", body("1"), CODE_BUTTON), 131051),
        ("buttons", buttons(), 131051),
        ("reaction", {"type": "reaction", "reaction": {"message_id": wamid, "emoji": "x"}}, 131051),
        ("pin", {"type": "pin", "pin": pin}, 0),
        ("pin of nothing", {"type": "pin", "pin": pin | {"message_id": "wamid.none"}}, 131009),
        ("pin for too long", {"type": "pin", "pin": pin | {"expiration_days": 31}}, 100),
        ("unpin", {"type": "pin", "pin": {"type": "unpin", "message_id": wamid}}, 0),
    ]
    for name, message, code in cases:
        assert await sandbox.code({"to": GROUP, "recipient_type": "group", **message}) == code, name

    await sandbox.control("group", {"id": GROUP, "suspended": True})
    assert (await sandbox.post(group_text())).json()["error"]["code"] == 131207
    assert sandbox.told("group_status_update")[0]["type"] == "group_suspend"


def group_text() -> dict[str, Any]:
    words = {"type": "text", "text": {"body": "Rules are pinned"}}
    return {"messaging_product": "whatsapp", "recipient_type": "group", "to": GROUP, **words}


async def test_marketing_that_was_stopped_fails_and_nothing_else_does(sandbox: Inside) -> None:
    await sandbox.control("prefer", {"from": MEMBER, "marketing": "stop"})
    (row,) = sandbox.told("user_preferences")
    assert {key: row[key] for key in ("wa_id", "category", "value")} == {
        "wa_id": "15550001111", "category": "marketing_messages", "value": "stop",
    }  # fmt: skip

    await sandbox.code(template("news", body("Ana")))
    await sandbox.code(template("order_ready", body("Ana", "7")))
    await sandbox.until(lambda: any(row.get("status") == "failed" for row in sandbox.told()))

    failed = [row for row in sandbox.told() if row.get("status") == "failed"]
    assert [row["errors"][0]["code"] for row in failed] == [131050]
