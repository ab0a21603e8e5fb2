"""Files on their way in: WhatsApp is asked where one is, and it is fetched from there, checked and kept.

The token goes to the Cloud API's own address and to the one host of Meta's that holds files, by https, wherever an
answer points; names that lead to addresses of this network are not followed. On this machine (the
sandbox) it goes to the same address alone.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import urllib.request
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote

import httpcore
import httpx

from waconsole import __version__
from waconsole.errors import Permanent, Refused
from waconsole.settings.secrets import Secret
from waconsole.whatsapp.cloud.client import CONNECT_SECONDS, POOL_SECONDS, READ_SECONDS, WRITE_SECONDS
from waconsole.whatsapp.driver import Action
from waconsole.whatsapp.files import Copy, Keeping, TooLarge
from waconsole.whatsapp.limits import Limits, too_large
from waconsole.whatsapp.wording import hex_sha256

if TYPE_CHECKING:
    from waconsole.whatsapp.cloud.client import Client

MEDIA_HOST: Final = "lookaside.fbsbx.com"
REDIRECTS_MAX: Final = 3
FETCH_SECONDS_MAX: Final = 600.0
ADDRESSES_MAX: Final = 8
CONNECTIONS_MAX: Final = 4
Place = tuple[str, str, int | None]


class Elsewhere(Permanent):
    """A file is said to be where the token is not for, or where nobody outside of this network should lead us."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of a file: `kept` with our copy; else why not, in words.

    `again`: later. `wrong`: what came is not what was said. `gone`: never. `offline`: nobody was reached.
    """

    outcome: Literal["kept", "again", "wrong", "gone", "offline"]
    copy: Copy | None = None
    reason: str = ""
    retry_after_seconds: float | None = None


class Downloads:
    """Files of a number, by WhatsApp's ids of them."""

    def __init__(
        self,
        client: Client,
        token: Secret,
        base_url: str,
        *,
        paths: tuple[str, str],
        folder: Path | None,
        limits: Limits,
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        """`client` asks where a file is, below `paths` (`/v26.0`, the number's id); `folder` takes our copies."""
        self._client, self._token, self._folder, self._limits = client, token, folder, limits
        self._graph, self._number = paths
        self._base, self._trusted = httpx.URL(base_url), trusted
        self._http: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def fetch(self, media_id: str, *, declared_sha256: str | None = None, name: str = "") -> Fetched:
        """Ask where a file is and bring it here. `declared_sha256` is hex or base64, as the webhook said; raises nothing.

        An address that has expired is asked for once more.
        """
        for _ in range(2):
            seen = await self._where(media_id)
            if isinstance(seen, Fetched):
                return seen
            try:
                async with asyncio.timeout(FETCH_SECONDS_MAX):
                    fetched = await self._bring(seen, declared_sha256, name)
            except Elsewhere as error:
                return Fetched("wrong", reason=str(error))
            except TooLarge as error:
                return Fetched("gone", reason=str(error))
            except Refused as error:
                return Fetched("wrong", reason=str(error))
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
                return Fetched("offline", reason="WhatsApp's files cannot be reached.")
            except (httpx.HTTPError, TimeoutError) as error:
                return Fetched("again", reason=f"The file came only in part ({type(error).__name__}).")
            except OSError as error:
                return Fetched("again", reason=f"The file cannot be kept: {error.strerror}.")
            if fetched is not None:
                return fetched
        return Fetched("again", reason="WhatsApp does not have the file where it said it was.")

    async def close(self) -> None:
        """Close its connections."""
        if self._http is not None:
            await self._http.aclose()

    async def _where(self, media_id: str) -> dict[str, Any] | Fetched:
        """What WhatsApp says of a file: its address (good for five minutes), hash and size."""
        path = f"{self._graph}/{quote(media_id, safe='')}?phone_number_id={self._number}"
        verdict, seen = await self._client.read(path)
        if verdict.outcome == "unsent":
            return Fetched("offline", reason="WhatsApp cannot be reached.")
        if verdict.outcome != "accepted":
            passes = verdict.action in (Action.RETRY, Action.SLOW, Action.STOP, Action.UNKNOWN)
            words = verdict.detail or f"error {verdict.code}"
            return Fetched(
                "again" if passes or verdict.code in (33, 100) else "gone",
                reason=f"WhatsApp does not give the file: {words}",
                retry_after_seconds=verdict.retry_after_seconds,
            )
        size = seen.get("file_size")
        seen["file_size"] = int(size) if isinstance(size, int | str) and str(size).isdecimal() else None
        if seen["file_size"] is not None and (
            wrong := too_large("A file", seen["file_size"], self._limits.received_bytes)
        ):
            return Fetched("gone", reason=wrong)
        return seen

    async def _bring(self, seen: dict[str, Any], declared_sha256: str | None, name: str) -> Fetched | None:
        """The file from its address; None when it is not (any more) there."""
        if self._folder is None:
            return Fetched("again", reason="There is no folder to keep it in.")
        said = hex_sha256(seen["sha256"]) if isinstance(seen.get("sha256"), str) else None
        declared = hex_sha256(declared_sha256) if declared_sha256 else None
        if said and declared and said != declared:
            raise Refused("WhatsApp says two different things of the file's SHA-256: it is not kept.")
        async with self._asked(str(seen.get("url") or "")) as response:
            if response.status_code in (404, 410):
                return None
            if response.status_code != httpx.codes.OK:
                return Fetched("again", reason=f"WhatsApp's files answered HTTP {response.status_code}.")
            with await asyncio.to_thread(Keeping, self._folder, self._limits.received_bytes) as keeping:
                async for piece in response.aiter_raw():
                    keeping.write(piece)
                copy = await asyncio.to_thread(
                    keeping.finish, sha256=declared or said, size=seen["file_size"], name=name
                )
        return Fetched("kept", copy)

    @asynccontextmanager
    async def _asked(self, address: str) -> AsyncIterator[httpx.Response]:
        """The answer at an address, led on only within its own host. Raises Elsewhere."""
        async with self._opening:  # files come some at a time: one of them opens it
            if self._http is None:
                self._http = await asyncio.to_thread(self._opened)
        url = httpx.URL(address) if len(address) < 8192 and address.isprintable() else httpx.URL("")
        self._must_be_permitted(url)
        first = place_of(url)
        for _ in range(REDIRECTS_MAX + 1):
            headers = {"Authorization": f"Bearer {self._token.reveal()}", "Accept-Encoding": "identity"}
            async with self._http.stream("GET", url, headers=headers) as response:
                if not response.is_redirect:
                    yield response
                    return
                url = url.join(response.headers.get("location", ""))
            if place_of(url) != first:
                raise Elsewhere(f"The file's address leads to {url.host or 'nowhere'}: it was not followed.")
        raise Elsewhere("The file's address leads round in a circle.")

    def _must_be_permitted(self, url: httpx.URL) -> None:
        places: set[Place] = {place_of(self._base)}
        if not is_loopback(self._base.host):
            places.add(("https", MEDIA_HOST, 443))
        if place_of(url) not in places or url.userinfo:
            raise Elsewhere(
                f"WhatsApp named {url.host or 'no host'} for a file, which is not one of its own: it was not asked."
            )

    def _opened(self) -> httpx.AsyncClient:
        """The connections for files: straight ones go only to addresses out there, or on this machine for a base here."""
        verify = self._trusted or httpx.create_ssl_context(trust_env=True)
        here = is_loopback(self._base.host)
        shared: dict[str, Any] = {
            "headers": {"User-Agent": f"waconsole/{__version__}"},
            "timeout": httpx.Timeout(
                connect=CONNECT_SECONDS, read=READ_SECONDS, write=WRITE_SECONDS, pool=POOL_SECONDS
            ),
            "follow_redirects": False,
        }
        if not here and has_proxy():  # it looks the name up, and is the operator's own
            return httpx.AsyncClient(**shared, verify=verify, trust_env=True)
        transport = httpx.AsyncHTTPTransport(verify=verify)
        transport._pool = httpcore.AsyncConnectionPool(
            ssl_context=verify, max_connections=CONNECTIONS_MAX, network_backend=Guarded(here=here)
        )
        return httpx.AsyncClient(**shared, transport=transport, trust_env=False)


def place_of(url: httpx.URL) -> Place:
    """Scheme, host and port of an address; the port a scheme has by itself is said too."""
    return url.scheme, url.host, url.port or {"https": 443, "http": 80}.get(url.scheme)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def has_proxy() -> bool:
    """Whether files come through a proxy of the environment."""
    proxies = urllib.request.getproxies()
    return bool((proxies.get("https") or proxies.get("all")) and not urllib.request.proxy_bypass(MEDIA_HOST))


def may_connect(address: str, *, here: bool) -> bool:
    """Whether a file may come from an address: one of the open net; or this machine, when the Cloud API is `here`."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or found
    return mapped.is_loopback if here else mapped.is_global and not mapped.is_multicast


class Guarded(httpcore.AsyncNetworkBackend):
    """Connects to the very addresses it has checked, so that a name cannot change its mind in between."""

    def __init__(self, *, here: bool) -> None:
        """`here`: only this machine; else only the open net."""
        self._here = here
        self._inner: httpcore.AsyncNetworkBackend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own word
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Look the name up, check every address, connect to the first that answers. Raises Elsewhere."""
        try:
            async with asyncio.timeout(timeout):
                found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, TimeoutError) as error:
            raise httpcore.ConnectError(f"{host} is not found.") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))[:ADDRESSES_MAX]
        if not all(may_connect(address, here=self._here) for address in addresses):
            raise Elsewhere(f"{host} leads into a private network: the file was not fetched.")
        failed: Exception = httpcore.ConnectError(f"{host} has no address.")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def sleep(self, seconds: float) -> None:
        """Wait, between the pool's own tries."""
        await asyncio.sleep(seconds)
