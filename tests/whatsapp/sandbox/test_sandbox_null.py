"""The sandbox for speed trials, fed with bytes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.whatsapp.sandbox.harness import MEMBER, text_to
from waconsole.whatsapp.sandbox.null import Count, NullProtocol


class Wire(asyncio.Transport):
    """A connection that remembers what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.closed = True

    def answers(self) -> list[dict[str, Any]]:
        return [json.loads(part.partition(b"\r\n\r\n")[2]) for part in self.written.split(b"HTTP/1.1 ")[1:]]


def request(body: dict[str, Any], *heads: str) -> bytes:
    raw = json.dumps(body).encode()
    lines = ["POST /v26.0/1/messages HTTP/1.1", "Host: x", f"Content-Length: {len(raw)}", *heads]
    return "\r\n".join([*lines, "", ""]).encode() + raw


def wired() -> tuple[NullProtocol, Wire]:
    protocol, wire = NullProtocol(Count()), Wire()
    protocol.connection_made(wire)
    return protocol, wire


def test_every_message_is_answered_with_a_fresh_id() -> None:
    protocol, wire = wired()

    protocol.data_received(request(text_to(MEMBER)) * 3)

    first, *others = wire.answers()
    assert first["contacts"] == [{"input": MEMBER, "wa_id": "15550001111"}]
    ids = [it["messages"][0]["id"] for it in (first, *others)]
    assert len(set(ids)) == 3
    assert all(it.startswith("wamid.") for it in ids)


def test_bytes_may_come_one_by_one() -> None:
    protocol, wire = wired()

    for byte in request(text_to(MEMBER)):
        protocol.data_received(bytes([byte]))

    assert len(wire.answers()) == 1


def test_what_is_no_message_is_answered_too() -> None:
    protocol, wire = wired()

    protocol.data_received(request({"messaging_product": "whatsapp", "status": "read", "message_id": "x"}))
    protocol.data_received(request({"recipient": "DE.1", "type": "text"}))
    protocol.data_received(b"GET /_sandbox/state HTTP/1.1\r\nHost: x\r\n\r\n")

    read, sent, state = wire.answers()
    assert read == {"success": True}
    assert sent["contacts"][0]["input"] == "DE.1"
    assert state["accepted"] == 1


def test_a_connection_ends_when_it_must() -> None:
    protocol, wire = wired()
    protocol.data_received(request(text_to(MEMBER), "Connection: close"))
    assert (len(wire.answers()), wire.closed) == (1, True)

    protocol, wire = wired()
    protocol.data_received(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert wire.written.startswith(b"HTTP/1.1 411 ")
    assert wire.closed
