"""Groups and the session of a linked phone: what is asked, and what is read in either spelling."""

from __future__ import annotations

from typing import Any

import pytest

from tests.whatsapp.waha import GROUP, Waha
from waconsole.clock import SECOND
from waconsole.whatsapp.doors import GroupDoor, GroupSeen, JoinRequest, Person
from waconsole.whatsapp.driver import Action
from waconsole.whatsapp.gateway.session import NEVER_MADE

AT = f"/api/default/groups/{GROUP.replace('@', '%40')}"
DOCUMENTED = {
    "id": GROUP, "subject": "Coffee club", "description": "Beans", "newMembersApprovalRequired": True,
    "membersCanAddNewMember": False, "membersCanSendMessages": True,
}  # fmt: skip
ENGINES = {
    "JID": GROUP, "Name": "Coffee club", "Topic": "Beans", "IsJoinApprovalRequired": True,
    "GroupCreated": "2026-09-21T14:13:35Z", "Participants": [{"JID": "1@lid"}],
}  # fmt: skip
PEOPLE = [
    {"id": "9000000001@lid", "pn": "15550001111@c.us", "role": "superadmin"},
    {"id": "15550002222@c.us", "role": "participant"},
    {"id": "9000000003@lid", "role": "participant"},
    {"id": "15550004444@c.us", "role": "left"},
]


@pytest.mark.parametrize("row", [DOCUMENTED, ENGINES])
async def test_a_group_is_read_with_its_people(row: dict[str, Any]) -> None:
    waha = Waha({f"GET {AT}": (200, row), f"GET {AT}/participants/v2": (200, PEOPLE)})

    async with waha.driver() as driver:
        door: GroupDoor = driver
        verdict, seen = await door.group(GROUP)

    assert verdict.outcome == "accepted"
    assert seen is not None
    assert (seen.id, seen.subject, seen.description, seen.approval) == (
        GROUP,
        "Coffee club",
        "Beans",
        "required",
    )
    assert seen.people == (
        Person(phone="+15550001111", lid="9000000001", role="admin"),
        Person(phone="+15550002222"),
        Person(lid="9000000003"),
    )
    assert seen.count == 3
    assert seen.created_at in (None, 1_790_000_015 * SECOND)


