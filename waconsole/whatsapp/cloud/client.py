"""A few connections to the Cloud API; the token goes to its address and nowhere else.

Proxies and certificates come from the environment (HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE,
SSL_CERT_DIR). A loopback address is never reached through a proxy: http would show it the token.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from waconsole import __version__
from waconsole.errors import Permanent
from waconsole.settings.secrets import Secret
from waconsole.whatsapp.classify import classify, classify_failure, object_of
from waconsole.whatsapp.driver import Action, Verdict

CONNECTIONS_MAX: Final = 32
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 20.0
WRITE_SECONDS: Final = 10.0
POOL_SECONDS: Final = 5.0
# However slowly an answer drips in, no request takes longer than this.
REQUEST_SECONDS_MAX: Final = 45.0
UPLOAD_SECONDS_MAX: Final = 600.0  # 100 MB over 1.5 Mbit/s
# An idle connection is given up before servers do (uvicorn: 5 s), so that none dies under a request.
KEEPALIVE_SECONDS: Final = 4.0
ANSWER_BYTES_MAX: Final = 1 << 20


class Misdirected(Permanent):
    """A request that would have carried the token to another place than the one it is for."""


class BoundToken(httpx.Auth):
    """The bearer token, for requests to one scheme, host and port alone."""

    def __init__(self, token: Secret, base: httpx.URL) -> None:
        """`base` is the address the token is for."""
        self._token = token
        self._place = (base.scheme, base.host, base.port)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Put the token on a request to its own place. Raises Misdirected."""
        if (request.url.scheme, request.url.host, request.url.port) != self._place:
            raise Misdirected(f"The token is not for {request.url.host}: nothing was sent.")
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        yield request


class Wires:
    """Connections of one each, of which a request gets the one used last.

    A pool of httpx looks at each of its connections for every request, and asks the system about each
    that is idle: with 32 of them that was half of what a message cost.
    """

    def __init__(self, wire: Callable[[], httpx.AsyncClient]) -> None:
        """`wire` makes a client of one connection; there are `CONNECTIONS_MAX` of them at most."""
        self._wire = wire
        self._idle: deque[tuple[float, httpx.AsyncClient]] = deque()  # since when, by the loop's clock
        self._room = asyncio.Semaphore(CONNECTIONS_MAX)

    @asynccontextmanager
    async def stream(self, method: str, url: str, **parts: Any) -> AsyncIterator[httpx.Response]:
        """As `httpx.AsyncClient.stream`. Raises PoolTimeout when none is free in time."""
        try:
            async with asyncio.timeout(POOL_SECONDS):
                await self._room.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("Every connection is in use.") from None
        client = self._idle.pop()[1] if self._idle else self._wire()
        try:
            async with client.stream(method, url, **parts) as response:
                yield response
        finally:
            now = asyncio.get_running_loop().time()
            self._idle.append((now, client))
            self._room.release()
            if self._idle[0][0] < now - KEEPALIVE_SECONDS:
                await self._idle.popleft()[1].aclose()

    async def aclose(self) -> None:
        """Close them all; nothing is on its way any more."""
        while self._idle:
            await self._idle.pop()[1].aclose()


