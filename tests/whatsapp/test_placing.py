"""What each thing of a webhook says: every type, and every contradiction of Meta's pages."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from tests.whatsapp.hooks import ANA, AT, NUMBER, SECOND, envelope, text_message, value_of
from waconsole.whatsapp.events import (
    Event,
    GroupMemberChanged,
    IdentityChanged,
    Item,
    MediaFile,
    MessageChanged,
    MessageReceived,
    PreferenceChanged,
    Sender,
    StatusChanged,
    Unplaced,
)
from waconsole.whatsapp.events_standing import Failure, GroupChanged
from waconsole.whatsapp.webhook import items

GROUP = "R1JPVVAtRkFLRS0wMDE"
WHO = Sender("+15550001111", "US.90000000000000001")
HASH = hashlib.sha256(b"receipt")


def one(**parts: Any) -> Event:
    """The only thing a change says."""
    (found,) = items(envelope(value_of(**parts)))
    assert found.event is not None, found.fault
    return found.event


def message(type_: str, **parts: Any) -> MessageReceived:
    """A message of Ana's as it is received."""
    event = one(messages=[text_message(type=type_, **parts)])
    assert isinstance(event, MessageReceived)
    return event


def fault(**parts: Any) -> str:
    (found,) = items(envelope(value_of(**parts)))
    assert found.event is None
    return found.fault


def test_a_text_names_its_sender_by_the_contacts_beside_it() -> None:
    profile = {"name": "Ana", "username": "@ana.fake"}
    element = text_message(text="KAFFEE-7")

    event = one(contacts=[{**ANA, "profile": profile}], messages=[element])

    assert event == MessageReceived(
        wamid="wamid.FAKE0002",
        sender=Sender("+15550001111", "US.90000000000000001", "ana.fake", "Ana"),
        group_id=None,
        at=AT * SECOND,
        type="text",
        text="KAFFEE-7",
        media=None,
        reply_to=None,
        forwarded=False,
        referral=None,
        raw=element,
    )


@pytest.mark.parametrize(
    ("told", "contact", "sender"),
    [
        ({"from": "15550001111"}, ANA, Sender("+15550001111", "US.90000000000000001", None, "Ana")),
        ({"from_user_id": ANA["user_id"]}, ANA, Sender("+15550001111", "US.90000000000000001", None, "Ana")),
        ({"from": "", "from_user_id": "DE.2"}, {"wa_id": "", "user_id": "DE.2"}, Sender(None, "DE.2")),
        (
            {"from_user_id": "DE.2"},
            {"user_id": "DE.2", "profile": {"username": "bo"}},
            Sender(None, "DE.2", "bo"),
        ),
        ({"from": "US.7"}, ANA, Sender(None, "US.7")),
        ({"from": 15550001111}, {}, Sender("+15550001111", None)),
        ({"from": "+15550001111"}, "junk", Sender("+15550001111", None)),
        (
            {"from": "15550003333", "from_user_id": ANA["user_id"]},
            ANA,
            Sender("+15550003333", WHO.bsuid),
        ),
        ({"from": "15550003333"}, ANA, Sender("+15550003333", None)),
    ],
)
def test_a_sender_is_known_by_phone_or_bsuid_or_both(told: Any, contact: Any, sender: Sender) -> None:
    element = {key: part for key, part in text_message().items() if not key.startswith("from")} | told

    event = one(contacts=[contact], messages=[element])

    assert isinstance(event, MessageReceived)
    assert event.sender == sender


def test_a_message_of_nobody_is_a_fault() -> None:
    element = text_message() | {"from": "", "from_user_id": None}

    assert fault(messages=[element]) == "messages: nobody is named as the sender."


@pytest.mark.parametrize("timestamp", [AT, str(AT), float(AT), f" {AT}"])
def test_a_time_may_be_text_or_number(timestamp: object) -> None:
    event = one(messages=[text_message(timestamp=timestamp)])

    assert isinstance(event, MessageReceived)
    assert event.at == AT * SECOND


@pytest.mark.parametrize("timestamp", [None, "", 0, -5, "9" * 18, 1e300, True, "١٧", [AT]])
def test_a_time_that_cannot_be_is_a_fault(timestamp: object) -> None:
    assert fault(messages=[text_message(timestamp=timestamp)])


