"""What a message says to each member: `{name|there}` is their name, or `there` where they have none. Pure.

A place without a value and without a word to stand in for it is never sent as a hole: whoever has none is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from waconsole.errors import Refused
from waconsole.text import stored
from waconsole.whatsapp.content import Template, TemplateButton, as_body, shown

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
_MARK: Final = re.compile(f"{_BEGIN}([0-9]+){_END}")

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


class Letters:
    """A template filled for each member, from values that were read before."""

    def __init__(
        self, template: Template, places: Sequence[Blank], values: Mapping[int, Values], as_typed: str
    ) -> None:
        """`template` bears the marks of `places`; `as_typed` is how its parameters were written."""
        self._places, self._values, self._template = tuple(places), values, template
        self._body = _MARK.split(as_body(template))
        self._text = _MARK.split(stored(shown(template)))
        self.digest = f"{_MARK.sub('_', as_body(template))} {as_typed}"

    @property
    def sample(self) -> Template:
        """The template with its places as underscores."""
        return _filled(self._template, lambda found: "_")

    def words(self, member_id: int) -> list[str] | None:
        """What stands in each place for a member; None where something is missing."""
        return words(self._places, self._values.get(member_id, {}))

    def text(self, member_id: int) -> str:
        """What a member would read."""
        return _joined(self._text, self.words(member_id) or [])

    def rows(self, member_ids: Sequence[int]) -> Iterable[tuple[int, str, str]]:
        """(member, content as JSON, text) of each."""
        for member_id in member_ids:
            said = self.words(member_id) or []
            inside = [json.dumps(one, ensure_ascii=False)[1:-1] for one in said]
            yield member_id, _joined(self._body, inside), stored(_joined(self._text, said))


def words(places: Sequence[Blank], values: Values) -> list[str] | None:
    """What stands in each place; None where a value is missing and nothing stands in for it."""
    found: list[str] = []
    for place in places:
        value = values.get(place.variable) or place.fallback
        if not value:
            return None
        found.append(value)
    return found


def _joined(parts: Sequence[str], words: Sequence[str]) -> str:
    """`re.split` with a group: text, number of a place, text, …"""
    if len(parts) == 1:
        return parts[0]
    said = list(parts)
    said[1::2] = [words[int(one)] for one in parts[1::2]]
    return "".join(said)


def _filled(template: Template, fill: Callable[[re.Match[str]], str]) -> Template:
    def of(text: str) -> str:
        return _MARK.sub(fill, text)

    return replace(
        template,
        parameters=tuple((name, of(value)) for name, value in template.parameters),
        header=of(template.header),
        buttons=tuple(TemplateButton(one.index, one.kind, of(one.value)) for one in template.buttons),
        text=of(template.text),
    )
