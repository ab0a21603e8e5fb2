"""What the sandbox accepts and refuses, over real HTTP."""

from __future__ import annotations

from typing import Any

from tests.whatsapp.sandbox.harness import MEMBER, NUMBER, WABA, WAMID, Running, running, text_to

BUTTON = {"type": "reply", "reply": {"id": "a", "title": "Yes"}}
ROW = {"id": "1", "title": "One"}


def interactive(kind: str, action: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "interactive",
        "interactive": {"type": kind, "body": {"text": "Choose"}, "action": action},
    }


def buttons(*several: dict[str, Any]) -> dict[str, Any]:
    return interactive("button", {"buttons": list(several)})


def titled(title: str) -> dict[str, Any]:
    return {"type": "reply", "reply": {"id": title, "title": title}}


# As the reference of WhatsApp's own API gives them.
CASHBACK: list[dict[str, Any]] = [
    {"type": "header", "parameters": [{"type": "image", "image": {"id": "300000000000003"}}]},
    {"type": "body", "parameters": [{"type": "text", "text": "Ana"}, {"type": "text", "text": "12.50"}]},
    {
        "type": "button", "sub_type": "quick_reply", "index": "0",
        "parameters": [{"type": "payload", "payload": "cb:ok"}],
    },
    {
        "type": "button", "sub_type": "url", "index": "1",
        "parameters": [{"type": "text", "text": "orders/77"}],
    },
    {
        "type": "button", "sub_type": "copy_code", "index": "2",
        "parameters": [{"type": "coupon_code", "coupon_code": "KAFFEE7"}],
    },
]  # fmt: skip
NAMED: list[dict[str, Any]] = [
    {
        "type": "body",
        "parameters": [
            {"type": "text", "parameter_name": "first_name", "text": "Ana"},
            {"type": "text", "parameter_name": "amount", "text": "12.50"},
        ],
    }
]


def template(*components: dict[str, Any], name: str = "cashback_paid") -> dict[str, Any]:
    inner = {"name": name, "language": {"code": "en_US"}, "components": list(components)}
    return {"type": "template", "template": inner}


# (what is changed in a good request; a key with None is taken away), the code, the HTTP status
REFUSED: list[tuple[str, dict[str, Any], int, int]] = [
    ("no messaging_product", {"messaging_product": None}, 100, 400),
    ("another messaging_product", {"messaging_product": "telegram"}, 100, 400),
    ("no recipient", {"to": None}, 131008, 400),
    ("no type and no text", {"type": None, "text": None}, 131008, 400),
    ("a phone that is none", {"to": "12"}, 131009, 400),
    ("a phone of letters", {"to": "+49 abc"}, 131009, 400),
    ("a phone that is a number", {"to": 15550001111}, 100, 400),
    ("ourselves", {"to": "+1 555 000 9999"}, 131021, 400),
    ("a group's type for a person", {"recipient_type": "group"}, 100, 400),
    ("a recipient type nobody knows", {"recipient_type": "crowd"}, 100, 400),
    ("a BSUID that is none", {"to": None, "recipient": "us.1"}, 131009, 400),
    ("a type nobody knows", {"type": "telegram"}, 131051, 400),
    ("a type that is a list", {"type": ["text"]}, 131051, 400),
    ("an empty text", {"text": {"body": ""}}, 100, 400),
    ("a text of spaces", {"text": {"body": "  "}}, 100, 400),
    ("a text too long", {"text": {"body": "a" * 4097}}, 100, 400),
    ("a text that is a number", {"text": {"body": 5}}, 100, 400),
    ("a text that is none", {"text": "Hello"}, 100, 400),
    ("no text", {"text": None}, 100, 400),
    ("a key nobody knows", {"extra": 1}, 100, 400),
    ("a key nobody knows inside", {"text": {"body": "x", "extra": 1}}, 100, 400),
    ("a preview that is no boolean", {"text": {"body": "x", "preview_url": "yes"}}, 100, 400),
    ("an opaque too long", {"biz_opaque_callback_data": "o" * 513}, 100, 400),
    ("a context without a message", {"context": {}}, 100, 400),
    ("a pin to a person", {"type": "pin", "pin": {"type": "unpin", "message_id": "x"}}, 131051, 400),
    ("an image with id and link", {"type": "image", "image": {"id": "1", "link": "https://a.b"}}, 100, 400),
    ("an image with a bad link", {"type": "image", "image": {"link": "file:///etc/passwd"}}, 131009, 400),
    ("a caption too long", {"type": "image", "image": {"id": "1", "caption": "a" * 1025}}, 100, 400),
    ("a caption for audio", {"type": "audio", "audio": {"id": "1", "caption": "a"}}, 100, 400),
    ("a place off the earth", {"type": "location", "location": {"latitude": 91, "longitude": 0}}, 100, 400),
    ("four buttons", buttons(*(titled(str(n)) for n in range(4))), 100, 400),
    ("a button's title too long", buttons(titled("a" * 21)), 100, 400),
    ("two buttons of one title", buttons(BUTTON, BUTTON), 131009, 400),
    (
        "eleven rows",
        interactive("list", {"button": "Go", "sections": [
            {"title": "a", "rows": [{"id": str(n), "title": "x"} for n in range(6)]},
            {"title": "b", "rows": [{"id": str(n), "title": "x"} for n in range(6, 11)]},
        ]}),
        131009, 400,
    ),
    (
        "sections without titles",
        interactive("list", {"button": "Go", "sections": [{"rows": [ROW]}, {"rows": [ROW]}]}),
        100, 400,
    ),
    ("a template's name", {"type": "template", "template": {"name": "No!", "language": {"code": "en"}}}, 132001, 404),
    (
        "a parameter with a new line",
        template({"type": "body", "parameters": [{"type": "text", "text": "a\nb"}]}),
        132018, 400,
    ),
    ("a reaction to nothing", {"type": "reaction", "reaction": {"emoji": "x"}}, 100, 400),
    ("outside the window", {"to": "+15550003333"}, 131047, 400),
    ("a BSUID outside the window", {"to": None, "recipient": "US.12345"}, 131047, 400),
    ("a group nobody knows", {"recipient_type": "group", "to": "NoSuchGroup"}, 131041, 400),
]  # fmt: skip


