"""Our driver and the sandbox over real HTTP: neither was written by reading the other."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.whatsapp.sandbox.harness import MEMBER, NUMBER, WABA, Running, running
from waconsole.settings import CloudSettings
from waconsole.settings.secrets import Secret
from waconsole.whatsapp.cloud.blocks import blocks_of
from waconsole.whatsapp.cloud.driver import CloudDriver, open_cloud
from waconsole.whatsapp.cloud.groups import groups_of
from waconsole.whatsapp.cloud.history import history
from waconsole.whatsapp.cloud.links import links_of
from waconsole.whatsapp.cloud.quality import quality
from waconsole.whatsapp.cloud.templates import templates_of
from waconsole.whatsapp.content import (
    Buttons,
    Content,
    ListMessage,
    Media,
    Reaction,
    Row,
    Template,
    TemplateButton,
    Text,
)  # fmt: skip
from waconsole.whatsapp.doors import Person
from waconsole.whatsapp.driver import Message, Recipient, Verdict
from waconsole.whatsapp.sandbox.samples import jpeg

ANA = Recipient("phone", MEMBER)
DAYS = 4


@asynccontextmanager
async def met(folder: Path | None = None) -> AsyncIterator[tuple[Running, CloudDriver]]:
    """A sandbox in which the member has just written, and our driver for it."""
    async with running({"silent": True, "group_delay_seconds": 0, "template_review_seconds": 0}) as sandbox:
        await sandbox.say()
        settings = CloudSettings(base_url=str(sandbox.client.base_url).rstrip("/"), token=Secret("token"))
        async with open_cloud(settings, phone_number_id=NUMBER, waba_id=WABA, media_folder=folder) as driver:
            yield sandbox, driver


def told(sandbox: Running, field: str) -> list[dict[str, object]]:
    """What has come by webhook of one field: the rows of groups, or whole changes."""
    rows: list[dict[str, object]] = []
    for posted in sandbox.receiver.got:
        for change in posted.document["entry"][0]["changes"]:
            if change["field"] == field:
                rows += change["value"].get("groups", [change["value"]])
    return rows


FILLED = Template(
    "cashback_paid",
    "en_US",
    (("", "Ana"), ("", "12.50")),
    header_kind="image",
    header="https://shop.example/a.jpg",
    buttons=(
        TemplateButton(0, "quick_reply", "cb:ok"),
        TemplateButton(1, "url", "orders/77"),
        TemplateButton(2, "copy_code", "KAFFEE7"),
    ),
)
SENT: list[Content] = [
    Text("Hello", preview=True),
    Media("image", link="https://shop.example/a.jpg", caption="Receipt"),
    Media("document", link="https://shop.example/a.pdf", name="a.pdf", caption="Receipt"),
    Media("video", link="https://shop.example/a.mp4"),
    Media("audio", link="https://shop.example/a.ogg"),
    Media("sticker", link="https://shop.example/a.webp"),
    FILLED,
    Template("cashback_note", "en_US", (("first_name", "Ana"), ("amount", "12.50"))),
    Template("hello_world", "en_US"),
    Buttons("Accept 12.50?", (("cb:yes", "Accept"), ("cb:no", "Decline")), header="Cashback", footer="Ref"),
    ListMessage("Pick", "Slots", (Row("Monday", "1", "09:00", "Studio 1"), Row("Tuesday", "2", "10:00"))),
]


async def test_every_content_is_accepted() -> None:
    async with met() as (sandbox, driver):
        wamid = sandbox.receiver.values("messages")[0]["id"] if sandbox.receiver.got else "wamid.unknown"
        for content in [*SENT, Reaction(wamid, "👍"), Reaction(wamid, "")]:
            verdict = await driver.send(Message(ANA, content, "o"))
            assert verdict.outcome == "accepted", (content, verdict)
        bsuid = sandbox.world.accepted[0].person
        assert bsuid is not None
        verdict = await driver.send(Message(Recipient("bsuid", bsuid.bsuid), Text("Hello"), "o"))
        assert verdict.outcome == "accepted"


async def test_our_file_goes_up_and_theirs_comes_down(tmp_path: Path) -> None:
    async with met(tmp_path) as (sandbox, driver):
        await sandbox.say(type="image")
        file = (await sandbox.messages(2))[-1]["image"]

        fetched = await driver.fetch(file["id"])

        assert fetched is not None
        assert fetched.copy is not None, fetched
        (copy,) = tmp_path.iterdir()
        assert copy.stem == fetched.copy.sha256 == base64.b64decode(file["sha256"]).hex()
        raw = jpeg("of ours")
        ours = Media("image", hashlib.sha256(raw).hexdigest(), mime="image/jpeg", size=len(raw), caption="x")
        copy.with_stem(ours.sha256).write_bytes(raw)
        verdict = await driver.send(Message(ANA, ours, "o"))
        assert verdict.outcome == "accepted", verdict
        uploaded = sandbox.world.accepted[-1].send.body
        assert isinstance(uploaded, Mapping)
        assert (await sandbox.client.get(f"/v26.0/{uploaded['id']}")).json()["sha256"] == ours.sha256


async def test_templates_and_links_are_managed() -> None:
    async with met() as (sandbox, driver):
        verdict, seen = await templates_of(driver).every()
        assert verdict.outcome == "accepted", verdict
        assert {"cashback_paid", "spring_sale"} <= {it.name for it in seen}
        form = {
            "name": "parcel", "language": "en_US", "category": "UTILITY",
            "components": [{"type": "BODY", "text": "Hi {{1}}", "example": {"body_text": [["Ana"]]}}],
        }  # fmt: skip
        made = await templates_of(driver).create(form)
        assert made[0].outcome == "accepted", made
        await sandbox.until(lambda: bool(told(sandbox, "message_template_status_update")))
        verdict, one = await templates_of(driver).template(made[1])
        assert (verdict.outcome, one and one.status) == ("accepted", "APPROVED"), verdict
        assert (await templates_of(driver).delete("parcel")).outcome == "accepted"

        verdict, link = await links_of(driver).create("KAFFEE-7", "SVG")
        assert link is not None, verdict
        verdict, link = await links_of(driver).update(link.code, "TEE-7")
        assert link is not None, verdict
        assert [it.text for it in (await links_of(driver).every())[1]] == ["TEE-7"]
        assert (await links_of(driver).delete(link.code)).outcome == "accepted"


async def test_groups_are_managed() -> None:
    async with met() as (sandbox, driver):
        door = groups_of(driver)
        verdict, _ = await door.create("Coffee club", "Beans", "required")
        await sandbox.until(lambda: bool(told(sandbox, "group_lifecycle_update")))
        (created,) = told(sandbox, "group_lifecycle_update")
        assert (verdict.outcome, verdict.trace) == ("accepted", created["request_id"])
        group_id = str(created["group_id"])
        _, link = await door.invite_link(group_id)
        _, other = await door.invite_link(group_id, reset=True)
        assert link == created["invite_link"] != other
        assert group_id in [it.id for it in (await door.groups())[1]]

        await sandbox.control("join", {"from": MEMBER, "link": other})
        await sandbox.control("join", {"from": "DE.90000000000000002", "group": group_id})
        _, requests = await door.join_requests(group_id)
        _, handled = await door.decide(group_id, requests[:1], approve=True)
        assert [it.ok for it in handled] == [True]
        _, handled = await door.decide(group_id, requests, approve=False)
        # A request that is gone was handled by somebody: that is no failure.
        assert [(it.ok, it.code) for it in handled] == [(True, 131213), (True, None)]
        _, group = await door.group(group_id)
        assert group is not None
        assert [it.phone for it in group.people or ()] == [MEMBER]

        group_text = Message(Recipient("group", group_id), Text("Rules"), "o")
        await sandbox.say(group=group_id)
        sent = await driver.send(group_text)
        assert (await door.pin(group_id, sent.wamid or "", DAYS)).outcome == "accepted", sent
        assert (await door.pin(group_id, sent.wamid or "", None)).outcome == "accepted"
        assert await _ends(sandbox, await door.change(group_id, subject="Tea"), "group_settings_update")
        removing, _ = await door.remove(group_id, [Person(phone=MEMBER)])
        assert await _ends(sandbox, removing, "group_participants_update")
        assert await _ends(sandbox, await door.delete(group_id), "group_lifecycle_update")


async def _ends(sandbox: Running, verdict: Verdict, field: str) -> bool:
    """Whether a request was taken, and its end told."""
    assert verdict.outcome == "accepted", verdict
    await sandbox.until(lambda: verdict.trace in [it.get("request_id") for it in told(sandbox, field)])
    return True


async def test_number_history_and_block_list_are_asked_for() -> None:
    async with met() as (sandbox, driver):
        verdict, seen = await quality(driver)
        assert (verdict.outcome, seen.quality, seen.throughput) == ("accepted", "GREEN", "STANDARD"), verdict
        assert (seen.limit, seen.limit_people) == ("TIER_2K", 2000)
        wamid = (await driver.send(Message(ANA, Text("Hello"), "o"))).wamid or ""
        await sandbox.statuses(3)
        verdict, events = await history(driver, wamid)
        assert [it.status.lower() for it in events] == ["accepted", "sent", "delivered", "read"], verdict
        _, handled = await blocks_of(driver).block([MEMBER, "+15550002222"])
        assert [(it.id, it.ok) for it in handled] == [(MEMBER, True), ("+15550002222", False)]
        assert [it.phone for it in (await blocks_of(driver).everybody())[1]] == [MEMBER]
        _, handled = await blocks_of(driver).unblock([MEMBER])
        assert [it.ok for it in handled] == [True]
