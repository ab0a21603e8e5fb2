"""What makes a test with a screen quick: Pilot waits in small steps, and a style sheet is parsed once.

Both reach into Textual, whose version is pinned, and change how long something takes, never what comes of it.
"""

from __future__ import annotations

from typing import Any, Final
from weakref import WeakKeyDictionary

import textual._wait
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

WAIT_SECONDS: Final = 0.002

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
