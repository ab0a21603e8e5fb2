"""What a command of the command line itself is, and how it was called.

Rooms declare `Command`s that work on an open ledger. The few commands here open it in a way of
their own (init, doctor), or need none (config, demo).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from waconsole import clock
from waconsole.cli.output import Talk
from waconsole.cli.passphrases import Passphrases
from waconsole.cli.stop import Stop
from waconsole.command import Answer, Argument
from waconsole.errors import UsageError
from waconsole.settings import Settings, Value
from waconsole.settings.read import read_settings


class Called(NamedTuple):
    """How a command was called: its values, the global options, where it may talk."""

    values: Mapping[str, Any]
    options: Mapping[str, Any]
    environ: Mapping[str, str]
    talk: Talk
    stop: Stop
    screens: Screens

    def settings(self) -> Settings:
        """The settings in force for this call. Raises Refused."""
        chosen: dict[str, Value] = {}
        if self.options["ledger"] == "":
            raise UsageError("--ledger needs FILE after it.")
        if self.options["ledger"] is not None:
            chosen["ledger.path"] = self.options["ledger"]
        if self.options["theme"] is not None:
            chosen["console.theme"] = self.options["theme"]
        return read_settings(self.environ, chosen=chosen)

    def chosen_now(self) -> int | None:
        """The instant given with --now, in microseconds UTC. Raises UsageError."""
        text = self.options["now"]
        if text is None:
            return None
        try:
            return clock.parse_iso(text)
        except (ValueError, OverflowError):
            raise UsageError(f"--now takes an instant like 2026-11-26T12:00:00Z, not “{text}”.") from None


class Own(NamedTuple):
    """A command of the command line itself."""

    words: tuple[str, ...]
    help: str
    run: Callable[[Called], Awaitable[Answer]]
    arguments: tuple[Argument, ...] = ()


# Open the screen and answer its exit code: (ledger, settings, now, read only, operator, what proves who that is).
Screen = Callable[[Path, Settings, int | None, bool, str | None, Passphrases], int]
# The same on a private copy of the sample ledger: (settings, now, read only, operator).
Demo = Callable[[Settings, int | None, bool, str | None], int]

# Answer the demo that needs no screen: (how it was called).
Headless = Callable[[Called], Awaitable[Answer]]

# Answer a command about the screen itself: (`list` or `check`, how it was called).
ScreenAnswer = Callable[[str, Called], Answer]


class Screens(NamedTuple):
    """The ways in with a screen, handed over by `__main__`: the command line never loads them."""

    console: Screen
    demo: Demo
    keys: ScreenAnswer | None = None
    themes: ScreenAnswer | None = None
    headless: Headless | None = None
