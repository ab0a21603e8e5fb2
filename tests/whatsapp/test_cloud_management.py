"""Templates, groups, links, history, quality and blocks at the Graph API: answers typed from Meta's documentation."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from waconsole.settings.secrets import Secret
from waconsole.whatsapp.cloud.blocks import Blocks
from waconsole.whatsapp.cloud.client import Client
from waconsole.whatsapp.cloud.groups import CloudGroups
from waconsole.whatsapp.cloud.history import Recorded, recorded
from waconsole.whatsapp.cloud.links import Link, Links
from waconsole.whatsapp.cloud.quality import people_of, rated
from waconsole.whatsapp.cloud.templates import Templates
from waconsole.whatsapp.doors import Handled, JoinRequest, Person
from waconsole.whatsapp.driver import Action

NUMBER, WABA, GROUP = "100000000000001", "200000000000002", "R1JPVVAtRkFLRS0wMDE"
Answer = tuple[int, dict[str, Any]]


class Far:
    """The far side: answers in order, and what was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers, self.asked = list(answers), list[tuple[str, str, dict[str, Any]]]()

    def client(self) -> Client:
        """A client that reaches it."""
        client = Client("https://graph.example", Secret("EAAfake"))
        client._client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        return client

    def _answer(self, request: httpx.Request) -> httpx.Response:
        form = json.loads(request.content) if request.content else {}
        self.asked.append((request.method, str(request.url).removeprefix("https://graph.example"), form))
        if not self.answers:
            raise httpx.ReadTimeout("lost")
        status, document = self.answers.pop(0)
        return httpx.Response(status, json=document)


def refusal(code: int, details: str = "") -> dict[str, Any]:
    return {"error": {"message": f"(#{code})", "code": code, "error_data": {"details": details}}}


def groups(far: Far) -> CloudGroups:
    return CloudGroups(far.client(), "/v26.0", NUMBER)


async def test_templates_are_listed_to_the_last_page() -> None:
    first = {
        "data": [
            {
                "name": "cashback_paid", "language": "en_US", "status": "APPROVED", "category": "MARKETING",
                "quality_score": {"score": "GREEN", "date": 1}, "rejected_reason": "NONE", "id": "500000000000006",
                "components": [{"type": "BODY", "text": "Hi {{1}}"}],
            }
        ],
        "paging": {"cursors": {"after": "AB=="}, "next": "https://graph.example/next"},
    }  # fmt: skip
    second = {
        "data": [
            {"name": "tour", "language": "de", "status": "REJECTED", "rejected_reason": "INVALID_FORMAT"}
        ]
    }
    far = Far((200, first), (200, second))
    verdict, found = await Templates(far.client(), "/v26.0", WABA).every()

    assert verdict.outcome == "accepted"
    assert [(one.name, one.language, one.status, one.quality, one.reason) for one in found] == [
        ("cashback_paid", "en_US", "APPROVED", "GREEN", ""),
        ("tour", "de", "REJECTED", None, "INVALID_FORMAT"),
    ]
    assert [path.split("?")[0] for _, path, _ in far.asked] == [f"/v26.0/{WABA}/message_templates"] * 2
    assert "after=AB%3D%3D" in far.asked[1][1]


async def test_half_a_list_of_templates_is_none() -> None:
    page = {"data": [{"name": "a", "language": "en"}], "paging": {"cursors": {"after": "x"}, "next": "y"}}
    verdict, found = await Templates(Far((200, page), (400, refusal(4))).client(), "/v26.0", WABA).every()

    assert (verdict.action, found) == (Action.SLOW, [])


async def test_a_template_is_made_once_and_a_lost_answer_is_unknown() -> None:
    far = Far((200, {"id": "1689556908129832", "status": "PENDING", "category": "UTILITY"}))
    door = Templates(far.client(), "/v26.0", WABA)
    form = {"name": "cashback_paid", "language": "en_US", "category": "UTILITY", "components": []}

    assert (await door.create(form))[1:] == ("1689556908129832", "PENDING", "UTILITY")
    assert far.asked == [("POST", f"/v26.0/{WABA}/message_templates", form)]
    assert (await door.create(form))[0].outcome == "unknown"


