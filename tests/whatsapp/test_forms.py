"""Every content as the Cloud API takes it, compared with Meta's description where there is one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.whatsapp.meta_schema import check
from waconsole.errors import Refused
from waconsole.whatsapp.cloud.forms import message_form
from waconsole.whatsapp.content import (
    ButtonKind,
    Buttons,
    Content,
    HeaderKind,
    ListMessage,
    Media,
    MediaKind,
    Poll,
    Reaction,
    Row,
    Template,
    TemplateButton,
    Text,
    as_body,
    content_of,
    file_of,
)
from waconsole.whatsapp.driver import Message, Recipient
from waconsole.whatsapp.limits import bundled, fault

MESSAGES = "/v26.0/100000000000001/messages"
PHONE = Recipient("phone", "+15550001111")
BSUID = Recipient("bsuid", "US.90000000000000001")
GROUP = Recipient("group", "R1JPVVAtRkFLRS0wMDE")
SHA = "ab" * 32


def form_of(content: Content, recipient: Recipient = PHONE, reply_to: str | None = None) -> dict[str, Any]:
    """The request, which a row of the ledger brings about as the content itself does."""
    assert content_of(as_body(content)) == content
    form = message_form(Message(recipient, content, "wa1:x:1:1", reply_to), "300000000000003")
    check("POST", MESSAGES, form)
    return form


def part_of(content: Content) -> Any:
    form = form_of(content)
    return form[form["type"]]


@pytest.mark.parametrize(
    ("recipient", "says"),
    [
        (PHONE, {"recipient_type": "individual", "to": "+15550001111"}),
        (BSUID, {"recipient_type": "individual", "recipient": "US.90000000000000001"}),
        (GROUP, {"recipient_type": "group", "to": "R1JPVVAtRkFLRS0wMDE"}),
    ],
)
def test_the_envelope_names_the_recipient_the_quote_and_our_own_mark(
    recipient: Recipient, says: dict[str, str]
) -> None:
    assert form_of(Text("Your code is KAFFEE-7"), recipient, "wamid.FAKE0001") == {
        "messaging_product": "whatsapp",
        "type": "text",
        "text": {"body": "Your code is KAFFEE-7", "preview_url": False},
        "context": {"message_id": "wamid.FAKE0001"},
        "biz_opaque_callback_data": "wa1:x:1:1",
        **says,
    }


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (Media("image", SHA, caption="Receipt"), {"id": "300000000000003", "caption": "Receipt"}),
        (Media("image", link="https://x.example/a.jpg"), {"link": "https://x.example/a.jpg"}),
        (
            Media("document", SHA, name="bill.pdf", caption="May"),
            {"id": "300000000000003", "caption": "May", "filename": "bill.pdf"},
        ),
        (Media("video", SHA, name="film.mp4", caption="Look"), {"id": "300000000000003", "caption": "Look"}),
        (Media("audio", SHA, name="a.ogg", caption="x"), {"id": "300000000000003"}),
        (Media("sticker", link="https://x.example/a.webp"), {"link": "https://x.example/a.webp"}),
        (Text("x https://x.example", preview=True), {"body": "x https://x.example", "preview_url": True}),
        (Reaction("wamid.FAKE0001", "👍"), {"message_id": "wamid.FAKE0001", "emoji": "👍"}),
        (Reaction("wamid.FAKE0001", ""), {"message_id": "wamid.FAKE0001", "emoji": ""}),
    ],
)
def test_texts_files_and_reactions(content: Content, part: dict[str, Any]) -> None:
    assert part_of(content) == part


@pytest.mark.parametrize("kind", ["image", "document", "video", "audio", "sticker"])
@pytest.mark.parametrize("recipient", [PHONE, BSUID, GROUP])
def test_every_file_goes_to_everybody(kind: MediaKind, recipient: Recipient) -> None:
    form = form_of(Media(kind, SHA), recipient)

    assert (form["type"], form[kind]) == (kind, {"id": "300000000000003"})


def test_only_our_own_copies_are_uploaded() -> None:
    assert file_of(Media("image", SHA)) == SHA
    assert file_of(Media("image", link="https://x.example/a.jpg")) == ""
    assert file_of(Template("t", "en", header_kind="image", header_sha256=SHA)) == SHA
    assert file_of(Text("x")) == file_of(Reaction("wamid.A", "👍")) == ""


def test_a_reaction_quotes_nothing() -> None:
    assert "context" not in form_of(Reaction("wamid.A", "👍"), PHONE, "wamid.B")


def test_a_template_by_place_with_a_picture_and_three_buttons() -> None:
    content = Template(
        "cashback_paid",
        "en_US",
        parameters=(("", "Ana"), ("", "12.50")),
        header_kind="image",
        header_sha256=SHA,
        buttons=(
            TemplateButton(2, "copy_code", "KAFFEE7"),
            TemplateButton(0, "quick_reply", "cb:ok"),
            TemplateButton(1, "url", "orders/77"),
        ),
    )

    assert part_of(content) == {
        "name": "cashback_paid",
        "language": {"code": "en_US"},
        "components": [
            {"type": "header", "parameters": [{"type": "image", "image": {"id": "300000000000003"}}]},
            {"type": "body", "parameters": [{"type": "text", "text": "Ana"}, {"type": "text", "text": "12.50"}]},
            {"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [{"type": "payload", "payload": "cb:ok"}]},
            {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "orders/77"}]},
            {"type": "button", "sub_type": "copy_code", "index": "2", "parameters": [{"type": "coupon_code", "coupon_code": "KAFFEE7"}]},
        ],
    }  # fmt: skip


def test_a_template_by_name() -> None:
    content = Template(
        "welcome", "de", parameters=(("first_name", "Ana"), ("amount", "12.50")), header_kind="text", header="May",
        header_name="month",
    )  # fmt: skip

    header, body = part_of(content)["components"]
    assert header["parameters"] == [{"type": "text", "parameter_name": "month", "text": "May"}]
    assert body["parameters"] == [
        {"type": "text", "parameter_name": "first_name", "text": "Ana"},
        {"type": "text", "parameter_name": "amount", "text": "12.50"},
    ]


def test_a_template_that_asks_for_nothing_is_its_name_and_language() -> None:
    assert part_of(Template("hello", "en")) == {"name": "hello", "language": {"code": "en"}}


@pytest.mark.parametrize("kind", ["image", "document", "video"])
def test_a_header_may_be_a_public_file(kind: HeaderKind) -> None:
    content = Template("t", "en", header_kind=kind, header="https://x.example/f")

    assert part_of(content)["components"] == [
        {"type": "header", "parameters": [{"type": kind, kind: {"link": "https://x.example/f"}}]}
    ]


def test_an_invitation_carries_the_group_whose_link_it_becomes() -> None:
    content = Template("group_invite_link", "en", parameters=(("group_id", "R1JPVVAtRkFLRS0wMDE"),))

    assert part_of(content)["components"][0]["parameters"] == [
        {"type": "group_id", "group_id": "R1JPVVAtRkFLRS0wMDE"}
    ]


@pytest.mark.parametrize(
    ("kind", "value", "parameters"),
    [
        ("quick_reply", "cb:ok", [{"type": "payload", "payload": "cb:ok"}]),
        ("url", "orders/77", [{"type": "text", "text": "orders/77"}]),
        ("copy_code", "KAFFEE7", [{"type": "coupon_code", "coupon_code": "KAFFEE7"}]),
        ("catalog", "sku1", [{"type": "action", "action": {"thumbnail_product_retailer_id": "sku1"}}]),
        (
            "mpm",
            "sku1, sku2",
            [
                {
                    "type": "action",
                    "action": {
                        "thumbnail_product_retailer_id": "sku1",
                        "sections": [
                            {"product_items": [{"product_retailer_id": "sku1"}, {"product_retailer_id": "sku2"}]}
                        ],
                    },
                }
            ],
        ),
        ("mpm", '{"sections": []}', [{"type": "action", "action": {"sections": []}}]),
        ("flow", "token1", [{"type": "action", "action": {"flow_token": "token1"}}]),
        (
            "flow",
            '{"flow_token": "a", "flow_action_data": {"x": 1}}',
            [{"type": "action", "action": {"flow_token": "a", "flow_action_data": {"x": 1}}}],
        ),
        ("voice_call", "1440", [{"type": "ttl_minutes", "ttl_minutes": 1440}]),
        ("voice_call", "support", [{"type": "payload", "payload": "support"}]),
        (
            "voice_call",
            "1440:support",
            [{"type": "ttl_minutes", "ttl_minutes": 1440}, {"type": "payload", "payload": "support"}],
        ),
    ],
)  # fmt: skip
def test_every_kind_of_button(kind: ButtonKind, value: str, parameters: list[dict[str, Any]]) -> None:
    content = Template("t", "en", buttons=(TemplateButton(3, kind, value),))

    assert part_of(content)["components"] == [
        {"type": "button", "sub_type": kind, "index": "3", "parameters": parameters}
    ]


def test_a_button_that_is_no_json_is_refused_in_words() -> None:
    with pytest.raises(Refused, match="is no JSON"):
        form_of(Template("t", "en", buttons=(TemplateButton(0, "flow", "{nope"),)))


def test_reply_buttons() -> None:
    content = Buttons(
        "Accept 12.50?",
        (("cb:yes", "Accept"), ("cb:no", "Decline")),
        header="Cashback",
        footer="Ref KAFFEE-7",
    )

    assert part_of(content) == {
        "type": "button",
        "header": {"type": "text", "text": "Cashback"},
        "body": {"text": "Accept 12.50?"},
        "footer": {"text": "Ref KAFFEE-7"},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": "cb:yes", "title": "Accept"}},
                {"type": "reply", "reply": {"id": "cb:no", "title": "Decline"}},
            ]
        },
    }


def test_a_list_keeps_its_sections_together() -> None:
    content = ListMessage(
        "Pick a slot",
        "Slots",
        (
            Row("Monday", "m1", "09:00", "Studio 1"),
            Row("Friday", "f1", "10:00"),
            Row("Monday", "m2", "11:00"),
        ),
    )

    assert part_of(content) == {
        "type": "list",
        "body": {"text": "Pick a slot"},
        "action": {
            "button": "Slots",
            "sections": [
                {
                    "title": "Monday",
                    "rows": [
                        {"id": "m1", "title": "09:00", "description": "Studio 1"},
                        {"id": "m2", "title": "11:00"},
                    ],
                },
                {"title": "Friday", "rows": [{"id": "f1", "title": "10:00"}]},
            ],
        },
    }


def test_there_are_no_polls_on_the_official_way() -> None:
    with pytest.raises(Refused, match="no polls"):
        message_form(Message(PHONE, Poll("Which?", ("a", "b")), "x"))


def test_a_form_is_json() -> None:
    assert json.loads(json.dumps(form_of(Text("grüße 🎉"))))["text"]["body"] == "grüße 🎉"


_WORDS = st.text(max_size=30)
_LINK = st.sampled_from(["", "https://x.example/a.jpg"])
_MEDIA = st.builds(
    Media, st.sampled_from(["image", "document", "video", "audio", "sticker"]), st.sampled_from(["", SHA]), _LINK,
    caption=_WORDS, name=_WORDS,
)  # fmt: skip
_TEMPLATE = st.builds(
    Template, _WORDS, _WORDS, st.lists(st.tuples(_WORDS, _WORDS), max_size=3).map(tuple),
    st.sampled_from(["none", "text", "image", "document", "video"]), _LINK, st.sampled_from(["", SHA]), _WORDS,
    st.lists(st.builds(TemplateButton, st.integers(0, 9), st.sampled_from(["quick_reply", "url", "copy_code", "voice_call"]), _WORDS), max_size=3).map(tuple),
)  # fmt: skip
_BUTTONS = st.builds(
    Buttons, _WORDS, st.lists(st.tuples(_WORDS, _WORDS), max_size=4).map(tuple), _WORDS, _WORDS
)
_LIST = st.builds(
    ListMessage, _WORDS, _WORDS, st.lists(st.builds(Row, _WORDS, _WORDS, _WORDS, _WORDS), max_size=4).map(tuple), _WORDS, _WORDS
)  # fmt: skip
_CONTENTS = st.one_of(
    st.builds(Text, _WORDS), _MEDIA, _TEMPLATE, _BUTTONS, _LIST, st.builds(Reaction, _WORDS, _WORDS)
)


@settings(max_examples=60, deadline=None)
@given(_CONTENTS, st.sampled_from([PHONE, BSUID, GROUP]))
def test_what_has_no_fault_has_a_form_that_meta_describes(content: Content, recipient: Recipient) -> None:
    """Whatever is asked for: a sentence, or a request that is as Meta describes it."""
    if fault(content, recipient.kind, bundled()):
        return
    form = form_of(content, recipient)
    assert json.loads(json.dumps(form)) == form
