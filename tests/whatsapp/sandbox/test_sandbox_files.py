"""Files of the sandbox: uploaded, looked up, fetched with the token, deleted; and those members send."""

from __future__ import annotations

import base64
import hashlib
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from tests.whatsapp.sandbox.harness import MEMBER, NUMBER, Inside, inside
from waconsole.whatsapp.sandbox import samples

JPEG = samples.jpeg("a receipt")


@pytest.fixture
def sandbox() -> AbstractAsyncContextManager[Inside]:
    """A sandbox without a port."""
    return inside()


async def upload(sandbox: Inside, raw: bytes = JPEG, mime: str = "image/jpeg", **form: str) -> dict[str, Any]:
    answer = await sandbox.client.post(
        f"/v26.0/{NUMBER}/media",
        data={"messaging_product": "whatsapp", "type": mime} | form,
        files={"file": ("a.bin", raw, mime)},
    )
    found: dict[str, Any] = answer.json()
    return found


async def test_a_file_goes_up_and_comes_back(sandbox: Inside) -> None:
    file_id = (await upload(sandbox))["id"]

    about = await sandbox.get(f"{file_id}?phone_number_id={NUMBER}")
    assert (about["id"], about["mime_type"], about["file_size"]) == (file_id, "image/jpeg", len(JPEG))
    assert about["sha256"] == hashlib.sha256(JPEG).hexdigest()
    assert about["url"].startswith("http://sandbox.test/")

    fetched = await sandbox.client.get(about["url"])
    assert (fetched.status_code, fetched.content) == (200, JPEG)
    assert fetched.headers["content-type"] == "image/jpeg"
    assert (await sandbox.client.get(about["url"], headers={"Authorization": ""})).status_code == 401
    assert (await sandbox.client.get(about["url"] + "0")).status_code == 404

    await sandbox.say()
    assert await sandbox.code({"type": "image", "image": {"id": file_id}}) == 0
    assert await sandbox.call("DELETE", file_id) == {"success": True}
    assert (await sandbox.call("GET", file_id))["error"]["code"] == 100
    assert await sandbox.code({"type": "image", "image": {"id": file_id}}) == 131009
    assert (await sandbox.client.get(about["url"])).status_code == 404


async def test_an_address_is_good_for_five_minutes_and_an_id_for_days(sandbox: Inside) -> None:
    file_id = (await upload(sandbox))["id"]
    url = (await sandbox.get(file_id))["url"]

    await sandbox.control("clock", {"ahead_seconds": 299})
    assert (await sandbox.client.get(url)).status_code == 200
    await sandbox.control("clock", {"ahead_seconds": 301})
    assert (await sandbox.client.get(url)).status_code == 404
    assert (await sandbox.client.get((await sandbox.get(file_id))["url"])).status_code == 200
    await sandbox.control("clock", {"ahead_seconds": 31 * 86_400})
    assert (await sandbox.call("GET", file_id))["error"]["code"] == 100


MEGABYTE = 1 << 20
# (name, bytes, type, the code or 0)
UPLOADS: list[tuple[str, bytes, str, int]] = [
    ("jpeg of 5 MB", JPEG.ljust(5 * MEGABYTE, b"\0"), "image/jpeg", 0),
    ("jpeg above", JPEG.ljust(5 * MEGABYTE + 1, b"\0"), "image/jpeg", 131053),
    ("png", samples.png("x"), "image/png", 0),
    ("a text called png", b"hello", "image/png", 131053),
    ("nothing", b"", "text/plain", 131053),
    ("gif", b"GIF89a", "image/gif", 100),
    ("opus", samples.ogg("x"), "audio/ogg; codecs=opus", 0),
    ("pdf", samples.pdf("x"), "application/pdf", 0),
    ("sticker", samples.webp("x"), "image/webp", 0),
    ("sticker above", samples.webp("x").ljust((100 << 10) + 1, b"\0"), "image/webp", 131053),
    ("film", samples.mp4("x"), "video/mp4", 0),
]


async def test_what_may_be_uploaded(sandbox: Inside) -> None:
    for name, raw, mime, code in UPLOADS:
        answer = await upload(sandbox, raw, mime)
        assert answer.get("error", {}).get("code", 0) == code, (name, answer)


async def test_an_upload_has_a_form_of_its_own(sandbox: Inside) -> None:
    path = f"/v26.0/{NUMBER}/media"
    assert (await upload(sandbox, messaging_product="telegram"))["error"]["code"] == 100
    assert (await upload(sandbox, extra="x"))["error"]["code"] == 100
    assert (await upload(sandbox, type="image/png"))["error"]["code"] == 100
    plain = await sandbox.client.post(path, json={"messaging_product": "whatsapp"})
    assert plain.json()["error"]["code"] == 100
    bare = await sandbox.client.post(path, content=b"x", headers={"Content-Type": "multipart/form-data"})
    assert bare.json()["error"]["code"] == 100
    cut = {"Content-Type": "multipart/form-data; boundary=x"}
    assert (await sandbox.client.post(path, content=b"--x\r\n", headers=cut)).json()["error"]["code"] == 100


BEGINS = {
    "image": b"\xff\xd8\xff", "audio": b"OggS", "document": b"%PDF-", "sticker": b"RIFF", "video": b"\0\0\0",
}  # fmt: skip


async def test_what_members_send_is_real_and_can_be_fetched(sandbox: Inside) -> None:
    digests = set()
    for kind, begin in BEGINS.items():
        await sandbox.control("say", {"from": MEMBER, "type": kind})
        file = sandbox.told()[-1][kind]
        raw = (await sandbox.client.get((await sandbox.get(file["id"]))["url"])).content

        assert raw.startswith(begin), kind
        assert file["sha256"] == base64.b64encode(hashlib.sha256(raw).digest()).decode(), kind
        assert file["url"].startswith("http://127.0.0.1:"), kind
        digests.add(file["sha256"])
    assert len(digests) == len(BEGINS)


async def test_a_file_may_be_gone_or_spoiled(sandbox: Inside) -> None:
    url = (await sandbox.get((await upload(sandbox))["id"]))["url"]

    await sandbox.faults(media_gone=1)
    assert (await sandbox.client.get(url)).status_code == 404
    await sandbox.faults(media_spoiled=1)
    assert (await sandbox.client.get(url)).content not in (JPEG, b"")
