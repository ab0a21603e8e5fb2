"""The gateway's side of the sandbox as an application: `/api/…`, `/ws`, `/ping`, with a key and its own faults.

The paths are those of WAHA 2026.8.2 with the GOWS engine; a number of its own, never that of the Graph paths.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from waconsole.settings.secrets import Secret
from waconsole.whatsapp.sandbox.asgi import Cut, Hang, Reply, cut, gone
from waconsole.whatsapp.sandbox.faults import Faults
from waconsole.whatsapp.sandbox.waha_send_paths import SENDS
from waconsole.whatsapp.sandbox.waha_socket import PATH, Sockets
from waconsole.whatsapp.sandbox.waha_wire import Asked, Route, WahaError, answer, body_of, engine_error
from waconsole.whatsapp.sandbox.waha_world import WahaWorld

API: Final = "/api/"
OPEN: Final = ("/ping", "/health")

_GROUPS: Final = re.compile(r"\{session\}/groups(?:/\{id\}(?:/participants(?:/v2)?)?)?")


def is_gateway(path: str) -> bool:
    """Whether a path is the gateway's and not one of the Graph API."""
    return path.startswith(API) or path == PATH or path in OPEN


class Waha:
    """WAHA over a world."""

    def __init__(
        self, world: WahaWorld, faults: Faults, key: Secret, routes: Sequence[Route], sockets: Sockets
    ) -> None:
        """Without a `key` every key is let in. The first route that fits answers."""
        self._world = world
        self._faults = faults
        self._key = key
        self._routes = [
            (method, pattern.split("/"), pattern, status, act) for method, pattern, status, act in routes
        ]
        self._sockets = sockets

    def admits(self, given: str) -> bool:
        """Whether a key is the right one."""
        wanted = self._key.reveal().encode("utf-8") if self._key else given.encode("utf-8", "replace")
        return bool(given) and hmac.compare_digest(given.encode("utf-8", "replace"), wanted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or carry one socket."""
        if scope["type"] == "websocket":
            await self._sockets.serve(scope, receive, send, self.admits)
            return
        asked: Asked | None = None
        try:
            headers = {key: value.decode("latin-1") for key, value in scope["headers"]}
            raw = await body_of(receive)
            if latency := self._faults.dials.gateway_latency_seconds:
                await asyncio.sleep(latency)
            asked = Asked(
                scope["method"], scope["path"], parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True),
                raw, headers.get(b"accept", ""), headers.get(b"host", ""),
            )  # fmt: skip
            http_status, found = self._answered(asked, headers.get(b"x-api-key", ""))
            await answer(send, http_status, found)
        except WahaError as error:
            await answer(send, error.http_status, error.document(asked, self._world.now()))
        except Hang:
            await gone(receive)
        except Cut:
            await cut(send)

    def _answered(self, asked: Asked, key: str) -> tuple[int, Any]:
        if asked.path in OPEN:
            return 200, {"message": "pong"} if asked.path == "/ping" else {
                "status": "ok",
                "info": {},
                "error": {},
                "details": {},
            }
        if not self.admits(key):
            raise WahaError(401, "Unauthorized", {"message": "Unauthorized", "statusCode": 401})
        parts = asked.path.removeprefix(API).strip("/").split("/")
        for method, wanted, pattern, http_status, act in self._routes:
            if method != asked.method or len(wanted) != len(parts):
                continue
            names = {one[1:-1]: part for one, part in zip(wanted, parts, strict=True) if one[0] == "{"}
            if all(one[0] == "{" or one == part for one, part in zip(wanted, parts, strict=True)):
                return http_status, self._done(replace(asked, names=names), pattern, act)
        raise WahaError(404, f"Cannot {asked.method} {asked.path}")

    def _done(self, asked: Asked, pattern: str, act: Any) -> Any:
        """What a path answers, after what goes wrong before it and before what goes wrong after it."""
        hits, is_send = self._faults.hits, pattern in SENDS
        if _GROUPS.fullmatch(pattern) and asked.method == "GET" and hits("gateway_overlimit"):
            raise engine_error(429, "rate-overlimit")
        if is_send:
            if hits("gateway_drop_before"):
                raise Cut
            if hits("gateway_error_before"):
                raise WahaError(500, "13 INTERNAL: as the dial says")
        found: Any | Reply = act(asked)
        if is_send:
            if hits("gateway_drop_after"):
                raise Cut
            if hits("gateway_hang_after"):
                raise Hang
            if hits("gateway_error_after"):
                raise WahaError(500, "4 DEADLINE_EXCEEDED: as the dial says")
        elif asked.method != "GET" and hits("gateway_change_drop_after"):
            raise Cut
        return found