@pytest.mark.parametrize("kind", ["image", "audio", "video", "document", "sticker"])
def test_a_file_comes_with_its_caption_and_its_hash_in_hex(kind: str) -> None:
    sha256 = base64.b64encode(HASH.digest()).decode()
    part = {
        "id": "3000",
        "mime_type": "image/jpeg",
        "sha256": sha256,
        "caption": "receipt",
        "filename": "a.jpg",
        "url": "https://lookaside.fbsbx.com/x",
    }

    event = message(kind, **{kind: part})

    assert (event.type, event.text) == (kind, "receipt")
    assert event.media == MediaFile(
        kind, "3000", "image/jpeg", HASH.hexdigest(), "a.jpg", "https://lookaside.fbsbx.com/x"
    )


@pytest.mark.parametrize("sha256", ["", "ZmFrZQ==", "not base64!", "z" * 64, None])
def test_a_hash_that_is_none_is_left_out(sha256: object) -> None:
    event = message("image", image={"id": 3000, "sha256": sha256})

    assert event.media == MediaFile("image", "3000", "", None, "", None)


def test_a_hash_in_hex_and_a_voice_message() -> None:
    event = message("audio", audio={"id": "1", "sha256": HASH.hexdigest().upper(), "voice": True})

    assert event.media == MediaFile("voice", "1", "", HASH.hexdigest(), "", None)


