"""The gateway's socket: `/ws?session=&events=&x-api-key=`, one JSON event in each text frame."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from waconsole.whatsapp.sandbox.faults import Faults
from waconsole.whatsapp.sandbox.waha_lines import Lines, Listener

PATH: Final = "/ws"
UNAUTHORIZED: Final = 1008
GOES_AWAY: Final = 1001
LISTENERS_MAX: Final = 1000


class Sockets:
    """Opens sockets and carries events over them."""

    def __init__(self, faults: Faults, lines: Lines) -> None:
        """The lines are shared with everything that tells."""
        self._faults = faults
        self._lines = lines

    async def serve(self, scope: Scope, receive: Receive, send: Send, admits: Callable[[str], bool]) -> None:
        """One socket, from its handshake to its end; `admits` says whether a key is the right one."""
        socket = WebSocket(scope, receive, send)
        if scope["path"] != PATH or self._faults.dials.gateway_socket_refused:
            await socket.close()  # before it was accepted: the handshake is answered 403
            return
        await socket.accept()
        key = socket.query_params.get("x-api-key") or socket.headers.get("x-api-key", "")
        if not admits(key) or len(self._lines.listeners) >= LISTENERS_MAX:
            await socket.close(UNAUTHORIZED, "Unauthorized")
            return
        asked = [one for part in socket.query_params.getlist("events") for one in part.split(",") if one]
        listener = Listener(socket.query_params.get("session") or "*", frozenset(asked or ["*"]))
        self._lines.listeners.append(listener)
        goes = asyncio.create_task(self._carry(socket, listener))
        hears = asyncio.create_task(_hear(socket))
        try:
            await asyncio.wait((goes, hears), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._lines.listeners.remove(listener)
            for work in (goes, hears):
                work.cancel()
            await asyncio.gather(goes, hears, return_exceptions=True)

    async def _carry(self, socket: WebSocket, listener: Listener) -> None:
        while (body := await listener.queue.get()) is not None:
            await socket.send_text(body.decode("utf-8", "replace"))
        with contextlib.suppress(RuntimeError):
            await socket.close(GOES_AWAY)


async def _hear(socket: WebSocket) -> None:
    """What a listener says is nothing to us, until it goes."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError, KeyError):
        while True:
            await socket.receive_text()