class Client:
    """Requests to one address with one token, and what became of them."""

    def __init__(self, base_url: str, token: Secret, trusted: ssl.SSLContext | None = None) -> None:
        """`base_url` is https, or http on this machine: whoever opens it has checked that.

        `trusted` holds the certificates that are believed, of `certificates`; read anew without it.
        """
        self._base = base_url.rstrip("/")
        base = httpx.URL(self._base)
        is_far = base.scheme == "https"
        auth, believed = BoundToken(token, base), trusted or certificates()

        def wire() -> httpx.AsyncClient:
            return httpx.AsyncClient(
                auth=auth,
                headers={"User-Agent": f"waconsole/{__version__}"},
                limits=httpx.Limits(
                    max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEEPALIVE_SECONDS
                ),
                timeout=httpx.Timeout(
                    connect=CONNECT_SECONDS, read=READ_SECONDS, write=WRITE_SECONDS, pool=POOL_SECONDS
                ),
                follow_redirects=False,
                trust_env=is_far,
                verify=believed,
            )

        self._client: Wires | httpx.AsyncClient = Wires(wire)

    async def post(
        self, path: str, form: Mapping[str, Any], *, sending: bool, left: Callable[[], None] | None = None
    ) -> Verdict:
        """Post `form` as JSON and say what became of it; raises only when it is cancelled.

        Whatever fails is a verdict, so that no traceback stands on a request and its headers. `left`
        is called once the request is on the wire.
        """
        answer = await self._answer("POST", path, _json(form), left)
        return _verdict(answer, sending=sending)

    async def read(self, path: str) -> tuple[Verdict, dict[str, Any]]:
        """Ask for what stands at `path`: what became of that, and the object that was answered ({} without one)."""
        verdict, document = await self.ask("GET", path)
        return verdict, document if verdict.outcome == "accepted" else {}

    async def ask(
        self, method: str, path: str, form: Mapping[str, Any] | None = None, *, once: bool = False
    ) -> tuple[Verdict, dict[str, Any]]:
        """Any request to the Graph API that is no message, with `form` as JSON: what became of it, and the whole answer.

        The answer is there for a refusal too (what was done of several stands beside the error), {} without
        one. `once` is for what twice would be seen of (a group made, a link reset): a lost answer is then `unknown`.
        """
        content = b"" if form is None else _json(form)
        answer = await self._answer(method, path, content, None)
        verdict = _verdict(answer, sending=once, wants_id=False)
        return verdict, {} if isinstance(answer, Exception) else object_of(answer[1])

    async def delete(
        self, path: str, form: Mapping[str, Any] | None = None
    ) -> tuple[Verdict, dict[str, Any]]:
        """Delete what stands at `path`, as `ask`: it may be asked for twice."""
        return await self.ask("DELETE", path, form)

    async def upload(
        self, path: str, fields: Mapping[str, str], file: Path, *, name: str, mime: str, field: str = "file"
    ) -> tuple[Verdict, dict[str, Any]]:
        """Post a file of this machine with `fields` as a form in parts; as `ask`. It may be asked for twice.

        A file that cannot be read is refused (FIX). It may take `UPLOAD_SECONDS_MAX`.
        """
        try:
            handle = await asyncio.to_thread(file.open, "rb")
        except OSError as error:
            detail = f"The file cannot be read: {error.strerror}."
            return Verdict("refused", action=Action.FIX, detail=detail), {}
        with handle:
            parts = {field: (name, handle, mime)}
            answer = await self._answer(
                "POST", path, b"", None, seconds=UPLOAD_SECONDS_MAX, fields=fields, parts=parts
            )
        verdict = _verdict(answer, sending=False)
        return verdict, {} if isinstance(answer, Exception) else object_of(answer[1])

    async def _answer(
        self,
        method: str,
        path: str,
        content: bytes,
        left: Callable[[], None] | None,
        *,
        seconds: float | None = None,
        **parts: Any,
    ) -> tuple[int, bytes] | Exception:
        """The answer, or what went wrong: without a traceback, whose frames hold the headers."""
        try:
            async with asyncio.timeout(REQUEST_SECONDS_MAX if seconds is None else seconds):
                return await self._exchange(method, f"{self._base}{path}", content, left, **parts)
        except Exception as error:
            return _bare(error)

    async def _exchange(
        self,
        method: str,
        url: str,
        content: bytes,
        left: Callable[[], None] | None,
        fields: Mapping[str, str] | None = None,
        parts: Mapping[str, Any] | None = None,
    ) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json"} if content else {}
        more = {"trace": _tells(left)} if left is not None else {}
        body = bytearray()
        async with self._client.stream(
            method, url, content=content or None, data=fields, files=parts, headers=headers, extensions=more
        ) as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > ANSWER_BYTES_MAX:
                    break
        return response.status_code, bytes(body[:ANSWER_BYTES_MAX])

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()


def certificates() -> ssl.SSLContext:
    """The certificates that are believed: those of SSL_CERT_FILE and SSL_CERT_DIR, else the well-known ones."""
    return httpx.create_ssl_context(trust_env=True)


def _json(form: Mapping[str, Any]) -> bytes:
    return json.dumps(form, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _verdict(
    answer: tuple[int, bytes] | Exception, *, sending: bool, wants_id: bool | None = None
) -> Verdict:
    if isinstance(answer, Misdirected):
        return Verdict("unsent", action=Action.STOP, detail=str(answer))
    if isinstance(answer, Exception):
        return classify_failure(answer, sending=sending)
    return classify(*answer, sending=sending, wants_id=wants_id)


def _tells(left: Callable[[], None]) -> Callable[[str, Mapping[str, Any]], Awaitable[None]]:
    """What httpx tells of a request as it goes: the moment its last byte was written."""

    async def trace(name: str, _: Mapping[str, Any]) -> None:
        if name.endswith(".send_request_body.complete"):
            left()

    return trace


def _bare(error: Exception) -> Exception:
    """`error` with no frame of the request left in it or in what caused it."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)
