"""The way in: `waconsole` and `python -m waconsole`.

What is loaded is what is asked for: the version loads nothing, a command never the screen.
"""

from __future__ import annotations

import gc
import os
import sys

from waconsole import __version__

TYPE_CHECKING = False  # importing it from typing would cost the version more than all the rest
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from waconsole.cli.own import Called
    from waconsole.cli.passphrases import Passphrases
    from waconsole.command import Answer
    from waconsole.settings import Settings

UMASK = 0o077


def main(words: Sequence[str] | None = None) -> int:
    """Do what the words of the command line say; answers the exit code."""
    os.umask(UMASK)
    words = sys.argv[1:] if words is None else words
    if "--version" in words and "--json" not in words and "--" not in words:
        print(f"waconsole {__version__}")
        return 0
    # Loading makes much and throws little away: looking for garbage meanwhile was a sixth of the start.
    # A command, or the screen after its first frame, begins to collect.
    gc.disable()
    try:
        from waconsole.cli.own import Screens
        from waconsole.cli.run import main as command_line

        return command_line(words, Screens(_console, _demo, _keys, _themes, _headless))
    finally:
        gc.enable()


def _console(
    path: Path, settings: Settings, now: int | None, read_only: bool, operator: str | None, proof: Passphrases
) -> int:
    from waconsole.console import launch

    return launch.run(path, settings, now=now, read_only=read_only, operator=operator, proof=proof)


def _demo(settings: Settings, now: int | None, read_only: bool, operator: str | None) -> int:
    from waconsole.console import demo

    return demo.run(settings, now=now, read_only=read_only, operator=operator)


async def _headless(called: Called) -> Answer:
    from waconsole.console import demo_headless

    return await demo_headless.answer(called)


def _keys(what: str, called: Called) -> Answer:
    from waconsole.console import keymap_answer

    return keymap_answer.keys(what, called)


def _themes(what: str, called: Called) -> Answer:
    from waconsole.console import themecheck_answer

    return themecheck_answer.themes(what, called)


if __name__ == "__main__":
    sys.exit(main())