async def test_groups_are_listed_in_pages_without_their_people() -> None:
    pages = [
        [{**DOCUMENTED, "id": f"1300{place:014}@g.us"} for place in range(100)],
        [DOCUMENTED, {"id": "odd"}],
    ]
    waha = Waha(
        {"GET /api/default/groups": lambda request: (200, pages[int(request.url.params["offset"]) // 100])}
    )

    async with waha.driver() as driver:
        verdict, found = await driver.groups()

    assert (verdict.outcome, len(found), found[-1].id) == ("accepted", 101, GROUP)
    assert waha.asked[0].query["exclude"] == "participants"


async def test_a_group_is_made_and_then_told_what_it_is() -> None:
    waha = Waha({"POST /api/default/groups": (201, {"JID": GROUP, "Name": "New"})})

    async with waha.driver() as driver:
        verdict, group_id = await driver.create("New", "Beans", "required")

    assert (verdict.outcome, group_id) == ("accepted", GROUP)
    assert [(one.method, one.path, one.form) for one in waha.asked] == [
        ("POST", "/api/default/groups", {"name": "New", "participants": []}),
        ("PUT", f"{AT}/description", {"description": "Beans"}),
        ("PUT", f"{AT}/settings/security/membership-approval", {"newMembersApprovalRequired": True}),
    ]


async def test_a_group_that_may_have_been_made_is_not_made_again() -> None:
    async with Waha({"POST /api/default/groups": (500, {"statusCode": 500})}).driver() as driver:
        verdict, group_id = await driver.create("New", "", "auto")

    assert (verdict.outcome, group_id) == ("unknown", "")


@pytest.mark.parametrize("answer", ["AbCd1234", b"AbCd1234", "https://chat.whatsapp.com/AbCd1234"])
async def test_the_link_is_made_of_the_code(answer: Any) -> None:
    waha = Waha({f"GET {AT}/invite-code": (200, answer), f"POST {AT}/invite-code/revoke": (200, "New1")})

    async with waha.driver() as driver:
        assert (await driver.invite_link(GROUP))[1] == "https://chat.whatsapp.com/AbCd1234"
        assert (await driver.invite_link(GROUP, reset=True))[1] == "https://chat.whatsapp.com/New1"


REQUESTS = [
    {"requesterId": "9000000001@lid", "addedById": None, "requestMethod": None, "timestamp": 1790000015},
    {"requesterId": "15550002222@c.us", "timestamp": 1790000016},
    {"requesterId": None},
]


async def test_who_asks_to_come_in_is_let_in_or_declined_each_with_an_answer() -> None:
    answer = [
        {"requesterId": "9000000001@lid", "success": True},
        {"requesterId": "15550002222@c.us", "success": False, "error": 409},
    ]
    path = f"{AT}/participants/join-requests"
    waha = Waha({f"GET {path}": (200, REQUESTS), f"POST {path}/approve": (201, answer)})

    async with waha.driver() as driver:
        _, found = await driver.join_requests(GROUP)
        extra = JoinRequest("15550003333@c.us", Person(phone="+15550003333"))
        verdict, handled = await driver.decide(GROUP, [*found, extra], approve=True)

    assert found == [
        JoinRequest("9000000001@lid", Person(lid="9000000001"), 1_790_000_015 * SECOND),
        JoinRequest("15550002222@c.us", Person(phone="+15550002222"), 1_790_000_016 * SECOND),
    ]
    assert verdict.outcome == "accepted"
    assert [(one.id, one.ok, one.code) for one in handled] == [
        ("9000000001@lid", True, None),
        ("15550002222@c.us", False, 409),
        ("15550003333@c.us", False, None),
    ]
    assert waha.asked[-1].form == {
        "participants": [{"id": "9000000001@lid"}, {"id": "15550002222@c.us"}, {"id": "15550003333@c.us"}]
    }


@pytest.mark.parametrize(
    ("act", "path"),
    [
        ("add", "participants/add"),
        ("remove", "participants/remove"),
        ("promote", "admin/promote"),
        ("demote", "admin/demote"),
    ],
)
async def test_people_are_named_by_phone_or_hidden_id(act: Any, path: str) -> None:
    answer = [{"JID": "15550001111@s.whatsapp.net", "Error": 0}, {"JID": "9000000003@lid", "Error": 403}]
    waha = Waha({f"POST {AT}/{path}": (200, answer)})

    async with waha.driver() as driver:
        _, handled = await driver.act(GROUP, act, [Person(phone="+15550001111"), Person(lid="9000000003")])

    assert [(one.id, one.ok, one.code) for one in handled] == [
        ("15550001111@c.us", True, None), ("9000000003@lid", False, 403),
    ]  # fmt: skip


async def test_an_engine_that_answers_nothing_has_done_all() -> None:
    async with Waha().driver() as driver:
        verdict, handled = await driver.remove(GROUP, [Person(phone="+15550001111")])

    assert (verdict.outcome, [one.ok for one in handled]) == ("accepted", [True])


async def test_words_settings_and_pins_of_a_group() -> None:
    waha = Waha({f"PUT {AT}/subject": (200, True)})

    async with waha.driver() as driver:
        await driver.change(GROUP, subject="Tea club")
        await driver.set(GROUP, "messages_admin_only", on=True)
        await driver.pin(GROUP, "3EB0OURS", 7)
        await driver.pin(GROUP, f"false_{GROUP}_AAAA_15550001111@c.us", None)
        wrong = [await driver.pin(GROUP, "3EB0", 2), await driver.change("R1JPVVA", subject="x")]

    at = f"/api/default/chats/{GROUP.replace('@', '%40')}/messages"
    assert [(one.path, one.form) for one in waha.asked] == [
        (f"{AT}/subject", {"subject": "Tea club"}),
        (f"{AT}/settings/security/messages-admin-only", {"adminsOnly": True}),
        (f"{at}/true_{GROUP.replace('@', '%40')}_3EB0OURS/pin", {"duration": 604800}),
        (f"{at}/false_{GROUP.replace('@', '%40')}_AAAA_15550001111%40c.us/unpin", {}),
    ]
    assert [one.action for one in wrong] == [Action.FIX, Action.FIX]


async def test_what_is_not_an_admins_is_refused() -> None:
    async with Waha({f"PUT {AT}/subject": (200, False)}).driver() as driver:
        assert (await driver.change(GROUP, subject="Tea")).outcome == "refused"


async def test_whatsapp_may_have_heard_enough_questions() -> None:
    body = {"statusCode": 500, "exception": {"message": "info query returned status 429: rate-overlimit"}}
    async with Waha({f"GET {AT}": (500, body)}).driver() as driver:
        verdict, seen = await driver.group(GROUP)

    assert (verdict.outcome, verdict.action, seen) == ("refused", Action.SLOW, None)


SESSION = {
    "name": "default",
    "status": "WORKING",
    "me": {"id": "15550009999@c.us", "lid": "9000000009@lid", "pushName": "Shop"},
}


async def test_the_session_says_whose_phone_it_is() -> None:
    waha = Waha({
        "GET /api/sessions/default": (200, SESSION),
        "GET /api/server/version": (200, {"version": "2026.8.2", "engine": "GOWS"}),
    })  # fmt: skip
    async with waha.driver() as driver:
        _, seen = await driver.status()
        _, server = await driver.server()

    assert seen is not None and server is not None
    assert (seen.works, seen.phone, seen.lid, seen.name) == (True, "+15550009999", "9000000009", "Shop")
    assert (server.engine, server.is_new_enough) == ("GOWS", True)


async def test_a_session_that_was_never_made_is_made_when_it_is_started() -> None:
    missing = (404, {"statusCode": 404, "message": "Session not found", "error": "Not Found"})
    waha = Waha({"GET /api/sessions/default": missing, "POST /api/sessions/default/start": missing})

    async with waha.driver() as driver:
        _, seen = await driver.status()
        verdict = await driver.start()

    assert seen is not None and seen.state == NEVER_MADE
    assert verdict.outcome == "accepted"
    assert waha.asked[-1].form == {"name": "default", "start": True}


async def test_another_server_at_its_address_is_no_gateway() -> None:
    async with Waha({"GET /api/sessions/default": (404, b"<html>")}).driver() as driver:
        verdict, seen = await driver.status()

    assert (verdict.outcome, seen) == ("refused", None)
    assert "not a gateway" in verdict.detail


async def test_the_code_for_pairing_is_given_as_text() -> None:
    waha = Waha({"GET /api/default/auth/qr": (200, {"value": "2@abc,def,ghi=="})})

    async with waha.driver() as driver:
        assert (await driver.qr())[1] == "2@abc,def,ghi=="

    assert waha.asked[0].query == {"format": "raw"}


def test_a_group_without_a_name_of_its_own_is_none() -> None:
    from waconsole.whatsapp.gateway.group_shapes import group_seen

    assert group_seen({"id": "15550001111@c.us"}) is None
    assert group_seen({"id": {"_serialized": GROUP}}) == GroupSeen(GROUP)
