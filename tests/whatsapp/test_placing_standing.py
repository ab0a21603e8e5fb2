"""What webhooks say of groups, templates, accounts and numbers; payloads of platform.md's appendix, every id invented."""

from __future__ import annotations

import json
from typing import Any

import pytest

from waconsole.whatsapp.events import Event, JoinRequested, Sender, Unplaced
from waconsole.whatsapp.events_standing import AccountChanged, Failure, GroupChanged, TemplateChanged
from waconsole.whatsapp.webhook import items

WABA, GROUP, AT = "200000000000002", "R1JPVVAtRkFLRS0wMDE", 1_790_000_010
SECOND = 1_000_000


def told(field: str, value: dict[str, Any], time: Any = AT) -> Event | None:
    """What a body with one change says."""
    entry = {"id": WABA, "time": time, "changes": [{"field": field, "value": value}]}
    (found,) = items(json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode())
    assert found.fault == ""
    return found.event


def group(field: str = "group_participants_update", **element: Any) -> Event | None:
    return told(field, {"groups": [{"group_id": GROUP, "timestamp": str(AT), **element}]})


def test_somebody_asks_to_come_in_also_without_a_phone() -> None:
    asked = group(
        type="group_join_request_created", join_request_id="SlItRkFLRS0x", user_id="DE.90000000000000002",
        username="bo.fake", timestamp=AT,
    )  # fmt: skip
    who = Sender(None, "DE.90000000000000002", "bo.fake")
    assert asked == JoinRequested(GROUP, "SlItRkFLRS0x", who, "created", "", AT * SECOND)

    back = group(
        type="group_join_request_revoked", join_request_id="SlItRkFLRS0x", wa_id="15550001111", user_id=""
    )
    assert isinstance(back, JoinRequested)
    assert (back.action, back.sender.phone) == ("revoked", "+15550001111")


def test_a_group_was_made_as_it_was_asked_for() -> None:
    made = group(
        "group_lifecycle_update", type="group_create", request_id="REQFAKE0", subject="Coffee club",
        invite_link="https://chat.whatsapp.com/FAKELINK", join_approval_mode="approval_required",
    )  # fmt: skip
    assert made == GroupChanged(
        GROUP,
        "created",
        AT * SECOND,
        "REQFAKE0",
        "Coffee club",
        "",
        "required",
        "https://chat.whatsapp.com/FAKELINK",
    )


def test_a_group_that_could_not_be_made_has_no_id() -> None:
    errors = [{"code": "131215", "message": "not eligible"}]
    found = group("group_lifecycle_update", type="group_create", group_id="", request_id="R", errors=errors)
    assert found == GroupChanged("", "created", AT * SECOND, "R", code=131215, detail="not eligible")


def test_settings_are_done_in_parts() -> None:
    found = group(
        "group_settings_update", type="group_settings_update", request_id="R",
        group_subject={"text": "Tea club", "update_successful": True},
        group_description={"text": "x", "update_successful": "false", "errors": [{"code": 131204}]},
        errors=[{"code": 131201, "message": "partial"}],
    )  # fmt: skip
    assert found == GroupChanged(
        GROUP, "settings", AT * SECOND, "R", subject="Tea club", done=1,
        failed=(Failure("group_description", 131204, ""),), code=131201, detail="partial",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "kind"),
    [("group_suspend", "suspended"), ("group_suspend_cleared", "restored"), ("group_delete", "ended")],
)
def test_a_group_is_suspended_restored_and_ended(type_: str, kind: str) -> None:
    found = group("group_status_update", type=type_)
    assert isinstance(found, GroupChanged)
    assert (found.kind, found.code) == (kind, None)


def test_a_template_is_paused() -> None:
    value = {
        "event": "PAUSED", "message_template_id": 500000000000006, "message_template_name": "cashback_paid",
        "message_template_language": "en_US", "message_template_category": "MARKETING", "reason": "NONE",
        "other_info": {"title": "FIRST_PAUSE", "description": "quality"},
    }  # fmt: skip
    assert told("message_template_status_update", value) == TemplateChanged(
        WABA,
        "status",
        "cashback_paid",
        "en_US",
        "500000000000006",
        "PAUSED",
        "",
        "FIRST_PAUSE: quality",
        AT * SECOND,
    )


@pytest.mark.parametrize("field", ["template_category_update", "message_template_category_update"])
def test_a_template_is_of_another_category_in_both_spellings(field: str) -> None:
    named = {"message_template_name": "tour", "message_template_language": "de"}
    moved = told(field, {**named, "previous_category": "UTILITY", "new_category": "MARKETING"})
    assert isinstance(moved, TemplateChanged)
    assert (moved.part, moved.before, moved.value) == ("category", "UTILITY", "MARKETING")
    coming = told(field, {**named, "new_category": "UTILITY", "correct_category": "MARKETING"})
    assert isinstance(coming, TemplateChanged)
    assert (coming.part, coming.value) == ("coming", "MARKETING")


def test_quality_and_words_of_a_template() -> None:
    named = {"message_template_name": "tour", "message_template_language": "de"}
    red = told(
        "message_template_quality_update",
        {**named, "previous_quality_score": "GREEN", "new_quality_score": "RED"},
    )
    words = told("message_template_components_update", {**named, "message_template_element": "new words"})
    assert isinstance(red, TemplateChanged) and isinstance(words, TemplateChanged)
    assert (red.part, red.before, red.value, words.part) == ("quality", "GREEN", "RED", "components")


@pytest.mark.parametrize(
    ("field", "value", "event"),
    [
        ("account_update", {"event": "ACCOUNT_RESTRICTION", "restriction_info": [{"restriction_type": "X"}]},
         "ACCOUNT_RESTRICTION"),
        ("account_alerts", {"alert_info": {"alert_type": "OBA_APPROVED", "alert_status": "NONE"}}, "OBA_APPROVED NONE"),
        ("account_review_update", {"decision": "REJECTED"}, "REJECTED"),
        ("phone_number_name_update", {"display_phone_number": "1 555-000-9999", "decision": "APPROVED"}, "APPROVED"),
        ("security", {"display_phone_number": "15550009999", "event": "PIN_CHANGED"}, "PIN_CHANGED"),
        ("business_capability_update", {"max_daily_conversations_per_business": "TIER_2K"}, ""),
        ("phone_number_quality_update", {"display_phone_number": 15550009999, "event": "FLAGGED"}, "FLAGGED"),
    ],
)  # fmt: skip
def test_every_word_on_an_account_is_taken(field: str, value: dict[str, Any], event: str) -> None:
    found = told(field, value)
    assert isinstance(found, AccountChanged)
    assert (found.account_id, found.field, found.event, found.at) == (WABA, field, event, AT * SECOND)
    assert found.phone == ("+15550009999" if "display_phone_number" in value else "")


@pytest.mark.parametrize(
    ("time", "at"),
    [
        (AT, AT * SECOND),
        (str(AT), AT * SECOND),
        (AT * 1000, AT * SECOND),
        (None, None),
        ("x", None),
        (-1, None),
    ],
)
def test_the_instant_of_a_word_is_the_entrys(time: Any, at: int | None) -> None:
    found = told("account_update", {"event": "VERIFIED_ACCOUNT"}, time)
    assert isinstance(found, AccountChanged)
    assert found.at == at


def test_a_template_nobody_could_name_is_kept() -> None:
    assert told("message_template_status_update", {"event": "PAUSED"}) == Unplaced(
        "message_template_status_update", "PAUSED"
    )
