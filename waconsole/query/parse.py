"""From text to the tree: the grammar of `grammar.lark`, read by lark's LALR parser.

lark is loaded with the first query, and the parser made of the grammar is kept for the process.
The size of a query is bounded before it is read: what takes too long to say is refused at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from waconsole.query.mistakes import Place, QueryError
from waconsole.query.tree import (
    EVERYTHING,
    NOWHERE,
    QUOTES,
    Argument,
    Comparison,
    Form,
    Leaf,
    Node,
    Not,
    Text,
    Word,
    any_of,
    every,
    unquoted,
)
from waconsole.query.values import operand_of

if TYPE_CHECKING:
    from lark import Lark, Token

QUERY_CHARACTERS_MAX: Final = 10_000
NESTING_MAX: Final = 40
LEAVES_MAX: Final = 200
KEPT_MAX: Final = 128
_GRAMMAR: Final = Path(__file__).with_name("grammar.lark")
_ENDS_IN_SIGN: Final = re.compile(r"(?:<=|>=|!=|<|>|=)\s*\Z")
_ENDS_IN_WORD: Final = re.compile(r"(?<!\S)(and|or|not)\s*\Z", re.IGNORECASE)
_NOT_OF_BRACKETS: Final = re.compile(
    rf'"(?:[^"\\]|\\.)*"|[{QUOTES}](?:[^{QUOTES}\\]|\\.)*[{QUOTES}]|(?<!\S)#[^\n]*', re.DOTALL
)


def parse(text: str) -> Node:
    """The tree of a query; no words are everything.

    Raises QueryError, with the place, for what the grammar does not know, and for more than the
    language takes: `QUERY_CHARACTERS_MAX`, `NESTING_MAX`, `LEAVES_MAX`.
    """
    if len(text) > QUERY_CHARACTERS_MAX:
        sentence = (
            f"The query has {len(text):,} characters; {QUERY_CHARACTERS_MAX:,} is the most: shorten it."
        )
        raise QueryError(sentence, Place(QUERY_CHARACTERS_MAX, len(text)), text[: QUERY_CHARACTERS_MAX + 1])
    return _parse(text) if text.strip() else EVERYTHING


def asks_nothing(text: str) -> bool:
    """Whether a query has no words, and so is everything; what cannot be read asks something."""
    try:
        return parse(text) == EVERYTHING
    except QueryError:
        return False


@lru_cache(maxsize=KEPT_MAX)
def _parse(text: str) -> Node:
    from lark.exceptions import UnexpectedInput

    try:
        part = parser().parse(text)
    except UnexpectedInput as error:
        raise _mistake(text, error) from None
    except QueryError as error:
        raise error.in_text(text) from None
    assert isinstance(part, _Part)
    return part.node


def forget() -> None:
    """Read the next query anew, as if nothing had been typed before: for measuring."""
    _parse.cache_clear()


@cache
def parser() -> Lark:
    """The parser, made on first use: call it from a worker to have it ready before it is needed."""
    from lark import Lark

    return Lark(
        _GRAMMAR.read_text(encoding="utf-8"),
        parser="lalr",
        lexer="contextual",
        transformer=_Builder(),
        maybe_placeholders=False,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """A node while it is built: how deep it nests and how many leaves it has."""

    node: Node
    depth: int = 0
    leaves: int = 1


def _place(token: Token) -> Place:
    start, stop = token.start_pos, token.end_pos
    assert start is not None and stop is not None
    return Place(start, stop)


class _Builder:
    """Makes the tree while the text is read; each method is named by a rule of the grammar."""

    def start(self, parts: list[_Part]) -> _Part:
        return parts[0] if parts else _Part(EVERYTHING)

    def any(self, parts: list[_Part]) -> _Part:
        return _joined(any_of(part.node for part in parts), parts)

    def every(self, parts: list[_Part]) -> _Part:
        return _joined(every(part.node for part in parts), parts)

    def turned(self, parts: list[Any]) -> _Part:
        token, part = parts
        return _deeper(Not(part.node), part, token)

    def bracketed(self, parts: list[Any]) -> _Part:
        token, part = parts
        return _deeper(part.node, part, token)

    def word(self, parts: list[Token]) -> _Part:
        return _Part(Text((Word(str(parts[0]), place=_place(parts[0])),)))

    def quoted(self, parts: list[Token]) -> _Part:
        return _Part(Text((Word(unquoted(parts[0]), True, _place(parts[0])),)))

    def stray(self, parts: list[Token]) -> _Part:
        if parts[0] == ":":
            raise QueryError(
                "A field, its colon and its value stand without a space: lang:pt.", _place(parts[0])
            )
        raise QueryError(
            f"Nothing stands before {parts[0]} to compare: write it after a field, as in orders(7d) >= 1.",
            _place(parts[0]),
        )

    def value(self, parts: list[Token]) -> tuple[str, bool, Place]:
        token = parts[0]
        is_quoted = token.type == "QUOTED"
        return unquoted(token) if is_quoted else str(token), is_quoted, _place(token)

    operand = value
    piece = value

    def argument(self, parts: list[Any]) -> Argument:
        name, pieces = "", parts
        if not isinstance(parts[0], tuple):
            name, pieces = str(parts[0])[:-1].rstrip().casefold(), parts[1:]
        start = pieces[0][2].start if not name else _place(parts[0]).start
        return Argument(name, " ".join(piece[0] for piece in pieces), Place(start, pieces[-1][2].stop))

    def form(self, parts: list[Any]) -> _Part:
        head, (value, is_quoted, place) = parts
        if not value and is_quoted:
            raise QueryError(f'{head}"" lacks its value.', Place(head.start_pos, place.stop))
        return _Part(Form(str(head)[:-1].casefold(), value, Place(head.start_pos, place.stop), place))

    def form_alone(self, parts: list[Token]) -> _Part:
        raise QueryError(f"{parts[0]} lacks its value.", _place(parts[0]))

    def compared(self, parts: list[Any]) -> _Part:
        head, operand = parts
        sign = head[-2:] if head[-2:] in ("<=", ">=", "!=") else head[-1:]
        name = str(head)[: -len(sign)].rstrip()
        return _Part(_comparison(name, (), sign, operand, Place(head.start_pos, head.start_pos + len(name))))

    def measured(self, parts: list[Any]) -> _Part:
        call, *arguments, sign, operand = parts
        name = str(call)[:-1]
        place = Place(call.start_pos, call.start_pos + len(name))
        return _Part(_comparison(name, tuple(arguments), str(sign), operand, place))

    def measured_alone(self, parts: list[Any]) -> _Part:
        call = parts[0]
        raise QueryError(
            f"{str(call)[:-1]}(…) is not compared with anything: write a sign and a value after it, as in >= 2.",
            Place(call.start_pos, parts[-1].place.stop if len(parts) > 1 else call.end_pos),
        )


def _comparison(
    name: str, arguments: tuple[Argument, ...], sign: str, operand: tuple[str, bool, Place], place: Place
) -> Leaf:
    text, is_quoted, at = operand
    value = operand_of(" ".join(text.split()) if not is_quoted else text, quoted=is_quoted)
    return Comparison(name.casefold(), sign, value, arguments, Place(place.start, at.stop), place, at)


def _joined(node: Node, parts: list[_Part]) -> _Part:
    count = sum(part.leaves for part in parts)
    if count > LEAVES_MAX:
        raise QueryError(f"The query asks more than {LEAVES_MAX} things: make it shorter.", NOWHERE)
    return _Part(node, max(part.depth for part in parts), count)


def _deeper(node: Node, part: _Part, token: Token) -> _Part:
    if part.depth >= NESTING_MAX:
        raise QueryError(
            f"The query is nested more than {NESTING_MAX} deep: take brackets or nots away.", _place(token)
        )
    return _Part(node, part.depth + 1, part.leaves)


def _mistake(text: str, error: Any) -> QueryError:
    """What lark could not read, in words, with the place."""
    at: int = error.pos_in_stream if error.pos_in_stream is not None else len(text)
    token = getattr(error, "token", None)
    length = len(token) if token is not None and token.type != "$END" else 1
    if token is not None and token.type == "$END":
        at = len(text.rstrip())
    place = Place(at, min(at + length, max(len(text), at + 1)))
    before, here = text[:at].rstrip(), text[at : at + 1]
    if here and here in QUOTES:
        return QueryError("A quote is opened and not closed.", Place(at, len(text)), text)
    if _ENDS_IN_SIGN.search(before):
        return QueryError("A comparison lacks the value after its sign.", _ending(before, place), text)
    if word := _ENDS_IN_WORD.search(before):
        sentence = f"“{word[1]}” lacks what should stand after it."
        return QueryError(sentence, Place(word.start(1), word.end(1)), text)
    if not here:
        opened = _open_bracket(text)
        return QueryError("A bracket is opened and not closed.", Place(opened, opened + 1), text)
    if here == ")":
        stands = (
            "There is nothing between the brackets."
            if before.endswith("(")
            else "A bracket is closed that was not opened."
        )
        return QueryError(stands, place, text)
    if token is not None and token.type in ("_OR", "_AND"):
        return QueryError(f"“{token}” lacks what should stand before it.", place, text)
    return QueryError(f"{text[at : at + 20]!r} cannot stand here: put text in quotes.", place, text)


def _ending(before: str, place: Place) -> Place:
    """The last word before a place, which wants something after it."""
    start = max(before.rfind(" "), before.rfind("("), before.rfind("\n")) + 1
    return Place(start, place.start if place.start > start else place.stop)


def _open_bracket(text: str) -> int:
    """Where the last bracket stands that is not closed."""
    opened: list[int] = []
    bare = _NOT_OF_BRACKETS.sub(lambda found: " " * len(found[0]), text)
    for at, letter in enumerate(bare):
        if letter == "(":
            opened.append(at)
        elif letter == ")" and opened:
            opened.pop()
    return opened[-1] if opened else len(text)
