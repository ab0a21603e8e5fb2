"""The sandbox against the console's own reader: everything it posts is understood."""

from __future__ import annotations

from tests.whatsapp.sandbox.harness import MEMBER, SECRET, Running, running, text_to
from waconsole.whatsapp import webhook
from waconsole.whatsapp.events import (
    Event,
    MessageChanged,
    MessageReceived,
    StatusChanged,
    Unplaced,
)


async def events(sandbox: Running, count: int) -> list[Event]:
    """What the console reads of everything that was posted, once there are `count` things."""

    def read() -> list[Event]:
        found: list[Event] = []
        for posted in sandbox.receiver.got:
            assert webhook.signature_ok(posted.body, posted.headers["x-hub-signature-256"], [SECRET])
            for item in webhook.items(posted.body):
                assert item.event is not None, item.fault
                assert item.number == "100000000000001"
                found.append(item.event)
        return found

    await sandbox.until(lambda: len(read()) >= count)
    return read()


async def test_the_console_reads_every_kind_of_message(sandbox: Running) -> None:
    kinds = ("text", "image", "video", "audio", "document", "sticker", "location", "contacts", "button")
    for kind in (*kinds, "interactive", "unsupported"):
        await sandbox.say("words", type=kind)
    await sandbox.say("words", sender="DE.90000000000000002", username="bo.fake", group="SomeGroup")

    found = await events(sandbox, len(kinds) + 3)

    messages = [it for it in found if isinstance(it, MessageReceived)]
    assert not [it for it in found if isinstance(it, Unplaced)]
    assert [it.type for it in messages] == [*kinds, "interactive", "unsupported", "text"]
    assert {it.sender.phone for it in messages[:-1]} == {MEMBER}
    last = messages[-1]
    assert (last.sender.phone, last.sender.bsuid, last.group_id) == (
        None,
        "DE.90000000000000002",
        "SomeGroup",
    )


async def test_the_console_reads_changes_and_statuses() -> None:
    async with running() as sandbox:
        wamid = await sandbox.say(group="SomeGroup")
        await sandbox.control("react", {"from": MEMBER, "message": wamid, "emoji": "👍"})
        await sandbox.control("edit", {"message": wamid, "text": "better"})
        await sandbox.control("revoke", {"message": wamid})
        await sandbox.post(text_to("SomeGroup", recipient_type="group", biz_opaque_callback_data="o"))

        found = await events(sandbox, 7)

        changes = [(it.kind, it.target, it.text) for it in found if isinstance(it, MessageChanged)]
        assert changes == [("reaction", wamid, "👍"), ("edit", wamid, "better"), ("revoke", wamid, "")]
        statuses = [it for it in found if isinstance(it, StatusChanged)]
        assert [(it.status, it.opaque) for it in statuses] == [
            ("sent", "o"),
            ("delivered", "o"),
            ("read", "o"),
        ]
        assert [it.participant is None for it in statuses] == [True, False, False]
