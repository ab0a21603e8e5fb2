"""The receiver, as it is typed: `receive --host H --port P`. It runs until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from waconsole import clock
from waconsole.command import Answer, Argument, Command, Invocation
from waconsole.database.connection import Database
from waconsole.errors import Refused, WaconsoleError

if TYPE_CHECKING:
    from uvicorn import Server

    from waconsole.settings import Settings

BACKLOG: Final = 1024
CONNECTIONS_MAX: Final = 256
ASKED_EVERY_SECONDS: Final = 0.05
STARTING_ASKED_SECONDS: Final = 0.005
GOING_SECONDS_MAX: Final = 3
SUBSCRIBE_FIRST_SECONDS: Final = 0.5
SUBSCRIBE_SECONDS_MAX: Final = 60.0
NO_HTTP: Final = "A connection broke off in the middle of its HTTP, or did not speak it: nothing was taken."
ANY_ADDRESS: Final = ("0.0.0.0", "::", "")


async def _receive(database: Database, call: Invocation) -> Answer:
    # Loaded here: every other command does without a web server.
    from waconsole.sync.hooks_signed import secrets_of
    from waconsole.sync.receive import Keeper, application

    cloud, gateway = call.settings.cloud, call.settings.gateway
    gateway_keys = (gateway.hmac_key, gateway.hmac_key_previous) if gateway.enabled else ()
    shops = secrets_of(call.settings)
    if not cloud.app_secret and not any(gateway_keys) and not any(map(any, shops.values())):
        raise Refused(
            "The receiver cannot tell WhatsApp's webhooks from forged ones: set cloud.app_secret first"
            " (WACONSOLE_CLOUD__APP_SECRET, the keyring, or secrets.toml)."
        )
    host = call.values["host"] or call.settings.receiver.host
    port = call.settings.receiver.port if call.values["port"] is None else call.values["port"]
    listening = _socket(host, port)
    keeper = Keeper(database, clock=clock.now)
    app = application(
        keeper,
        secrets=(cloud.app_secret, cloud.app_secret_previous),
        verify_token=cloud.verify_token,
        gateway_keys=gateway_keys,
        shops=shops,
    )
    keeping = asyncio.create_task(keeper.run())
    try:
        async with _serving(app, listening, lambda: keeper.refuse(NO_HTTP)) as server, _parent(call) as gone:
            where = _url(host, listening.getsockname()[1])
            call.say(f"listening on {where}")
            subscribing = asyncio.create_task(_subscribe(call.settings, where, call.say))
            try:
                # A signal is only ever seen by asking.
                while not (call.cancelled() or gone() or server.should_exit or keeping.done()):  # noqa: ASYNC110
                    await asyncio.sleep(ASKED_EVERY_SECONDS)
            finally:
                subscribing.cancel()
                await asyncio.gather(subscribing, return_exceptions=True)
    finally:
        keeping.cancel()
        ended = (await asyncio.gather(keeping, return_exceptions=True))[0]
    if isinstance(ended, Exception):
        raise ended
    refused = sum(keeper.told.refused.values())
    return Answer(
        {"kept": keeper.told.bodies, "refused": refused},
        (f"The receiver kept {keeper.told.bodies:,} bodies and refused {refused:,}.",),
    )


def _socket(host: str, port: int) -> socket.socket:
    """A socket bound to where the receiver shall listen. Raises Refused when it cannot be had."""
    if not 0 <= port <= 65535:
        raise Refused(f"{port} is no port: choose one from 1 to 65535, or 0 for a free one.")
    listening = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        # Named as TCP: asyncio then sees what it accepts for TCP and sends answers without Nagle's 40 ms.
        listening = socket.socket(found[0], found[1], socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(found[4])
        listening.listen(BACKLOG)
    except OSError as error:
        if listening is not None:
            listening.close()
        raise Refused(
            f"The receiver cannot listen on {host} port {port}: {error.strerror or error}."
            " Another receiver may run there; --port chooses another."
        ) from error
    listening.setblocking(False)
    return listening


def _url(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in ANY_ADDRESS else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


@asynccontextmanager
async def _serving(
    app: object, listening: socket.socket, no_http: Callable[[], None]
) -> AsyncIterator[Server]:
    """Serve `app` on a socket; on the way out running requests are answered first.

    `no_http` is told of a connection that broke its protocol. Anybody can break it, as often as he
    likes: a log that grows by each is a disk that fills.
    """
    import uvicorn

    from waconsole.sync.receive_line import PunctualProtocol

    def failed(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if "protocol" in context:
            no_http()
        else:
            loop.default_exception_handler(context)

    def is_ours(record: logging.LogRecord) -> bool:
        broke = record.exc_info and record.exc_info[0] and record.exc_info[0].__module__.startswith("h11")
        if broke:
            no_http()
        return not broke

    class Quiet(uvicorn.Server):
        """The command line listens for signals; the server does not."""

        @contextlib.contextmanager
        def capture_signals(self):  # type: ignore[no-untyped-def]
            yield

    server = Quiet(
        uvicorn.Config(
            app,  # type: ignore[arg-type]
            log_config=None, log_level="error", access_log=False, lifespan="off", server_header=False, backlog=BACKLOG,
            limit_concurrency=CONNECTIONS_MAX, timeout_graceful_shutdown=GOING_SECONDS_MAX, ws="none", http=PunctualProtocol,
        )
    )  # fmt: skip
    asyncio.get_running_loop().set_exception_handler(failed)
    logging.getLogger("uvicorn.error").addFilter(is_ours)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(STARTING_ASKED_SECONDS)
        yield server
    finally:
        server.should_exit = True
        await serving
        logging.getLogger("uvicorn.error").removeFilter(is_ours)


@asynccontextmanager
async def _parent(call: Invocation) -> AsyncIterator[Callable[[], bool]]:
    """Whether the process that began this one is gone: its end of our stdin is closed."""
    if not call.values["parent_pipe"]:
        yield lambda: False
        return
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()

    def readable() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            loop.remove_reader(sys.stdin.fileno())
            gone.set()

    loop.add_reader(sys.stdin.fileno(), readable)
    try:
        yield gone.is_set
    finally:
        loop.remove_reader(sys.stdin.fileno())


async def _subscribe(settings: Settings, where: str, say: Callable[[str], None]) -> None:
    """Tell WhatsApp (or a sandbox on loopback) where we listen; again and again until it heard."""
    from urllib.parse import urlsplit

    from waconsole.whatsapp.cloud.driver import open_cloud

    if not settings.cloud.app_secret:  # a gateway alone posts here, and is told by its own settings
        return
    public = settings.receiver.public_url.rstrip("/")
    near = urlsplit(settings.cloud.base_url).hostname in ("localhost", "127.0.0.1", "::1")
    if not public and not near:
        say("WhatsApp does not know this receiver: set receiver.public_url, or enter its address by hand.")
        return
    callback = public or where
    callback += "" if callback.endswith("/webhook") else "/webhook"
    wait = SUBSCRIBE_FIRST_SECONDS
    told = False
    while True:
        try:
            async with open_cloud(settings.cloud) as driver:
                verdict = await driver.subscribe(callback, settings.cloud.verify_token)
            if verdict.outcome == "accepted":
                say(f"WhatsApp sends webhooks to {callback}.")
                return
            sentence = verdict.detail or verdict.outcome
        except WaconsoleError as error:
            sentence = str(error)
        if not told:
            say(f"WhatsApp was not told of {callback} yet ({sentence}): trying on.")
            told = True
        await asyncio.sleep(wait)
        wait = min(wait * 2, SUBSCRIBE_SECONDS_MAX)


RECEIVE: Final = (
    Command(
        ("receive",),
        "Take WhatsApp's webhooks: check, keep and acknowledge them, until stopped.",
        _receive,
        (
            Argument("--host", "the address to listen on (receiver.host)"),
            Argument("--port", "the port to listen on, 0 for a free one (receiver.port)", kind="integer"),
            Argument("--parent-pipe", "end when stdin is closed", kind="flag"),
        ),
        on_screen=False,
    ),
)
