"""The signs a state is shown with, beside its word: never a status by colour alone.

One console runs in one process, so the set in use is one for the process, as the language is.
A theme may bring other glyphs (`themes/*.toml`); the ASCII set is for terminals that have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

GLYPHS: Final[Mapping[str, str]] = {
    "unread": "●",
    "owed": "◆",
    "risk": "▲",
    "done": "✓",
    "refused": "✗",
    "unknown": "?",
    "held": "‖",
    "clock": "◷",
    "online": "●",
    "offline": "○",
    "note": "¶",
    "cursor": "▌",
    "mark": "✱",
    "here": "▸",
    "reply": "›",
    "rule": "─",
    "ellipsis": "…",
    "separator": "·",
}

ASCII_GLYPHS: Final[Mapping[str, str]] = {
    "unread": "o",
    "owed": "!",
    "risk": "^",
    "done": "+",
    "refused": "x",
    "unknown": "?",
    "held": "=",
    "clock": "@",
    "online": "o",
    "offline": "-",
    "note": "#",
    "cursor": ">",
    "mark": "*",
    "here": "<",
    "reply": ">",
    "rule": "-",
    "ellipsis": "~",
    "separator": "-",
}

_in_use: dict[str, str] = dict(GLYPHS)


def glyph(name: str) -> str:
    """The one-cell sign called `name` in the set in use. Raises KeyError for a name nobody defined."""
    return _in_use[name]


def use(glyphs: Mapping[str, str]) -> None:
    """Show `glyphs` from now on; names it leaves out keep the standard sign."""
    _in_use.clear()
    _in_use.update({**GLYPHS, **glyphs})
