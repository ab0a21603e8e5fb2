"""Files both ways over real HTTP on this machine: uploaded once, fetched only from where the token belongs."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpcore
import pytest

from tests.whatsapp.graph import Graph, http, serving
from tests.whatsapp.test_cloud import PHONE, TOKEN, settings_of
from waconsole.errors import Refused
from waconsole.settings.secrets import Secret
from waconsole.whatsapp import files
from waconsole.whatsapp.cloud import media_down, media_up
from waconsole.whatsapp.cloud.driver import CloudDriver, open_cloud
from waconsole.whatsapp.cloud.media_down import Downloads, Elsewhere, Fetched, Guarded, may_connect
from waconsole.whatsapp.content import Content, Media, Template
from waconsole.whatsapp.driver import Action, Message
from waconsole.whatsapp.limits import bundled

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8
SHA = hashlib.sha256(JPEG).hexdigest()
MEDIA = "300000000000004"


@asynccontextmanager
async def at(graph: Graph, folder: Path) -> AsyncIterator[CloudDriver]:
    """A driver of that server with a folder for files."""
    graph.described = False
    async with open_cloud(settings_of(graph.url), media_folder=folder) as driver:
        yield driver


def kept(folder: Path, content: bytes = JPEG) -> str:
    """A copy in the folder; answers its SHA-256."""
    with files.Keeping(folder, 1 << 20) as copy:
        copy.write(content)
        return copy.finish().sha256


def sent(content: Content) -> Message:
    return Message(PHONE, content, "wa1:x:1:1")


def seen(graph: Graph, **more: Any) -> dict[str, Any]:
    return {
        "id": MEDIA, "url": f"{graph.url}/file?mid=1", "mime_type": "image/png", "sha256": SHA, "file_size": len(JPEG), **more
    }  # fmt: skip


async def test_a_copy_is_uploaded_once_and_sent_by_its_id(graph: Graph, tmp_path: Path) -> None:
    sha256 = kept(tmp_path)
    async with at(graph, tmp_path) as driver:
        graph.answer(200, {"id": MEDIA})
        verdicts = [await driver.send(sent(Media("image", sha256, caption=word))) for word in ("a", "b")]
        verdicts.append(
            await driver.send(sent(Template("t", "en", header_kind="image", header_sha256=sha256)))
        )

    upload, *messages = graph.asked
    assert [it.outcome for it in verdicts] == ["accepted"] * 3
    assert (upload.method, upload.path) == ("POST", "/v26.0/100000000000001/media")
    assert upload.headers["authorization"] == f"Bearer {TOKEN}"
    assert upload.headers["content-type"].startswith("multipart/form-data; boundary=")
    for part in (
        b'name="messaging_product"\r\n\r\nwhatsapp',
        b'name="type"\r\n\r\nimage/jpeg',
        b"Content-Type: image/jpeg",
    ):
        assert part in upload.body
    assert JPEG in upload.body and f'filename="{sha256}.jpg"'.encode() in upload.body
    assert [it.form.get("image") for it in messages] == [
        {"id": MEDIA, "caption": "a"},
        {"id": MEDIA, "caption": "b"},
        None,
    ]
    assert messages[2].form["template"]["components"][0]["parameters"] == [
        {"type": "image", "image": {"id": MEDIA}}
    ]


@pytest.mark.parametrize(
    ("answer", "outcome", "action"),
    [
        (http(401, b'{"error": {"code": 190, "message": "no"}}'), "refused", Action.STOP),
        (http(400, b'{"error": {"code": 131053, "message": "no"}}'), "refused", Action.FIX),
        (http(500, b"<html>"), "refused", Action.RETRY),
        (http(200, b"{}"), "refused", Action.RETRY),
        (None, "refused", Action.RETRY),
    ],
)
async def test_a_message_whose_file_was_not_uploaded_has_not_left(
    graph: Graph, tmp_path: Path, answer: bytes | None, outcome: str, action: Action
) -> None:
    graph.answers, graph.hangs_up = [answer], True
    async with at(graph, tmp_path) as driver:
        verdict = await driver.send(sent(Media("image", kept(tmp_path))))

    assert (verdict.outcome, verdict.action, len(graph.asked)) == (outcome, action, 1)


async def test_without_a_network_a_file_is_unsent(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    async with open_cloud(settings_of(url), media_folder=tmp_path) as driver:
        verdict = await driver.send(sent(Media("image", kept(tmp_path))))

    assert (verdict.outcome, verdict.action) == ("unsent", Action.RETRY)


async def test_a_copy_that_is_not_there_is_said(graph: Graph, tmp_path: Path) -> None:
    async with at(graph, tmp_path) as driver:
        verdict = await driver.send(sent(Media("image", SHA)))

    assert (verdict.outcome, verdict.action, graph.asked) == ("refused", Action.FIX, [])
    assert "media folder" in verdict.detail


async def test_a_file_whatsapp_does_not_like_is_uploaded_anew(graph: Graph, tmp_path: Path) -> None:
    async with at(graph, tmp_path) as driver:
        graph.answer(200, {"id": MEDIA})
        graph.answer(400, {"error": {"code": 131053, "message": "no"}})
        graph.answer(200, {"id": "300000000000005"})
        content = Media("image", kept(tmp_path))
        first = await driver.send(sent(content))
        second = await driver.send(sent(content))

    assert (first.action, second.outcome) == (Action.FIX, "accepted")
    assert graph.asked[-1].form["image"] == {"id": "300000000000005"}


async def test_an_upload_that_takes_long_keeps_nothing_waiting(
    graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_up, "WAIT_SECONDS", 0.01)
    goes_on = asyncio.Event()

    async def slowly(self: Any, sha256: str) -> tuple[Any, str]:
        await goes_on.wait()
        return None, MEDIA

    monkeypatch.setattr(media_up.Uploads, "_upload", slowly)
    async with at(graph, tmp_path) as driver:
        waits = await driver.send(sent(Media("image", SHA)))
        goes_on.set()
        goes = await driver.send(sent(Media("image", SHA)))
        goes_on.clear()
        monkeypatch.setattr(media_up, "WAIT_SECONDS", 60.0)
        ended = asyncio.create_task(driver.send(sent(Media("image", "0" * 64))))
        await asyncio.sleep(0)
        ended.cancel()
        assert (await ended).outcome == "unsent"

    assert (waits.outcome, waits.action, goes.outcome) == ("refused", Action.RETRY, "accepted")


@pytest.mark.parametrize("declared", [SHA, None])
@pytest.mark.parametrize("said", [SHA, base64.b64encode(bytes.fromhex(SHA)).decode()])
async def test_a_file_is_fetched_checked_and_kept_under_its_own_name(
    graph: Graph, tmp_path: Path, declared: str | None, said: str
) -> None:
    async with at(graph, tmp_path) as driver:
        graph.answer(200, seen(graph, sha256=said))
        graph.answers.append(http(200, JPEG, Content_Type="text/html"))
        fetched = await driver.fetch(MEDIA, declared_sha256=declared, name="../../evil.sh")

    where, what = graph.asked
    assert fetched == Fetched("kept", files.Copy(SHA, len(JPEG), "image/jpeg", ".jpg"))
    assert where.path == f"/v26.0/{MEDIA}?phone_number_id=100000000000001"
    assert (what.path, what.headers["authorization"]) == ("/file?mid=1", f"Bearer {TOKEN}")
    (copy,) = tmp_path.iterdir()
    assert (copy.name, copy.read_bytes(), copy.stat().st_mode & 0o777) == (f"{SHA}.jpg", JPEG, 0o600)


async def test_an_address_that_has_expired_is_asked_for_anew(graph: Graph, tmp_path: Path) -> None:
    async with at(graph, tmp_path) as driver:
        for answer in (http(404, b""), http(200, JPEG)):
            graph.answer(200, seen(graph))
            graph.answers.append(answer)
        fetched = await driver.fetch(MEDIA)

    assert (fetched and fetched.outcome, len(graph.asked)) == ("kept", 4)


@pytest.mark.parametrize(
    ("more", "file", "outcome", "says"),
    [
        ({"sha256": "0" * 64}, http(200, JPEG), "wrong", "SHA-256"),
        ({"file_size": 7}, http(200, JPEG), "wrong", "was said to have 7"),
        ({}, http(200, JPEG)[:-9], "again", "in part"),
        ({}, http(403, b""), "again", "HTTP 403"),
        ({"file_size": (100 << 20) + 1}, None, "gone", "too large"),
        ({"url": "https://evil.example/x"}, None, "wrong", "evil.example"),
        ({"url": "http://lookaside.fbsbx.com/x"}, None, "wrong", "not one of its own"),
        ({"url": "https://lookaside.fbsbx.com.evil.example/x"}, None, "wrong", "not one of its own"),
        ({"url": "http://localhost:80/x"}, None, "wrong", "not one of its own"),
        ({"url": "file:///etc/passwd"}, None, "wrong", "no host"),
        ({"url": ""}, None, "wrong", "no host"),
    ],
)
async def test_what_is_not_as_it_was_said_is_not_kept(
    graph: Graph, tmp_path: Path, more: dict[str, Any], file: bytes | None, outcome: str, says: str
) -> None:
    graph.hangs_up = True
    async with at(graph, tmp_path) as driver:
        graph.answer(200, seen(graph, **more))
        graph.answers += [file] if file is not None else []
        fetched = await driver.fetch(MEDIA)

    assert fetched is not None and (fetched.outcome, fetched.copy) == (outcome, None)
    assert says in fetched.reason
    assert list(tmp_path.iterdir()) == []
    assert len(graph.asked) == (1 if file is None else 2)


async def test_a_file_that_turns_out_larger_than_allowed_is_cut(
    graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph.described = False
    limits = replace(bundled(), received_bytes=100)
    async with open_cloud(settings_of(graph.url), media_folder=tmp_path, limits=limits) as driver:
        graph.answer(200, seen(graph, file_size=None))
        graph.answers.append(http(200, JPEG))
        fetched = await driver.fetch(MEDIA)

    assert (fetched and fetched.outcome, list(tmp_path.iterdir())) == ("gone", [])


async def test_the_token_is_not_led_to_another_host(graph: Graph, tmp_path: Path) -> None:
    async with serving(Graph()) as elsewhere, at(graph, tmp_path) as driver:
        graph.answer(200, seen(graph))
        graph.answer(302, {}, Location=f"{elsewhere.url}/x")
        other = await driver.fetch(MEDIA)
        graph.answer(200, seen(graph))
        graph.answer(302, {}, Location="/moved")
        graph.answers.append(http(200, JPEG))
        own = await driver.fetch(MEDIA)
        graph.answer(200, seen(graph))
        for _ in range(media_down.REDIRECTS_MAX + 1):
            graph.answer(302, {}, Location="/round")
        circle = await driver.fetch(MEDIA)

    assert (other and other.outcome, own and own.outcome, circle and circle.outcome) == (
        "wrong",
        "kept",
        "wrong",
    )
    assert (elsewhere.asked, elsewhere.lines) == ([], [])
    assert graph.asked[4].path == "/moved"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (http(400, b'{"error": {"code": 131052, "message": "no"}}'), "gone"),
        (http(400, b'{"error": {"code": 100, "message": "no"}}'), "again"),
        (http(401, b'{"error": {"code": 190, "message": "no"}}'), "again"),
        (http(400, b'{"error": {"code": 80007, "message": "no"}}'), "again"),
        (http(500, b""), "again"),
    ],
)
async def test_what_whatsapp_says_of_a_file_decides(
    graph: Graph, tmp_path: Path, answer: bytes, outcome: str
) -> None:
    graph.answers = [answer]
    async with at(graph, tmp_path) as driver:
        fetched = await driver.fetch(MEDIA)

    assert fetched is not None and (fetched.outcome, bool(fetched.reason)) == (outcome, True)


async def test_without_a_network_a_file_waits(tmp_path: Path) -> None:
    async with open_cloud(settings_of("http://127.0.0.1:9"), media_folder=tmp_path) as driver:
        fetched = await driver.fetch(MEDIA)

    assert fetched is not None and fetched.outcome == "offline"


@pytest.mark.parametrize(
    ("address", "far", "here"),
    [
        ("157.240.1.1", True, False),
        ("2a03:2880:f1ff::1", True, False),
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("10.0.0.1", False, False),
        ("192.168.1.1", False, False),
        ("172.16.0.1", False, False),
        ("100.64.0.1", False, False),
        ("169.254.169.254", False, False),
        ("fe80::1%eth0", False, False),
        ("fc00::1", False, False),
        ("::ffff:10.0.0.1", False, False),
        ("::ffff:127.0.0.1", False, True),
        ("0.0.0.0", False, False),
        ("224.0.0.1", False, False),
    ],
)
def test_only_addresses_of_the_open_net_are_asked(address: str, far: bool, here: bool) -> None:
    assert (may_connect(address, here=False), may_connect(address, here=True)) == (far, here)


@pytest.mark.parametrize("addresses", [("10.0.0.1",), ("157.240.1.1", "169.254.169.254"), ("127.0.0.1",)])
async def test_a_name_that_leads_into_this_network_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    async def looked_up(host: str, port: int, **_: Any) -> list[Any]:
        assert (host, port) == (media_down.MEDIA_HOST, 443)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", looked_up)
    monkeypatch.setattr(media_down, "has_proxy", lambda: False)
    downloads = Downloads(
        None, Secret(TOKEN), "https://graph.facebook.com", paths=("/v26.0", "1"), folder=tmp_path, limits=bundled()  # type: ignore[arg-type]
    )  # fmt: skip
    with pytest.raises(Elsewhere, match="private network"):
        async with downloads._asked(f"https://{media_down.MEDIA_HOST}/x"):
            raise AssertionError("it was asked")
    await downloads.close()


async def test_the_address_that_was_checked_is_the_one_that_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []

    class Inner(httpcore.AsyncMockBackend):
        async def connect_tcp(
            self, host: str, port: int, *more: Any, **_: Any
        ) -> httpcore.AsyncNetworkStream:
            asked.append((host, port))
            if len(asked) == 1:
                raise httpcore.ConnectError("down")
            return await super().connect_tcp(host, port)

    async def looked_up(host: str, port: int, **_: Any) -> list[Any]:
        return [(0, 0, 0, "", (address, port)) for address in ("157.240.1.1", "157.240.1.2")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", looked_up)
    guard = Guarded(here=False)
    guard._inner = Inner([])
    await guard.connect_tcp("lookaside.fbsbx.com", 443, 5.0)

    assert asked == [("157.240.1.1", 443), ("157.240.1.2", 443)]


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (JPEG, "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF89a", "image/gif"), (b"%PDF-1.4", "application/pdf"),
        (b"RIFF\0\0\0\0WEBPVP8X", "image/webp"), (b"RIFF\0\0\0\0WAVE", "audio/wav"), (b"OggS", "audio/ogg"),
        (b"\0\0\0\x18ftypmp42", "video/mp4"), (b"\0\0\0\x18ftyp3gp4", "video/3gpp"), (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
        (b"ID3\x03", "audio/mpeg"), (b"\xff\xfb\x90", "audio/mpeg"), (b"\xff\xf1\x50", "audio/aac"), (b"#!AMR\n", "audio/amr"),
        (b"PK\x03\x04" + b"x" * 30 + b"word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"PK\x03\x04", "application/zip"), ("Grüße".encode()[:-1], "text/plain"), (b"a\0b", files.UNKNOWN), (b"", files.UNKNOWN),
    ],
)  # fmt: skip
def test_a_file_is_what_its_bytes_say(head: bytes, mime: str) -> None:
    assert files.sniffed(head) == mime


def test_the_name_tells_more_only_where_the_bytes_say_little() -> None:
    assert files.mime_by_name("text/plain", "a.csv") == "text/csv"
    assert files.mime_by_name(files.OLE, "a.doc") == "application/msword"
    assert files.mime_by_name("image/jpeg", "a.pdf") == "image/jpeg"
    assert files.mime_by_name("application/zip", "a.txt") == "application/zip"


def test_what_is_not_finished_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(files.TooLarge), files.Keeping(tmp_path, 10) as copy:
        copy.write(b"x" * 11)
    with pytest.raises(Refused), files.Keeping(tmp_path, 10) as copy:
        copy.write(b"x")
        copy.finish(sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []
    assert files.path_of(tmp_path, "../../etc/passwd") is None


def test_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    (tmp_path / SHA).write_bytes(JPEG)  # as an import keeps it

    assert kept(tmp_path) == SHA
    assert [it.name for it in tmp_path.iterdir()] == [SHA]
