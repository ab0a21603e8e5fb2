"""The `:` line taken apart: words, quotes, and what belongs together without quotes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from waconsole.cli.parse import Verb
from waconsole.command import Argument
from waconsole.errors import UsageError
from waconsole.text import _

QUOTES: Final = ("'", '"')


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is meant, and as it was typed."""

    meant: str
    typed: str


def split(line: str) -> list[Word]:
    """The words of a line. Raises UsageError for a quote that is not closed.

    Quotes around a word (or around the value of `--name=`) hold it together and fall away; quotes
    inside a word stay, so that `in:"Mamans Lyon 3"` is one word of a query, quotes and all.
    """
    words: list[Word] = []
    place = 0
    while place < len(line):
        if line[place].isspace():
            place += 1
            continue
        start, open_quote = place, ""
        while place < len(line) and (open_quote or not line[place].isspace()):
            if open_quote:
                open_quote = "" if line[place] == open_quote else open_quote
            elif line[place] == '"' or (line[place] == "'" and place == start):
                open_quote = line[place]
            place += 1
        if open_quote:
            raise UsageError(_("A quote is not closed: {line}").format(line=line[start:]))
        typed = line[start:place]
        words.append(Word(_unquoted(typed), typed))
    return words


def _unquoted(typed: str) -> str:
    name, equals, value = typed.partition("=")
    if typed.startswith("--") and equals and not name.endswith(QUOTES):
        return f"{name}={_unquoted(value)}"
    is_whole = len(typed) > 1 and typed[0] in QUOTES and typed[-1] == typed[0] and typed[0] not in typed[1:-1]
    return typed[1:-1] if is_whole else typed


def quoted(text: str) -> str:
    """`text` as one word of a line."""
    if text and not any(character.isspace() for character in text):
        return text
    return f"'{text}'" if '"' in text else f'"{text}"'


def gathered(verb: Verb, words: Sequence[Word]) -> list[str]:
    """The words for `waconsole.cli.parse.fill`.

    Where a command's last place takes one text, the words left over are that text: `find is:owed
    age<2d` needs no quotes around it.
    """
    places = [one for one in verb.arguments if not one.name.startswith("--")]
    if not places or places[-1].many or places[-1].kind != "text" or places[-1].choices:
        return [word.meant for word in words]
    texts: list[Word] = []
    options: list[str] = []
    following = 0
    for word in words:
        if following:
            options.append(word.meant)
            following -= 1
        elif word.typed.startswith("--"):
            options.append(word.meant)
            following = _values_after(verb.arguments, word.meant)
        else:
            texts.append(word)
    before, rest = texts[: len(places) - 1], texts[len(places) - 1 :]
    last = [rest[0].meant] if len(rest) == 1 else [" ".join(word.typed for word in rest)] if rest else []
    return [*options, "--", *(word.meant for word in before), *last] if texts else options


def _values_after(arguments: Sequence[Argument], word: str) -> int:
    """How many words an option takes after it."""
    known = {one.name: one for one in arguments}
    one = known.get(word.partition("=")[0])
    return 0 if one is None or one.kind == "flag" or "=" in word else 1