def request_with(changes: dict[str, Any]) -> dict[str, Any]:
    """A good request with `changes`: None takes a key away, another type takes the text away."""
    own = {"text": None} if (changes.get("type") or "text") != "text" else {}
    return {key: value for key, value in (text_to(MEMBER) | own | changes).items() if value is not None}


async def test_a_wrong_request_is_refused_in_metas_shape(sandbox: Running) -> None:
    await sandbox.say()

    for name, changes, code, status in REFUSED:
        answer = await sandbox.post(request_with(changes))

        error = answer.json().get("error", {})
        assert (answer.status_code, error.get("code")) == (status, code), f"{name}: {answer.text}"
        assert error["message"].startswith(f"(#{code}) "), name
        assert error["type"] == "OAuthException", name
        assert error["error_data"]["messaging_product"] == "whatsapp", name
        assert error["error_data"]["details"], name
        assert error["fbtrace_id"].startswith("A"), name
    assert await sandbox.accepted() == []
    assert sum((await sandbox.state())["refused"].values()) == len(REFUSED)


GOOD: list[tuple[str, dict[str, Any]]] = [
    ("text", {}),
    ("the longest text", {"text": {"body": "é" * 4096, "preview_url": True}}),
    ("text without its type", {"type": None}),
    ("an unknown message quoted", {"context": {"message_id": "wamid.unknown"}}),
    ("a phone with brackets", {"to": "+1 (555) 000-1111"}),
    ("a phone without a plus", {"to": "5550001111"}),
    ("both names", {"recipient": "US.1"}),
    ("image", {"type": "image", "image": {"link": "https://a.b/c.jpg", "caption": "x"}}),
    ("document", {"type": "document", "document": {"id": "300000000000003", "filename": "a.pdf"}}),
    ("audio", {"type": "audio", "audio": {"link": "https://a.b/c"}}),
    ("video", {"type": "video", "video": {"link": "https://a.b/c"}}),
    ("sticker", {"type": "sticker", "sticker": {"link": "https://a.b/c"}}),
    ("location", {"type": "location", "location": {"latitude": 1.5, "longitude": 2, "name": "Here"}}),
    ("contacts", {"type": "contacts", "contacts": [{"name": {"formatted_name": "Ana"}}]}),
    ("reaction", {"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": ""}}),
    ("buttons", buttons(BUTTON, titled("No"))),
    ("list", interactive("list", {"button": "Go", "sections": [{"rows": [ROW]}]})),
    (
        "link",
        interactive("cta_url", {"name": "cta_url", "parameters": {"display_text": "a", "url": "https://b"}}),
    ),
    ("template", template(*CASHBACK)),
    ("named template", template(*NAMED, name="cashback_note")),
]


