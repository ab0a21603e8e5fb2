"""The variables of saved replies: which there are, what they become, what stays open. Pure.

`{name}` stands for a word of the thread, `{{` and `}}` for braces. What cannot be filled is marked
⟦name⟧, so that it is seen and is not sent.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from waconsole.errors import Refused
from waconsole.members.model import looks_like_phone

VARIABLES: Final = ("name", "first_name", "group", "operator", "date", "time")
LEFT_OPEN: Final = "⟦{}⟧"

_PIECE: Final = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}")
_OPEN: Final = re.compile("⟦(" + "|".join(VARIABLES) + ")⟧")


@dataclass(frozen=True, slots=True)
class Filled:
    """A reply with its variables filled; `missing` names those that stand marked in `text`."""

    text: str
    missing: tuple[str, ...]


def variables_of(text: str) -> tuple[str, ...]:
    """The variables a reply has, each once. Raises Refused for one there is not."""
    found: dict[str, None] = {}
    for match in _PIECE.finditer(text):
        name = match.group(1)
        if name is None:
            continue
        if name not in VARIABLES:
            near = difflib.get_close_matches(name.strip().casefold(), VARIABLES, 1)
            ask = f"did you mean {{{near[0]}}}?" if near else f"there is {_listed(VARIABLES)}."
            raise Refused(
                f"There is no variable {{{name}}}: {ask} Braces themselves are written {{{{ and }}}}."
            )
        found[name] = None
    return tuple(found)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def filled(text: str, words: Mapping[str, str]) -> Filled:
    """A reply with `words` in the place of its variables; an empty or unknown word leaves a mark."""
    missing: dict[str, None] = {}

    def word(match: re.Match[str]) -> str:
        name = match.group(1)
        if name is None:
            return match.group(0)[0]
        if words.get(name):
            return words[name]
        missing[name] = None
        return LEFT_OPEN.format(name)

    return Filled(_PIECE.sub(word, text), tuple(missing))


def left_open(text: str) -> tuple[str, ...]:
    """The variables that still stand marked in a text, each once."""
    return tuple(dict.fromkeys(_OPEN.findall(text)))


def must_be_filled(text: str) -> None:
    """Raises Refused when a mark still stands in a text that is to be sent."""
    if open_ := left_open(text):
        marks = ", ".join(LEFT_OPEN.format(name) for name in open_)
        raise Refused(f"{marks} is still open: write the word in its place, or take it out.")


def first_name(name: str) -> str:
    """The first word of a name; empty when it is none, or a number."""
    return "" if looks_like_phone(name) else name.strip().partition(" ")[0]


def language_rank(language: str, wanted: str) -> int:
    """Where a reply stands for a thread in `wanted`: 0 its very language, 1 its main one, 2 any, 3 another."""
    ours, theirs = language.casefold(), wanted.casefold()
    if not ours:
        return 2
    if theirs and ours == theirs:
        return 0
    return 1 if theirs and ours.partition("-")[0] == theirs.partition("-")[0] else 3
