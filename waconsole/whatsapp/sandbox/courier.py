"""Carrying webhooks to the receiver: signed, in order, again and again until it answers 200."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from waconsole.settings.secrets import Secret
from waconsole.whatsapp.sandbox.faults import Faults
from waconsole.whatsapp.sandbox.timeline import Timeline
from waconsole.whatsapp.sandbox.wire import SIGNATURE_HEADER, Update, body_of, signature

WAITING_MAX: Final = 1_000_000
BACKOFF_SECONDS: Final = 0.1
BACKOFF_SECONDS_MAX: Final = 3.0
TIMEOUT_SECONDS: Final = 10.0
REORDER_SECONDS: Final = 0.25
CHALLENGE_BYTES_MAX: Final = 4096


@dataclass(frozen=True, slots=True)
class Account:
    """The business and its number: ids, phone as digits, and the secrets shared with its console.

    Without a `token` every token is let in. `others` are further numbers: their phones by their ids.
    """

    phone_number_id: str
    waba_id: str
    phone: str
    country: str
    token: Secret
    app_secret: Secret
    name: str
    others: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def numbers(self) -> dict[str, str]:
        """The phone of every number by its id, the first number first."""
        return {self.phone_number_id: self.phone, **self.others}


class Courier:
    """Updates waiting to be posted to the one receiver, in order; nothing is given up while it lives."""

    def __init__(
        self, account: Account, faults: Faults, timeline: Timeline, *, url: str, fixed: bool
    ) -> None:
        """`url` is where to post; when it is `fixed`, a subscription does not change it."""
        self._account = account
        self._faults = faults
        self._timeline = timeline
        self._waiting: deque[Update] = deque()
        self._work = asyncio.Event()
        self._again = asyncio.Event()
        self._fixed = fixed
        self._clients: dict[bool, httpx.AsyncClient] = {}
        self.url = url
        self.posted = self.tries = self.dropped = 0

    def __len__(self) -> int:
        """How many updates wait."""
        return len(self._waiting)

    def waiting(self) -> tuple[Update, ...]:
        """What waits, in order."""
        return tuple(self._waiting)

    def tell(self, update: Update) -> None:
        """Let the receiver know, unless a fault swallows it."""
        if self._faults.hits("webhook_missing"):
            self.dropped += 1
            return
        seconds = self._faults.dials.webhook_delay_seconds
        if self._faults.hits("webhook_reorder"):
            seconds += REORDER_SECONDS
        if seconds:
            self._timeline.after(seconds, lambda: self._put(update))
        else:
            self._put(update)

    def _put(self, update: Update) -> None:
        if len(self._waiting) >= WAITING_MAX:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(update)
        self._work.set()

    def look_again(self) -> None:
        """The dials or the receiver have changed: do not sit out a pause."""
        self._work.set()
        self._again.set()

    def subscribe(self, url: str) -> None:
        """Post to `url` from now on, unless the place was fixed at the start."""
        if not self._fixed:
            self.url = url
        self.look_again()

    async def handshake(self, url: str, verify_token: str, challenge: str) -> str | None:
        """Ask a receiver whether it is ours; answers what is wrong, or None when it repeated the challenge."""
        query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}
        try:
            answer = await self._client(url).get(url, params=query)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            return f"{type(error).__name__}: the callback cannot be reached."
        if answer.status_code != 200:
            return f"HTTP Status Code = {answer.status_code}; HTTP Message = {answer.reason_phrase}"
        if answer.content[:CHALLENGE_BYTES_MAX] != challenge.encode("ascii"):
            return "The callback did not repeat the challenge."
        return None

    async def run(self) -> None:
        """Post what waits, until cancelled."""
        try:
            while True:
                while not self._waiting or self._faults.dials.webhook_hold:
                    self._work.clear()
                    await self._work.wait()
                if self._faults.dials.webhook_linger_seconds:
                    await asyncio.sleep(self._faults.dials.webhook_linger_seconds)
                account = self._account
                batch = self._batch()
                number = batch[0].number or account.phone_number_id
                body = body_of(
                    batch, waba_id=account.waba_id, phone_number_id=number, phone=account.numbers[number]
                )
                await self._carry(body)
        finally:
            for client in self._clients.values():
                await client.aclose()

    def _client(self, url: str) -> httpx.AsyncClient:
        """Certificates are slow to load and nothing to a receiver on this machine: only https has them."""
        secure = url.startswith("https:")
        if secure not in self._clients:
            self._clients[secure] = httpx.AsyncClient(
                timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False, verify=secure,
                limits=httpx.Limits(max_connections=4),
            )  # fmt: skip
        return self._clients[secure]

    def _batch(self) -> list[Update]:
        batch = [self._waiting.popleft()]
        while not batch[0].alone and self._waiting and len(batch) < self._faults.dials.webhook_batch_max:
            if self._waiting[0].alone or self._waiting[0].number != batch[0].number:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def _carry(self, body: bytes) -> None:
        if self._faults.hits("webhook_bad_signature"):
            await self._post(body, b"not the secret")
            return
        pause = BACKOFF_SECONDS
        while not await self._post(body):
            self._again.clear()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._again.wait(), pause)
            pause = min(pause * 2, BACKOFF_SECONDS_MAX)
            while self._faults.dials.webhook_hold:
                self._again.clear()
                await self._again.wait()
        self.posted += 1
        if self._faults.hits("webhook_duplicate"):
            await self._post(body)

    async def _post(self, body: bytes, other_secret: bytes = b"") -> bool:
        self.tries += 1
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            SIGNATURE_HEADER: signature(
                body, other_secret or self._account.app_secret.reveal().encode("utf-8")
            ),
        }
        try:
            answer = await self._client(self.url).post(self.url, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
        return answer.status_code == 200