async def test_a_group_is_asked_for_with_a_request_id() -> None:
    far = Far((200, {"messaging_product": "whatsapp", "request_id": "REQFAKE0"}))
    verdict, group_id = await groups(far).create("Coffee club", "", "required")

    assert (verdict.outcome, verdict.trace, group_id) == ("accepted", "REQFAKE0", "")
    form = {
        "messaging_product": "whatsapp",
        "subject": "Coffee club",
        "join_approval_mode": "approval_required",
    }
    assert far.asked == [("POST", f"/v26.0/{NUMBER}/groups", form)]
    assert (await groups(Far()).create("Coffee club", "", "auto"))[0].outcome == "unknown"
    assert (await groups(Far((200, {}))).create("Coffee club", "", "auto"))[0].outcome == "unknown"


async def test_groups_are_listed_anew_when_the_cursor_has_expired() -> None:
    page = {"data": {"groups": [{"id": GROUP, "subject": "Coffee club", "created_at": "1790000012"}]}}
    more = {**page, "paging": {"cursors": {"after": "x"}, "next": "y"}}
    far = Far((200, more), (400, refusal(131059)), (200, page))
    verdict, found = await groups(far).groups()

    assert verdict.outcome == "accepted"
    assert [(one.id, one.subject, one.created_at) for one in found] == [
        (GROUP, "Coffee club", 1_790_000_012_000_000)
    ]
    assert len(far.asked) == 3


async def test_a_group_tells_its_people_also_those_known_by_bsuid_alone() -> None:
    answer = {
        "id": GROUP, "subject": "Coffee club", "description": "", "join_approval_mode": "auto_approve", "suspended": False,
        "total_participant_count": 2, "participants": [{"wa_id": "15550001111"}, {"user_id": "DE.90000000000000002"}],
    }  # fmt: skip
    _, group = await groups(Far((200, answer))).group(GROUP)

    assert group is not None
    assert (group.approval, group.suspended, group.count) == ("auto", False, 2)
    assert group.people == (Person("+15550001111"), Person(bsuid="DE.90000000000000002"))


async def test_join_requests_are_decided_one_by_one() -> None:
    listed = {
        "data": [
            {
                "join_request_id": "J1",
                "user_id": "DE.9",
                "username": "bo.fake",
                "creation_timestamp": 1790000010,
            }
        ]
    }
    done = {
        "messaging_product": "whatsapp", "approved_join_requests": ["J1"],
        "failed_join_requests": [{"join_request_id": "J2", "errors": [{"code": "131213", "message": "gone"}]},
                                 {"join_request_id": "J3", "errors": [{"code": 131204, "message": "full"}]}],
    }  # fmt: skip
    far = Far((200, listed), (200, done), (206, {**done, **refusal(131201)}))
    door = groups(far)
    _, asked = await door.join_requests(GROUP)
    requests = [*asked, JoinRequest("J2", Person(bsuid="DE.8")), JoinRequest("J3", Person(bsuid="DE.7"))]

    assert asked == [JoinRequest("J1", Person(bsuid="DE.9", username="bo.fake"), 1_790_000_010_000_000)]
    wanted = [Handled("J1", True), Handled("J2", True, 131213), Handled("J3", False, 131204, "full")]
    assert (await door.decide(GROUP, requests, approve=True))[1] == wanted
    verdict, handled = await door.decide(GROUP, requests, approve=True)
    assert (verdict.outcome, handled) == ("accepted", wanted)
    assert far.asked[1] == (
        "POST", f"/v26.0/{GROUP}/join_requests", {"messaging_product": "whatsapp", "join_requests": ["J1", "J2", "J3"]},
    )  # fmt: skip


async def test_declining_is_a_delete_with_the_same_body() -> None:
    far = Far((200, {"rejected_join_requests": ["J1"]}), (200, {"messaging_product": "whatsapp"}))
    request = [JoinRequest("J1", Person(bsuid="DE.9"))]
    assert (await groups(far).decide(GROUP, request, approve=False))[1] == [Handled("J1", True)]
    assert (await groups(far).decide(GROUP, request, approve=False))[
        0
    ].outcome == "unknown"  # it named nobody
    assert [method for method, _, _ in far.asked] == ["DELETE", "DELETE"]


async def test_people_are_taken_out_by_phone_or_bsuid_eight_at_once() -> None:
    far = Far((200, {"request_id": "REQFAKE1"}))
    people = [Person("+15550001111", "US.9"), Person(bsuid="DE.9")]
    verdict, handled = await groups(far).remove(GROUP, people)

    assert (verdict.trace, [one.id for one in handled]) == ("REQFAKE1", ["+15550001111", "DE.9"])
    assert far.asked[0][2]["participants"] == [{"user": "+15550001111"}, {"user": "DE.9"}]
    assert (await groups(far).remove(GROUP, [Person("+1")] * 9))[0].action is Action.FIX
    assert (await groups(far).remove(GROUP, [Person(username="bo")]))[0].action is Action.FIX


