"""What can be said on the command line, as text: everything, one group of commands, one command."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, Final

from waconsole.cli.parse import GLOBALS, Verb, placeholder, usage
from waconsole.command import Argument

WIDTH_MAX: Final = 100
COLUMN: Final = 30

# A room's commands stand under its title, in this order.
TITLES: Final = {
    "cli": "The ledger and the settings",
    "sync": "What comes in and goes out",
    "inbox": "The inbox",
    "outbox": "Messages to send, numbers and templates",
    "members": "Members",
    "groups": "Groups",
    "shop": "What the shop knows",
    "ledger": "The books",
    "chain": "The chain they are sealed into",
    "operators": "Operators",
    "policy": "Policy",
    "catalogue": "Taking back",
}


def help_text(words: Sequence[str], commands: Sequence[Verb], room_of: Callable[[Any], str]) -> str:
    """Help about the command or the group of commands that `words` begin with, else about everything."""
    for length in range(len(words), 0, -1):
        said = tuple(words[:length])
        exact = [one for one in commands if one.words == said]
        if exact:
            return _about_one(exact[0])
        within = [one for one in commands if one.words[:length] == said]
        if within:
            return "\n".join([f"waconsole {' '.join(said)} …", "", *_listed(within), "", _MORE])
    return _about_all(commands, room_of)


_MORE: Final = "`waconsole COMMAND --help` says more about one command."


def _about_all(commands: Sequence[Verb], room_of: Callable[[Any], str]) -> str:
    lines = [
        "waconsole [OPTIONS]            open the console",
        "waconsole [OPTIONS] COMMAND …  do one thing without a screen",
    ]
    rooms = [*TITLES, *sorted({room_of(one) for one in commands} - TITLES.keys())]
    for room in rooms:
        some = [one for one in commands if room_of(one) == room]
        if some:
            lines += ["", TITLES.get(room, room.title()), *_listed(some)]
    lines += ["", "Options, before or after the command", *_arguments(GLOBALS), "", _MORE]
    return "\n".join(lines)


def _about_one(verb: Verb) -> str:
    lines = _wrapped(f"waconsole {usage(verb)}", "", "    ")
    lines += ["", verb.help]
    if verb.arguments:
        lines += ["", *_arguments(verb.arguments)]
    lines += ["", "Everywhere", *_arguments(GLOBALS)]
    return "\n".join(lines)


def _listed(commands: Sequence[Verb]) -> list[str]:
    return [line for one in commands for line in _entry(" ".join(one.words), one.help)]


def _arguments(arguments: Sequence[Argument]) -> list[str]:
    lines: list[str] = []
    for one in arguments:
        written = placeholder(one)
        if one.name.startswith("--"):
            written = one.name if one.kind == "flag" else f"{one.name} {written}"
        built_in = f" (else {one.default})" if one.default is not None else ""
        lines += _entry(written, one.help + built_in)
    return lines


def _entry(name: str, says: str) -> list[str]:
    if len(name) > COLUMN - 4:
        return [f"  {name}", *_wrapped(says, " " * COLUMN, " " * COLUMN)]
    return _wrapped(says, f"  {name}".ljust(COLUMN), " " * COLUMN)


def _wrapped(text: str, first: str, others: str) -> list[str]:
    width = min(shutil.get_terminal_size().columns, WIDTH_MAX)
    return textwrap.wrap(
        text,
        max(width, COLUMN + 20),
        initial_indent=first,
        subsequent_indent=others,
        break_on_hyphens=False,
    )
