"""How fast one may send: throughput of the number, and of the number to one recipient."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.faults import Dials

PAIR_SECONDS: Final = 6.0
PAIR_BURST: Final = 45
PAIRS_MAX: Final = 100_000


class Pace:
    """Counts what was sent; each limit is kept as the instant at which nothing would be owed."""

    def __init__(self, time: Callable[[], float] | None = None) -> None:
        """`time` answers seconds; else the event loop's."""
        self._time = time
        self._free_at = 0.0
        self._pairs: dict[str, float] = {}

    def check(self, recipient: str, dials: Dials) -> None:
        """Count one send. Raises GraphError (and counts nothing) when it comes too early."""
        if not dials.throughput_max and not dials.pair_limit:
            return
        now = self._time() if self._time else asyncio.get_running_loop().time()
        number, pair = max(self._free_at, now), max(self._pairs.get(recipient, now), now)
        if dials.throughput_max:
            number += 1 / dials.throughput_max
            if number - now > 1 + 1e-9:  # a second's worth may come at once
                raise GraphError(130429, "The number sends faster than its throughput allows.")
        if dials.pair_limit:
            pair += PAIR_SECONDS
            if pair - now > PAIR_SECONDS * PAIR_BURST + 1e-9:
                raise GraphError(131056, "Too many messages to this recipient in a short time.")
            if len(self._pairs) >= PAIRS_MAX:
                self._pairs = {one: at for one, at in self._pairs.items() if at > now}
            self._pairs[recipient] = pair
        self._free_at = number
