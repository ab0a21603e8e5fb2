"""Files brought here from a gateway: asked for at its own address, kept by what they are."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.whatsapp.waha import Waha
from waconsole.whatsapp.files import path_of

NAMED = "false_15550001111@c.us_AAAA1111"
ASKED = "GET /api/default/chats/15550001111%40c.us/messages/false_15550001111%40c.us_AAAA1111"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
LIES = "http://waha.internal:3000/api/files/default/AAAA1111.png"


async def fetched(waha: Waha, folder: Path, size_max: int = 1_000) -> Any:
    async with waha.driver(media_folder=folder) as driver:
        return await driver.fetch(NAMED, name="a.png", size_max=size_max)


def waha(url: Any = LIES, file: Any = (200, PNG)) -> Waha:
    return Waha({
        ASKED: (200, {"id": NAMED, "media": {"url": url, "mimetype": "image/png"}}),
        "GET /api/files/default/AAAA1111.png": file,
    })  # fmt: skip


async def test_a_file_is_asked_for_where_the_gateway_is_whatever_it_says(tmp_path: Path) -> None:
    far = waha()

    found = await fetched(far, tmp_path)

    digest = hashlib.sha256(PNG).hexdigest()
    assert (found.outcome, found.copy.sha256, found.copy.mime) == ("kept", digest, "image/png")
    assert path_of(tmp_path, digest) is not None
    assert far.asked[0].query == {"downloadMedia": "true"}
    assert far.paths()[1] == "GET /api/files/default/AAAA1111.png"


@pytest.mark.parametrize(
    ("far", "outcome"),
    [
        (waha(url=None), "again"),
        (waha(url="http://x/api/files/../sessions"), "again"),
        (waha(url="http://x/api/sessions"), "again"),
        (waha(file=(404, b"gone")), "again"),  # it has been swept there: asked for anew
        (waha(file=httpx.ReadError("cut")), "again"),
        (waha(file=(200, b"x" * 2_000)), "gone"),
        (Waha({ASKED: httpx.ConnectError("no")}), "offline"),
        (Waha({ASKED: (400, {"message": "no such message"})}), "gone"),
    ],
)  # fmt: skip
async def test_what_cannot_be_had_says_whether_to_ask_again(tmp_path: Path, far: Waha, outcome: str) -> None:
    found = await fetched(far, tmp_path)

    assert (found.outcome, found.copy) == (outcome, None)
    assert found.reason
    assert list(tmp_path.iterdir()) == []
