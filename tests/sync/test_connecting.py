"""Connecting a number, against the sandbox: each step says in words what is wrong, and what to do about it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.whatsapp.sandbox.harness import NUMBER, WABA, Running, running
from waconsole.settings import CloudSettings, GatewaySettings, ReceiverSettings, Settings
from waconsole.settings.secrets import Secret
from waconsole.sync.connecting import STEPS, checked_step, checked_steps
from waconsole.whatsapp import webhook

NOBODY = ReceiverSettings(port=9)


def at(sandbox: Running, *, receiver: ReceiverSettings = NOBODY, **cloud: Any) -> Settings:
    """Settings of the sandbox's number, changed as told."""
    known = CloudSettings(
        base_url=str(sandbox.client.base_url).rstrip("/"), phone_number_id=NUMBER, waba_id=WABA,
        token=Secret("token"), app_secret=Secret("app"), verify_token=Secret("word"),
    )  # fmt: skip
    return Settings(cloud=replace(known, **cloud), receiver=receiver)


@asynccontextmanager
async def our_receiver(
    app_secret: str = "app", verify_token: str = "word"
) -> AsyncIterator[ReceiverSettings]:
    """A receiver that answers as ours does."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        method, target, _ = first.split(" ")
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        status, answer = 200, b'{"ok":true,"kept":0,"refused":0}'
        if method == "POST":
            status = (
                200 if webhook.signature_ok(body, headers.get("x-hub-signature-256"), [app_secret]) else 401
            )
        elif target.startswith("/webhook"):
            query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
            challenge = webhook.handshake(query, verify_token)
            status, answer = (403, b"no") if challenge is None else (200, challenge.encode())
        writer.write(
            b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
            % (status, len(answer), answer)
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield ReceiverSettings(host="127.0.0.1", port=server.sockets[0].getsockname()[1])


async def test_every_step_of_a_number_that_is_connected_is_well() -> None:
    async with running() as sandbox, our_receiver() as receiver:
        steps = [step async for step in checked_steps(at(sandbox, receiver=receiver))]

    assert [step.step for step in steps] == list(STEPS)
    assert [step.says for step in steps if not step.ok] == []
    assert "quality green, TIER_2K" in steps[1].says


@pytest.mark.parametrize(
    ("step", "changes", "says"),
    [
        ("token", {"token": Secret("old")}, "WhatsApp refuses the token (code 190:"),
        ("token", {"token": Secret()}, "There is no access token."),
        ("number", {"phone_number_id": "7"}, "WhatsApp knows no number with the id 7"),
        ("number", {"token": Secret("old")}, "see the step before"),
        ("account", {"waba_id": "7"}, "WhatsApp knows no account with the id 7"),
        ("account", {"waba_id": ""}, "No account is set"),
        ("app_secret", {"app_secret": Secret("a\nb")}, "holds signs that none has"),
        ("verify_token", {"verify_token": Secret()}, "There is no verify token"),
        ("receiver", {}, "No receiver listens on port 9 here"),
    ],
)
async def test_what_is_wrong_is_said(step: str, changes: dict[str, Any], says: str) -> None:
    async with running() as sandbox:
        found = await checked_step(step, at(sandbox, **changes))

    assert not found.ok and says in found.says


async def test_a_receiver_with_other_secrets_is_found_out() -> None:
    async with running() as sandbox, our_receiver("other", "other") as receiver:
        settings = at(sandbox, receiver=replace(receiver, public_url=f"http://127.0.0.1:{receiver.port}"))
        secret, word, public = [
            await checked_step(name, settings) for name in ("app_secret", "verify_token", "receiver")
        ]

    assert "refuses what is signed with it" in secret.says and not secret.ok
    assert "another verify token" in word.says and not word.ok
    assert "it answers HTTP 403" in public.says and not public.ok


async def test_whatsapp_that_cannot_be_reached_and_a_gateway_that_does_not_answer_are_told() -> None:
    async with running() as sandbox:
        settings = at(sandbox, base_url="http://127.0.0.1:9")
    gateway = GatewaySettings(base_url="http://127.0.0.1:9", api_key=Secret("k"))

    assert "cannot be reached" in (await checked_step("token", settings)).says
    found = await checked_step("gateway", replace(settings, gateway=gateway))
    assert "No gateway answers at http://127.0.0.1:9" in found.says and not found.ok


async def test_a_refusal_of_httpx_holds_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    async with running() as sandbox:
        settings = at(sandbox, receiver=ReceiverSettings(public_url="https://127.0.0.1:9"))
        found = await checked_step("receiver", settings)

    assert "it cannot be reached: ConnectError" in found.says
    assert "word" not in found.says and httpx.__name__ not in found.says
