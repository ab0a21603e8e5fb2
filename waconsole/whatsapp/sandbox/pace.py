"""How fast one may send: throughput of the number, of the number to one recipient, calls beside sending."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.dials import Dials

PAIR_SECONDS: Final = 6.0
PAIR_BURST: Final = 45
PAIRS_MAX: Final = 100_000
PENALTY_MAX: Final = 8  # 4^8 s: 18 hours
HOUR_SECONDS: Final = 3600.0


@dataclass(slots=True)
class _Pair:
    """When nothing would be owed to a recipient; after refusals, when the next try may be, and their count."""

    owed_until: float
    shut_until: float = 0.0
    refusals: int = 0


class Pace:
    """Counts what was sent; each limit is kept as the instant at which nothing would be owed."""

    def __init__(self, time: Callable[[], float] | None = None) -> None:
        """`time` answers seconds; else the event loop's."""
        self._time = time
        self._free_at = 0.0
        self._pairs: dict[str, _Pair] = {}
        self._calls: deque[float] = deque()

    def _now(self) -> float:
        return self._time() if self._time else asyncio.get_running_loop().time()

    def check(self, recipient: str, dials: Dials) -> None:
        """Count one send. Raises GraphError (and counts nothing) when it comes too early."""
        if not dials.throughput_max and not dials.pair_limit:
            return
        now = self._now()
        number = max(self._free_at, now)
        if dials.throughput_max:
            number += 1 / dials.throughput_max
            if number - now > 1 + 1e-9:  # a second's worth may come at once
                raise GraphError(130429, "The number sends faster than its throughput allows.")
        if dials.pair_limit:
            self._check_pair(recipient, now)
        self._free_at = number

    def _check_pair(self, recipient: str, now: float) -> None:
        if len(self._pairs) >= PAIRS_MAX:
            self._pairs = {
                one: it for one, it in self._pairs.items() if max(it.owed_until, it.shut_until) > now
            }
        pair = self._pairs.setdefault(recipient, _Pair(now))
        owed = max(pair.owed_until, now) + PAIR_SECONDS
        if now < pair.shut_until or owed - now > PAIR_SECONDS * PAIR_BURST + 1e-9:
            pair.shut_until = max(pair.shut_until, now + 4.0**pair.refusals)
            pair.refusals = min(pair.refusals + 1, PENALTY_MAX)
            raise GraphError(131056, "Too many messages to this recipient in a short time.")
        pair.owed_until, pair.refusals = owed, 0

    def check_call(self, dials: Dials) -> None:
        """Count one call that is no send. Raises GraphError when the hour has too many."""
        if not dials.management_max:
            return
        now = self._now()
        while self._calls and self._calls[0] <= now - HOUR_SECONDS:
            self._calls.popleft()
        if len(self._calls) >= dials.management_max:
            raise GraphError(80007, "There have been too many calls to this account in an hour.")
        self._calls.append(now)
