"""Open the ledger a command works on, making a missing one; and `init`."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from waconsole import catalogue, clock
from waconsole.cli.own import Called, Own
from waconsole.command import Answer, Argument
from waconsole.database import facts, failures
from waconsole.database.connection import Database, Transaction
from waconsole.database.engine import connect
from waconsole.errors import Refused, UsageError, WaconsoleError
from waconsole.settings.read import ledger_path

NO_TEST_CLOCK: Final = (
    "--now works only on a ledger made with `waconsole init --test-clock`: leave it out, or make one."
)
SIDE_FILES: Final = ("-wal", "-shm", "-turn", "-queue")


def is_missing(path: Path) -> bool:
    """Whether there is no ledger at `path`. Raises Refused when one cannot even look."""
    try:
        os.stat(path)
    except FileNotFoundError:
        return True
    except OSError as error:
        raise failures.os_in_words(error, path) from error
    return False


@asynccontextmanager
async def opened(called: Called, *, quiet: bool = False, test_clock: bool = False) -> AsyncIterator[Database]:
    """The ledger of this call, open and up to date; a missing one is made, said aloud unless `quiet`.

    `test_clock` allows --now on a ledger that is only being made. Raises Refused when it cannot be
    opened, UsageError for --now on a ledger without a test clock.
    """
    path, ours = ledger_path(called.settings())
    chosen_now, read_only = called.chosen_now(), bool(called.options["read_only"])
    missing = is_missing(path)
    if missing and chosen_now is not None and not test_clock:
        raise UsageError(NO_TEST_CLOCK)
    if missing and ours and not read_only:
        _make_folder(path.parent)
    async with AsyncExitStack() as stack:
        now = clock.now() if chosen_now is None else chosen_now
        try:
            database = await stack.enter_async_context(
                catalogue.open_ledger(path, now=now, read_only=read_only)
            )
        except BaseException:
            if missing:
                _take_back(path)
            raise
        if missing and not quiet:
            called.talk.say(f"Made a new ledger at {path}.")
        if chosen_now is not None and not missing and not await database.glance(has_test_clock):
            raise UsageError(NO_TEST_CLOCK)
        await catalogue.keep_shop_zone(database, called.settings().shop.timezone)
        yield database


def has_test_clock(tx: Transaction) -> bool:
    """Whether the ledger takes --now."""
    return facts.fact(tx, facts.TEST_CLOCK) is not None


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise failures.os_in_words(error, folder) from error


def _take_back(path: Path) -> None:
    """Remove what a first opening that failed left behind, unless somebody else began to use it."""
    with contextlib.suppress(OSError):
        turn = os.open(f"{path}-turn", os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.stat().st_size and _has_tables(path):
                return
            for name in (str(path), *(f"{path}{ending}" for ending in SIDE_FILES)):
                Path(name).unlink(missing_ok=True)
        finally:
            os.close(turn)


def _has_tables(path: Path) -> bool:
    """Whether anything was ever committed. Also True when it cannot be told."""
    log = Path(f"{path}-wal")
    try:
        if log.exists() and log.stat().st_size:
            connection = connect(path, read_only=True)
        else:  # everything is in the file itself, and no side file is needed to read it
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)
        with contextlib.closing(connection):
            return bool(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
    except (WaconsoleError, sqlite3.Error):
        return True


async def _init(called: Called) -> Answer:
    path, _ = ledger_path(called.settings())
    created = is_missing(path)
    wanted = bool(called.values["test_clock"])

    def settle(tx: Transaction) -> bool:
        if wanted and created:
            facts.set_fact(tx, facts.TEST_CLOCK, "yes")
        return has_test_clock(tx)

    async with opened(called, quiet=True, test_clock=wanted) as database:
        test_clock = await (database.write if wanted and created else database.read)(settle)
    if wanted and not test_clock:
        raise Refused(
            f"{path} was made without a test clock, and that cannot be changed: choose another with --ledger FILE."
        )
    clock_says = " It takes --now." if test_clock else ""
    says = f"{'Made a new ledger at' if created else 'There is a ledger at'} {path}.{clock_says}"
    return Answer({"ledger": str(path), "created": created, "test_clock": test_clock}, (says,))


INIT: Final = Own(
    ("init",),
    "Make a ledger, unless it is there already.",
    _init,
    (Argument("--test-clock", "let --now say what time it is: for tests and rehearsals", kind="flag"),),
)
