"""A connection to the receiver on which no request comes is closed: whoever only opens them shuts nobody out."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS_MAX: Final = 10.0  # from its beginning, or from the answer before, until a whole head has come
LOOK_SECONDS: Final = 2.0


class PunctualProtocol(H11Protocol):
    """uvicorn's HTTP with a time for heads, which it lacks; that for bodies is the receiver's own."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look at the time."""
        super().connection_made(transport)
        self._last: Any = None
        self._idle_since = self.loop.time()
        self._looking = self.loop.call_later(LOOK_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is left to look at."""
        self._looking.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        now = self.loop.time()
        request: Any = self.cycle  # None before the first
        is_idle = request is None or request.response_complete
        if request is not self._last or not is_idle:
            self._last, self._idle_since = request, now
        elif now - self._idle_since >= HEAD_SECONDS_MAX:
            self.transport.close()
            return
        self._looking = self.loop.call_later(LOOK_SECONDS, self._look)
