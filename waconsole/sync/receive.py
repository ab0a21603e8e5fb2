"""The receiver: a small web application that keeps webhooks and understands none of them.

The signature is checked over the bytes as they came, the body is committed, then 200 is said.
Whatever else comes is answered with its status and one sentence, and counted by reason.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from waconsole.database.connection import Database
from waconsole.errors import WaconsoleError
from waconsole.settings.secrets import Secret
from waconsole.sync import hooks_signed, refusal_rows
from waconsole.sync import receive_rows as rows
from waconsole.sync.hooks_signed import Door
from waconsole.sync.metrics import CONTENT_TYPE, exposed
from waconsole.sync.metrics_rows import families
from waconsole.sync.receive_rows import Body
from waconsole.whatsapp import webhook
from waconsole.whatsapp.gateway.signature import ALGORITHM_HEADER, HEADER, signature_ok

BODIES_AT_ONCE_MAX: Final = 100
BODY_SECONDS_MAX: Final = 15.0
REFUSALS_EVERY_SECONDS: Final = 1.0
LOOPBACK: Final = ("127.0.0.1", "::1", "::ffff:127.0.0.1")
FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Kept:
    """What the receiver has done since it began, for /health."""

    bodies: int = 0
    refused: Counter[str] = field(default_factory=Counter)


class Keeper:
    """Commits bodies in groups: whoever comes while a commit runs goes into the next one."""

    def __init__(self, database: Database, *, clock: Callable[[], int]) -> None:
        """`clock` answers the present instant in microseconds UTC."""
        self._database, self._clock = database, clock
        self._coming: asyncio.Queue[tuple[Body, asyncio.Future[None]]] = asyncio.Queue()
        self._refused: Counter[str] = Counter()
        self._trouble = ""  # what was said last of a ledger that cannot be written
        self.told = Kept()

    async def keep(
        self, content: bytes, source: str = "webhook", topic: str = "", delivery: str = ""
    ) -> None:
        """Store a body (see `Body`); when this returns it is on the disk. Raises what the ledger raises."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._coming.put_nowait((Body(content, self._clock(), source, topic, delivery), done))
        await done
        self.told.bodies += 1

    async def figures(self) -> str:
        """How both roads stand, as Prometheus reads it. Raises what the ledger raises."""
        now = self._clock()
        return exposed(await self._database.read(lambda tx: families(tx, now=now)))

    def refuse(self, reason: str) -> None:
        """Count what was not taken; it is written within a second."""
        self._refused[reason] += 1
        if not self.told.refused[reason]:
            log.warning("%s", reason)
        self.told.refused[reason] += 1

    async def run(self) -> None:
        """Commit until cancelled; then what has come is still committed."""
        counting = asyncio.create_task(self._count())
        try:
            while True:
                await self._commit([await self._coming.get()])
        finally:
            counting.cancel()
            await asyncio.gather(counting, return_exceptions=True)
            while not self._coming.empty():
                await self._commit([self._coming.get_nowait()])
            await self._write_refusals()

    async def _commit(self, group: list[tuple[Body, asyncio.Future[None]]]) -> None:
        while len(group) < BODIES_AT_ONCE_MAX and not self._coming.empty():
            group.append(self._coming.get_nowait())
        bodies = [body for body, _ in group]
        try:
            await self._database.write(lambda tx: rows.keep_bodies(tx, bodies))
        except WaconsoleError as error:
            if (
                str(error) != self._trouble
            ):  # once: a log that grows by each fills a disk that is full already
                log.error("Webhooks are not taken for the moment: %s", error)
            self._trouble = str(error)
            _settle(group, error)
        else:
            if self._trouble:
                log.warning("Webhooks are taken again.")
            self._trouble = ""
            _settle(group, None)

    async def _count(self) -> None:
        while True:
            await asyncio.sleep(REFUSALS_EVERY_SECONDS)
            await self._write_refusals()

    async def _write_refusals(self) -> None:
        if not self._refused:
            return
        counted, self._refused = self._refused, Counter()
        now = self._clock()
        try:
            await self._database.write(lambda tx: refusal_rows.count_refusals(tx, counted, now=now))
        except WaconsoleError:
            self._refused.update(counted)


