"""A running sandbox, a receiver that knows nothing of it, and a client: all over real HTTP."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import httpx

from waconsole.settings.secrets import Secret
from waconsole.whatsapp.sandbox import server
from waconsole.whatsapp.sandbox.courier import Account, Courier
from waconsole.whatsapp.sandbox.dials import read_dials
from waconsole.whatsapp.sandbox.world import World

SECRET: Final = "a secret of this test"
MEMBER: Final = "+15550001111"
NUMBER: Final = "100000000000001"
WABA: Final = "200000000000002"
SECONDS_MAX: Final = 10.0
QUICK: Final[Mapping[str, Any]] = {
    "sent_after_seconds": 0.0,
    "delivered_after_seconds": 0.005,
    "read_after_seconds": 0.01,
    "answer_after_seconds": 0.005,
}


@dataclass
class Posted:
    """One request a receiver got."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Receiver:
    """A receiver of webhooks: `answers` are the statuses it gives, the last one for ever."""

    url: str = ""
    got: list[Posted] = field(default_factory=list)
    answers: list[int] = field(default_factory=lambda: [200])
    verify_token: str = "word"

    def values(self, kind: str) -> list[dict[str, Any]]:
        """Every row of one kind (`messages`, `statuses`) in the order of arrival."""
        return [row for value in self.changes() for row in value.get(kind, [])]

    def changes(self) -> list[dict[str, Any]]:
        return [
            change["value"]
            for posted in self.got
            if posted.method == "POST"
            for entry in posted.document["entry"]
            for change in entry["changes"]
        ]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").split("\r\n")
                headers = {
                    name.lower(): value.strip() for name, _, value in (it.partition(":") for it in lines)
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                method, target, _ = first.split(" ")
                self.got.append(Posted(method, target, headers, body))
                status = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
                answer = b""
                if method == "GET":
                    query = httpx.URL("http://x" + target).params
                    good = query.get("hub.verify_token") == self.verify_token
                    status, answer = (200, query["hub.challenge"].encode()) if good else (403, b"no")
                writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(answer), answer))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving(port: int = 0) -> AsyncIterator[Receiver]:
    """A receiver on a port."""
    receiver = Receiver()
    listening = await asyncio.start_server(receiver.handle, "127.0.0.1", port)
    receiver.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/webhook"
    try:
        yield receiver
    finally:
        listening.close()


