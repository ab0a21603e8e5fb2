"""The ways events leave the gateway: open sockets that get them once, and webhooks with a few short retries.

Nothing is kept for who is not there: a consumer that sleeps longer than the retries last has lost its events.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from waconsole import clock
from waconsole.whatsapp.sandbox import ids
from waconsole.whatsapp.sandbox.waha_wire import VERSION
from waconsole.whatsapp.sandbox.waha_world import WahaWorld

WAITING_MAX: Final = 100_000
QUEUE_MAX: Final = 10_000
LOOK_SECONDS: Final = 0.1
TIMEOUT_SECONDS: Final = 10.0
DELAY_SECONDS: Final = 2.0  # WAHA's documented example: 15 times, 2 s
ATTEMPTS: Final = 15
DELAY_SECONDS_MAX: Final = 3600.0
GOES: Final = None  # what a socket is handed when it is to be cut


@dataclass(eq=False)
class Listener:
    """An open socket: what it wants, and what waits to go over it."""

    session: str
    events: frozenset[str]
    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_MAX))
    count: int = 0

    def wants(self, session: str, kind: str) -> bool:
        """Whether an event is for this socket."""
        return self.session in ("*", session) and bool({"*", kind} & self.events)

    def put(self, body: bytes | None) -> None:
        """Hand an event over; who does not read loses."""
        if not self.queue.full():
            self.queue.put_nowait(body)


@dataclass(frozen=True)
class Hook:
    """A webhook of a session, as its configuration says."""

    url: str
    events: frozenset[str]
    key: str = field(repr=False)
    delay_seconds: float
    attempts: int
    policy: str
    headers: Mapping[str, str] = field(repr=False)

    def pause(self, tries: int) -> float:
        """How long after so many tries the next one comes."""
        if self.policy == "linear":
            return self.delay_seconds * tries
        if self.policy == "exponential":
            return min(self.delay_seconds * 2.0 ** min(tries - 1, 30), DELAY_SECONDS_MAX)
        return self.delay_seconds


@dataclass
class _Post:
    hook: Hook
    body: bytes
    headers: dict[str, str]
    due: int  # by the sandbox's clock
    until: int
    tries: int = 0


def read_hooks(config: Mapping[str, Any]) -> list[Hook]:
    """The webhooks of a session's configuration; what is not one is passed over."""
    hooks = []
    for one in config.get("webhooks") or ():
        if not isinstance(one, dict) or not str(one.get("url", "")).startswith(("http://", "https://")):
            continue
        retries, keyed, more = one.get("retries") or {}, one.get("hmac") or {}, one.get("customHeaders") or ()
        hooks.append(
            Hook(
                str(one["url"]), frozenset(map(str, one.get("events") or ("*",))), str(keyed.get("key") or ""),
                min(float(retries.get("delaySeconds") or DELAY_SECONDS), DELAY_SECONDS_MAX),
                min(int(retries.get("attempts") or ATTEMPTS), 1000), str(retries.get("policy") or "constant"),
                {str(it["name"]): str(it["value"]) for it in more if isinstance(it, dict) and {"name", "value"} <= it.keys()},
            )
        )  # fmt: skip
    return hooks


class Lines:
    """Every socket that is open, and every webhook that waits."""

    def __init__(self, world: WahaWorld) -> None:
        """Nobody listens yet; `run` has to be awaited somewhere for webhooks."""
        self._world = world
        self._waiting: list[_Post] = []
        self._work = asyncio.Event()
        self._clients: dict[bool, httpx.AsyncClient] = {}
        self._requests = 0
        self.listeners: list[Listener] = []
        self.posted = self.tries = self.given_up = self.cuts = 0

    def __len__(self) -> int:
        """How many webhooks wait."""
        return len(self._waiting)

    # -- sockets

    def over_sockets(self, session: str, kind: str, body: bytes) -> None:
        """An event for every socket that wants it; a dial cuts a socket in place of every nth."""
        every = self._world.faults.dials.gateway_socket_drop_every
        for one in self.listeners:
            if not one.wants(session, kind):
                continue
            one.count += 1
            if every and one.count % every == 0:
                self.cuts += 1
                one.put(GOES)
            else:
                one.put(body)

    def cut(self) -> int:
        """Cut every socket; answers how many there were."""
        for one in self.listeners:
            self.cuts += 1
            one.put(GOES)
        return len(self.listeners)

    # -- webhooks

    def over_hook(self, hook: Hook, body: bytes) -> None:
        """An event for one webhook, signed: HMAC-SHA512 (hex) of the raw body."""
        if len(self._waiting) >= WAITING_MAX:
            self.given_up += 1
            return
        self._requests += 1
        now = self._world.now()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"WAHA/{VERSION}",
            "X-Webhook-Request-Id": ids.dice("request", self._world.seed, self._requests).hex()[:26],
            "X-Webhook-Timestamp": str(now // 1000),
            **hook.headers,
        }
        if hook.key:
            key = (
                b"not the key"
                if self._world.faults.hits("gateway_bad_signature")
                else hook.key.encode("utf-8")
            )
            headers["X-Webhook-Hmac"] = hmac.new(key, body, hashlib.sha512).hexdigest()
            headers["X-Webhook-Hmac-Algorithm"] = "sha512"
        lasts = sum(hook.pause(tries) for tries in range(1, hook.attempts + 1))
        until = now + round((lasts + TIMEOUT_SECONDS) * clock.SECOND)
        self._waiting.append(_Post(hook, body, headers, now, until))
        self._work.set()

    async def run(self) -> None:
        """Post what is due by the sandbox's clock, until cancelled."""
        try:
            while True:
                if not self._waiting:
                    self._work.clear()
                    await self._work.wait()
                due = [one for one in self._waiting if one.due <= self._world.now()]
                if not due:
                    # Not simply until the next is due: somebody may turn the clock.
                    left = min(one.due for one in self._waiting) - self._world.now()
                    await asyncio.sleep(min(LOOK_SECONDS, left / clock.SECOND))
                for one in due:
                    await self._try(one)
        finally:
            for client in self._clients.values():
                await client.aclose()

    async def _try(self, post: _Post) -> None:
        if self._world.now() > post.until:
            done = False
        else:
            self.tries += 1
            post.tries += 1
            done = await self._post(post)
        if not done and post.tries <= post.hook.attempts and self._world.now() <= post.until:
            post.due = self._world.now() + round(post.hook.pause(post.tries) * clock.SECOND)
            return
        self.posted += done
        self.given_up += not done
        self._waiting.remove(post)

    async def _post(self, post: _Post) -> bool:
        secure = post.hook.url.startswith("https:")
        if secure not in self._clients:
            self._clients[secure] = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, verify=secure)
        try:
            found = await self._clients[secure].post(post.hook.url, content=post.body, headers=post.headers)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
            return False
        return found.is_success