async def test_every_documented_form_is_accepted(sandbox: Running) -> None:
    await sandbox.say()

    for name, changes in GOOD:
        request = request_with(changes)
        answer = await sandbox.post(request)

        assert answer.status_code == 200, f"{name}: {answer.text}"
        said = answer.json()
        assert said["messaging_product"] == "whatsapp", name
        assert said["contacts"] == [{"input": request["to"], "wa_id": "15550001111"}], name
        (message,) = said["messages"]
        assert WAMID.fullmatch(message["id"]), name
        wanted = "accepted" if request.get("type") == "template" else None
        assert message.get("message_status") == wanted, name
    assert [row["to"] for row in await sandbox.accepted()] == [MEMBER] * len(GOOD)


async def test_a_template_needs_no_window(sandbox: Running) -> None:
    request = text_to("+15550007777") | template(*CASHBACK)
    del request["text"]

    assert (await sandbox.post(request)).status_code == 200


async def test_the_same_request_twice_is_two_messages(sandbox: Running) -> None:
    await sandbox.say()

    first, second = await sandbox.send(), await sandbox.send()

    assert first != second
    assert [row["id"] for row in await sandbox.accepted()] == [first, second]


async def test_a_bsuid_is_answered_with_a_bsuid(sandbox: Running) -> None:
    await sandbox.say(sender="DE.90000000000000002")

    request = text_to("", biz_opaque_callback_data="o1") | {"recipient": "DE.90000000000000002"}
    del request["to"]
    said = (await sandbox.post(request)).json()

    assert said["contacts"] == [{"input": "DE.90000000000000002", "user_id": "DE.90000000000000002"}]
    (row,) = await sandbox.accepted()
    assert row.keys() == {"id", "to", "opaque", "at"}
    assert (row["to"], row["opaque"]) == ("DE.90000000000000002", "o1")


async def test_a_group_is_answered_with_the_group(sandbox: Running) -> None:
    await sandbox.say(group="R1JPVVAtRkFLRS0wMDE")

    said = (await sandbox.post(text_to("R1JPVVAtRkFLRS0wMDE", recipient_type="group"))).json()

    assert said["contacts"] == [{"input": "R1JPVVAtRkFLRS0wMDE", "wa_id": "R1JPVVAtRkFLRS0wMDE"}]
    assert said["messages"][0]["group_id"] == "R1JPVVAtRkFLRS0wMDE"
    request = text_to("R1JPVVAtRkFLRS0wMDE", recipient_type="group") | buttons(BUTTON)
    del request["text"]
    assert (await sandbox.post(request)).json()["error"]["code"] == 131051


async def test_a_body_that_is_no_json_is_refused(sandbox: Running) -> None:
    path = f"/v26.0/{NUMBER}/messages"
    headers = {"Content-Type": "application/json"}

    for body in (b"{", b"[]", b"\xff", b"", b"[" * 100_000, b'"a"'):
        answer = await sandbox.client.post(path, content=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100), body[:9]
    answer = await sandbox.client.post(path, data={"messaging_product": "whatsapp"})
    assert answer.json()["error"]["code"] == 100
    answer = await sandbox.client.post(path, content=b" " * (1 << 21), headers=headers)
    assert answer.json()["error"]["code"] == 100


async def test_a_wrong_token_is_refused(sandbox: Running) -> None:
    for header in ("", "Bearer", "Bearer other", "Basic token", "Bearer tokén"):
        headers = {"Authorization": header.encode("latin-1")}
        answer = await sandbox.post(text_to(MEMBER), headers=headers)

        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["type"]) == (401, 190, "OAuthException"), header
        assert answer.headers["www-authenticate"].startswith("OAuth "), header


