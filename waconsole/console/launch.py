"""Open a ledger and run the console on it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from waconsole import catalogue, clock
from waconsole.cli.ledger import NO_TEST_CLOCK, has_test_clock, is_missing
from waconsole.command import EXIT_DONE, EXIT_REFUSED, EXIT_USAGE
from waconsole.console.zone import shown_zone
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, UsageError, WaconsoleError
from waconsole.operators import store as operators
from waconsole.operators.desk import Desk
from waconsole.settings import Settings
from waconsole.settings.environment import ENVIRONMENT
from waconsole.settings.read import ledger_path
from waconsole.text import safe

if TYPE_CHECKING:
    from textual.app import App

    from waconsole.cli.passphrases import Passphrases
    from waconsole.console.frame import Beside
    from waconsole.console.syncing import Syncing

EXIT_BY_SIGNAL: Final = 128
SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP)


def run(
    path: Path,
    settings: Settings,
    *,
    now: int | None,
    read_only: bool,
    operator: str | None,
    proof: Passphrases | None = None,
) -> int:
    """The console on the ledger at `path`; answers the exit code. Expected errors are said on stderr.

    `proof` is what was handed in to prove that `operator` is who they say.
    """
    return said_on_stderr(
        lambda: open_console(path, settings, now=now, read_only=read_only, operator=operator, proof=proof)
    )


def open_console(
    path: Path,
    settings: Settings,
    *,
    now: int | None,
    read_only: bool,
    operator: str | None,
    demo: bool = False,
    beside: Beside | None = None,
    proof: Passphrases | None = None,
) -> int:
    """As `run`, raising what goes wrong. A demo may have any clock, and is thrown away by its caller.

    `beside` makes what sends and receives beside the screen; it is ended before the ledger is closed.
    """
    return asyncio.run(
        _run(
            path,
            settings,
            now=now,
            read_only=read_only,
            operator=operator,
            demo=demo,
            beside=beside,
            proof=proof,
        )
    )


def said_on_stderr(work: Callable[[], int]) -> int:
    """Do `work`; what is expected to go wrong becomes one sentence and an exit code."""
    try:
        return work()
    except WaconsoleError as error:
        print(f"waconsole: {safe(str(error))}", file=sys.stderr)
        return EXIT_USAGE if isinstance(error, UsageError) else EXIT_REFUSED


async def _run(
    path: Path,
    settings: Settings,
    *,
    now: int | None,
    read_only: bool,
    operator: str | None,
    demo: bool,
    beside: Beside | None,
    proof: Passphrases | None,
) -> int:
    if is_missing(path):
        if now is not None and not demo:
            raise UsageError(NO_TEST_CLOCK)
        if not read_only and not await _offer(path, settings):
            return EXIT_DONE
    started = clock.now() if now is None else now
    async with contextlib.AsyncExitStack() as stack:
        opened = asyncio.ensure_future(
            stack.enter_async_context(catalogue.open_ledger(path, now=started, read_only=read_only))
        )
        # Threads open the ledger while this one loads the screen.
        await asyncio.sleep(0)
        try:
            from waconsole.console.app import ConsoleApp
        finally:
            database = await opened
        test_clock = await _checked(database, now=now, operator=operator, demo=demo)
        if operator is not None and proof is not None:
            await _proved(database, operator, proof, now=started)
        await catalogue.keep_shop_zone(database, settings.shop.timezone)
        desk = Desk(
            database=database,
            settings=settings,
            operator=operator,
            clock=clock.now if now is None else lambda: started,
            zone=shown_zone(settings.shop.timezone),
            read_only=read_only,
            vocabulary=catalogue.vocabulary,
            test_clock=test_clock,
        )
        app = ConsoleApp(desk, demo=demo, beside=beside or _beside)
        try:
            return await run_app(app, mouse=settings.console.mouse)
        finally:
            if app.syncing is not None:
                await app.syncing.end()


async def _proved(database: Database, operator: str, proof: Passphrases, *, now: int) -> None:
    """Prove who acts before the screen opens, on the terminal if need be."""
    from waconsole.cli.proving import proved

    await proved(database, operator, proof, now=now, asks=True)


def _beside(desk: Desk) -> Syncing:
    """What syncs beside the screen, with the receiver where the settings ask for it."""
    from waconsole.console.syncing import Syncing

    if not desk.settings.receiver.auto:
        return Syncing(desk)
    from waconsole.console.syncing_children import receiver

    return Syncing(desk, [receiver(desk.database.path, ENVIRONMENT)])


async def _checked(database: Database, *, now: int | None, operator: str | None, demo: bool) -> bool:
    """Whether the clock is a test clock. Raises UsageError for --now elsewhere, NotFound for an operator."""

    def work(tx: Transaction) -> bool:
        if operator is not None and operators.operator_by_name(tx, operator) is None:
            known = ", ".join(one.name for one in operators.operators(tx)) or "nobody yet"
            raise NotFound(f"No operator is called {operator}: there is {known}.")
        return has_test_clock(tx)

    test_clock = await database.read(work)
    if now is not None and not test_clock and not demo:
        raise UsageError(NO_TEST_CLOCK)
    return test_clock or (demo and now is not None)


async def _offer(path: Path, settings: Settings) -> bool:
    """Ask whether to make a ledger where there is none."""
    from waconsole.console.offer import OfferApp

    app = OfferApp(path)
    await run_app(app, mouse=settings.console.mouse)
    if not app.return_value:
        return False
    default, ours = ledger_path(settings)
    if ours and default == path:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return True


async def run_app(app: App[object] | App[None] | App[bool], *, mouse: bool) -> int:
    """Run a screen until it is left; a signal leaves it as a key would. Answers the exit code."""
    loop, heard = asyncio.get_running_loop(), []

    def leave(number: int) -> None:
        heard.append(number)
        app.exit(return_code=EXIT_BY_SIGNAL + number)

    for number in SIGNALS:
        loop.add_signal_handler(number, leave, number)
    try:
        await app.run_async(mouse=mouse)
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
    return EXIT_BY_SIGNAL + heard[0] if heard else app.return_code or EXIT_DONE
