"""One simulated night: its weather, its WhatsApp, and the ledger in memory that processes open and leave."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks.virtual import Crash, Fate, Inline, VirtualLoop
from waconsole.clock import SECOND, parse_iso
from waconsole.sync import receive_rows

EPOCH: Final = parse_iso("2026-11-26T12:00:00Z")
HOUR_SECONDS: Final = 3_600.0
NUMBER: Final = "100000000000001"
WABA: Final = "200000000000002"
REFUSALS: Final = ((400, 130429), (400, 131056), (400, 4), (503, 131016), (500, 131000), (500, 1))
BROKEN: Final = 599  # an answer that stands for a connection that broke


@dataclass
class Weather:
    """What may go wrong, as shares; what the seed decides of a night."""

    offline: list[tuple[float, float]] = field(default_factory=list)
    drop_before: float = 0.0
    drop_after: float = 0.0
    refuse: float = 0.0
    server_error_after: float = 0.0
    hang: float = 0.0
    twice: float = 0.0

    def is_offline(self, at: float) -> bool:
        return any(since <= at < until for since, until in self.offline)


class WhatsApp:
    """What accepts messages and tells of them, whatever happens to whoever asked."""

    def __init__(self, night: Night) -> None:
        self._night = night
        self.accepted: list[tuple[str, str]] = []

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """As over a wire: what has left is dealt with, even when the sender dies meanwhile."""
        night, dice, weather = self._night, self._night.dice, self._night.weather
        if weather.is_offline(night.loop.time()):
            raise httpx.ConnectError("no network")
        form = json.loads(request.content)
        fate = dice.random()
        delay = dice.uniform(0.01, 0.4) if dice.random() >= weather.hang else 60.0
        dealt = asyncio.get_running_loop().create_task(self._deal(form, fate, delay))
        night.tasks.add(dealt)
        dealt.add_done_callback(night.tasks.discard)
        return await asyncio.shield(dealt)

    async def _deal(self, form: dict[str, Any], fate: float, delay: float) -> httpx.Response:
        weather, dice = self._night.weather, self._night.dice
        await asyncio.sleep(delay / 2)
        if fate < weather.drop_before:
            return httpx.Response(BROKEN)
        fate -= weather.drop_before
        if fate < weather.refuse:
            status, code = dice.choice(REFUSALS)
            return httpx.Response(status, json={"error": {"code": code, "message": "no"}})
        fate -= weather.refuse
        wamid = f"wamid.{len(self.accepted):05}"
        self.accepted.append((form["biz_opaque_callback_data"], form["text"]["body"]))
        self._night.tell(f"accepted {form['text']['body']}")
        self._spread(wamid, form)
        await asyncio.sleep(delay / 2)
        if fate < weather.drop_after:
            return httpx.Response(BROKEN)
        fate -= weather.drop_after
        if fate < weather.server_error_after:
            return httpx.Response(500, json={"error": {"code": 131000}})
        return httpx.Response(200, json={"messages": [{"id": wamid}]})

    def _spread(self, wamid: str, form: dict[str, Any]) -> None:
        dice = self._night.dice
        for word in ("sent", "delivered", "read"):
            for _ in range(2 if dice.random() < self._night.weather.twice else 1):
                status = {
                    "id": wamid, "status": word, "timestamp": str(self._night.now() // SECOND), "recipient_id": form["to"].lstrip("+"),
                    "biz_opaque_callback_data": form["biz_opaque_callback_data"],
                }  # fmt: skip
                task = asyncio.get_running_loop().create_task(self._post(status, dice.uniform(0.02, 90.0)))
                self._night.tasks.add(task)
                task.add_done_callback(self._night.tasks.discard)

    async def _post(self, status: dict[str, Any], delay: float) -> None:
        """Until somebody has kept it, ever more rarely."""
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"phone_number_id": NUMBER},
            "statuses": [status],
        }
        whole = {
            "object": "whatsapp_business_account",
            "entry": [{"id": WABA, "changes": [{"field": "messages", "value": value}]}],
        }
        body = receive_rows.Body(json.dumps(whole).encode(), 0)
        while True:
            await asyncio.sleep(delay)
            if not self._night.weather.is_offline(self._night.loop.time()):
                receiver = self._night.opened(self._night.fated(200))
                try:
                    await receiver.write(lambda tx: receive_rows.keep_bodies(tx, [body]))
                    return
                except Crash:
                    self._night.tell("the receiver died")
                finally:
                    await receiver.close()
            delay = min(delay * 2, HOUR_SECONDS)


@dataclass
class Night:
    """One simulation: a ledger, a WhatsApp, processes that live and die."""

    seed: int
    raw: sqlite3.Connection
    path: Path
    loop: VirtualLoop
    weather: Weather = field(default_factory=Weather)
    jump: int = 0
    calm: bool = False
    trace: list[str] = field(default_factory=list)
    open: list[Inline] = field(default_factory=list)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    deaths: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.whatsapp = WhatsApp(self)

    def now(self) -> int:
        """What the machine's clock says, in microseconds."""
        return EPOCH + int(self.loop.time() * SECOND) + self.jump

    def tell(self, what: str) -> None:
        self.trace.append(f"{self.loop.time():.6f} {what}")

    def fated(self, calls_mean: int) -> Fate:
        """A fate for a process: soon, on average after so many calls; none in calm weather."""
        if self.calm:
            return Fate()
        return Fate(int(self.dice.expovariate(1 / calls_mean)), after=self.dice.random() < 0.5)

    def opened(self, fate: Fate) -> Inline:
        return Inline(self.path, self.raw, fate, self.open)

    def value(self, sql: str) -> Any:
        return self.raw.execute(sql).fetchone()[0]


def weather_of(dice: random.Random) -> Weather:
    """What the seed has in store."""
    since = dice.uniform(0, 60)
    hours = 8.0 if dice.random() < 0.05 else dice.choice((0.0, 0.01, 0.1))
    return Weather(
        offline=[(since, since + hours * HOUR_SECONDS)], drop_before=dice.uniform(0, 0.1), drop_after=dice.uniform(0, 0.1),
        refuse=dice.uniform(0, 0.2), server_error_after=dice.uniform(0, 0.1), hang=dice.uniform(0, 0.03), twice=0.2,
    )  # fmt: skip
