"""An HTTP server on loopback that answers as it is told: the far side of a driver's requests.

It speaks HTTP by hand, so that it can also hang up, fall silent or answer half.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.whatsapp.meta_schema import check

REQUEST_BYTES_MAX = 1 << 20
ACCEPTED = {"messaging_product": "whatsapp", "messages": [{"id": "wamid.FAKE0001"}]}


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, Any]:
        """Its JSON."""
        form: dict[str, Any] = json.loads(self.body)
        return form


@dataclass
class Graph:
    """What was asked, and what is answered: the next of `answers`, else that it was accepted."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: list[bytes | None] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    described: bool = True
    hangs_up: bool = False

    def answer(self, status: int, document: object, **headers: str) -> None:
        """Answer the next request so."""
        self.answers.append(http(status, json.dumps(document).encode(), **headers))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one connection."""
        try:
            while line := await reader.readline():
                self.lines.append(line)
                method, path, _ = line.decode().split(" ", 2)
                headers = {}
                while (line := await reader.readline()).strip():
                    name, _, value = line.decode().partition(":")
                    headers[name.strip().lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.asked.append(Asked(method, path, headers, body))
                if self.described and method == "POST":
                    check(method, path, json.loads(body))
                answer = self.answers.pop(0) if self.answers else http(200, json.dumps(ACCEPTED).encode())
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
                if self.hangs_up:
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def http(status: int, body: bytes, **headers: str) -> bytes:
    """A whole answer."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def serving(graph: Graph, tls: ssl.SSLContext | None = None) -> AsyncIterator[Graph]:
    """`graph` on a free port of this machine."""
    failed: list[BaseException] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await graph.serve(reader, writer)
        except Exception as error:
            failed.append(error)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls, limit=REQUEST_BYTES_MAX)
    port = server.sockets[0].getsockname()[1]
    graph.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield graph
    finally:
        server.close()
        await asyncio.sleep(0)
    if failed:
        raise failed[0]
