"""What makes a test with a screen quick: Pilot waits in small steps, style sheets are parsed once, and a test
waits for what is to come, not for a time.

All of it reaches into Textual, whose version is pinned, and changes how long something takes, never what comes
of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

import textual._wait
from textual.app import App
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot

WAIT_SECONDS: Final = 0.002
SOON_SECONDS: Final = (
    0.15  # what follows a key follows sooner; hints, greetings and what is prepared come later
)
TURNS_MAX: Final = 1_000
CALM_TURNS: Final = 3
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


# Pilot polls in 20 ms steps, 63 ms a key press; 2 ms steps end in the same state (measured).
if hasattr(textual._wait, "SLEEP_GRANULARITY"):
    textual._wait.SLEEP_GRANULARITY = WAIT_SECONDS
Stylesheet._parse_rules = _parse_once  # type: ignore[method-assign]


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
