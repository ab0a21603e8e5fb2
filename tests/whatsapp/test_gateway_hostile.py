"""Whatever a gateway sends, taking it apart ends in items or in one sentence."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.whatsapp.waha import GROUP
from waconsole.whatsapp.gateway.envelope import wrapped
from waconsole.whatsapp.gateway.events import _READERS, items
from waconsole.whatsapp.gateway.group_shapes import group_seen, handled_of, join_request, person_of
from waconsole.whatsapp.webhook import Unreadable

WORDS = st.sampled_from([
    "", "true", "false_15550001111@c.us_AAAA", f"true_{GROUP}_BBBB_9000000001@lid", GROUP, "15550001111@c.us",
    "9000000001@lid", "x@y", "status@broadcast", "join", "leave", "promote", "created", "WORKING", "\ud800", "\0", "_", "@", "é" * 600,
])  # fmt: skip
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    WORDS,
    st.text(max_size=8),
)
KEYS = st.sampled_from([
    "id", "from", "to", "participant", "participants", "body", "timestamp", "fromMe", "hasMedia", "media", "url", "mimetype",
    "ack", "reaction", "messageId", "text", "editedMessageId", "revokedMessageId", "after", "before", "group", "type",
    "action", "requesterId", "requesterPn", "requestMethod", "status", "replyTo", "location", "vCards", "_data", "Info",
    "SenderAlt", "PushName", "Message", "protocolMessage", "key", "JID", "Name", "role", "pn", "GroupCreated", "success", "error",
])  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=6)),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(event=st.sampled_from(sorted(_READERS)), payload=st.dictionaries(KEYS, VALUES, max_size=8), me=VALUES)
def test_any_payload_becomes_items_with_keys(event: str, payload: dict[str, Any], me: Any) -> None:
    body = json.dumps(
        {"id": "evt_1", "timestamp": 1, "event": event, "session": "default", "payload": payload, "me": me}
    ).encode()

    found = items(body)

    assert all(
        item.key and len(item.key) <= 400 and (item.event is None) == bool(item.fault) for item in found
    )
    assert [item.key for item in items(body)] == [item.key for item in found]
    items(wrapped(event, "default", payload, at=1_000_000))


@settings(max_examples=40, deadline=None)
@given(body=st.one_of(st.binary(max_size=60), VALUES.map(lambda value: json.dumps(value).encode())))
def test_anything_else_is_said_to_be_none(body: bytes) -> None:
    try:
        items(body)
    except Unreadable as error:
        assert str(error).endswith(".")


@settings(max_examples=40, deadline=None)
@given(value=VALUES)
def test_any_answer_about_groups_is_read_or_left(value: Any) -> None:
    group_seen(value)
    person_of(value)
    join_request(value)
    assert len(handled_of(["15550001111@c.us"], value)) == 1