@pytest.mark.parametrize(
    ("days", "pin"), [(4, {"type": "pin", "expiration_days": 4}), (None, {"type": "unpin"})]
)
async def test_a_message_is_pinned_and_unpinned(days: int | None, pin: dict[str, Any]) -> None:
    far = Far((200, {"messages": [{"id": "wamid.P"}]}))
    await groups(far).pin(GROUP, "wamid.FAKE0001", days)

    assert far.asked[0][2]["pin"] == {"message_id": "wamid.FAKE0001", **pin}
    assert far.asked[0][2]["recipient_type"] == "group"


async def test_an_invite_link_is_read_and_reset() -> None:
    link = {"invite_link": "https://chat.whatsapp.com/FAKELINK"}
    far = Far((200, link), (200, link))
    door = groups(far)

    assert (
        (await door.invite_link(GROUP))[1]
        == (await door.invite_link(GROUP, reset=True))[1]
        == link["invite_link"]
    )
    assert [method for method, _, _ in far.asked] == ["GET", "POST"]
    assert (await door.invite_link(GROUP, reset=True))[0].outcome == "unknown"  # the answer was lost
    assert (await door.invite_link(GROUP))[0].action is Action.RETRY


async def test_short_links_are_made_listed_and_ended() -> None:
    raw = {
        "code": "ANED2T5QRU7HG1",
        "prefilled_message": "Hi",
        "deep_link_url": "https://wa.me/message/ANED2T5QRU7HG1",
    }
    far = Far((200, raw), (200, {"data": [raw]}), (200, {"success": True}))
    door = Links(far.client(), "/v26.0", NUMBER)
    link = Link("ANED2T5QRU7HG1", "Hi", "https://wa.me/message/ANED2T5QRU7HG1")

    assert (await door.create("Hi"))[1] == link
    assert (await door.every())[1] == [link]
    assert (await door.delete(link.code)).outcome == "accepted"
    assert far.asked[2][:2] == ("DELETE", f"/v26.0/{NUMBER}/message_qrdls/ANED2T5QRU7HG1")


async def test_the_history_of_a_message_is_told_in_order() -> None:
    events = [
        {"delivery_status": "DELIVERED", "timestamp": 1790000100, "webhook_update_state": "FAILED"},
        {"delivery_status": "SENT", "timestamp": "1790000090"},
        {"delivery_status": "ERROR", "timestamp": 1790000110, "error_description": "no"},
    ]
    far = Far((200, {"data": [{"id": "1", "message_id": "wamid.FAKE0001", "events": {"data": events}}]}))
    _, found = await recorded(far.client(), "/v26.0", NUMBER, "wamid.FAKE0001")

    assert [one.status for one in found] == ["sent", "delivered", "failed"]
    assert found[1] == Recorded("delivered", 1_790_000_100_000_000, "", "FAILED")


async def test_a_number_is_rated_also_where_a_field_is_not_known() -> None:
    known = {"display_phone_number": "+1 555-000-9999", "quality_rating": "GREEN"}
    far = Far((400, refusal(100)), (200, known))
    _, seen = await rated(far.client(), "/v26.0", NUMBER)

    assert (seen.quality, seen.limit_people) == ("GREEN", None)
    assert [people_of(word) for word in ("TIER_250", "TIER_2K", "10000", "UNLIMITED")] == [
        250,
        2_000,
        10_000,
        None,
    ]


async def test_who_is_blocked_and_who_is_not_is_said_of_each() -> None:
    answer = {
        "block_users": {"added_users": [{"input": "+15550001111", "wa_id": "15550001111"}],
                        "failed_users": [{"input": "DE.9", "errors": [{"code": 139102, "message": "no"}]}]},
        **refusal(139100),
    }  # fmt: skip
    far = Far((400, answer), (200, {"data": [{"wa_id": "15550001111"}, {"user_id": "DE.9"}]}))
    door = Blocks(far.client(), "/v26.0", NUMBER)

    verdict, handled = await door.block(["+15550001111", "DE.9"])
    assert (verdict.outcome, handled) == (
        "accepted", [Handled("+15550001111", True), Handled("DE.9", False, 139102, "no")],
    )  # fmt: skip
    assert (await door.everybody())[1] == [Person("+15550001111"), Person(bsuid="DE.9")]
