"""A gateway's envelopes in the house's words, and their keys."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from tests.whatsapp.waha import GROUP
from waconsole.clock import SECOND
from waconsole.whatsapp.events import (
    GroupMemberChanged,
    GroupRoleChanged,
    GroupTold,
    Item,
    JoinRequested,
    MessageChanged,
    MessageReceived,
    Noted,
    PhoneSent,
    Sender,
    SessionChanged,
    StatusChanged,
    Unplaced,
)
from waconsole.whatsapp.gateway.envelope import wrapped
from waconsole.whatsapp.gateway.events import items
from waconsole.whatsapp.gateway.signature import signature_ok
from waconsole.whatsapp.webhook import Unreadable

AT = 1_790_000_015
ANA = "15550001111@c.us"
ME = {"id": "15550009999@c.us", "lid": "9000000009@lid", "pushName": "Shop"}


def told(event: str, payload: dict[str, Any], *, id: str = "evt_01jfake00000000000000000001") -> list[Item]:
    envelope = {
        "id": id,
        "timestamp": AT * 1000,
        "event": event,
        "session": "default",
        "me": ME,
        "payload": payload,
    }
    return items(json.dumps(envelope).encode())


def message(**more: Any) -> dict[str, Any]:
    return {
        "id": f"false_{ANA}_AAAA1111", "timestamp": AT, "from": ANA, "fromMe": False, "source": "app", "to": None,
        "participant": None, "body": "Is it back?", "hasMedia": False, "ack": 2, "ackName": "DEVICE", **more,
    }  # fmt: skip


def only(event: str, payload: dict[str, Any]) -> Any:
    (item,) = told(event, payload)
    assert item.fault == ""
    return item.event


def test_a_members_message_is_known_by_its_full_name() -> None:
    told_name = {"_data": {"Info": {"PushName": "Ana\ud800", "SenderAlt": "9000000001@lid"}}}

    found = only("message.any", message(**told_name))

    assert isinstance(found, MessageReceived)
    assert found.wamid == f"false_{ANA}_AAAA1111"
    assert found.sender == Sender("+15550001111", None, name="Ana?", lid="9000000001")
    assert (found.group_id, found.at, found.type, found.text) == (None, AT * SECOND, "text", "Is it back?")


def test_the_same_message_has_one_key_whichever_way_it_came() -> None:
    live = told("message", message())[0].key
    other = told("message.any", message(ack=3), id="evt_2")[0].key
    history = items(wrapped("message.any", "default", message(source=None), at=0))[0].key

    assert live == other == history


def test_in_a_group_the_participant_wrote_it() -> None:
    payload = message(
        id=f"false_{GROUP}_AAAA_9000000001@lid", participant="9000000001@lid", **{"from": GROUP},
        _data={"Info": {"SenderAlt": "15550001111@s.whatsapp.net"}},
        replyTo={"id": "3EB0OURS", "participant": "9000000009@lid"},
    )  # fmt: skip
    found = only("message.any", payload)

    assert (found.group_id, found.sender.phone, found.sender.lid) == (GROUP, "+15550001111", "9000000001")
    assert found.reply_to == "3EB0OURS"


def test_a_quoted_message_of_a_member_is_named_in_full() -> None:
    payload = message(
        id=f"false_{GROUP}_AAAA_{ANA}", participant=ANA, **{"from": GROUP},
        replyTo={"id": "BBBB", "participant": "15550002222@c.us"},
    )  # fmt: skip

    assert only("message", payload).reply_to == f"false_{GROUP}_BBBB_15550002222@c.us"


@pytest.mark.parametrize(
    ("mime", "kind"),
    [("image/jpeg", "image"), ("image/webp", "sticker"), ("audio/ogg; codecs=opus", "audio"), ("application/pdf", "document")],
)  # fmt: skip
def test_a_file_is_what_its_type_says(mime: str, kind: str) -> None:
    media = {"url": "http://localhost:3000/api/files/default/AAAA.bin", "mimetype": mime, "filename": "a.bin"}

    found = only("message.any", message(hasMedia=True, media=media, body=""))

    assert (found.type, found.media.kind, found.media.name) == (kind, kind, "a.bin")
    assert found.media.media_id == found.wamid


def test_what_was_written_on_the_phone_is_ours_and_what_we_sent_is_known() -> None:
    payload = message(id=f"true_{ANA}_3EB0PHONE", fromMe=True, ack=1)

    status, sent = (item.event for item in told("message.any", payload))
    (echo,) = told("message.any", {**payload, "source": "api"})

    assert isinstance(status, StatusChanged) and isinstance(sent, PhoneSent)
    assert (status.wamid, status.status) == ("3EB0PHONE", "sent")
    assert (sent.wamid, sent.chat, sent.text) == ("3EB0PHONE", Sender("+15550001111", None), "Is it back?")
    assert echo.event == status


@pytest.mark.parametrize(
    ("ack", "status"), [(-1, "failed"), (1, "sent"), (2, "delivered"), (3, "read"), (4, "played"), (0, None), (None, None)]
)  # fmt: skip
def test_acknowledgements_have_ranks(ack: Any, status: str | None) -> None:
    found = only("message.ack", {"id": f"true_{ANA}_3EB0C", "from": ANA, "fromMe": True, "ack": ack})

    assert (found.status if isinstance(found, StatusChanged) else None) == status


def test_in_a_group_each_reader_counts() -> None:
    payload = {
        "id": f"true_{GROUP}_3EB0C_{ME['id']}",
        "from": GROUP,
        "participant": ANA,
        "fromMe": True,
        "ack": 3,
    }

    one = told("message.ack.group", payload)[0]
    other = told("message.ack.group", {**payload, "participant": "15550002222@c.us"})[0]

    assert isinstance(one.event, StatusChanged)
    assert (one.event.wamid, one.event.recipient, one.event.participant) == ("3EB0C", GROUP, ANA)
    assert one.key != other.key


def test_a_reaction_is_looked_for_among_theirs_and_ours() -> None:
    payload = {
        **message(id=f"false_{ANA}_RRRR"), "reaction": {"text": "👍", "messageId": f"false_{ANA}_3EB0C"},
    }  # fmt: skip

    found = only("message.reaction", payload)

    assert isinstance(found, MessageChanged)
    assert (found.kind, found.text, found.target, found.also) == (
        "reaction",
        "👍",
        f"false_{ANA}_3EB0C",
        ("3EB0C",),
    )


def test_an_edit_names_its_message_by_the_id_alone() -> None:
    payload = message(
        id=f"false_{GROUP}_EEEE_{ANA}", participant=ANA, editedMessageId="AAAA1111", body="Is it back now?"
    )

    found = only("message.edited", payload)

    assert (found.kind, found.target, found.text) == (
        "edit",
        f"false_{GROUP}_AAAA1111_{ANA}",
        "Is it back now?",
    )


def test_who_takes_back_and_whose_it_was_are_told_apart() -> None:
    after = message(id=f"false_{GROUP}_VVVV_{ANA}", participant=ANA)
    own = only("message.revoked", {"after": after, "before": None, "revokedMessageId": "AAAA1111"})
    key = {"ID": "BBBB", "participant": "15550002222@s.whatsapp.net"}
    data = {"Message": {"protocolMessage": {"key": key}}}
    others = only("message.revoked", {"after": after, "revokedMessageId": "BBBB", "_data": data})

    assert (own.kind, own.target, own.also) == ("revoke", f"false_{GROUP}_AAAA1111_{ANA}", ())
    assert (others.target, others.also) == (f"false_{GROUP}_BBBB_15550002222@c.us", ("BBBB",))
    assert others.sender.phone == "+15550001111"


def test_who_came_and_went_and_who_became_admin() -> None:
    people = [{"id": ANA, "role": "participant"}, {"id": "9000000002@lid", "pn": None, "role": "participant"}]

    def seen(act: str) -> list[Any]:
        # one engine says milliseconds
        payload = {"type": act, "timestamp": AT * 1000, "group": {"id": GROUP}, "participants": people}
        return [item.event for item in told("group.v2.participants", payload)]

    assert seen("join")[0] == GroupMemberChanged(
        GROUP, Sender("+15550001111", None), "joined", "", AT * SECOND
    )
    assert seen("leave")[1] == GroupMemberChanged(
        GROUP, Sender(None, None, lid="9000000002"), "left", "", AT * SECOND
    )
    assert seen("promote")[0] == GroupRoleChanged(GROUP, Sender("+15550001111", None), "admin", AT * SECOND)
    assert seen("demote")[0].role == "member"


def test_a_join_request_and_what_became_of_it() -> None:
    payload = {
        "group": {"id": GROUP}, "action": "created", "requesterId": "9000000001@lid", "requesterPn": ANA,
        "requestMethod": "invite_link", "timestamp": AT,
    }  # fmt: skip
    event = "group.v2.participants.join-request"

    asked = only(event, payload)

    who = Sender("+15550001111", None, lid="9000000001")
    assert asked == JoinRequested(GROUP, "9000000001@lid", who, "created", "link", AT * SECOND)
    assert only(event, {**payload, "action": "rejected"}).action == "declined"
    assert only(event, {**payload, "action": "revoked"}).action == "revoked"


def test_a_group_tells_what_changed_and_that_we_are_in_or_out() -> None:
    changed = only("group.v2.update", {"timestamp": AT, "group": {"id": GROUP, "subject": "Tea"}})
    joined = only("group.v2.join", {"timestamp": AT, "group": {"id": GROUP, "participants": [{"id": ANA}]}})
    left = only("group.v2.leave", {"timestamp": AT, "group": {"id": GROUP}})

    assert isinstance(changed, GroupTold) and (changed.group.subject, changed.group.people) == ("Tea", None)
    assert (joined.group.count, joined.group.suspended, left.group.suspended) == (1, False, True)


def test_the_session_and_what_nobody_here_takes() -> None:
    assert only("session.status", {"name": "default", "status": "FAILED"}) == SessionChanged(
        "default", "FAILED", AT * SECOND
    )
    assert only("message.any", message(id="false_status@broadcast_AAAA")) == Noted(
        "a status post or a channel"
    )
    assert only("label.upsert", {"id": "1"}) == Unplaced("gateway", "label.upsert")


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("message", {}),
        ("message", {"id": "odd"}),
        ("message.any", message(id=f"false_{GROUP}_AAAA", participant=None)),
        ("message.reaction", message()),
        ("message.edited", message(editedMessageId=7)),
        ("message.revoked", {"after": "x"}),
        ("group.v2.participants", {"group": {"id": GROUP}, "type": "dance", "participants": []}),
        ("group.v2.participants", {"group": {"id": "x"}, "type": "join", "participants": []}),
        ("group.v2.participants.join-request", {"group": {"id": GROUP}, "action": "created"}),
        ("group.v2.update", {"group": []}),
        ("session.status", {"status": "DANCING"}),
    ],
)
def test_what_does_not_say_what_its_kind_says_is_a_fault_of_its_own(
    event: str, payload: dict[str, Any]
) -> None:
    (item,) = told(event, payload)

    assert item.event is None
    assert item.fault.startswith(event)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"event": "message"}', b'{"payload": {}}', b'{"event":"\\u0000","session":"a","payload":{}}',
             b'{"event":"m","session":"a","payload":{"x":NaN}}', b"[" * 5000],
)  # fmt: skip
def test_what_is_no_envelope_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(Unreadable):
        items(body)


def test_a_signature_is_of_these_bytes_and_our_key() -> None:
    body = b'{"a":1}'
    good = hmac.new(b"key", body, hashlib.sha512).hexdigest()
    assert signature_ok(body, good, "sha512", ["key"])
    assert signature_ok(body, good.upper(), None, ["old", "key"])
    for header, algorithm, key in [
        (good, "sha512", "other"), (good, "sha256", "key"), (good[:-1], None, "key"), (None, None, "key"),
        ("é" * 128, None, "key"), (hmac.new(b"", body, hashlib.sha512).hexdigest(), None, ""),
    ]:  # fmt: skip
        assert not signature_ok(body, header, algorithm, ["", key])
    assert not signature_ok(body + b" ", good, None, ["old", "key"])
