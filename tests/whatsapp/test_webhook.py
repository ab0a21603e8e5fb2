"""Webhooks: who sent them, and that anything in them is an item, whatever it is."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.whatsapp.hooks import AT, NUMBER, WABA, envelope, signature, text_message, value_of
from waconsole.whatsapp.events import Item, MessageReceived, StatusChanged, Unplaced
from waconsole.whatsapp.events_standing import ErrorTold, TemplateChanged
from waconsole.whatsapp.webhook import (
    BODY_BYTES_MAX,
    ITEMS_MAX,
    Unreadable,
    handshake,
    items,
    signature_ok,
)

BODY = envelope(value_of(messages=[text_message(text="grüße 🎉")]))
ASKED = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "word"}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
KEYS = (
    "id from from_user_id type timestamp text body image audio sha256 interactive button_reply title system "
    "wa_id user_id previous_user_id context reaction message_id edit original_message_id message status "
    "recipient_id errors code error_data details group_id added_participants removed_participants input "
    "category value profile name username contacts location latitude order referral pricing"
).split()
WORDS = (
    "text image system edit reaction revoke user_changed_number group_participants_add group_add_participants "
    "group_participants_remove location contacts interactive order failed 1790000000 US.1 15550001111"
).split()


def _shaped(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=8)


shaped = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.sampled_from(WORDS),
    _shaped,
    max_leaves=25,
)


def test_only_the_exact_bytes_are_signed() -> None:
    header = signature(BODY, "secret")
    again = json.dumps(json.loads(BODY), ensure_ascii=False).encode()

    assert signature_ok(BODY, header, ["secret"])
    assert not signature_ok(again, header, ["secret"])
    for place in range(0, len(BODY), 7):
        flipped = bytes([*BODY[:place], BODY[place] ^ 1, *BODY[place + 1 :]])
        assert not signature_ok(flipped, header, ["secret"])


def test_two_secrets_are_in_force_while_one_replaces_the_other() -> None:
    for secret in ("old", "new"):
        assert signature_ok(BODY, signature(BODY, secret), ["new", "old"])
    assert not signature_ok(BODY, signature(BODY, "older"), ["new", "old"])


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        "sha256=é",
        "sha1=" + "0" * 40,
        signature(BODY, "secret")[7:],
        "sha256=" + "0" * 64,
    ],
)
def test_a_header_that_signs_nothing_is_refused(header: str | None) -> None:
    assert not signature_ok(BODY, header, ["secret"])


def test_an_empty_secret_signs_nothing() -> None:
    assert not signature_ok(BODY, signature(BODY, ""), ["", "secret"])
    assert not signature_ok(BODY, signature(BODY, "secret"), [])


def test_the_handshake_answers_the_bare_challenge() -> None:
    assert handshake(ASKED, "word") == "1158201444"


@pytest.mark.parametrize(
    ("query", "token"),
    [
        ({**ASKED, "hub.verify_token": "other"}, "word"),
        ({**ASKED, "hub.verify_token": "wörd"}, "word"),
        ({**ASKED, "hub.mode": "unsubscribe"}, "word"),
        ({**ASKED, "hub.verify_token": ""}, ""),
        ({**ASKED, "hub.verify_token": " "}, " "),
        ({**ASKED, "hub.challenge": ""}, "word"),
        ({**ASKED, "hub.challenge": "a\r\nb"}, "word"),
        ({**ASKED, "hub.challenge": "1" * 2000}, "word"),
        ({}, "word"),
        ({}, ""),
    ],
)
def test_any_other_handshake_is_refused(query: dict[str, str], token: str) -> None:
    assert handshake(query, token) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"entry": {}}',
        b"{}",
        BODY[:-5],
        b"\xff\xfe",
        b'{"entry": [NaN]}',
        b"[" * 100_000,
        b'{"entry":' + b"[" * 500 + b"]" * 500 + b"}",
        b" " * (BODY_BYTES_MAX + 1),
    ],
)
def test_what_is_no_envelope_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(Unreadable):
        items(body)


@given(anything)
def test_no_json_ever_stops_the_reader(value: Any) -> None:
    body = json.dumps(value).encode()
    try:
        found = items(body)
    except Unreadable:
        return
    _sound(found)


@settings(max_examples=100)
@given(st.sampled_from(("messages", "statuses", "groups", "user_preferences", "errors", "new")), shaped)
def test_no_thing_ever_stops_the_others(name: str, value: Any) -> None:
    body = envelope(value_of(**{name: [value], "contacts": value}), value_of(messages=[text_message()]))
    try:
        found = items(body)
    except Unreadable as error:
        assert "NaN" in body.decode() or "Infinity" in body.decode(), error
        return
    _sound(found)
    assert isinstance(found[-1].event, MessageReceived)
    assert len(found) >= 2


def _sound(found: list[Item]) -> None:
    for one in found:
        assert bool(one.fault) == (one.event is None)
        assert one.key and len(one.key) <= 500
        json.loads(one.raw)
        repr(one.event).encode()  # no half of a character in it


def test_a_bad_thing_between_good_ones_is_a_fault_of_its_own() -> None:
    good = [text_message(f"wamid.{n}") for n in range(3)]
    bad = [{**good[0], "id": ["x"]}, 7, {**good[0], "timestamp": "soon"}, {"id": "wamid.9"}]

    found = items(envelope(value_of(messages=[good[0], *bad, good[1], good[2]])))

    assert [bool(one.fault) for one in found] == [False, True, True, True, True, False, False]
    assert [one.fault for one in found if one.fault] == [
        "messages: id is faulty: Input should be a valid string.",
        "An element of messages is no object.",
        "messages: timestamp is faulty: Input should be a valid integer.",
        "messages: it has no time, or one that cannot be.",
    ]
    assert len({one.key for one in found}) == len(found)


def test_a_fault_never_repeats_what_was_written() -> None:
    found = items(envelope(value_of(messages=[text_message(text=["my address"])])))  # type: ignore[arg-type]

    assert found[0].fault == "messages: text.body is faulty: Input should be a valid string."


def test_the_same_thing_has_the_same_key_however_it_was_packed() -> None:
    first, second = text_message("wamid.A"), text_message("wamid.B")
    together = items(envelope(value_of(messages=[first, second])))
    apart = items(envelope(value_of(messages=[second]), value_of(messages=[first])))

    assert {one.key for one in together} == {one.key for one in apart}
    assert together[0].key == f"messages|{NUMBER}|wamid.A"
    assert together[0].number == NUMBER


def test_what_is_not_known_is_kept_whole() -> None:
    value = value_of(messages=[text_message()], holograms=[{"id": 1}, {"id": 2}], mood="blue")

    found = items(envelope(value, field="messages"))

    assert [one.event for one in found[1:]] == [
        Unplaced("messages", "holograms"),
        Unplaced("messages", "holograms"),
        Unplaced("messages", "mood"),
    ]
    assert [json.loads(one.raw) for one in found[1:]] == [{"id": 1}, {"id": 2}, "blue"]


def test_an_account_event_is_one_thing_with_its_instant() -> None:
    value = {"event": "PAUSED", "message_template_id": 500000000000006, "reason": "NONE"}
    body = envelope(value, field="message_template_status_update")

    (found,) = items(body)

    assert found.event == TemplateChanged(
        WABA, "status", "", "", "500000000000006", "PAUSED", "", "", AT * 1_000_000
    )
    assert (found.number, json.loads(found.raw)) == (None, value)
    assert found.key == items(body)[0].key
    assert found.key.startswith(f"account|{WABA}|message_template_status_update|{AT}|")


def test_errors_of_one_change_are_told_apart() -> None:
    value = value_of(errors=[{"code": 131000, "title": "a"}, {"code": "130429", "title": "b"}])

    found = items(envelope(value))

    assert [one.event for one in found] == [
        ErrorTold("messages", 131000, "a"),
        ErrorTold("messages", 130429, "b"),
    ]
    assert found[0].key != found[1].key


@pytest.mark.parametrize(
    "broken", [{"changes": 1}, 5, {}, {"changes": [{"field": "messages"}]}, {"changes": [3]}]
)
def test_a_broken_entry_leaves_the_next_alone(broken: object) -> None:
    document = json.loads(BODY)
    document["entry"].insert(0, broken)

    found = items(json.dumps(document).encode())

    assert found[0].fault
    assert isinstance(found[1].event, MessageReceived)


def test_a_nested_thing_is_a_fault_and_no_more() -> None:
    deep: Any = "x"
    for _ in range(100):
        deep = {"a": deep}

    found = items(envelope(value_of(messages=[{**text_message(), "odd": deep}, text_message()])))

    assert [one.fault for one in found] == ["An element of messages is nested more than 32 deep.", ""]


def test_halves_of_characters_and_nothing_else_are_replaced() -> None:
    body = BODY.replace(b"gr\\u00fc\\u00dfe", b"a\\ud800b\\u0000 \\ud83c\\udf89")

    event = items(body)[0].event

    assert isinstance(event, MessageReceived)
    assert event.text == "a?b\x00 🎉 🎉"


def test_more_things_than_can_be_are_said_to_be_too_many() -> None:
    found = items(envelope(value_of(statuses=[{}] * (ITEMS_MAX + 5))))

    assert len(found) == ITEMS_MAX + 1
    assert found[-1].fault == "The body holds more than 10,000 things: the rest was not read."


def test_a_full_body_is_read_in_well_under_a_second() -> None:
    people = [{"profile": {"name": "Ana"}, "wa_id": str(15550000000 + n)} for n in range(500)]
    messages = [
        text_message(f"wamid.M{n}", "x" * 5000) | {"from": str(15550000000 + n), "from_user_id": f"US.{n}"}
        for n in range(500)
    ]
    statuses = [
        {"id": f"wamid.S{n}", "status": "read", "timestamp": AT, "recipient_id": "15550001111"}
        for n in range(500)
    ]
    body = envelope(value_of(contacts=people, messages=messages, statuses=statuses))

    started = time.perf_counter()
    found = items(body)

    assert time.perf_counter() - started < 2
    assert 2_500_000 < len(body) < BODY_BYTES_MAX
    assert [type(one.event) for one in found] == [MessageReceived] * 500 + [StatusChanged] * 500
