"""Requests and answers without a framework, and the ways an answer can fail to come."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.fields import BAD, Fields
from waconsole.whatsapp.sandbox.forms import BODY_BYTES_MAX, document_of
from waconsole.whatsapp.sandbox.wire import as_bytes

UPLOAD_BYTES_MAX: Final = 101 << 20
MULTIPART: Final = "multipart/form-data"


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


@dataclass(frozen=True, slots=True)
class Asked:
    """One request on a Graph path: `/{version}/{node}/{edge}`; `base` is the address we were called by."""

    method: str
    node: str
    edge: str
    query: Mapping[str, list[str]]
    content_type: str
    raw: bytes
    base: str

    def first(self, key: str) -> str:
        """The first value of a key in the address; empty when it is not there."""
        return self.query.get(key, [""])[0]

    def document(self) -> Fields:
        """The JSON object of the body. Raises GraphError."""
        return document_of(self.raw, self.content_type)

    def for_whatsapp(self, *known: str) -> Fields:
        """The same, with `messaging_product` and nothing but `known` beside it. Raises GraphError."""
        found = self.document()
        if "messaging_product" not in found:
            raise GraphError(BAD, "The parameter messaging_product is required.")
        found.word("messaging_product", "whatsapp")
        found.only("messaging_product", *known)
        return found


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is not a plain 200 of JSON."""

    document: Mapping[str, Any] = field(default_factory=dict)
    http_status: int = 200
    body: bytes | None = None
    content_type: str = ""


async def body_of_request(receive: Receive, scope: Scope) -> bytes:
    """The whole body. Raises GraphError when it is too large, Cut when the other side has gone."""
    kind = dict(scope["headers"]).get(b"content-type", b"")
    longest = UPLOAD_BYTES_MAX if kind.lower().startswith(MULTIPART.encode("ascii")) else BODY_BYTES_MAX
    return await whole(receive, longest, GraphError(100, "The request is too large."))


async def whole(receive: Receive, longest: int, too_large: Exception) -> bytes:
    """A whole body. Raises `too_large` when it has more than `longest` bytes, Cut when the other side has gone."""
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Cut
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > longest:
            raise too_large
        if not message.get("more_body", False):
            return b"".join(parts)


async def respond(send: Send, http_status: int, document: Mapping[str, Any]) -> None:
    """Answer with a document, as Meta writes JSON."""
    await _answer(send, http_status, as_bytes(document), "application/json; charset=UTF-8")


async def reply(send: Send, answer: Reply | Mapping[str, Any]) -> None:
    """Answer with what a path gave."""
    if not isinstance(answer, Reply):
        await respond(send, 200, answer)
    elif answer.body is None:
        await respond(send, answer.http_status, answer.document)
    else:
        await _answer(send, answer.http_status, answer.body, answer.content_type)


async def _answer(send: Send, http_status: int, body: bytes, content_type: str) -> None:
    headers = [
        (b"content-type", content_type.encode("latin-1", "replace")),
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