@pytest.mark.parametrize(
    ("type_", "part", "text"),
    [
        ("button", {"payload": "cb:ok", "text": "OK"}, "OK"),
        ("button", {"payload": "cb:ok"}, "cb:ok"),
        ("interactive", {"type": "button_reply", "button_reply": {"id": "y", "title": "Accept"}}, "Accept"),
        ("interactive", {"type": "list_reply", "list_reply": {"id": "1", "title": "09:00"}}, "09:00"),
        ("interactive", {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent"}}, "Sent"),
        ("interactive", {"type": "call_permission_reply", "call_permission_reply": {"response": "x"}}, ""),
        ("location", {"latitude": 48.8, "longitude": 2.3, "name": "Café", "address": "Rue 1"}, "Café, Rue 1"),
        ("location", {"latitude": 48.8, "longitude": "2.3"}, "48.8, 2.3"),
        ("location", {}, ""),
        ("contacts", [{"name": {"formatted_name": "Bo"}}, {"name": {"formatted_name": "Cy"}}, {}], "Bo, Cy"),
        ("order", {"catalog_id": "1", "text": "please", "product_items": [{"quantity": 1}]}, "please"),
        ("hologram", {"beam": 3}, ""),
    ],
)
def test_what_has_no_text_of_its_own_is_said_in_words(type_: str, part: object, text: str) -> None:
    event = message(type_, **{type_: part}, text=None)

    assert (event.type, event.text) == (type_, text)
    assert event.raw[type_] == part


def test_an_unsupported_message_is_still_a_message() -> None:
    event = message("unsupported", errors=[{"code": 131051}], text=None)

    assert (event.type, event.text, event.raw["errors"]) == ("unsupported", "", [{"code": 131051}])


def test_a_message_tells_what_it_answers_where_it_stands_and_where_it_came_from() -> None:
    referral = {"source_type": "ad", "ctwa_clid": "FAKECLID"}
    context = {"from": "15550009999", "id": "wamid.FAKE0001", "frequently_forwarded": True}

    event = message("text", context=context, group_id=GROUP, referral=referral)

    assert (event.reply_to, event.forwarded, event.group_id) == ("wamid.FAKE0001", True, GROUP)
    assert event.referral == referral


@pytest.mark.parametrize(
    ("part", "kind", "text"),
    [
        ({"type": "reaction", "reaction": {"message_id": "wamid.T", "emoji": "👍"}}, "reaction", "👍"),
        ({"type": "reaction", "reaction": {"message_id": "wamid.T"}}, "reaction", ""),
        ({"type": "revoke", "revoke": {"original_message_id": "wamid.T"}}, "revoke", ""),
        (
            {
                "type": "edit",
                "edit": {
                    "original_message_id": "wamid.T",
                    "message": {"type": "text", "text": {"body": "new"}},
                },
            },
            "edit",
            "new",
        ),
        (
            {
                "type": "edit",
                "edit": {
                    "original_message_id": "wamid.T",
                    "message": {"type": "image", "image": {"caption": "new"}},
                },
            },
            "edit",
            "new",
        ),
    ],
)
def test_a_change_names_the_message_it_is_about(part: dict[str, Any], kind: Any, text: str) -> None:
    event = one(messages=[text_message(group_id=GROUP) | {"text": None} | part])

    assert event == MessageChanged(kind, "wamid.T", "wamid.FAKE0002", WHO, GROUP, AT * SECOND, text)


@pytest.mark.parametrize("type_", ["edit", "revoke", "reaction"])
def test_a_change_of_nothing_is_a_fault(type_: str) -> None:
    assert "does not say which message" in fault(messages=[text_message(type=type_)])


@pytest.mark.parametrize("new", ["wa_id", "new_wa_id"])
@pytest.mark.parametrize("type_", ["user_changed_number", "customer_changed_number"])
def test_a_changed_number_names_the_person_before_and_after(type_: str, new: str) -> None:
    system = {
        "type": type_,
        "body": "User Ana changed …",
        new: "15550002222",
        "user_id": "US.9",
        "previous_user_id": "US.1",
    }
    element = {
        "from": "15550001111",
        "id": "wamid.S",
        "timestamp": str(AT),
        "type": "system",
        "system": system,
    }

    event = one(messages=[element])

    assert event == IdentityChanged(
        "wamid.S", Sender("+15550001111", "US.1"), Sender("+15550002222", "US.9"), AT * SECOND
    )


def test_a_changed_bsuid_needs_no_number() -> None:
    system = {"type": "user_changed_user_id", "user_id": "US.9", "previous_user_id": "US.1"}

    event = one(messages=[{"id": "wamid.S", "timestamp": AT, "type": "system", "system": system}])

    assert event == IdentityChanged("wamid.S", Sender(None, "US.1"), Sender(None, "US.9"), AT * SECOND)


def test_other_system_messages_are_kept_and_an_unnamed_change_is_a_fault() -> None:
    element = {"id": "wamid.S", "timestamp": AT, "type": "system"}

    assert one(messages=[{**element, "system": {"type": "new"}}]) == Unplaced("messages", "system new")
    assert one(messages=[element]) == Unplaced("messages", "system")
    nobody = {"type": "user_changed_number", "wa_id": "15550002222"}
    assert "does not name the person" in fault(messages=[{**element, "system": nobody}])


def status(**more: Any) -> dict[str, Any]:
    return {
        "id": "wamid.O",
        "status": "delivered",
        "timestamp": str(AT),
        "recipient_id": "15550001111",
        **more,
    }


def test_a_status_carries_our_word_and_its_price() -> None:
    pricing = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "utility"}

    event = one(statuses=[status(biz_opaque_callback_data="wa1:x:1:1", pricing=pricing)])

    assert event == StatusChanged(
        "wamid.O", "delivered", AT * SECOND, "15550001111", None, "wa1:x:1:1", None, "", pricing
    )


@pytest.mark.parametrize("code", [131049, "131049"])
def test_a_failed_status_says_why(code: object) -> None:
    error = {"code": code, "title": "t", "message": "m", "error_data": {"details": "healthy"}}

    event = one(statuses=[status(status="failed", errors=[error])])

    assert isinstance(event, StatusChanged)
    assert (event.status, event.code, event.detail) == ("failed", 131049, "healthy")


def test_a_status_nobody_knew_is_kept_as_it_is() -> None:
    event = one(statuses=[status(status="warming")])

    assert isinstance(event, StatusChanged)
    assert event.status == "warming"


def test_each_reader_of_a_group_message_is_told_apart_in_both_spellings() -> None:
    group = {"recipient_id": GROUP, "recipient_type": "group", "status": "read"}
    found = items(
        envelope(
            value_of(
                statuses=[
                    status(
                        **group, recipient_participant_id="15550001111", recipient_participant_user_id="US.1"
                    ),
                    status(
                        **group, participant_recipient_id="15550001111", participant_recipient_user_id="US.1"
                    ),
                    status(**group, participant_recipient_id="15550002222"),
                    status(**group),
                ]
            )
        )
    )

    participants = [it.event.participant for it in found if isinstance(it.event, StatusChanged)]
    assert participants == ["US.1", "US.1", "15550002222", None]
    assert [it.key for it in found] == [
        "statuses|wamid.O|read|US.1",
        "statuses|wamid.O|read|US.1",
        "statuses|wamid.O|read|15550002222",
        f"statuses|wamid.O|read|{GROUP}",
    ]


@pytest.mark.parametrize("value", ["stop", "resume"])
def test_a_preference_may_name_a_member_by_bsuid_alone(value: str) -> None:
    element = {"user_id": "US.1", "category": "marketing_messages", "value": value, "timestamp": AT}

    (found,) = items(envelope(value_of(user_preferences=[element]), field="user_preferences"))

    assert found.event == PreferenceChanged(Sender(None, "US.1"), "marketing_messages", value, AT * SECOND)
    assert found.key == f"user_preferences|{NUMBER}|US.1|marketing_messages|{value}|{AT}"


def test_a_preference_of_nobody_or_nothing_is_a_fault() -> None:
    assert fault(user_preferences=[{"category": "c", "value": "stop", "timestamp": AT}])
    assert fault(user_preferences=[{"user_id": "US.1", "timestamp": AT}])


def group(**more: Any) -> list[Item]:
    element = {"timestamp": AT, "group_id": GROUP, **more}
    return items(envelope(value_of(groups=[element]), field="group_participants_update"))


@pytest.mark.parametrize("type_", ["group_participants_add", "group_add_participants"])
def test_everybody_who_came_into_a_group_is_an_item(type_: str) -> None:
    found = group(
        type=type_,
        reason="invite_link",
        added_participants=[
            {"wa_id": "15550001111", "user_id": "US.1"},
            {"user_id": "DE.2", "username": "bo.fake"},
            {"input": "+15550003333"},
        ],
    )

    assert [it.event for it in found] == [
        GroupMemberChanged(GROUP, who, "joined", "invite_link", AT * SECOND)
        for who in (
            Sender("+15550001111", "US.1"),
            Sender(None, "DE.2", "bo.fake"),
            Sender("+15550003333", None),
        )
    ]
    told = f"groups|{GROUP}|group_participants_add|+15550003333,DE.2,US.1|{AT}"
    assert [it.key for it in found] == [f"{told}|US.1", f"{told}|DE.2", f"{told}|+15550003333"]


@pytest.mark.parametrize("type_", ["group_participants_remove", "group_remove_participants"])
def test_who_was_removed_has_left_and_what_failed_is_said(type_: str) -> None:
    found = group(
        type=type_,
        request_id="REQFAKE1",
        initiated_by="business",
        removed_participants=[{"input": "+15550001111"}],
        failed_participants=[{"input": "DE.2", "errors": [{"code": "131212"}]}],
        errors=[{"code": 131201}],
    )

    assert [it.event for it in found] == [
        GroupMemberChanged(GROUP, Sender("+15550001111", None), "left", "business", AT * SECOND),
        GroupChanged(
            GROUP,
            "removal",
            AT * SECOND,
            "REQFAKE1",
            done=1,
            failed=(Failure("DE.2", 131212, ""),),
            code=131201,
        ),
    ]
    assert found[1].key == f"groups|{GROUP}|group_participants_remove|REQFAKE1|{AT}"


def test_who_left_may_be_said_beside_the_group() -> None:
    element = {
        "timestamp": str(AT),
        "group_id": GROUP,
        "type": "group_participants_remove",
        "removed_participants": [{"wa_id": "15550001111", "user_id": "US.1"}],
    }

    event = one(groups=[element], initiated_by="participant")

    assert event == GroupMemberChanged(
        GROUP, Sender("+15550001111", "US.1"), "left", "participant", AT * SECOND
    )


def test_what_nobody_knows_of_a_group_is_kept() -> None:
    (found,) = group(type="new", join_request_id="J1", subject="Coffee", user_id="DE.2")

    assert found.event == Unplaced("group_participants_update", "new")
    assert found.key == f"groups|{GROUP}|new|J1|{AT}"


def test_a_new_group_may_come_with_its_first_members() -> None:
    found = group(type="group_create", request_id="R", added_participants=[{"wa_id": "15550001111"}])

    assert [type(it.event) for it in found] == [GroupMemberChanged, GroupChanged]
    assert len({it.key for it in found}) == 2
