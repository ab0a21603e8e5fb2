"""The console's driver against the sandbox, over real HTTP: every content goes out, every file comes in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.sync.webhooks import our_number, take_in
from tests.whatsapp.sandbox.harness import MEMBER, NUMBER, WABA, Running, running
from waconsole.database.connection import Database
from waconsole.inbox import store_files
from waconsole.settings import CloudSettings, Settings
from waconsole.settings.secrets import Secret
from waconsole.sync.media_fetching import Fetching, fetch_files
from waconsole.whatsapp.cloud.driver import open_cloud
from waconsole.whatsapp.content import (
    Buttons,
    Content,
    ListMessage,
    Media,
    MediaKind,
    Reaction,
    Row,
    Template,
    TemplateButton,
    Text,
)
from waconsole.whatsapp.driver import Message, Recipient
from waconsole.whatsapp.files import Keeping, folder_of, path_of
from waconsole.whatsapp.sandbox import samples

GROUP = "R1JPVVAtRkFLRS0wMDE"
BSUID = "DE.90000000000000002"
COMPONENTS: list[dict[str, Any]] = [
    {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::fake"]}},
    {"type": "BODY", "text": "Hi {{1}}, {{2}} are yours now.", "example": {"body_text": [["Ana", "5"]]}},
    {
        "type": "BUTTONS",
        "buttons": [
            {"type": "QUICK_REPLY", "text": "Fine"},
            {"type": "URL", "text": "Order", "url": "https://x.example/{{1}}", "example": ["https://x.example/7"]},
            {"type": "COPY_CODE", "example": "KAFFEE7"},
        ],
    },
]  # fmt: skip


def cloud(sandbox: Running) -> CloudSettings:
    """Settings of the sandbox's number."""
    return CloudSettings(
        base_url=str(sandbox.client.base_url).rstrip("/"), phone_number_id=NUMBER, waba_id=WABA, token=Secret("token")
    )  # fmt: skip


def copied(folder: Path, kind: MediaKind) -> Media:
    """A file of that kind in the media folder."""
    mime, made = samples.SAMPLES[kind]
    with Keeping(folder, 1 << 20) as keeping:
        keeping.write(made("a receipt"))
        copy = keeping.finish()
    assert copy.mime.split(";")[0] == mime.split(";")[0]
    return Media(
        kind, copy.sha256, mime=copy.mime, size=copy.size, name="a file" if kind == "document" else ""
    )


async def test_every_content_goes_to_a_phone_a_bsuid_and_a_group(tmp_path: Path) -> None:
    async with running({"template_review_seconds": 0}) as sandbox:
        wamid = await sandbox.say()
        await sandbox.say(sender=BSUID, username="bo.fake")
        await sandbox.say(group=GROUP)
        named = {"name": "named", "parameter_format": "NAMED", "components": [
            {"type": "BODY", "text": "Hi {{who}}!", "example": {"body_text_named_params": [{"param_name": "who", "example": "Ana"}]}},
        ]}  # fmt: skip
        for one in ({"name": "paid", "components": COMPONENTS}, named):
            made = {"language": "en_US", "category": "UTILITY", **one}
            await sandbox.post(made, path=f"/v26.0/{WABA}/message_templates")
        files = [copied(tmp_path, kind) for kind in ("image", "document", "video", "audio", "sticker")]
        template = Template(
            "paid", "en_US", (("", "Ana"), ("", "5")), "image", header_sha256=files[0].sha256,
            buttons=(TemplateButton(0, "quick_reply", "ok"), TemplateButton(1, "url", "7"), TemplateButton(2, "copy_code", "KAFFEE7")),
        )  # fmt: skip
        everywhere: list[Content] = [Text("Hello"), *files, Template("named", "en_US", (("who", "Ana"),))]
        between_two: list[Content] = [
            template,
            Buttons("Accept?", (("y", "Yes"), ("n", "No")), "Cashback", "Ref KAFFEE-7"),
            ListMessage("Slot?", "Slots", (Row("Monday", "m1", "09:00", "Studio 1"), Row("Friday", "f1", "10:00"))),
        ]  # fmt: skip
        sent = [
            *((Recipient("phone", MEMBER), it) for it in (*everywhere, *between_two, Reaction(wamid, "👍"), Reaction(wamid, ""))),
            *((Recipient("bsuid", BSUID), it) for it in (*everywhere, *between_two)),
            *((Recipient("group", GROUP), it) for it in everywhere),
        ]  # fmt: skip
        async with open_cloud(cloud(sandbox), media_folder=tmp_path) as driver:
            for place, (recipient, content) in enumerate(sent):
                message = Message(recipient, content, f"wa1:x:{place}:1", wamid if place == 0 else None)
                verdict = await driver.send(message)
                assert verdict.outcome == "accepted", (recipient, content, verdict)
            refused = [
                await driver.send(Message(Recipient("group", GROUP), it, "wa1:x:y:1"))
                for it in between_two[1:]
            ]
        accepted = await sandbox.accepted()

    assert [it.outcome for it in refused] == ["refused", "refused"]
    assert len(accepted) == len(sent)


async def test_a_members_file_comes_to_lie_beside_the_ledger(database: Database) -> None:
    await our_number(database)
    async with running() as sandbox:
        for kind in ("image", "document", "audio"):
            await sandbox.say("words", type=kind)
        await sandbox.messages(3)
        now = sandbox.world.now()
        await take_in(database, *(posted.body for posted in sandbox.receiver.got if posted.method == "POST"))
        settings = replace(Settings(), cloud=cloud(sandbox))

        assert await fetch_files(database, settings, clock=lambda: now) == Fetching(kept=3)

    found = [await database.read(lambda tx, it=it: store_files.file_of(tx, it)) for it in (1, 2, 3)]  # type: ignore[misc]
    assert {it.kind for it in found if it} == {"image", "document", "audio"} or [
        it.state for it in found if it
    ]
    for file in found:
        assert file is not None and (file.state, bool(file.sha256)) == ("kept", True)
        path = path_of(folder_of(database.path), file.sha256 or "")
        assert path is not None and path.stat().st_size == file.byte_count
