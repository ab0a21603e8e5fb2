"""A gateway's events over a WebSocket that we open: no address of ours has to be reachable.

What was missed while it was closed is the caller's to ask for, after every connecting. The key stands in the
address, as the gateway wants it: the address is never shown, and no redirect is followed. `websockets` is
loaded when it is first connected.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from waconsole.settings import GatewaySettings
from waconsole.settings.forms import LOOPBACK
from waconsole.whatsapp.gateway.answers import KEY_REFUSED
from waconsole.whatsapp.gateway.events import LISTENED_TO
from waconsole.whatsapp.webhook import BODY_BYTES_MAX

OPEN_SECONDS: Final = 10.0
PING_SECONDS: Final = 20.0
CLOSE_SECONDS: Final = 3.0
# Events that came and are not taken yet; then the gateway waits.
QUEUE_MAX: Final = 256
WAIT_FIRST_SECONDS: Final = 1.0
WAIT_SECONDS_MAX: Final = 60.0
WAIT_FACTOR: Final = 2.0
# A key that is refused is refused again: nobody mends it within a minute.
KEY_REFUSED_SECONDS: Final = 600.0
_POLICY: Final = 1008  # WAHA takes the socket, then closes it so for a wrong key
# A connection that held so long was a good one: the next waiting begins anew.
GOOD_SECONDS: Final = 60.0


class Waits:
    """How long to wait before each next try: ever longer, up to a minute, never the same for two of us."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        """`chance` answers from 0 to 1."""
        self._chance = chance
        self._next = WAIT_FIRST_SECONDS

    def next_seconds(self) -> float:
        """The wait before the next try."""
        wait, self._next = self._next, min(self._next * WAIT_FACTOR, WAIT_SECONDS_MAX)
        return wait * (0.5 + self._chance() / 2)

    def begin_anew(self) -> None:
        """A connection was good."""
        self._next = WAIT_FIRST_SECONDS


def address(settings: GatewaySettings) -> str:
    """Where the events are, with the key in it."""
    base = urlsplit(settings.base_url.rstrip("/"))
    query = [("session", settings.session), *(("events", event) for event in LISTENED_TO)]
    query.append(("x-api-key", settings.api_key.reveal()))
    scheme = "wss" if base.scheme == "https" else "ws"
    return urlunsplit((scheme, base.netloc, f"{base.path}/ws", urlencode(query), ""))


@asynccontextmanager
async def connected(settings: GatewaySettings) -> AsyncIterator[AsyncIterator[bytes]]:
    """The events of a connection, each as it came. Raises OSError, TimeoutError or what websockets raises."""
    from websockets.asyncio.client import connect

    class Straight(connect):
        """A connection that follows no redirect: the key is for one place."""

        def process_redirect(self, exc: Exception) -> Exception | str:
            return exc

    near = (urlsplit(settings.base_url).hostname or "") in LOOPBACK
    more: dict[str, Any] = {"proxy": None} if near else {}
    async with Straight(
        address(settings),
        open_timeout=OPEN_SECONDS,
        ping_interval=PING_SECONDS,
        ping_timeout=PING_SECONDS,
        close_timeout=CLOSE_SECONDS,
        max_size=BODY_BYTES_MAX,
        max_queue=QUEUE_MAX,
        **more,
    ) as socket:
        yield _frames(socket)


async def _frames(socket: Any) -> AsyncIterator[bytes]:
    async for frame in socket:
        yield frame if isinstance(frame, bytes) else frame.encode("utf-8", "replace")


async def listen(
    settings: GatewaySettings,
    *,
    took: Callable[[bytes], Awaitable[None]],
    opened: Callable[[], Awaitable[None]],
    lost: Callable[[str], None],
    waits: Waits | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Hand every event to `took`, until cancelled; connect again whenever the connection is lost.

    `opened` runs beside the events of every connection and ends with it, so that nothing falls between the two;
    `lost` is told in one sentence why a connection could not be had or kept. What `took` or `opened` raise
    that is no fault of the network goes through.
    """
    pauses = waits or Waits()
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            async with connected(settings) as events:
                await _until_closed(events, took, opened)
            sentence = "The gateway closed the connection."
        except Exception as error:
            if not _is_of_the_network(error):
                raise
            sentence = _in_words(error)
        if loop.time() - began >= GOOD_SECONDS:
            pauses.begin_anew()
        lost(sentence)
        await sleep(KEY_REFUSED_SECONDS if KEY_REFUSED in sentence else pauses.next_seconds())


async def _until_closed(
    events: AsyncIterator[bytes],
    took: Callable[[bytes], Awaitable[None]],
    opened: Callable[[], Awaitable[None]],
) -> None:
    beside = asyncio.ensure_future(opened())
    try:
        async for event in events:
            await took(event)
            if beside.done():
                beside.result()  # what went wrong in it is said here
    finally:
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)


def _is_of_the_network(error: Exception) -> bool:
    return isinstance(error, OSError | TimeoutError) or any(
        kind.__module__.startswith("websockets") for kind in type(error).__mro__
    )


def _in_words(error: Exception) -> str:
    """Why, never with the address: the key stands in it."""
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    closed = getattr(getattr(error, "rcvd", None), "code", None)
    if status in (401, 403) or closed == _POLICY:
        return f"No events come: {KEY_REFUSED}"
    if status is not None:
        return f"The gateway gives no events (HTTP {status}): check gateway.base_url and its version."
    return f"The gateway's events cannot be had ({type(error).__name__}): trying on."
