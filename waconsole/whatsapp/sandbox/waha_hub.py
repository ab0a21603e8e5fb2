"""Events of the gateway: their envelope, the faults they meet, and who gets them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from waconsole.whatsapp.sandbox import ids
from waconsole.whatsapp.sandbox.timeline import Timeline
from waconsole.whatsapp.sandbox.waha_lines import Hook, Lines
from waconsole.whatsapp.sandbox.waha_shapes import me
from waconsole.whatsapp.sandbox.waha_wire import ENVIRONMENT, as_json
from waconsole.whatsapp.sandbox.waha_world import WahaWorld

TOLD_MAX: Final = 10_000
REORDER_SECONDS: Final = 0.25
_CROCKFORD: Final = "0123456789abcdefghjkmnpqrstvwxyz"


def event_id(at_ms: int, *facts: object) -> str:
    """`evt_` and a ULID in small letters: ten of the time, sixteen of the facts."""
    number = at_ms << 80 | int.from_bytes(ids.dice("event", *facts)[:10], "big")
    return "evt_" + "".join(_CROCKFORD[number >> (5 * place) & 31] for place in reversed(range(26)))


class Hub:
    """Tells what happens to whoever listens."""

    def __init__(self, world: WahaWorld, timeline: Timeline, lines: Lines) -> None:
        """`hooks` is set by the sessions: the webhooks of one of them."""
        self._world = world
        self._timeline = timeline
        self._lines = lines
        self._count = 0
        self.hooks: Callable[[str], list[Hook]] = lambda _: []
        self.metadata: Callable[[str], Mapping[str, Any]] = lambda _: {}
        self.told: deque[dict[str, Any]] = deque(maxlen=TOLD_MAX)
        self.swallowed = 0

    def tell(self, session: str, kind: str, payload: Mapping[str, Any]) -> None:
        """One event of one session, unless a fault swallows it."""
        self._count += 1
        at = self._world.now() // 1000
        event = {
            "id": event_id(at, self._world.seed, self._count), "timestamp": at, "event": kind, "session": session,
            "metadata": dict(self.metadata(session)), "me": me(self._world.us), "payload": payload,
            "engine": "GOWS", "environment": dict(ENVIRONMENT),
        }  # fmt: skip
        self.told.append(event)
        faults = self._world.faults
        if faults.hits("gateway_event_missing"):
            self.swallowed += 1
            return
        later = faults.dials.gateway_event_delay_seconds
        if faults.hits("gateway_event_reorder"):
            later += REORDER_SECONDS
        times = 2 if faults.hits("gateway_event_duplicate") else 1
        out = partial(self._out, session, kind, as_json(event), times)
        if later:
            self._timeline.after(later, out)
        else:
            out()

    def _out(self, session: str, kind: str, body: bytes, times: int) -> None:
        hooks = [one for one in self.hooks(session) if {"*", kind} & one.events]
        for _ in range(times):
            self._lines.over_sockets(session, kind, body)
            for hook in hooks:
                self._lines.over_hook(hook, body)
