"""Every kind of message that Meta names is a row of its thread that says what it is."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from tests.sync.imports import found
from tests.sync.webhooks import body, message, our_number, take_in
from waconsole.database.connection import Database
from waconsole.inbox import store_thread
from waconsole.inbox.pane_rows import Voice, line_text

FILE = {"id": "3", "mime_type": "image/jpeg", "sha256": "ZmFrZQ=="}
# (Meta's type, its part, kind of row, its words, how its line in the thread reads)
KINDS: list[tuple[str, dict[str, Any] | list[Any], str, str, str]] = [
    ("text", {"body": "KAFFEE-7"}, "text", "KAFFEE-7", "KAFFEE-7"),
    ("image", {**FILE, "caption": "the blue one"}, "media", "the blue one", "[picture]  the blue one"),
    ("video", FILE, "media", "", "[video]"),
    ("audio", {**FILE, "voice": True}, "media", "", "[voice message]"),
    ("audio", FILE, "media", "", "[sound]"),
    ("document", {**FILE, "filename": "bill.pdf"}, "media", "", "[document]  bill.pdf"),
    ("sticker", FILE, "media", "", "[sticker]"),
    ("location", {"latitude": 1.5, "longitude": 2, "name": "Shop"}, "text", "Shop", "Shop"),
    ("location", {"latitude": 1.5, "longitude": 2}, "text", "1.5, 2", "1.5, 2"),
    ("contacts", [{"name": {"formatted_name": "Bo"}}], "text", "Bo", "Bo"),
    ("contacts", [{"name": {"formatted_name": "Bo"}, "phones": [{"phone": "+1 555"}, 7, {}]}, {}], "text", "Bo +1 555", "Bo +1 555"),
    ("contacts", [{}], "text", "", "[contact card]"),
    (
        "order",
        {"catalog_id": "1", "text": "Please", "product_items": [{"product_retailer_id": "sku1", "quantity": 2}, 7]},
        "text", "Please\n2 × sku1", "Please 2 × sku1",
    ),
    ("order", {}, "text", "", "[order]"),
    ("interactive", {"type": "button_reply", "button_reply": {"id": "y", "title": "Accept"}}, "text", "Accept", "Accept"),
    ("interactive", {"type": "list_reply", "list_reply": {"id": "s", "title": "09:00"}}, "text", "09:00", "09:00"),
    ("interactive", {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "{}"}}, "text", "Sent", "Sent"),
    ("interactive", {"type": "call_permission_reply"}, "text", "", "[answer]"),
    ("button", {"payload": "cb:ok", "text": "OK"}, "text", "OK", "OK"),
    ("unsupported", {"type": "poll"}, "text", "", "[something this version cannot show]"),
    ("hologram", {"beam": 1}, "text", "", "[something this version cannot show]"),
]  # fmt: skip


async def test_every_kind_is_a_row_that_says_what_it_is(database: Database) -> None:
    await our_number(database)
    told = [
        message(f"wamid.{place}", kind, part, at=1_790_000_000 + place)  # type: ignore[arg-type]
        for place, (kind, part, *_) in enumerate(KINDS)
    ]
    await take_in(database, body(messages=told))

    rows = {row["wamid"]: row for row in await found(database)}
    keys = await database.read(lambda tx: list(store_thread.keys(tx, 1)))
    lines = await database.read(lambda tx: store_thread.by_keys(tx, keys))
    assert len(rows) == len(lines) == len(KINDS)
    for place, (kind, _, row_kind, words, line) in enumerate(KINDS):
        row = rows[f"wamid.{place}"]
        assert (row["type"], row["kind"], row["text"], row["direction"]) == (kind, row_kind, words, "in")
        assert line_text(lines[place], Voice(UTC, "ana", True)) == line
        assert (row["media"] is None) == (row_kind != "media")
    media = rows["wamid.1"]["media"]
    assert (media["kind"], media["mime"], media["state"], media["media_id"]) == (
        "image", "image/jpeg", "waiting", "3",
    )  # fmt: skip
