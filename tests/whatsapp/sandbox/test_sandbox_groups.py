"""Official groups of the sandbox: asked for now, answered later by webhook; people at their doors."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from tests.whatsapp.sandbox.harness import MEMBER, NUMBER, Inside, inside
from waconsole.whatsapp.sandbox import samples

PEOPLE = "group_participants_update"
LIFE = "group_lifecycle_update"
SETTINGS = "group_settings_update"
ASK = {"messaging_product": "whatsapp"}


@pytest.fixture
def sandbox() -> AbstractAsyncContextManager[Inside]:
    """A sandbox that carries group requests out at once."""
    return inside({"group_delay_seconds": 0})


async def make(sandbox: Inside, **more: Any) -> dict[str, Any]:
    """A group that was made: what its webhook says."""
    before = len(sandbox.told(LIFE))
    asked = await sandbox.call("POST", f"{NUMBER}/groups", {**ASK, "subject": "Coffee club", **more})
    told = dict((await sandbox.hears(LIFE, before + 1))[-1])
    assert told["request_id"] == asked["request_id"]
    return told


async def waiting(sandbox: Inside, group_id: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await sandbox.get(f"{group_id}/join_requests"))["data"]
    return rows


async def test_a_group_is_made_later_and_looked_at(sandbox: Inside) -> None:
    told = await make(sandbox, description="Beans", join_approval_mode="approval_required")

    assert (told["type"], told["subject"], told["description"]) == ("group_create", "Coffee club", "Beans")
    assert told["join_approval_mode"] == "approval_required"
    assert isinstance(told["timestamp"], str)
    group_id = told["group_id"]
    assert (await sandbox.get(f"{group_id}/invite_link"))["invite_link"] == told["invite_link"]
    fields = "subject,description,participants,join_approval_mode,suspended,creation_timestamp,total_participant_count"
    shown = await sandbox.get(f"{group_id}?fields={fields}")
    assert (shown["subject"], shown["participants"], shown["total_participant_count"]) == (
        "Coffee club",
        [],
        0,
    )
    listed = (await sandbox.get(f"{NUMBER}/groups?limit=1024"))["data"]["groups"]
    assert group_id in [it["id"] for it in listed]
    text = {"recipient_type": "group", "to": group_id, "type": "text", "text": {"body": "x"}}
    assert await sandbox.code(text) == 131020


async def test_two_requests_make_two_groups(sandbox: Inside) -> None:
    assert (await make(sandbox))["group_id"] != (await make(sandbox))["group_id"]


async def test_a_request_may_never_be_answered_and_may_be_done_or_not(sandbox: Inside) -> None:
    groups = sandbox.world.groups
    await sandbox.faults(group_delay_seconds=0, group_never=1)
    await sandbox.call("POST", f"{NUMBER}/groups", {**ASK, "subject": "never"})
    await sandbox.faults(group_delay_seconds=0, group_untold=1)
    await sandbox.call("POST", f"{NUMBER}/groups", {**ASK, "subject": "untold"})

    await sandbox.until(lambda: "untold" in [it.subject for it in groups.values()])

    assert "never" not in [it.subject for it in groups.values()]
    assert sandbox.told(LIFE) == []


async def test_a_request_may_fail_later_or_at_once(sandbox: Inside) -> None:
    await sandbox.faults(group_delay_seconds=0, group_fail_code=131214)
    await sandbox.call("POST", f"{NUMBER}/groups", {**ASK, "subject": "x"})
    (told,) = await sandbox.hears(LIFE)
    assert (told["type"], told["errors"][0]["code"]) == ("group_create", 131214)

    await sandbox.faults(group_refuse_code=131208)
    answer = await sandbox.client.post(f"/v26.0/{NUMBER}/groups", json={**ASK, "subject": "x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, 131208)


async def test_whoever_follows_the_link_is_in_or_asks(sandbox: Inside) -> None:
    free = await make(sandbox)
    assert await sandbox.control("join", {"from": MEMBER, "link": free["invite_link"]}) == {
        "group": free["group_id"], "join_request": None,
    }  # fmt: skip
    (joined,) = sandbox.told(PEOPLE)
    assert (joined["type"], joined["reason"]) == ("group_participants_add", "invite_link")
    assert joined["added_participants"][0]["wa_id"] == "15550001111"

    shut = await make(sandbox, join_approval_mode="approval_required")
    asked = await sandbox.control("join", {"from": "DE.90000000000000002", "group": shut["group_id"]})
    created = sandbox.told(PEOPLE)[-1]
    assert created["type"] == "group_join_request_created"
    assert created["join_request_id"] == asked["join_request"]
    assert (created["user_id"], "wa_id" in created) == ("DE.90000000000000002", False)
    assert isinstance(created["timestamp"], int)
    (row,) = await waiting(sandbox, shut["group_id"])
    assert (row["join_request_id"], row["user_id"]) == (asked["join_request"], "DE.90000000000000002")


async def test_requests_are_approved_declined_and_taken_back(sandbox: Inside) -> None:
    group_id = (await make(sandbox, join_approval_mode="approval_required"))["group_id"]
    path = f"{group_id}/join_requests"
    ids = []
    for number in range(3):
        ids.append(
            (await sandbox.control("join", {"from": f"+1555000400{number}", "group": group_id}))[
                "join_request"
            ]
        )

    await sandbox.control("withdraw", {"from": "+15550004002", "group": group_id})
    assert sandbox.told(PEOPLE)[-1]["type"] == "group_join_request_revoked"
    before = len(sandbox.told(PEOPLE))
    declined = await sandbox.call("DELETE", path, {**ASK, "join_requests": [ids[1]]})
    assert declined == {**ASK, "rejected_join_requests": [ids[1]]}
    assert len(sandbox.told(PEOPLE)) == before

    answer = await sandbox.client.post(f"/v26.0/{path}", json={**ASK, "join_requests": [ids[0], ids[2]]})
    assert (answer.status_code, answer.json()["approved_join_requests"]) == (206, [ids[0]])
    (failed,) = answer.json()["failed_join_requests"]
    assert (failed["join_request_id"], failed["errors"][0]["code"]) == (ids[2], 131213)
    assert answer.json()["errors"][0]["code"] == 131201
    joined = sandbox.told(PEOPLE)[-1]
    assert (joined["type"], joined["added_participants"][0]["input"]) == (
        "group_participants_add",
        "15550004000",
    )
    assert await waiting(sandbox, group_id) == []


async def test_a_group_holds_eight(sandbox: Inside) -> None:
    group_id = (await make(sandbox, join_approval_mode="approval_required"))["group_id"]
    ids = []
    for number in range(9):
        ids.append(
            (await sandbox.control("join", {"from": f"+1555000400{number}", "group": group_id}))[
                "join_request"
            ]
        )

    answer = await sandbox.call("POST", f"{group_id}/join_requests", {**ASK, "join_requests": ids})

    assert answer["approved_join_requests"] == ids[:8]
    assert answer["failed_join_requests"][0]["errors"][0]["code"] == 131204


async def test_who_was_removed_cannot_come_back(sandbox: Inside) -> None:
    made = await make(sandbox)
    group_id, path = made["group_id"], f"{made['group_id']}/participants"
    await sandbox.control("join", {"from": MEMBER, "group": group_id})

    asked = await sandbox.call(
        "DELETE", path, {**ASK, "participants": [{"user": MEMBER}, {"user": "DE.12345"}]}
    )
    told = (await sandbox.hears(PEOPLE, 2))[-1]

    assert told["request_id"] == asked["request_id"]
    assert (told["type"], told["initiated_by"]) == ("group_participants_remove", "business")
    assert told["removed_participants"] == [{"input": MEMBER}]
    assert told["failed_participants"][0]["errors"][0]["code"] == 131212
    assert told["errors"][0]["code"] == 131201
    assert "cannot come back" in await sandbox.refused("join", {"from": MEMBER, "link": made["invite_link"]})
    said = await sandbox.refused("say", {"from": MEMBER, "text": "x", "group": group_id})
    assert said == "They were removed from that group."
    for body, code in (
        ([{"user": MEMBER}, {"user": "1 (555) 000-1111"}], 131202),
        ([{"user": f"+1555000400{n}"} for n in range(9)], 131204),
        ([], 100),
    ):
        assert (await sandbox.call("DELETE", path, {**ASK, "participants": body}))["error"]["code"] == code
    added = await sandbox.call("POST", path, {**ASK, "participants": [{"user": MEMBER}]})
    assert added["error"]["code"] == 100


async def test_whoever_leaves_does_so_by_themselves(sandbox: Inside) -> None:
    group_id = (await make(sandbox))["group_id"]
    await sandbox.control("join", {"from": MEMBER, "group": group_id})
    await sandbox.control("leave", {"from": MEMBER, "group": group_id})

    told = sandbox.told(PEOPLE)[-1]
    assert (told["initiated_by"], told["removed_participants"][0]["wa_id"]) == ("participant", "15550001111")


async def test_a_new_link_ends_the_old_one(sandbox: Inside) -> None:
    made = await make(sandbox)

    new = (await sandbox.call("POST", f"{made['group_id']}/invite_link", ASK))["invite_link"]

    assert new != made["invite_link"]
    said = await sandbox.refused("join", {"from": MEMBER, "link": made["invite_link"]})
    assert said == "That link leads nowhere (any more)."
    assert (await sandbox.control("join", {"from": MEMBER, "link": new}))["group"] == made["group_id"]


async def test_settings_and_the_end_of_a_group_are_told(sandbox: Inside) -> None:
    group_id = (await make(sandbox))["group_id"]
    asked = await sandbox.call("POST", group_id, {**ASK, "subject": "Tea club", "description": "Leaves"})
    (told,) = await sandbox.hears(SETTINGS)
    assert told["request_id"] == asked["request_id"]
    assert told["group_subject"] == {"text": "Tea club", "update_successful": True}
    assert (await sandbox.get(f"{group_id}?fields=subject"))["subject"] == "Tea club"

    picture = {"file": ("a.jpg", samples.jpeg("x"), "image/jpeg")}
    await sandbox.client.post(f"/v26.0/{group_id}", data=ASK, files=picture)
    told = (await sandbox.hears(SETTINGS, 2))[-1]
    assert told["profile_picture"]["update_successful"] is False
    assert told["profile_picture"]["errors"][0]["code"] == 131210
    assert told["errors"][0]["code"] == 131201

    await sandbox.call("DELETE", group_id)
    ended = (await sandbox.hears(LIFE, 2))[-1]
    assert (ended["type"], ended["group_id"]) == ("group_delete", group_id)
    assert (await sandbox.call("GET", f"{group_id}/invite_link"))["error"]["code"] == 131041


async def test_the_other_names_of_metas_pages(sandbox: Inside) -> None:
    group_id = (await make(sandbox))["group_id"]
    await sandbox.control("join", {"from": MEMBER, "group": group_id})
    await sandbox.faults(group_delay_seconds=0, group_other_names=1)
    await sandbox.call("DELETE", f"{group_id}/participants", {**ASK, "participants": [{"user": "DE.12345"}]})

    (told,) = await sandbox.hears("group_participant_update")

    assert (told["type"], told["errors"][0]["code"]) == ("group_remove_participants", "131201")
    assert "initiated_by" not in told
    assert sandbox.courier.waiting()[-1].beside == {"initiated_by": "business"}


async def test_a_cursor_nobody_knows_has_a_code_of_its_own(sandbox: Inside) -> None:
    group_id = next(iter(sandbox.world.groups))
    for path in (f"{NUMBER}/groups", f"{group_id}/join_requests"):
        assert (await sandbox.call("GET", f"{path}?after=gone"))["error"]["code"] == 131059


async def test_a_group_request_is_read_strictly(sandbox: Inside) -> None:
    for body in (
        {"subject": "x"},
        {**ASK},
        {**ASK, "subject": " "},
        {**ASK, "subject": "x" * 129},
        {**ASK, "subject": "x", "description": "x" * 2049},
        {**ASK, "subject": "x", "join_approval_mode": "maybe"},
        {**ASK, "subject": "x", "extra": 1},
    ):
        assert (await sandbox.call("POST", f"{NUMBER}/groups", body))["error"]["code"] == 100, body
