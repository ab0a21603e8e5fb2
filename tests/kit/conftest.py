"""Kit tests run quickly: Pilot waits in 2 ms steps, and async tests run in a loop of their own."""

from __future__ import annotations

import asyncio
import inspect

import pytest
import textual._wait

# Pilot polls in 20 ms steps, 63 ms a key press; 2 ms steps end in the same state (measured).
if hasattr(textual._wait, "SLEEP_GRANULARITY"):
    textual._wait.SLEEP_GRANULARITY = 0.002


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an `async def` test to its end."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True
