"""Words into a command and its values: for the command line and for the `:` line of the console.

The grammar is small and the same everywhere. Options begin with two hyphens and stand anywhere
(`--limit 5`, `--limit=5`); a word with one hyphen is text, so `find -is:unread` needs no quotes;
after `--` everything is text. Nothing is printed and nothing exits: UsageError says what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from waconsole.command import Argument
from waconsole.errors import UsageError

WORDS_MAX: Final = 100_000
ASK_HIDDEN: Final = frozenset({("sign-in",), ("operators", "passphrase")})  # a word too many may be a secret
ALIASES: Final = {"segment": "segments"}  # the first word, said otherwise
INTEGER_MAX: Final = (1 << 63) - 1


class Verb(Protocol):
    """What is asked of a command's declaration."""

    @property
    def words(self) -> tuple[str, ...]:
        """The verb words."""

    @property
    def help(self) -> str:
        """One sentence."""

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """What may follow."""


AnyVerb = TypeVar("AnyVerb", bound=Verb)

GLOBALS: Final = (
    Argument("--ledger", "the ledger to work on", metavar="FILE"),
    Argument("--json", "answer with one JSON document", kind="flag"),
    Argument("--as", "the operator who acts", metavar="OPERATOR"),
    Argument(
        "--passphrase-fd",
        "read the operator's passphrase from this open file, its first line",
        kind="integer",
    ),
    Argument("--now", "the present instant, on a ledger made with `init --test-clock`", metavar="ISO"),
    Argument("--read-only", "change nothing", kind="flag"),
    Argument("--theme", "the console's theme, this time", metavar="NAME"),
    Argument("--limit", "at most so many rows of a list", kind="integer", metavar="N"),
    Argument("--help", "say what can be done", kind="flag"),
    Argument("--version", "say which waconsole this is", kind="flag"),
)


@dataclass(slots=True)
class _Cursor:
    """The words still to be read; `text_only` once `--` has been passed."""

    words: Sequence[str]
    place: int = 0
    text_only: bool = False

    def take(self) -> str | None:
        if self.place >= len(self.words):
            return None
        self.place += 1
        return self.words[self.place - 1]


def parse(words: Sequence[str], commands: Sequence[AnyVerb]) -> tuple[AnyVerb, dict[str, Any]]:
    """The command that `words` say, and its values by argument key. Raises UsageError."""
    verb, rest = find_verb(words, commands)
    return verb, fill(verb, rest)


