"""`keys` and `themes`: what the screen's keys and colours are. Answered by the screen's own room, loaded for them alone."""

from __future__ import annotations

from typing import Final

from waconsole.cli.own import Called, Own, ScreenAnswer
from waconsole.command import Answer, Argument
from waconsole.errors import UsageError


def _asked(screen: ScreenAnswer | None, what: str, called: Called) -> Answer:
    if screen is None:
        raise UsageError("This way in has no screen to ask.")
    return screen(what, called)


async def _keys_list(called: Called) -> Answer:
    return _asked(called.screens.keys, "list", called)


async def _keys_check(called: Called) -> Answer:
    return _asked(called.screens.keys, "check", called)


async def _themes_list(called: Called) -> Answer:
    return _asked(called.screens.themes, "list", called)


async def _themes_check(called: Called) -> Answer:
    return _asked(called.screens.themes, "check", called)


LOOKS: Final = (
    Own(("keys", "list"), "Every act of the console, its keys and its id.", _keys_list),
    Own(
        ("keys", "check"),
        "What is wrong in a keymap: unknown acts, unreadable keys, keys that mean two things.",
        _keys_check,
        (Argument("file", "the keymap; else the one in force", optional=True),),
    ),
    Own(("themes", "list"), "The themes there are.", _themes_list),
    Own(
        ("themes", "check"),
        "Whether themes can be read and told apart, also without red, green or blue.",
        _themes_check,
        (Argument("files", "theme files; else every theme there is", optional=True, many=True),),
    ),
)