@dataclass
class Running:
    """A sandbox to talk to."""

    client: httpx.AsyncClient
    receiver: Receiver
    world: World

    async def post(
        self, body: object, *, path: str = f"/v26.0/{NUMBER}/messages", **more: Any
    ) -> httpx.Response:
        """POST on a Graph path with the token."""
        return await self.client.post(path, json=body, **more)

    async def send(self, text: str = "Hello", to: str = MEMBER, **more: Any) -> str:
        """Send a text that must be accepted; answers its wamid."""
        answer = await self.post(text_to(to, text) | more)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["messages"][0]["id"])

    async def control(self, name: str, body: object) -> dict[str, Any]:
        """POST to a control that must do it."""
        answer = await self.client.post(f"/_sandbox/{name}", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def say(self, text: str = "Hi", sender: str = MEMBER, **more: Any) -> str:
        """Let a member write; answers the wamid."""
        return str((await self.control("say", {"from": sender, "text": text} | more))["id"])

    async def refused(self, name: str, body: object) -> str:
        """The sentence of a control that refuses."""
        answer = await self.client.post(f"/_sandbox/{name}", json=body)
        assert answer.status_code == 400, answer.text
        return str(answer.json()["error"])

    async def faults(self, **dials: Any) -> None:
        """Set the dials, quick ones beside them."""
        await self.control("faults", {**QUICK, **dials})

    async def accepted(self) -> list[dict[str, Any]]:
        answer = await self.client.get("/_sandbox/accepted")
        found: list[dict[str, Any]] = answer.json()
        return found

    async def state(self) -> dict[str, Any]:
        answer = await self.client.get("/_sandbox/state")
        found: dict[str, Any] = answer.json()
        return found

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait until something has arrived."""
        async with asyncio.timeout(SECONDS_MAX):
            while not done():  # noqa: ASYNC110 - what arrives does not know of us
                await asyncio.sleep(0.005)

    async def statuses(self, count: int) -> list[dict[str, Any]]:
        """The statuses, once there are `count` of them."""
        await self.until(lambda: len(self.receiver.values("statuses")) >= count)
        return self.receiver.values("statuses")

    async def messages(self, count: int) -> list[dict[str, Any]]:
        """The messages, once there are `count` of them."""
        await self.until(lambda: len(self.receiver.values("messages")) >= count)
        return self.receiver.values("messages")


def text_to(to: str, text: str = "Hello", **more: Any) -> dict[str, Any]:
    """A send request."""
    return {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": text}, **more}


def options(**changes: Any) -> server.Options:
    """Options of a sandbox with quick dials."""
    account = Account(NUMBER, WABA, server.PHONE, server.COUNTRY, Secret("token"), Secret(SECRET), "A shop")
    plain = server.Options("127.0.0.1", 0, 7, read_dials(dict(QUICK)), account, "http://127.0.0.1:9/webhook")
    return replace(plain, **changes)


@asynccontextmanager
async def running(dials: Mapping[str, Any] | None = None, **changes: Any) -> AsyncIterator[Running]:
    """A sandbox that posts to a receiver of its own."""
    async with receiving() as receiver:
        chosen = options(**{"webhook": receiver.url, **changes})
        if dials is not None:
            chosen = replace(chosen, dials=read_dials({**QUICK, **dials}))
        listener = server.bind("127.0.0.1", 0)
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        headers = {"Authorization": "Bearer token"}
        async with (
            server.served(chosen, listener) as sandbox,
            httpx.AsyncClient(
                base_url=base, headers=headers, trust_env=False, verify=False, timeout=SECONDS_MAX
            ) as client,
        ):
            yield Running(client, receiver, sandbox.world)


def words(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What members wrote, in order."""
    return [row["text"]["body"] for row in rows if row["type"] == "text"]


WAMID: Final = re.compile(r"wamid\.HBg[A-Za-z0-9+/]+={1,2}")


@dataclass
class Inside(Running):
    """A sandbox without a port. Webhooks wait with the courier, which is told to hold them."""

    courier: Courier

    async def faults(self, **dials: Any) -> None:
        """Set the dials, and go on holding the webhooks."""
        await super().faults(webhook_hold=True, **dials)

    def told(self, field: str = "messages") -> list[Mapping[str, Any]]:
        """Every row of one field that waits to be posted."""
        return [row for update in self.courier.waiting() if update.field == field for row in update.things]

    async def hears(self, field: str, count: int = 1) -> list[Mapping[str, Any]]:
        """The rows of a field, once there are `count` of them."""
        await self.until(lambda: len(self.told(field)) >= count)
        return self.told(field)

    async def get(self, path: str) -> dict[str, Any]:
        """GET a Graph path that must answer."""
        answer = await self.client.get(f"/v26.0/{path}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Any method on a Graph path, with JSON; answers the body whatever the status."""
        found: dict[str, Any] = (await self.client.request(method, f"/v26.0/{path}", json=body)).json()
        return found

    async def code(self, body: Mapping[str, Any]) -> int:
        """The error code of one send to MEMBER, 0 when it is accepted."""
        answer = await self.post({"messaging_product": "whatsapp", "to": MEMBER, **body})
        return int(answer.json()["error"]["code"]) if answer.status_code != 200 else 0


@asynccontextmanager
async def inside(dials: Mapping[str, Any] | None = None, **changes: Any) -> AsyncIterator[Inside]:
    """A sandbox in this process, without a port: its webhooks are read where they would leave."""
    chosen = replace(options(), dials=read_dials({**QUICK, **(dials or {}), "webhook_hold": True}))
    chosen = replace(chosen, **changes)
    async with server.sandbox(chosen) as sandbox:
        transport = httpx.ASGITransport(app=sandbox.app, client=("127.0.0.1", 5))
        headers = {"Authorization": "Bearer token"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://sandbox.test", headers=headers
        ) as client:
            yield Inside(client, Receiver(), sandbox.world, sandbox.courier)
