"""One small pool of connections to a gateway; the key goes to its address and nowhere else.

The address is https, or http on this machine alone (the settings' form): a key in clear could be read by
whoever shares the network, a private one too. No redirect is followed, an answer's size and time are bounded.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable, Generator, Mapping
from typing import Any, Final

import httpx

from waconsole import __version__
from waconsole.settings.secrets import Secret
from waconsole.whatsapp.driver import Action, Verdict
from waconsole.whatsapp.gateway.answers import classify, classify_failure, document_of

KEY_HEADER: Final = "X-Api-Key"
CONNECTIONS_MAX: Final = 6
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 30.0  # it uploads a file to WhatsApp before it answers
WRITE_SECONDS: Final = 30.0
POOL_SECONDS: Final = 5.0
REQUEST_SECONDS_MAX: Final = 90.0
FILE_SECONDS_MAX: Final = 600.0
KEEPALIVE_SECONDS: Final = 4.0
# A page of history, or the people of a group of 1,024.
ANSWER_BYTES_MAX: Final = 16 << 20


class Misdirected(Exception):
    """A request that would have carried the key to another place than the one it is for."""


class BoundKey(httpx.Auth):
    """The gateway's key, for requests to one scheme, host and port alone."""

    def __init__(self, key: Secret, base: httpx.URL) -> None:
        """`base` is the address the key is for."""
        self._key = key
        self._place = (base.scheme, base.host, base.port)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Put the key on a request to its own place. Raises Misdirected."""
        if (request.url.scheme, request.url.host, request.url.port) != self._place:
            raise Misdirected(f"The gateway's key is not for {request.url.host}: nothing was sent.")
        request.headers[KEY_HEADER] = self._key.reveal()
        yield request


class Client:
    """Requests to one gateway with one key, and what became of them."""

    def __init__(
        self, base_url: str, key: Secret, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """`base_url` is https, or http on this machine: whoever opens it has checked that."""
        self._base = base_url.rstrip("/")
        base = httpx.URL(self._base)
        is_far = base.scheme == "https"
        trusted: ssl.SSLContext | bool = httpx.create_ssl_context(trust_env=True) if is_far else False
        self._client = httpx.AsyncClient(
            auth=BoundKey(key, base),
            headers={"User-Agent": f"waconsole/{__version__}", "Accept": "application/json"},
            limits=httpx.Limits(
                max_connections=CONNECTIONS_MAX,
                max_keepalive_connections=CONNECTIONS_MAX,
                keepalive_expiry=KEEPALIVE_SECONDS,
            ),
            timeout=httpx.Timeout(
                connect=CONNECT_SECONDS, read=READ_SECONDS, write=WRITE_SECONDS, pool=POOL_SECONDS
            ),
            follow_redirects=False,
            trust_env=is_far,
            verify=trusted,
            transport=transport,
        )

    async def ask(
        self,
        method: str,
        path: str,
        form: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        sending: bool = False,
        left: Callable[[], None] | None = None,
    ) -> tuple[Verdict, Any]:
        """One request: what became of it, and what was answered as JSON (None without).

        Whatever fails is a verdict, so that no traceback stands on a request and its key. `sending` says
        that doing it twice would be seen; `left` is called once the request is on the wire.
        """
        content = b""
        if form is not None:
            content = json.dumps(form, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        try:
            async with asyncio.timeout(REQUEST_SECONDS_MAX):
                status, body = await self._exchange(method, path, content, query, left)
        except Misdirected as error:
            return Verdict("unsent", action=Action.STOP, detail=str(error)), None
        except Exception as error:
            return classify_failure(error, sending=sending), None
        if len(body) > ANSWER_BYTES_MAX:
            detail = f"The gateway's answer is larger than {ANSWER_BYTES_MAX >> 20} MiB."
            return Verdict("unknown" if sending else "refused", action=Action.PARK, detail=detail), None
        verdict = classify(status, body, sending=sending)
        return verdict, document_of(body) if verdict.outcome == "accepted" else None

    async def bring(self, path: str, write: Callable[[bytes], None]) -> Verdict:
        """Hand the bytes that stand at `path` to `write`, as they come. Raises only what `write` raises."""
        from waconsole.errors import WaconsoleError

        try:
            async with (
                asyncio.timeout(FILE_SECONDS_MAX),
                self._client.stream("GET", f"{self._base}{path}", headers={"Accept": "*/*"}) as response,
            ):
                if response.status_code != 200:
                    return classify(response.status_code, b"{}", sending=False)
                async for piece in response.aiter_bytes():
                    write(piece)
        except (WaconsoleError, OSError):
            raise
        except Exception as error:
            return classify_failure(error, sending=False)
        return Verdict("accepted")

    async def _exchange(
        self,
        method: str,
        path: str,
        content: bytes,
        query: Mapping[str, str] | None,
        left: Callable[[], None] | None,
    ) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json"} if content else {}
        more = {"trace": _tells(left)} if left is not None else {}
        body = bytearray()
        async with self._client.stream(
            method,
            f"{self._base}{path}",
            params=query,
            content=content or None,
            headers=headers,
            extensions=more,
        ) as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > ANSWER_BYTES_MAX:
                    break
        return response.status_code, bytes(body)

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()


def _tells(left: Callable[[], None]) -> Callable[..., Any]:
    """What httpx tells of a request as it goes: the moment its last byte was written."""

    async def trace(name: str, _: Mapping[str, Any]) -> None:
        if name.endswith(".send_request_body.complete"):
            left()

    return trace
