"""The sandbox as a server: one process, one number, ready on a port until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from waconsole.errors import Refused
from waconsole.settings.secrets import Secret
from waconsole.whatsapp.sandbox.assembly import assembled
from waconsole.whatsapp.sandbox.courier import Account, Courier
from waconsole.whatsapp.sandbox.dials import Dials
from waconsole.whatsapp.sandbox.null import serve_null
from waconsole.whatsapp.sandbox.waha import is_gateway
from waconsole.whatsapp.sandbox.waha_assembly import WahaParts
from waconsole.whatsapp.sandbox.world import World

PHONE: Final = "15550009999"
COUNTRY: Final = "1"
NAME: Final = "Maison Lilas"
PHONE_NUMBER_ID: Final = "100000000000001"
WABA_ID: Final = "200000000000002"
# Known to everybody: they protect nothing.
TOKEN: Final = "sandbox-token"
APP_SECRET: Final = "sandbox-app-secret"
VERIFY_TOKEN: Final = "sandbox-verify-token"
GATEWAY_KEY: Final = "sandbox-gateway-key"

BACKLOG: Final = 2048
CONTROLS: Final = "/_sandbox"


@dataclass(frozen=True, slots=True)
class Options:
    """How a sandbox is to be. `webhook` empty: wherever a subscription says, else `receiver`."""

    host: str
    port: int
    seed: int
    dials: Dials
    account: Account
    receiver: str
    webhook: str = ""
    chatter: int = 0
    ahead: int = 0  # microseconds its clock goes before the machine's
    parent_pipe: bool = False
    record: Path | None = None  # where every accepted message is written down, for a judge
    # of the gateway's paths; empty: any
    gateway_key: Secret = field(default_factory=lambda: Secret(GATEWAY_KEY))


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox: the application and what it counts."""

    app: ASGIApp
    world: World
    courier: Courier
    waha: WahaParts


@asynccontextmanager
async def sandbox(options: Options) -> AsyncIterator[Sandbox]:
    """Everything but the port: its parts, with their work going on until the end of the block."""
    parts = assembled(
        options.account,
        options.dials,
        seed=options.seed,
        ahead=options.ahead,
        receiver=options.receiver,
        webhook=options.webhook,
        record=options.record,
        gateway_key=options.gateway_key,
    )
    parts.members.chatter(options.chatter)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        # The paths of WhatsApp go straight in: a fault needs the server's own `send`.
        if scope["type"] == "websocket" or is_gateway(scope["path"]):
            await parts.waha.app(scope, receive, send)
        elif scope["path"].startswith(CONTROLS):
            await parts.controls(scope, receive, send)
        else:
            await parts.graph(scope, receive, send)

    goes_on = (parts.timeline, parts.courier, parts.members, parts.waha.lines)
    works = [asyncio.create_task(part.run()) for part in goes_on]
    try:
        yield Sandbox(app, parts.world, parts.courier, parts.waha)
    finally:
        for work in works:
            work.cancel()
        await asyncio.gather(*works, return_exceptions=True)
        parts.record.close()


class _Server(uvicorn.Server):
    """uvicorn, but it leaves the signals to us and tells when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises Refused."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, so that asyncio sees what it accepts for TCP and sends answers without Nagle's 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        said = getattr(error, "strerror", None) or str(error)
        raise Refused(f"Cannot listen on {host} port {port}: {said}. Choose another with --port.") from error
    return listener


def address(listener: socket.socket) -> str:
    """Where a socket listens, as an address of the web."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@asynccontextmanager
async def served(options: Options, listener: socket.socket) -> AsyncIterator[Sandbox]:
    """A sandbox that answers on `listener` from the first line of the block to its last."""
    async with sandbox(options) as running:
        running.world.files.base = running.waha.shapes.base = address(listener)
        config = uvicorn.Config(
            running.app, lifespan="off", log_config=None, log_level="critical", access_log=False, ws="websockets-sansio",
            http="h11",
            server_header=False, timeout_graceful_shutdown=0, proxy_headers=False,
        )  # fmt: skip
        server = _Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        try:
            await server.ready.wait()
            yield running
        finally:
            server.should_exit = True
            await serving


async def serve(options: Options, listener: socket.socket, say: Callable[[str], None]) -> World:
    """Serve until SIGTERM, SIGINT or, with `parent_pipe`, the end of stdin; answers what is remembered."""
    with _ended(parent_pipe=options.parent_pipe) as ended:
        async with served(options, listener) as running:
            say(f"listening on {address(listener)}")
            await ended.wait()
    return running.world


async def serve_nothing(options: Options, listener: socket.socket, say: Callable[[str], None]) -> int:
    """Accept everything at once, for speed trials, until told to end; answers how many there were."""
    with _ended(parent_pipe=options.parent_pipe) as ended:
        count = await serve_null(listener, ended, lambda: say(f"listening on {address(listener)}"))
    return count.accepted


@contextmanager
def _ended(*, parent_pipe: bool) -> Iterator[asyncio.Event]:
    """An event that is set when we are told to end."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Only the main thread of a process may listen.
        with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
            loop.add_signal_handler(number, ended.set)
    if parent_pipe:
        threading.Thread(target=_watch_stdin, args=(loop, ended.set), daemon=True).start()
    try:
        yield ended
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
                loop.remove_signal_handler(number)


def _watch_stdin(loop: asyncio.AbstractEventLoop, end: Callable[[], None]) -> None:
    """Tell when whoever started us has gone: a pipe ends with its last writer, however that ended."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        while os.read(sys.stdin.fileno(), 4096):
            pass
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(end)
