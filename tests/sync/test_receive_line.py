"""A connection that only stands there is closed, and one that is used is not."""

from __future__ import annotations

import asyncio
import socket

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from waconsole.sync import commands_receive, receive_line

ASK = b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n"


async def slow(_: Request) -> PlainTextResponse:
    """An answer that takes longer than a head may."""
    await asyncio.sleep(0.3)
    return PlainTextResponse("done")


async def test_half_a_head_is_not_waited_for_and_a_long_answer_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive_line, "HEAD_SECONDS_MAX", 0.1)
    monkeypatch.setattr(receive_line, "LOOK_SECONDS", 0.02)
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    port = listening.getsockname()[1]
    app = Starlette(routes=[Route("/slow", slow)])
    async with commands_receive._serving(app, listening, lambda: None), asyncio.timeout(10):
        half, half_writer = await asyncio.open_connection("127.0.0.1", port)
        half_writer.write(ASK[:20])
        whole, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASK)

        assert await half.read() == b""
        assert (await whole.readuntil(b"done")).startswith(b"HTTP/1.1 200")
        writer.write(ASK[:20])  # and half of the next
        assert await whole.read() == b""
        half_writer.close()
        writer.close()
