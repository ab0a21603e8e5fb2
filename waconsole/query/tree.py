"""The tree of a query, and the tree as text again. Pure.

Two trees are equal when they mean the same words in the same order: places in the text do not count.
`every` and `any_of` build the forms that reading builds: nothing nested in its own kind, and the text
of one conjunction in one leaf, so that all of its words are looked for together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from dataclasses import field as made
from typing import Final

from waconsole.query.mistakes import Place
from waconsole.query.values import Moment, Name, Operand, operand_of, window_of

NOWHERE: Final = Place(0, 0)
QUOTES: Final = '"“”„‟＂'
_BARE: Final = re.compile(r"[A-Za-z0-9+@_.][A-Za-z0-9+@_./-]*")
_BARE_PIECE: Final = re.compile(r"[A-Za-z0-9_.-]+")
_KEYWORDS: Final = frozenset({"and", "or", "not"})


@dataclass(frozen=True, slots=True)
class Word:
    """One word of text; in quotes it means whole words in that order."""

    text: str
    quoted: bool = False
    place: Place = made(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    """Words without a field, all of which must be found."""

    words: tuple[Word, ...]

    @property
    def place(self) -> Place:
        """From the first word to the last."""
        return Place(self.words[0].place.start, self.words[-1].place.stop)


@dataclass(frozen=True, slots=True)
class Form:
    """`field:value`."""

    field: str
    value: str
    place: Place = made(default=NOWHERE, compare=False)
    value_place: Place = made(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Argument:
    """`category=sunscreen` or `30d` in the brackets of a measure; `name` is empty for the second."""

    name: str
    value: str
    place: Place = made(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field(arguments) sign operand`."""

    field: str
    sign: str
    operand: Operand
    arguments: tuple[Argument, ...] = ()
    place: Place = made(default=NOWHERE, compare=False)
    field_place: Place = made(default=NOWHERE, compare=False)
    operand_place: Place = made(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Node


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; without parts it is everything."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of two or more parts holds."""

    parts: tuple[Node, ...]


Leaf = Text | Form | Comparison
Node = Leaf | Not | All | AnyOf
EVERYTHING: Final = All(())


def every(parts: Iterable[Node]) -> Node:
    """The conjunction of `parts`: flat, with its text in one leaf at the place of the first word."""
    flat: list[Node] = []
    words: list[Word] = []
    text_at = -1
    for part in parts:
        for one in part.parts if isinstance(part, All) else (part,):
            if isinstance(one, Text):
                text_at = len(flat) if text_at < 0 else text_at
                words += one.words
            else:
                flat.append(one)
    if words:
        flat.insert(text_at, Text(tuple(words)))
    return flat[0] if len(flat) == 1 else All(tuple(flat))


def any_of(parts: Iterable[Node]) -> Node:
    """The disjunction of `parts`, flat."""
    flat: list[Node] = []
    for part in parts:
        flat += part.parts if isinstance(part, AnyOf) else (part,)
    return flat[0] if len(flat) == 1 else AnyOf(tuple(flat))


def leaves(node: Node) -> Iterator[Leaf]:
    """The leaves from left to right."""
    if isinstance(node, Not):
        yield from leaves(node.part)
    elif isinstance(node, All | AnyOf):
        for part in node.parts:
            yield from leaves(part)
    else:
        yield node


def written(node: Node) -> str:
    """The tree as a query that reads as the same tree."""
    match node:
        case Not(part):
            return f"-{_inside(part, All, AnyOf)}"
        case All(parts):
            return " ".join(_inside(part, AnyOf) for part in parts)
        case AnyOf(parts):
            return " or ".join(written(part) for part in parts)
        case Text(words):
            return " ".join(quoted(word.text) if word.quoted else word.text for word in words)
        case Form(name, value):
            return f"{name}:{_bare_or_quoted(value, _BARE)}"
    return _comparison(node)


def _inside(part: Node, *bracketed: type) -> str:
    is_loose = isinstance(part, bracketed) or (
        isinstance(part, Text) and len(part.words) > 1 and All in bracketed
    )
    return f"({written(part)})" if is_loose else written(part)


def _comparison(leaf: Comparison) -> str:
    inner = ", ".join(_argument(one) for one in leaf.arguments)
    operand = str(leaf.operand)
    if isinstance(leaf.operand, Name):
        is_plain = isinstance(operand_of(operand), Name)
        operand = _bare_or_quoted(operand, _BARE) if is_plain else quoted(operand)
    elif isinstance(leaf.operand, Moment) and " " in operand:
        operand = quoted(operand)
    brackets = f"({inner})" if leaf.arguments else ""
    return f"{leaf.field}{brackets} {leaf.sign} {operand}"


def _argument(one: Argument) -> str:
    if not one.name and window_of(one.value):
        return one.value
    value = _bare_or_quoted(one.value, _BARE_PIECE)
    return f"{one.name}={value}" if one.name else value


def _bare_or_quoted(text: str, bare: re.Pattern[str]) -> str:
    is_bare = bare.fullmatch(text) and text.casefold() not in _KEYWORDS
    return text if is_bare else quoted(text)


def quoted(text: str) -> str:
    """`text` in quotes; a quote or a backslash in it is written with a backslash before it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def unquoted(text: str) -> str:
    """What stands between the quotes of `text`: only quotes and backslashes are escaped."""
    return re.sub(rf"\\([\\{QUOTES}])", r"\1", text[1:-1])
