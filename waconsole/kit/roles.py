"""Roles: what a piece of text *is*, which a theme turns into a colour.

A widget that paints roles asks `role_style`. The colours are theme variables (`$role-owed`), so the app
must answer `variable_defaults()` from `get_theme_variable_defaults`, or the CSS fails under a foreign theme.
Where colour is off (NO_COLOR) the role's text style (`$role-owed-style`) carries the difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

from rich.style import Style
from textual.color import Color

if TYPE_CHECKING:
    from textual.widget import Widget

ROLES: Final[Mapping[str, tuple[str, str]]] = {
    # role: (colour when no theme says otherwise, text style where colour is off)
    "unread": ("#8ab8f5", "bold"),
    "owed": ("#e3b75f", "bold"),
    "overdue": ("#f28b6d", "bold reverse"),
    "held": ("#b9a7ee", "underline"),
    "done": ("#6dbfa8", "none"),
    "refused": ("#e0708a", "underline"),
    "unknown": ("#c9b8a0", "italic"),
    "note": ("#d9c88a", "italic"),
    "mine": ("#7cc4d6", "none"),
    "mention": ("#f0cf7a", "bold underline"),
    "marked": ("#7cd3b8", "bold"),
    "accent": ("#7cd3b8", "bold"),
    "key": ("#7cd3b8", "bold"),
    "title": ("#eef1f4", "bold"),
    "muted": ("#98a1ab", "none"),
    "dim": ("#7f8892", "dim"),
    "rule": ("#3a4149", "none"),
}

# Surfaces a theme colours besides Textual's own: variable name -> colour without a theme.
SURFACES: Final[Mapping[str, str]] = {
    "cursor-background": "#26323a",
    "cursor-blurred-background": "#1e252b",
    "note-background": "#2a2718",
}

# What text stands on. Notes have a ground of their own.
GROUNDS: Final = ("background", "surface", "panel", "cursor-background", "cursor-blurred-background")

# States an operator must tell apart at a glance.
STATE_ROLES: Final = ("unread", "owed", "overdue", "held", "done", "refused")

# Two weights: these are bold where colour is on as well.
STRONG_ROLES: Final = frozenset({"unread", "mention", "title"})


def role_style(widget: Widget, role: str) -> Style:
    """The style of `role` on top of whatever it stands on: its colour, or without colour its text style.

    Not a component class: Textual styles every component class of every widget anew whenever styles
    change, several hundred times for one screen.
    """
    app = widget.app
    if app.no_color:
        text_style = app.theme_variables[f"role-{role}-style"]
        return Style.null() if text_style == "none" else Style.parse(text_style)
    return _coloured(app.theme_variables[f"role-{role}"], role in STRONG_ROLES)


@cache
def _coloured(colour: str, is_strong: bool) -> Style:
    return Style(color=Color.parse(colour).rich_color, bold=True if is_strong else None)


def variable_defaults() -> dict[str, str]:
    """Every CSS variable of this kit with the value it has when the theme does not say."""
    variables = dict(SURFACES)
    for role, (colour, text_style) in ROLES.items():
        variables[f"role-{role}"] = colour
        variables[f"role-{role}-style"] = text_style
    return variables
