"""A gateway's far side for one driver: what it was asked, and what it answers, without a network."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from waconsole.settings.secrets import Secret
from waconsole.whatsapp.gateway.client import Client
from waconsole.whatsapp.gateway.driver import GatewayDriver

BASE = "http://127.0.0.1:3000"
KEY = "gwcanary0123456789"
GROUP = "120000000000000001@g.us"
Plain = tuple[int, Any] | Exception
Answer = Plain | Callable[[httpx.Request], Plain]


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    form: Any
    query: dict[str, str]
    key: str


@dataclass
class Waha:
    """Answers by `METHOD /path`; what is not told is accepted with an id of its own."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    ids: int = 0

    def handle(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().partition("?")[0]
        form = json.loads(request.content) if request.content else None
        key = request.headers.get("x-api-key", "")
        self.asked.append(Asked(request.method, path, form, dict(request.url.params), key))
        answer = self.answers.get(f"{request.method} {path}")
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            status, body = answer
            return (
                httpx.Response(status, json=body)
                if not isinstance(body, bytes)
                else httpx.Response(status, content=body)
            )
        if path.endswith("/new-message-id"):
            self.ids += 1
            return httpx.Response(200, json={"id": f"3EB0AA{self.ids:04d}"})
        if form and "chatId" in form and "id" in form:
            return httpx.Response(201, json={"id": f"true_{form['chatId']}_{form['id']}"})
        return httpx.Response(201, json={})

    def paths(self) -> list[str]:
        """What was asked, in order."""
        return [f"{one.method} {one.path}" for one in self.asked]

    @asynccontextmanager
    async def driver(self, **more: Any) -> AsyncIterator[GatewayDriver]:
        """A driver that asks here."""
        transport = httpx.MockTransport(self.handle)
        clients = [Client(BASE, Secret(KEY), transport=transport) for _ in range(2)]
        driver = GatewayDriver(*clients, session="default", **more)
        try:
            yield driver
        finally:
            await driver.close()
