"""How the console looks: the theme in force, and changing it."""

from __future__ import annotations

import sys
from typing import Any

from textual.app import App

from waconsole.console import themes
from waconsole.console.theme_file import read
from waconsole.console.themes import ConsoleTheme, Themes
from waconsole.errors import WaconsoleError
from waconsole.kit import glyphs
from waconsole.text import respell


class Appearance:
    """The themes there are, and the one this app shows."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._themes: Themes | None = None

    @property
    def themes(self) -> Themes:
        """Every theme that can be used."""
        if self._themes is None:
            self._themes = themes.load()
        return self._themes

    def begin(self, name: str, emoji: str) -> str:
        """Dress the app before it runs, so that its styles are read once; answers why not, or ""."""
        if emoji == "names":
            from waconsole.console.emoji import named

            respell(named)
        else:
            respell(None)
        try:
            self._dress(_house_theme(name) or self.themes.named(name))
        except WaconsoleError as refusal:
            self._dress(self.themes.named(themes.DARK_THEME))
            return str(refusal)
        return ""

    def _dress(self, theme: ConsoleTheme) -> None:
        glyphs.use(theme.glyphs if speaks_unicode() else theme.ascii_glyphs)
        self._app.register_theme(theme.textual)
        if self._app.is_running:
            self._app.theme = theme.name
        else:
            self._app.set_reactive(App.theme, theme.name)
            self._app.stylesheet.set_variables(self._app.get_css_variables())

    def use(self, name: str) -> None:
        """Show the theme called `name` from now on. Raises Refused naming the nearest one."""
        self._dress(self.themes.named(name))
        for widget in self._app.screen.query("*"):
            widget.notify_style_update()
            widget.refresh()


def _house_theme(name: str) -> ConsoleTheme | None:
    """One of the house's two own themes, without reading the others; None for any other name."""
    if name not in (themes.DARK_THEME, themes.LIGHT_THEME):
        return None
    return themes.built(read(themes.packaged_dir() / f"{name}.toml"), {})


def speaks_unicode() -> bool:
    """Whether the terminal's encoding can say more than ASCII."""
    encoding = getattr(sys.__stdout__, "encoding", None) or "utf-8"
    return encoding.lower().replace("-", "").startswith("utf")
