"""What every test stands on: a home of its own, a ledger's path, and `async def` tests.

No test reaches the home, the settings or the ledger of whoever runs it: those places are
redirected before a test module is even imported, in every worker.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import tempfile
import time
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from tests import ready_ledger
from waconsole import catalogue
from waconsole.clock import parse_iso
from waconsole.database.connection import Database
from waconsole.operators import service_passphrase

NOW: Final = parse_iso("2026-11-26T12:00:00Z")
HOMES: Final = {
    "HOME": "",
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
    "XDG_RUNTIME_DIR": "runtime",
}
# What a shell may hold that changes what the program prints or how wide it paints.
OUTSIDE: Final = (
    "COLUMNS",
    "LINES",
    "NO_COLOR",
    "FORCE_COLOR",
    "LANGUAGE",
    "LC_ALL",
    "XDG_DATA_DIRS",
    "XDG_CONFIG_DIRS",
)
# What the tests themselves ask for: a description of WhatsApp's API to compare requests with.
META_SCHEMA: Final = "WACONSOLE_META_SCHEMA"

# What stands when the tests begin stays to the end: it need not be looked through again and again for rubbish.
RUBBISH: Final = (20_000, 20, 20)

ready_ledger.copy_instead()
service_passphrase.COST = (
    2  # a passphrase that is tried costs a test nothing; one test asks for the real cost
)

_home = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Move into a home of our own, in UTC, without the settings of whoever runs the tests."""
    gc.set_threshold(*RUBBISH)
    home = config.stash[_home] = tempfile.TemporaryDirectory(
        prefix="waconsole-tests-", ignore_cleanup_errors=True
    )
    for name, folder in HOMES.items():
        place = Path(home.name, folder)
        place.mkdir(mode=0o700, exist_ok=True)
        os.environ[name] = str(place)
    ours = {name for name in os.environ if name.startswith(("WACONSOLE_", "TEXTUAL"))} - {META_SCHEMA}
    for name in [*OUTSIDE, *ours]:
        os.environ.pop(name, None)
    os.environ["TZ"] = "UTC"
    time.tzset()


def pytest_collection_finish() -> None:
    """Look for rubbish only among what the tests make."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    if home := config.stash.get(_home, None):
        home.cleanup()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an `async def` test in a loop of its own.

    A fixture that is an async context manager is opened in that loop and closed with it: the test
    is handed what it yields.
    """
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(_run(pyfuncitem.obj, {name: pyfuncitem.funcargs[name] for name in names}))
    return True


async def _run(test: Any, fixtures: dict[str, Any]) -> None:
    async with AsyncExitStack() as stack:
        for name, value in fixtures.items():
            if isinstance(value, AbstractAsyncContextManager):
                fixtures[name] = await stack.enter_async_context(value)
        await test(**fixtures)


@pytest.fixture
def ledger_path(tmp_path: Path) -> Path:
    """Where a ledger of this test's own may stand; there is none yet."""
    return tmp_path / "ledger.db"


@pytest.fixture
def database(ledger_path: Path) -> AbstractAsyncContextManager[Database]:
    """An empty ledger, open for writing: its tables and presets are there, and nobody acts yet."""
    return catalogue.open_ledger(ledger_path, now=NOW)
