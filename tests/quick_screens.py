"""What makes a test with a screen quick: Pilot waits in small steps, style sheets are parsed once, and a test
waits for what is to come, not for a time.

All of it reaches into Textual, whose version is pinned, and changes how long something takes, never what comes
of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

import textual._wait
from textual.app import App
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.message_pump import MessagePump
from textual.pilot import Pilot, WaitForScreenTimeout

WAIT_SECONDS: Final = 0.002
SOON_SECONDS: Final = (
    0.15  # what follows a key follows sooner; hints, greetings and what is prepared come later
)
TURNS_MAX: Final = 1_000
CALM_TURNS: Final = 3
IDLE_TURNS: Final = 2  # a message that is on its way at the first is dealt with at the second
WAIT_TURNS: Final = 20  # so often at once, then with a rest in between
PUMPS_SECONDS_MAX: Final = 30.0
BESIDE: Final = frozenset({"prepare"})  # groups of workers nobody waits for

Variables = frozenset[tuple[str, str]]

_parsed: Final[dict[Variables, dict[tuple[Any, ...], list[RuleSet]]]] = {}
_keys: Final[WeakKeyDictionary[Stylesheet, tuple[dict[str, str], Variables]]] = WeakKeyDictionary()
_parse_rules: Final = Stylesheet._parse_rules


def _parse_once(
    self: Stylesheet,
    css: str,
    read_from: Any,
    is_default_rules: bool = False,
    tie_breaker: int = 0,
    scope: str = "",
) -> list[RuleSet]:
    """The rules of `css`: an app of the next test, with the same variables, is handed the same ones."""
    known = _parsed.setdefault(_variables_of(self), {})
    key = (css, read_from, is_default_rules, tie_breaker, scope)
    if key not in known:
        known[key] = _parse_rules(self, css, read_from, is_default_rules, tie_breaker, scope)
    return known[key]


def _variables_of(sheet: Stylesheet) -> Variables:
    """The variables of a style sheet as a key, made once for each set of them."""
    known = _keys.get(sheet)
    if known is None or known[0] is not sheet._variables:
        known = _keys[sheet] = sheet._variables, frozenset(sheet._variables.items())
    return known[1]


def is_idle(pump: MessagePump) -> bool:
    """Whether a pump waits for its next message, and has done all that the last one asked for."""
    queue: Any = pump._message_queue
    return pump._closed or pump._closing or bool(queue.empty() and queue.ready_event._waiters)


async def _wait_for_pumps(self: Pilot[Any], timeout: float = PUMPS_SECONDS_MAX) -> bool:  # noqa: ASYNC109 - Pilot's
    """Wait until the app and every widget of its screen wait for their next message; False when the app has failed.

    Pilot sends a message to each of them and waits until all are back: with fifty widgets and five idle
    handlers each that was half of what a test with a screen cost. It also goes on while one of them still
    has what another answered; this does not.
    """
    app: Any = self.app
    until = time.monotonic() + timeout
    turns, idle = 0, 0
    while app.screen_stack and not app._exception_event.is_set():
        pumps = (app, *app.screen.walk_children(with_self=True))
        idle = idle + 1 if all(map(is_idle, pumps)) else 0
        if idle == IDLE_TURNS:
            return True
        if time.monotonic() > until:
            raise WaitForScreenTimeout("Timed out while widgets still had messages to deal with.")
        turns += 1
        await asyncio.sleep(0 if turns < WAIT_TURNS else WAIT_SECONDS / 2)
    return False


def is_busy(app: App[Any]) -> bool:
    """Whether something is at work or due soon: a worker, or a timer of the app, its screens or their widgets."""
    if any(not worker.is_finished and worker.group not in BESIDE for worker in app.workers):
        return True
    nodes = [app, *(node for screen in app.screen_stack for node in screen.walk_children(with_self=True))]
    return any(
        timer._repeat == 0
        and timer._interval <= SOON_SECONDS
        and timer._task is not None
        and not timer._task.done()
        for node in nodes
        for timer in node._timers
    )


async def settled(pilot: Pilot[Any], is_behind: Callable[[], bool] = lambda: False) -> None:
    """Wait until every message is dealt with, nothing is at work or due soon, and what is shown is painted."""
    app, calm = pilot.app, 0
    for _ in range(TURNS_MAX):
        await pilot.pause()
        if not app.is_running:
            return
        calm = 0 if is_busy(app) or is_behind() else calm + 1
        if calm == CALM_TURNS:  # what the last message asked for has begun by then
            return
        if not calm:
            await asyncio.sleep(WAIT_SECONDS)


# Pilot polls in 20 ms steps, 63 ms a key press; 2 ms steps end in the same state (measured).
if hasattr(textual._wait, "SLEEP_GRANULARITY"):
    textual._wait.SLEEP_GRANULARITY = WAIT_SECONDS
Stylesheet._parse_rules = _parse_once  # type: ignore[method-assign]
Pilot._wait_for_screen = _wait_for_pumps  # type: ignore[method-assign]
