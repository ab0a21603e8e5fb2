"""A sandbox for speed trials: accepts every message at once and remembers nothing but how many there were.

No people, no webhooks, no checks. What it answers has the shape of a real answer with a fresh id, so that
what is measured is whoever sends.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable
from typing import Final

HEAD_BYTES_MAX: Final = 64 << 10
BODY_BYTES_MAX: Final = 1 << 20
BACKLOG: Final = 2048

_ANSWER: Final = b"HTTP/1.1 %d %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
_ACCEPTED: Final = b'{"messaging_product":"whatsapp","contacts":[{"input":"%b","wa_id":"%b"}],"messages":[{"id":"wamid.%b%012X"}]}'
_TO: Final = (b'"to"', b'"recipient"')


class Count:
    """How many messages were accepted, and the beginning that makes their ids new in each run."""

    def __init__(self) -> None:
        """None yet."""
        self.accepted = 0
        self.prefix = secrets.token_hex(8).upper().encode("ascii")


class NullProtocol(asyncio.Protocol):
    """One connection: request after request, each answered as soon as its last byte is here."""

    def __init__(self, count: Count) -> None:
        """The count is shared by all connections."""
        self._count = count
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole by now."""
        transport = self._transport
        if transport is None:
            return
        self._buffer = buffer = self._buffer + data if self._buffer else data
        answers: list[bytes] = []
        place, is_last = 0, False
        while not is_last and (end := buffer.find(b"\r\n\r\n", place)) >= 0:
            head = buffer[place:end]
            length = _length(head)
            if not 0 <= length <= BODY_BYTES_MAX:
                answers.append(_ANSWER % (411, b"Length Required", 2, b"{}"))
                is_last = True
                break
            if len(buffer) < end + 4 + length:
                break
            answers.append(self._answer(head, buffer[end + 4 : end + 4 + length]))
            place = end + 4 + length
            is_last = b"connection: close" in head.lower()
        self._buffer = buffer[place:] if place else buffer
        if answers:
            transport.write(b"".join(answers))
        if is_last or len(self._buffer) > HEAD_BYTES_MAX + BODY_BYTES_MAX:
            transport.close()

    def _answer(self, head: bytes, body: bytes) -> bytes:
        count = self._count
        if not head.startswith(b"POST"):
            said = b'{"null":true,"accepted":%d,"data":[]}' % count.accepted
        elif not (to := _recipient(body)):
            said = b'{"success":true}'
        else:
            count.accepted += 1
            said = _ACCEPTED % (to, to.lstrip(b"+"), count.prefix, count.accepted)
        return _ANSWER % (200, b"OK", len(said), said)


def _length(head: bytes) -> int:
    """How long the body is; -1 when that cannot be told."""
    place = head.find(b"ontent-")  # nearly every client writes it in one of two ways
    while place >= 0 and head[place + 7 : place + 14].lower() != b"length:":
        place = head.find(b"ontent-", place + 7)
    if place < 0:
        return -1 if b"transfer-encoding:" in head.lower() else 0
    end = head.find(b"\r\n", place)
    said = head[place + 14 : end if end >= 0 else len(head)].strip()
    return int(said) if said.isdigit() and len(said) < 10 else -1


def _recipient(body: bytes) -> bytes:
    """What stands behind `to`, else behind `recipient`, as it is written; empty without either."""
    for key in _TO:
        place = body.find(key)
        if place < 0:
            continue
        begin = body.find(b'"', place + len(key)) + 1
        end = body.find(b'"', begin)
        if 0 < begin < end:
            return body[begin:end]
    return b""


async def serve_null(listener: socket.socket, ended: asyncio.Event, ready: Callable[[], None]) -> Count:
    """Answer on `listener` until `ended` is set; `ready` is called when it does."""
    count = Count()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: NullProtocol(count), sock=listener, backlog=BACKLOG)
    async with server:
        ready()
        await ended.wait()
        server.close()
    return count
