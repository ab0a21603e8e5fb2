"""Requests and answers without a framework, and the ways an answer can fail to come."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.types import Receive, Send

from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.forms import BODY_BYTES_MAX
from waconsole.whatsapp.sandbox.wire import as_bytes


class Cut(Exception):
    """The connection is to be cut without an answer."""


class Hang(Exception):
    """No answer is to come, and the connection stays."""


class ServerError(Exception):
    """An answer of 5xx that says nothing about the message."""

    def __init__(self, http_status: int) -> None:
        """The status is the dial's."""
        super().__init__(http_status)
        self.http_status = http_status

    def document(self, trace: str) -> dict[str, Any]:
        """Meta's body for a failure of its own."""
        return GraphError(131000, "Something went wrong.").document(trace)


async def body_of_request(receive: Receive) -> bytes:
    """The whole body. Raises GraphError when it is too large, Cut when the other side has gone."""
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Cut
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > BODY_BYTES_MAX:
            raise GraphError(100, "The request is too large.")
        if not message.get("more_body", False):
            return b"".join(parts)


async def respond(send: Send, http_status: int, document: Mapping[str, Any]) -> None:
    """Answer with a document, as Meta writes JSON."""
    body = as_bytes(document)
    headers = [
        (b"content-type", b"application/json; charset=UTF-8"),
        (b"content-length", str(len(body)).encode("ascii")),
    ]
    if http_status == 401:
        headers.append((b"www-authenticate", b'OAuth "Facebook Platform" "invalid_token"'))
    await send({"type": "http.response.start", "status": http_status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def cut(send: Send) -> None:
    """Cut the connection: `send` belongs to uvicorn's request, which knows the transport."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
    await asyncio.sleep(0)  # uvicorn learns of it before we return, and answers nothing


async def gone(receive: Receive) -> None:
    """Wait until the other side gives up."""
    while (await receive())["type"] != "http.disconnect":
        pass
