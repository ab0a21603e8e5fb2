"""The narrowing language, first form: words side by side, all of which must hold.

    is:owed  -is:unread  in:"Mamans Lyon 3"  from:Inès  age<2d  "taille 2"  prix

A leading `-` (or `not`) turns a word round. What has no field is text. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from waconsole.clock import DAY, HOUR, MINUTE, SECOND
from waconsole.errors import Refused

QUERY_CHARACTERS_MAX: Final = 2_000
TERMS_MAX: Final = 50
UNITS: Final = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}

_TOKEN: Final = re.compile(
    r"""
    (?P<minus>-)?
    (?: (?P<field>[A-Za-z_]+) (?P<op>:|<=|>=|!=|<|>|=) (?: "(?P<quoted>[^"]*)" | (?P<bare>[^\s"]*) )
      | "(?P<phrase>[^"]*)"
      | (?P<word>[^\s"]+)
    )
    (?=\s|$)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a query. `field` is empty for text; `op` is `:` or a comparator."""

    field: str
    op: str
    value: str
    quoted: bool
    negated: bool
    start: int
    stop: int


def parse(text: str) -> tuple[Term, ...]:
    """The terms of a query in the order they stand.

    Raises Refused, with the place, for an open quote, and for more than the language takes.
    """
    if len(text) > QUERY_CHARACTERS_MAX:
        raise Refused(
            f"The query has {len(text)} characters; {QUERY_CHARACTERS_MAX} is the most: shorten it."
        )
    found: list[Term] = []
    place, negated = 0, False
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        match = _TOKEN.match(text, place)
        if match is None:
            raise Refused(f"A quote is opened and not closed at {text[place : place + 20]!r}.")
        place = match.end()
        word = (match["word"] or "").casefold()
        if word == "and" and not match["minus"]:
            continue
        if word == "not" and not match["minus"]:
            negated = not negated
            continue
        if word == "or":
            raise Refused(
                "“or” is not part of this narrowing language: narrow twice, or put words side by side."
            )
        found.append(_term(match, negated != bool(match["minus"])))
        negated = False
    if len(found) > TERMS_MAX:
        raise Refused(f"The query has {len(found)} words; {TERMS_MAX} is the most: shorten it.")
    return tuple(found)


def _term(match: re.Match[str], negated: bool) -> Term:
    quoted = match["quoted"] is not None or match["phrase"] is not None
    value = next(
        part for part in (match["quoted"], match["bare"], match["phrase"], match["word"]) if part is not None
    )
    return Term(
        field=(match["field"] or "").casefold(),
        op=match["op"] or ":",
        value=value,
        quoted=quoted,
        negated=negated,
        start=match.start(),
        stop=match.end(),
    )


def span(value: str) -> int:
    """`90s`, `30m`, `36h`, `2d`, `1w` in microseconds. Raises Refused naming the units."""
    match = re.fullmatch(r"(\d{1,6})([smhdw])", value)
    if match is None:
        raise Refused(f"{value!r} is no span of time: write a number with s, m, h, d or w, as in 2d.")
    return int(match[1]) * UNITS[match[2]]
