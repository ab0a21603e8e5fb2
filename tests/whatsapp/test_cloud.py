"""The driver of the Cloud API over real HTTP on this machine."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from tests.whatsapp.graph import ACCEPTED, Graph, http, serving
from waconsole.errors import Refused
from waconsole.settings import CloudSettings
from waconsole.settings.secrets import Secret
from waconsole.whatsapp.capability import Sending, sending
from waconsole.whatsapp.cloud import client as cloud_client
from waconsole.whatsapp.cloud.driver import CloudDriver, open_cloud
from waconsole.whatsapp.content import Text
from waconsole.whatsapp.driver import Action, Driver, Message, Recipient, Verdict

TOKEN = "EAAcanary0123456789"
PHONE = Recipient("phone", "+15550001111")


def settings_of(url: str, **more: Any) -> CloudSettings:
    settings = CloudSettings(
        base_url=url, phone_number_id="100000000000001", waba_id="200000000000002", token=Secret(TOKEN)
    )
    return replace(settings, **more)


def message(recipient: Recipient = PHONE, text: str = "Hello", **more: Any) -> Message:
    return Message(recipient, Text(text), "wa1:x:1:1", **more)


@pytest.mark.parametrize(
    ("recipient", "form"),
    [
        (PHONE, {"recipient_type": "individual", "to": "+15550001111"}),
        (Recipient("bsuid", "US.9"), {"recipient_type": "individual", "recipient": "US.9"}),
        (Recipient("group", "R1JPVVAtRkFLRS0wMDE"), {"recipient_type": "group", "to": "R1JPVVAtRkFLRS0wMDE"}),
    ],
)
async def test_a_text_goes_to_a_phone_a_bsuid_or_a_group(
    graph: Graph, recipient: Recipient, form: dict[str, str]
) -> None:
    async with open_cloud(settings_of(graph.url)) as driver:
        verdict = await driver.send(message(recipient, "grüße 🎉"))

    assert verdict == Verdict("accepted", wamid="wamid.FAKE0001")
    (asked,) = graph.asked
    assert (asked.method, asked.path) == ("POST", "/v26.0/100000000000001/messages")
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["content-type"] == "application/json"
    assert asked.form == {
        "messaging_product": "whatsapp",
        "type": "text",
        "text": {"body": "grüße 🎉", "preview_url": False},
        "biz_opaque_callback_data": "wa1:x:1:1",
        **form,
    }


async def test_a_reply_quotes_the_message_it_answers(graph: Graph) -> None:
    async with open_cloud(settings_of(graph.url)) as driver:
        await driver.send(message(reply_to="wamid.FAKE0007"))

    assert graph.asked[0].form["context"] == {"message_id": "wamid.FAKE0007"}


@pytest.mark.parametrize("typing", [False, True])
async def test_a_blue_tick_may_come_with_our_typing(graph: Graph, typing: bool) -> None:
    graph.answer(200, {"success": True})

    async with open_cloud(settings_of(graph.url)) as driver:
        verdict = await driver.mark_read("wamid.FAKE0007", typing=typing)

    assert verdict == Verdict("accepted")
    form = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.FAKE0007"}
    assert graph.asked[0].form == form | ({"typing_indicator": {"type": "text"}} if typing else {})


def test_what_the_driver_cannot_do_a_human_hand_does() -> None:
    by_hand = Sending(text=False, quote=False, mark_read=False, typing=False)
    member, group = sending("cloud", group=False), sending("cloud", group=True)

    assert replace(member, kinds=frozenset()) == Sending(text=True, quote=True, mark_read=True, typing=True)
    assert replace(group, kinds=frozenset()) == Sending(text=True, quote=True, mark_read=False, typing=False)
    assert member.kinds - group.kinds == {"buttons", "list", "reaction"}
    for is_group in (False, True):
        assert replace(sending("human", group=is_group), kinds=frozenset()) == by_hand


async def test_webhooks_are_asked_for_by_the_account(graph: Graph) -> None:
    graph.answer(200, {"success": True})

    async with open_cloud(settings_of(graph.url)) as driver:
        verdict = await driver.subscribe("https://wa.example/webhook", Secret("word"))

    assert verdict == Verdict("accepted")
    assert graph.asked[0].path == "/v26.0/200000000000002/subscribed_apps"
    assert graph.asked[0].form == {
        "override_callback_uri": "https://wa.example/webhook",
        "verify_token": "word",
    }


async def test_without_an_account_nobody_is_asked(graph: Graph) -> None:
    async with open_cloud(settings_of(graph.url, waba_id="")) as driver:
        verdict = await driver.subscribe("https://wa.example/webhook", "word")

    assert (verdict.outcome, graph.asked) == ("unsent", [])


@pytest.mark.parametrize(
    "faulty",
    [
        message(text="x" * 4097),
        message(text=" \n"),
        message(Recipient("phone", "")),
        Message(PHONE, Text("Hello"), "x" * 513),
    ],
)
async def test_what_whatsapp_would_refuse_does_not_leave(graph: Graph, faulty: Message) -> None:
    async with open_cloud(settings_of(graph.url)) as driver:
        verdict = await driver.send(faulty)

    assert (verdict.outcome, verdict.action, graph.asked) == ("refused", Action.FIX, [])
    assert verdict.detail


async def test_a_refusal_is_told_with_its_code(graph: Graph) -> None:
    graph.answer(401, {"error": {"code": 190, "message": "expired", "fbtrace_id": "Afake"}})

    async with open_cloud(settings_of(graph.url)) as driver:
        verdict = await driver.send(message())

    assert verdict == Verdict("refused", action=Action.STOP, code=190, detail="expired", trace="Afake")


async def test_a_redirect_is_not_followed_and_the_token_stays_here(graph: Graph) -> None:
    async with serving(Graph()) as elsewhere:
        for status in (301, 302, 303, 307, 308):
            graph.answer(status, {}, Location=f"{elsewhere.url}/v26.0/1/messages")
        async with open_cloud(settings_of(graph.url)) as driver:
            verdicts = [await driver.send(message()) for _ in range(5)]

    assert [it.action for it in verdicts] == [Action.STOP] * 5
    assert (len(graph.asked), elsewhere.asked, elsewhere.lines) == (5, [], [])


async def test_the_token_is_for_one_address_alone(graph: Graph) -> None:
    async with serving(Graph()) as elsewhere:
        client = cloud_client.Client(graph.url, Secret(TOKEN))
        for address in (
            elsewhere.url,
            graph.url.replace("127.0.0.1", "localhost"),
            "https://graph.facebook.com",
        ):
            client._base = address
            verdict = await client.post("/v26.0/1/messages", {}, sending=True)
            assert (verdict.outcome, verdict.action) == ("unsent", Action.STOP)
        await client.close()

    assert graph.asked == elsewhere.asked == []


WHOLE = http(200, json.dumps(ACCEPTED).encode())


@pytest.mark.parametrize(
    "answer",
    [None, WHOLE[:40], WHOLE[:-5], b"HTTP/1.1 200 OK\r\nX: \x00\r\n\r\n", b"SSH-2.0\r\n", http(204, b"")],
)
async def test_an_answer_that_is_lost_is_unknown(graph: Graph, answer: bytes | None) -> None:
    graph.answers, graph.hangs_up = [answer], True

    async with open_cloud(settings_of(graph.url)) as driver:
        verdict = await driver.send(message())

    assert (verdict.outcome, verdict.action, len(graph.asked)) == ("unknown", Action.UNKNOWN, 1)


async def test_a_silent_server_is_unknown_and_a_closed_door_is_unsent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cloud_client, "READ_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        async with open_cloud(settings_of(url)) as driver:
            lost = await driver.send(message())
    async with open_cloud(settings_of(url)) as driver:
        closed = await driver.send(message())
        tick = await driver.mark_read("wamid.A")

    assert (lost.outcome, lost.action) == ("unknown", Action.UNKNOWN)
    assert (closed.outcome, closed.action) == ("unsent", Action.RETRY)
    assert tick.outcome == "unsent"


async def test_an_answer_that_drips_for_ever_is_cut(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_client, "REQUEST_SECONDS_MAX", 0.1)
    graph.answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"]

    async with open_cloud(settings_of(graph.url)) as driver:
        verdict = await driver.send(message())

    assert verdict.outcome == "unknown"


async def test_a_huge_answer_is_read_no_further(graph: Graph) -> None:
    graph.answers = [http(200, b" " * (cloud_client.ANSWER_BYTES_MAX * 4))]

    async with open_cloud(settings_of(graph.url)) as driver:
        assert (await driver.send(message())).outcome == "unknown"
        assert (await driver.send(message())).outcome == "accepted"


async def test_ten_connections_are_enough_for_all(graph: Graph) -> None:
    async with open_cloud(settings_of(graph.url)) as driver:
        verdicts = await asyncio.gather(*(driver.send(message(text=f"{n}")) for n in range(40)))

    assert {it.outcome for it in verdicts} == {"accepted"}
    assert sorted(int(it.form["text"]["body"]) for it in graph.asked) == list(range(40))


async def test_no_proxy_stands_between_us_and_this_machine(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(Graph(described=False)) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        async with open_cloud(settings_of(graph.url)) as driver:
            verdict = await driver.send(message())

    assert (verdict.outcome, proxy.lines) == ("accepted", [])


async def test_a_proxy_of_the_environment_is_used_and_never_sees_the_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(Graph(described=False)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        proxy.answer(403, {})
        async with open_cloud(settings_of("https://graph.facebook.com")) as driver:
            verdict = await driver.send(message())

    assert (verdict.outcome, verdict.action) == ("unsent", Action.RETRY)
    assert proxy.lines == [b"CONNECT graph.facebook.com:443 HTTP/1.1\r\n"]
    assert TOKEN not in repr(proxy.asked)


def make_certificate(folder: Path) -> None:
    """A key `k` and a certificate `c` for this machine, signed by nobody."""
    words = (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test -keyout k -out c"
    )
    subprocess.run(
        ["openssl", *words.split(), "-addext", "subjectAltName=IP:127.0.0.1"],
        cwd=folder,
        check=True,
        capture_output=True,
    )


@pytest.mark.skipif(which("openssl") is None, reason="openssl makes this test's certificate")
async def test_a_certificate_counts_only_when_the_environment_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "c", tmp_path / "k")
    async with serving(Graph(), tls) as graph:
        async with open_cloud(settings_of(graph.url)) as driver:
            unknown = await driver.send(message())
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "c"))
        async with open_cloud(settings_of(graph.url)) as driver:
            known = await driver.send(message())

    assert (unknown.outcome, "CERTIFICATE_VERIFY_FAILED" in unknown.detail) == ("unsent", True)
    assert (known.outcome, len(graph.asked)) == ("accepted", 1)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"base_url": "http://graph.facebook.com"}, "write an https:// address, or http:// on this machine"),
        ({"base_url": "https://a:b@graph.facebook.com"}, "write an https:// address"),
        ({"base_url": "https://graph.facebook.com?x=1"}, "write an https:// address"),
        ({"base_url": "http://127.0.0.1.evil.example"}, "write an https:// address"),
        ({"base_url": "http://127.0.0.1:99999"}, "write an https:// address"),
        ({"base_url": "ftp://127.0.0.1"}, "write an https:// address"),
        ({"base_url": ""}, "write an https:// address"),
        ({"graph_version": "../me"}, "write a version of the Graph API"),
        ({"phone_number_id": ""}, "cloud.phone_number_id is “”: write its digits"),
        ({"phone_number_id": "1/../2"}, "write its digits"),
        ({"token": Secret()}, "There is no access token: set WACONSOLE_CLOUD__TOKEN"),
        ({"token": Secret("a\r\nX: y")}, "holds signs that no token has"),
        ({"token": Secret("tökén")}, "holds signs that no token has"),
    ],
)
async def test_a_number_that_is_not_set_up_is_said_in_one_sentence(more: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused) as refused:
        async with open_cloud(settings_of("https://graph.facebook.com", **more)):
            raise AssertionError("it opened")

    assert says in str(refused.value)


async def test_an_address_may_have_a_path_and_a_slash(graph: Graph) -> None:
    graph.described = False
    async with open_cloud(settings_of(f"{graph.url}/meta/")) as driver:
        await driver.send(message())

    assert graph.asked[0].path == "/meta/v26.0/100000000000001/messages"


def test_it_is_a_driver() -> None:
    def takes(driver: Driver) -> Driver:
        return driver

    client = cloud_client.Client("https://graph.facebook.com", Secret(TOKEN))
    made = CloudDriver(client, client, graph_version="v26.0", phone_number_id="1", waba_id="")
    assert takes(made) is made
