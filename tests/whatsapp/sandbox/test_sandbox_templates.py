"""Templates of the sandbox: listed, handed in, judged by webhook, edited, deleted."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from tests.whatsapp.sandbox.harness import WABA, Inside, inside

PATH = f"{WABA}/message_templates"
STATUS = "message_template_status_update"


@pytest.fixture
def sandbox() -> AbstractAsyncContextManager[Inside]:
    """A sandbox that judges templates at once."""
    return inside({"template_review_seconds": 0})


def request(**changes: Any) -> dict[str, Any]:
    body = {
        "type": "BODY",
        "text": "Hi {{1}}, your {{2}} is here.",
        "example": {"body_text": [["Ana", "order"]]},
    }
    return {
        "name": "parcel",
        "language": "en_US",
        "category": "UTILITY",
        "components": [body],
    } | changes


async def test_a_template_is_handed_in_and_approved(sandbox: Inside) -> None:
    made = await sandbox.call("POST", PATH, request())
    assert (made["status"], made["category"]) == ("PENDING", "UTILITY")

    (told,) = await sandbox.hears(STATUS)
    assert told == {
        "event": "APPROVED",
        "message_template_id": int(made["id"]),
        "message_template_name": "parcel",
        "message_template_language": "en_US",
        "message_template_category": "UTILITY",
        "reason": "NONE",
    }
    listed = (await sandbox.get(f"{PATH}?name=parcel"))["data"]
    assert [(it["id"], it["status"], it["parameter_format"]) for it in listed] == [
        (made["id"], "APPROVED", "POSITIONAL")
    ]
    assert listed[0]["components"] == request()["components"]
    one = await sandbox.get(f"{made['id']}?fields=name,status")
    assert one == {"name": "parcel", "status": "APPROVED", "id": made["id"]}


async def test_a_template_may_be_rejected_or_wait_for_ever(sandbox: Inside) -> None:
    await sandbox.faults(template_review_seconds=0, template_verdict="REJECTED")
    await sandbox.call("POST", PATH, request())
    (told,) = await sandbox.hears(STATUS)
    assert (told["event"], told["rejection_info"].keys()) == ("REJECTED", {"reason", "recommendation"})

    await sandbox.faults(template_review_seconds=0, template_verdict="PENDING")
    await sandbox.call("POST", PATH, request(name="another"))
    assert (await sandbox.get(f"{PATH}?name=another"))["data"][0]["status"] == "PENDING"


async def test_the_list_comes_in_pages(sandbox: Inside) -> None:
    first = await sandbox.get(f"{PATH}?limit=5")
    second = await sandbox.get(f"{PATH}?limit=100&after={first['paging']['cursors']['after']}")

    assert len(first["data"]) == 5
    assert first["paging"]["next"].startswith("http://sandbox.test/")
    ids = [it["id"] for it in first["data"] + second["data"]]
    assert len(set(ids)) == len(ids) == len(sandbox.world.templates)
    assert "next" not in second["paging"]
    paused = (await sandbox.get(f"{PATH}?status=PAUSED"))["data"]
    assert [it["name"] for it in paused] == ["spring_sale"]


async def test_a_template_is_edited_and_judged_again(sandbox: Inside) -> None:
    (old,) = (await sandbox.get(f"{PATH}?name=free_money"))["data"]
    words = [{"type": "BODY", "text": "Hello."}]

    assert (await sandbox.call("POST", old["id"], {"components": words}))["success"] is True
    await sandbox.hears(STATUS)

    new = await sandbox.get(old["id"])
    assert (new["status"], new["components"]) == ("APPROVED", words)
    assert (await sandbox.call("POST", old["id"], {"category": "UTILITY"}))["error"]["code"] == 100


async def test_a_template_is_deleted_in_one_language_or_in_all(sandbox: Inside) -> None:
    (german,) = (await sandbox.get(f"{PATH}?name=order_ready&language=de"))["data"]

    assert (await sandbox.call("DELETE", f"{PATH}?name=order_ready&hsm_id={german['id']}")) == {
        "success": True
    }
    assert len((await sandbox.get(f"{PATH}?name=order_ready"))["data"]) == 2
    assert (await sandbox.call("DELETE", f"{PATH}?name=order_ready")) == {"success": True}
    assert (await sandbox.get(f"{PATH}?name=order_ready"))["data"] == []
    assert (await sandbox.call("DELETE", f"{PATH}?name=order_ready"))["error"]["code"] == 100


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("a name with capitals", {"name": "Parcel"}),
    ("no language", {"language": None}),
    ("a category nobody knows", {"category": "NEWS"}),
    ("no components", {"components": []}),
    ("no body", {"components": [{"type": "FOOTER", "text": "x"}]}),
    ("two bodies", {"components": [{"type": "BODY", "text": "x"}] * 2}),
    ("a body too long", {"components": [{"type": "BODY", "text": "x" * 1025}]}),
    ("places out of order", {"components": [{"type": "BODY", "text": "{{2}} {{1}}"}]}),
    ("names without saying so", {"components": [{"type": "BODY", "text": "{{name}}"}]}),
    ("numbers as names", {"parameter_format": "NAMED", "components": [{"type": "BODY", "text": "{{1}}"}]}),
    ("eleven buttons", {"components": [
        {"type": "BODY", "text": "x"},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": str(n)} for n in range(11)]},
    ]}),
    ("a name that is taken", {"name": "order_ready"}),
    ("a key nobody knows", {"colour": "red"}),
]  # fmt: skip


async def test_a_wrong_template_is_refused(sandbox: Inside) -> None:
    for name, changes in WRONG:
        wanted = {key: value for key, value in request(**changes).items() if value is not None}
        assert (await sandbox.call("POST", PATH, wanted))["error"]["code"] == 100, name


async def test_an_account_has_at_most_250_templates(sandbox: Inside) -> None:
    for number in range(250 - len(sandbox.world.templates)):
        await sandbox.control("template", {"name": f"filler_{number}"})

    assert (await sandbox.call("POST", PATH, request()))["error"]["code"] == 100


async def test_whatsapp_changes_a_template_and_tells(sandbox: Inside) -> None:
    await sandbox.control("template", {"name": "news", "status": "PAUSED", "quality": "RED"})
    await sandbox.control("template", {"name": "order_ready", "category": "MARKETING"})

    (paused,) = sandbox.told(STATUS)
    assert (paused["event"], paused["other_info"]["title"]) == ("PAUSED", "FIRST_PAUSE")
    (quality,) = sandbox.told("message_template_quality_update")
    assert (quality["previous_quality_score"], quality["new_quality_score"]) == ("UNKNOWN", "RED")
    (category,) = sandbox.told("template_category_update")
    assert (category["previous_category"], category["new_category"]) == ("UTILITY", "MARKETING")
    assert (await sandbox.get(f"{PATH}?name=news"))["data"][0]["quality_score"] == {"score": "RED"}