async def test_without_a_token_of_ours_any_token_will_do() -> None:
    from dataclasses import replace

    from tests.whatsapp.sandbox.harness import options
    from waconsole.settings.secrets import Secret

    account = replace(options().account, token=Secret())
    async with running(account=account) as sandbox:
        await sandbox.say()

        assert (await sandbox.post(text_to(MEMBER), headers={"Authorization": "Bearer x"})).status_code == 200
        assert (await sandbox.post(text_to(MEMBER), headers={"Authorization": ""})).status_code == 401


PATHS: list[tuple[str, str, int, int | None]] = [
    ("POST", "/v26.0/999/messages", 100, 33),
    ("POST", f"/v26.0/{NUMBER}/massages", 100, 33),
    ("DELETE", f"/v26.0/{NUMBER}/messages", 100, 33),
    ("GET", "/v26.0/nobody", 100, 33),
    ("POST", f"/v20.0/{NUMBER}/messages", 2500, None),
    ("POST", f"/v99.0/{NUMBER}/messages", 2500, None),
    ("POST", f"/{NUMBER}/messages", 2500, None),
    ("GET", "/", 2500, None),
    ("GET", "/v26.0", 2500, None),
]


async def test_a_path_nobody_knows_is_refused(sandbox: Running) -> None:
    for method, path, code, subcode in PATHS:
        answer = await sandbox.client.request(method, path, json={} if method == "POST" else None)

        error = answer.json()["error"]
        wanted = (400, code, subcode)
        assert (answer.status_code, error["code"], error.get("error_subcode")) == wanted, path
        assert "error_data" not in error, path


async def test_a_received_message_can_be_marked_as_read(sandbox: Running) -> None:
    wamid, in_group = await sandbox.say(), await sandbox.say(group="SomeGroup")
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}

    assert (await sandbox.post(mark)).json() == {"success": True}
    assert (await sandbox.post(mark | {"typing_indicator": {"type": "text"}})).json() == {"success": True}
    for wrong in (
        {"message_id": "wamid.unknown"},
        {"message_id": in_group},
        {"message_id": await sandbox.send()},
        {"status": "unread"},
        {"typing_indicator": {"type": "voice"}},
        {"extra": 1},
    ):
        answer = await sandbox.post(mark | wrong)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100), wrong
    assert len(await sandbox.accepted()) == 1


async def test_number_account_and_groups_can_be_read(sandbox: Running) -> None:
    some = (await sandbox.client.get(f"/v26.0/{NUMBER}?fields=quality_rating,throughput")).json()
    assert some == {"quality_rating": "GREEN", "throughput": {"level": "STANDARD"}, "id": NUMBER}
    number = (await sandbox.client.get(f"/v26.0/{NUMBER}")).json()
    assert (number["quality_rating"], number["display_phone_number"]) == ("GREEN", "+15550009999")
    assert (await sandbox.client.get(f"/v26.0/{WABA}/phone_numbers")).json()["data"] == [number]
    assert (await sandbox.client.get(f"/v26.0/{WABA}")).json()["id"] == WABA

    groups = (await sandbox.client.get(f"/v26.0/{NUMBER}/groups?limit=1")).json()
    (group,) = groups["data"]["groups"]
    assert group["subject"] == "Lilas Test Circle"
    after = (await sandbox.client.get(f"/v26.0/{NUMBER}/groups?after={group['id']}")).json()
    assert after["data"]["groups"] == []
    assert (await sandbox.client.get(f"/v26.0/{group['id']}")).json() == {"id": group["id"]}
    fields = (await sandbox.client.get(f"/v26.0/{group['id']}?fields=participants,subject")).json()
    assert len(fields["participants"]) == 8
    link = (await sandbox.client.get(f"/v26.0/{group['id']}/invite_link")).json()["invite_link"]
    assert link.startswith("https://chat.whatsapp.com/")
    for path in (f"{group['id']}?fields=secret", f"{NUMBER}/groups?limit=0", f"{NUMBER}/groups?limit=x"):
        assert (await sandbox.client.get(f"/v26.0/{path}")).json()["error"]["code"] == 100