def split_globals(words: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """(the global options, the other words in their order). Raises UsageError."""
    if len(words) > WORDS_MAX:
        raise UsageError(f"That is more than {WORDS_MAX:,} words: put them into a file.")
    values = {one.key: _nothing(one) for one in GLOBALS}
    rest: list[str] = []
    cursor = _Cursor(words)
    while (word := cursor.take()) is not None:
        if word == "--":
            rest += [word, *words[cursor.place :]]
            break
        one = _option(word, GLOBALS)
        if one is None:
            rest.append(word)
        else:
            values[one.key] = _value(one, word, cursor, GLOBALS)
    if values["limit"] is not None and values["limit"] < 1:
        raise UsageError("--limit takes a number of 1 or more.")
    return values, rest


def find_verb(words: Sequence[str], commands: Sequence[AnyVerb]) -> tuple[AnyVerb, list[str]]:
    """The longest command that `words` begin with, and the words after it. Raises UsageError."""
    if words:
        words = [ALIASES.get(words[0], words[0]), *words[1:]]
    longest = max((len(command.words) for command in commands), default=0)
    for length in range(min(longest, len(words)), 0, -1):
        said = tuple(words[:length])
        for command in commands:
            if command.words == said:
                return command, list(words[length:])
    raise UsageError(_no_such_verb(words, commands))


def _no_such_verb(words: Sequence[str], commands: Sequence[AnyVerb]) -> str:
    first = words[0] if words else ""
    followers = [" ".join(one.words[1:]) for one in commands if one.words[0] == first]
    if followers:
        said = f"{first} {words[1]} is no command" if len(words) > 1 else f"{first} is half a command"
        return f"{said}: say {first} {' or '.join(sorted(followers))}."
    if first.startswith("--"):
        return unknown_option(first, GLOBALS)
    titles = [" ".join(one.words) for one in commands]
    meant = _nearest(" ".join(words[:2]), titles) or _nearest(first, titles)
    hint = f": did you mean {meant}?" if meant else "; `waconsole --help` lists them."
    return f"There is no command {first}{hint}"


def fill(verb: Verb, words: Sequence[str]) -> dict[str, Any]:
    """The values of a command's arguments by key. Raises UsageError."""
    values: dict[str, Any] = {one.key: _nothing(one) for one in verb.arguments}
    options = [one for one in verb.arguments if one.name.startswith("--")]
    given: set[str] = set()
    texts: list[str] = []
    greedy: str | None = None
    cursor = _Cursor(words)
    while (word := cursor.take()) is not None:
        if cursor.text_only or not _looks_like_option(word):
            texts.append(word)
        elif word == "--":
            cursor.text_only = True
        elif (one := _option(word, options)) is None:
            raise UsageError(unknown_option(word, [*options, *GLOBALS]))
        else:
            value = _value(one, word, cursor, [*options, *GLOBALS])
            values[one.key] = [*values[one.key], *value] if one.many else value
            given.add(one.key)
            greedy = one.key if one.many and len(value) > 1 else greedy
    if greedy is not None and not texts and len(_places(verb)) == 1 and not _places(verb)[0].optional:
        texts = [str(values[greedy].pop())]  # `--limit-per-day '5 EUR' Ana`: the last word is who is meant
    missing = [one for one in options if one.required and one.key not in given]
    if missing:
        raise UsageError(f"{' '.join(verb.words)} needs {missing[0].name}: write {usage(verb)}")
    values.update(_placed(verb, texts))
    return values


def _places(verb: Verb) -> list[Argument]:
    return [one for one in verb.arguments if not one.name.startswith("--")]


def _placed(verb: Verb, texts: list[str]) -> Iterator[tuple[str, Any]]:
    """Hand the words without hyphens to the positional arguments, in order."""
    places = _places(verb)
    left = list(texts)
    for number, one in enumerate(places):
        needed_after = sum(not later.optional for later in places[number + 1 :])
        spare = len(left) - needed_after
        if spare < 1 and one.optional:
            continue
        if not left:
            raise UsageError(f"{' '.join(verb.words)} needs {placeholder(one)}: write {usage(verb)}")
        count = max(spare, 1) if one.many else 1
        taken, left = [_converted(one, text) for text in left[:count]], left[count:]
        yield one.key, taken if one.many else taken[0]
    if left and verb.words in ASK_HIDDEN:
        raise UsageError(f"A passphrase is asked for, or handed in, and never a word: write {usage(verb)}")
    if left:
        raise UsageError(
            f"“{left[0]}” is one word too many (quote what belongs together): write {usage(verb)}"
        )


def _looks_like_option(word: str) -> bool:
    return word.startswith("--") and not any(letter.isspace() for letter in word.partition("=")[0])


def _option(word: str, options: Iterable[Argument]) -> Argument | None:
    """The option that `--name` or `--name=value` means; `-h` is the one short form."""
    name = "--help" if word == "-h" else word.partition("=")[0]
    return next((one for one in options if one.name == name), None)


def _value(one: Argument, word: str, cursor: _Cursor, options: Sequence[Argument]) -> Any:
    """The value of an option: after `=`, or the next words."""
    _, equals, inline = word.partition("=")
    if one.kind == "flag":
        if equals:
            raise UsageError(f"{one.name} takes no value.")
        return True
    texts = [inline] if equals else []
    while not equals and (one.many or not texts) and cursor.place < len(cursor.words):
        following = cursor.words[cursor.place]
        if following == "--" or (_looks_like_option(following) and _option(following, options)):
            break
        texts.append(following)
        cursor.place += 1
    if not texts:
        raise UsageError(f"{one.name} needs {placeholder(one)} after it.")
    values = [_converted(one, text) for text in texts]
    return values if one.many else values[0]


def _converted(one: Argument, text: str) -> str | int:
    if one.kind == "integer":
        try:
            number = int(text)
        except ValueError:
            raise UsageError(f"{one.name} takes a whole number, not “{text}”.") from None
        if abs(number) > INTEGER_MAX:
            raise UsageError(f"{one.name} takes a smaller number.")
        return number
    if one.choices and text not in one.choices:
        meant = _nearest(text, one.choices)
        hint = f"did you mean {meant}?" if meant else f"choose {' or '.join(one.choices)}."
        raise UsageError(f"{one.name} cannot be “{text}”: {hint}")
    return text


def _nothing(one: Argument) -> Any:
    """The value of an argument that was not given."""
    if one.kind == "flag":
        return False
    return [] if one.many else one.default


def unknown_option(word: str, options: Iterable[Argument]) -> str:
    """The sentence about an option nobody knows."""
    name = word.partition("=")[0]
    meant = _nearest(name, [one.name for one in options])
    hint = f": did you mean {meant}?" if meant else "; write -- before text that begins with hyphens."
    return f"There is no option {name} here{hint}"


def _nearest(text: str, names: Sequence[str]) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(text, names, n=1)), None)


def placeholder(one: Argument) -> str:
    """How an argument's value is written in a usage line: FILE, N, dmy|mdy|ymd."""
    if one.choices:
        return "|".join(one.choices)
    if one.kind == "integer":
        return one.metavar or "N"
    return (one.metavar or one.key.upper()) + (" …" if one.many else "")


def usage(verb: Verb) -> str:
    """How a command is written: `import chat FILE --group NAME [--me NAME]`."""
    parts = list(verb.words)
    for one in verb.arguments:
        written = placeholder(one)
        if one.name.startswith("--"):
            written = one.name if one.kind == "flag" else f"{one.name} {written}"
            parts.append(written if one.required else f"[{written}]")
        else:
            parts.append(f"[{written}]" if one.optional else written)
    return " ".join(parts)
