"""What a run does beside sending, now and then: keeps its leases, takes back those of the dead, looks for the lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from waconsole.clock import SECOND
from waconsole.database.connection import Database, Transaction
from waconsole.outbox import service_leases as leases
from waconsole.outbox import store_pacing
from waconsole.whatsapp.driver import Driver

STOCK_MAX: Final = 10  # ids of messages that are kept in hand
LOOK_SECONDS_MAX: Final = 20.0  # for one lost message


class Keeping:
    """The upkeep of one run; `every_seconds` by the loop's clock, which nobody sets back."""

    def __init__(
        self,
        database: Database,
        number_id: int,
        driver: Driver,
        owner: str,
        clock: Callable[[], int],
        *,
        chooses_ids: bool,
    ) -> None:
        """`owner` is the run's name in its attempts; `chooses_ids` says that the driver gives ids beforehand."""
        self._database, self._number_id, self._driver = database, number_id, driver
        self._owner, self._clock = owner, clock
        self._next_at, self._span = 0.0, 0
        self._stock: list[str] = []
        self._doubted: dict[int, int] = {}
        self._chooses_ids = chooses_ids

    def is_due(self) -> bool:
        """Whether it is time again."""
        return asyncio.get_running_loop().time() >= self._next_at

    def keep(self, tx: Transaction) -> int:
        """Renew, take back, close; answers how many messages became unknown. Part of the caller's transaction."""
        now = self._clock()
        leases.renew(tx, self._number_id, self._owner, now=now)
        lost = leases.take_back(tx, self._number_id, owner=self._owner, now=now, doubted=self._doubted)
        leases.close_unanswered(tx, self._number_id, now=now)
        self._span = store_pacing.rules(tx, now=now).renew_span
        return lost

    def kept(self) -> None:
        """That transaction is committed."""
        self._next_at = asyncio.get_running_loop().time() + self._span / SECOND

    async def look_for_lost(self) -> int:
        """Ask the driver for what may have been sent under an id we chose; answers how many were settled."""
        if not self._chooses_ids:
            return 0
        lost = await self._database.read(
            lambda tx: leases.lost_messages(tx, self._number_id, now=self._clock())
        )
        settled = 0
        for outgoing_id, attempt_id, message in lost:
            try:
                async with asyncio.timeout(LOOK_SECONDS_MAX):
                    verdict = await self._driver.find(message)
            except Exception:  # also a driver that fails must not stop the queue: nobody can say
                continue
            if verdict.outcome not in ("accepted", "unsent"):
                continue

            def work(tx: Transaction) -> str:
                return leases.looked_for(tx, outgoing_id, attempt_id, verdict, now=self._clock())  # noqa: B023

            settled += await self._database.write(work) != "unknown"
        return settled

    async def ids(self, count: int) -> list[str]:
        """Ids for the next `count` messages, fetched before they are taken; fewer where none are given beforehand."""
        if self._chooses_ids and len(self._stock) < count:
            with contextlib.suppress(Exception):  # without an id a message goes all the same
                self._stock += await self._driver.message_ids(max(count, STOCK_MAX) - len(self._stock))
        return self._stock[:count]

    def used(self, count: int) -> None:
        """The first `count` ids are written."""
        del self._stock[:count]
