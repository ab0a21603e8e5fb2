"""What a message says to each member: `{name|there}` is their name, or `there` where they have none. Pure.

A place without a value and without a word to stand in for it is never sent as a hole: whoever has none is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from waconsole.errors import Refused
from waconsole.text import stored

VARIABLES: Final[Mapping[str, str]] = {
    "name": "what they are called",
    "first_name": "the first word of what they are called",
    "last_product": "what they ordered last",
    "last_category": "the category of what they ordered last",
    "phone": "their number",
    "ref": "their ref",
}
VALUE_CHARACTERS_MAX: Final = 200
"""A name that is longer is none: it would not fit into any template."""
_BLANK: Final = re.compile(r"\{([^{}|]*)(?:\|([^{}]*))?\}")
# Private characters stand for what is filled in later: no text that was typed or imported keeps a place in one.
_BEGIN, _END = "\ue010", "\ue011"
MARK: Final = re.compile(f"{_BEGIN}([0-9]+){_END}")

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Blank:
    """One place: the variable, and what stands in for it (None: whoever has no value is left out)."""

    variable: str
    fallback: str | None


@dataclass(frozen=True, slots=True)
class Blanks:
    """Parameters with a mark for each of their places, and those places by number."""

    parameters: tuple[str, ...]
    buttons: tuple[tuple[int, str], ...]
    places: tuple[Blank, ...]

    @property
    def variables(self) -> frozenset[str]:
        """What is asked of each member."""
        return frozenset(one.variable for one in self.places)


def marked(parameters: Sequence[str], buttons: Sequence[tuple[int, str]] = ()) -> Blanks:
    """Read `{variable}` and `{variable|fallback}` in what fills a template. Raises Refused for an unknown one."""
    places: list[Blank] = []

    def mark(found: re.Match[str]) -> str:
        variable, fallback = found[1].strip().casefold(), found[2]
        if variable not in VARIABLES:
            raise Refused(
                f"There is no {{{found[1]}}} to fill in: there is {', '.join(f'{{{one}}}' for one in VARIABLES)}."
            )
        if fallback is not None and not fallback.strip():
            raise Refused(
                f"What stands in for {{{variable}}} is empty: write a word, or leave the | out to skip who has none."
            )
        places.append(Blank(variable, None if fallback is None else clean(fallback)))
        return f"{_BEGIN}{len(places) - 1}{_END}"

    for text in (*parameters, *(value for _, value in buttons)):
        if _BEGIN in text or _END in text:
            raise Refused("A parameter holds a character that means nothing: write it without.")
    return Blanks(
        tuple(_BLANK.sub(mark, one) for one in parameters),
        tuple((place, _BLANK.sub(mark, value)) for place, value in buttons),
        tuple(places),
    )


def clean(value: str) -> str:
    """A value as it may stand in a template: one line, single spaces (WhatsApp refuses others), without our marks."""
    return " ".join(stored(value).replace(_BEGIN, "").replace(_END, "").split())


def words(places: Sequence[Blank], values: Values) -> list[str] | None:
    """What stands in each place; None where a value is missing and nothing stands in for it."""
    found: list[str] = []
    for place in places:
        value = values.get(place.variable) or place.fallback
        if not value:
            return None
        found.append(value)
    return found


def joined(parts: Sequence[str], words: Sequence[str]) -> str:
    """`re.split` with a group: text, number of a place, text, …"""
    if len(parts) == 1:
        return parts[0]
    said = list(parts)
    said[1::2] = [words[int(one)] for one in parts[1::2]]
    return "".join(said)