def _settle(group: Sequence[tuple[Body, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, done in group:
        if done.done():  # whoever waited has gone
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)


class _Refusal(Exception):
    """What a request is answered when it is not taken."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


Answering = Callable[[Request], Awaitable[Response]]


def application(
    keeper: Keeper,
    *,
    secrets: Sequence[Secret],
    verify_token: Secret,
    gateway_keys: Sequence[Secret] = (),
    shops: Mapping[str, Sequence[Secret]] | None = None,
) -> Starlette:
    """The receiver's routes. `secrets` are the app's secret and, while both are in use, the one before.

    `gateway_keys` are what a gateway signs with, now and before; without one nothing is taken from it. `shops` are the
    secrets of each kind of shop that posts here; of any other there is no path.
    """

    async def handshake(request: Request) -> Response:
        challenge = webhook.handshake(request.query_params, verify_token.reveal())
        if challenge is None:
            return _refused(
                keeper, _Refusal(403, "A handshake came with another verify token: nothing was said.")
            )
        return PlainTextResponse(challenge)

    async def post(request: Request) -> Response:
        try:
            content = await _content(request)
            given = request.headers.get("x-hub-signature-256")
            if given is None:
                raise _Refusal(401, "A body came without a signature and was not taken.")
            if not webhook.signature_ok(content, given, [secret.reveal() for secret in secrets]):
                raise _Refusal(
                    401, "A body came with a signature that is not of our app secret and was not taken."
                )
        except _Refusal as refusal:
            return _refused(keeper, refusal)
        return await _kept(keeper, content, "webhook")

    async def gateway(request: Request) -> Response:
        try:
            content = await _content(request)
            given, algorithm = (request.headers.get(name) for name in (HEADER, ALGORITHM_HEADER))
            if not signature_ok(content, given, algorithm, [key.reveal() for key in gateway_keys]):
                raise _Refusal(401, "A gateway's event came without our signature and was not taken.")
        except _Refusal as refusal:
            return _refused(keeper, refusal)
        return await _kept(keeper, content, "gateway")

    async def hook(request: Request) -> Response:
        return await (post(request) if request.method == "POST" else handshake(request))

    async def health(_request: Request) -> Response:
        told = keeper.told
        return JSONResponse({"ok": True, "kept": told.bodies, "refused": sum(told.refused.values())})

    return Starlette(
        routes=[
            Route("/webhook", hook, methods=["GET", "POST"]),
            Route("/gateway", gateway, methods=["POST"]),
            *(
                Route(door.path, _shop(keeper, door, shops[door.source]), methods=["POST"])
                for door in hooks_signed.DOORS
                if shops and any(shops.get(door.source, ()))
            ),
            Route("/health", health, methods=["GET"]),
            Route("/metrics", _metrics(keeper), methods=["GET"]),
        ]
    )


def _metrics(keeper: Keeper) -> Answering:
    """Both roads in figures, told on this machine alone."""

    async def metrics(request: Request) -> Response:
        # Whoever comes through a proxy comes from outside, whatever address it has here.
        near = request.client is not None and request.client.host in LOOPBACK
        if not near or any(name in request.headers for name in FORWARDED):
            return PlainTextResponse("Metrics are told on this machine alone.", 404)
        try:
            return PlainTextResponse(await keeper.figures(), media_type=CONTENT_TYPE)
        except WaconsoleError as error:
            return PlainTextResponse(f"{error}\n", 503)

    return metrics


def _shop(keeper: Keeper, door: Door, secrets: Sequence[Secret]) -> Answering:
    """How a shop's webhook is taken."""

    async def shop(request: Request) -> Response:
        try:
            content = await _content(request)
            if hooks_signed.is_hello(door, content, request.headers):
                return PlainTextResponse("hello")
            given = request.headers.get(door.signature)
            if given is None:
                raise _Refusal(401, f"A webhook of {door.name} came without a signature and was not taken.")
            if not hooks_signed.signature_ok(door, content, given, [secret.reveal() for secret in secrets]):
                raise _Refusal(
                    401,
                    f"A webhook of {door.name} came with a signature that is not of our secret and was not taken.",
                )
        except _Refusal as refusal:
            return _refused(keeper, refusal)
        return await _kept(keeper, content, door.source, *hooks_signed.beside(door, request.headers))

    return shop


async def _kept(keeper: Keeper, content: bytes, source: str, topic: str = "", delivery: str = "") -> Response:
    try:
        await keeper.keep(content, source, topic, delivery)
    except WaconsoleError:
        return PlainTextResponse("The ledger cannot be written: send it again.", 500)
    return PlainTextResponse("kept")


def _refused(keeper: Keeper, refusal: _Refusal) -> Response:
    keeper.refuse(str(refusal))
    return PlainTextResponse(str(refusal), refusal.status, headers={"connection": "close"})


async def _content(request: Request) -> bytes:
    """The whole body. Raises _Refusal when it is too large, too slow or cut off."""
    too_large = _Refusal(
        413, f"A body of more than {webhook.BODY_BYTES_MAX >> 20} MiB came and was not taken."
    )
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > webhook.BODY_BYTES_MAX:
        raise too_large
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            async for part in request.stream():
                size += len(part)
                if size > webhook.BODY_BYTES_MAX:
                    raise too_large
                parts.append(part)
    except TimeoutError:
        raise _Refusal(408, "A body came too slowly and was not taken.") from None
    except ClientDisconnect:
        raise _Refusal(400, "A body was cut off on its way and was not taken.") from None
    return b"".join(parts)
