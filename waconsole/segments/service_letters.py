"""A template with words for each member: its body is taken apart once, and put together for each of many."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from json.encoder import encode_basestring

from waconsole.segments.variables import MARK, Blank, Values, joined, words
from waconsole.text import stored
from waconsole.whatsapp.content import Template, TemplateButton, as_body, shown


class Letters:
    """A template filled for each member, from values that were read before."""

    def __init__(
        self, template: Template, places: Sequence[Blank], values: Mapping[int, Values], as_typed: str
    ) -> None:
        """`template` bears the marks of `places`; `as_typed` is how its parameters were written."""
        self._places, self._values, self._template = tuple(places), values, template
        self._body = MARK.split(as_body(template))
        self._text = MARK.split(stored(shown(template)))
        self.digest = f"{MARK.sub('_', as_body(template))} {as_typed}"
        self.when: Mapping[int, int] = {}  # who waits for an hour of their own, and until when

    @property
    def sample(self) -> Template:
        """The template with its places as underscores."""
        return _filled(self._template, lambda found: "_")

    def words(self, member_id: int) -> list[str] | None:
        """What stands in each place for a member; None where something is missing."""
        return words(self._places, self._values.get(member_id, {}))

    def text(self, member_id: int) -> str:
        """What a member would read."""
        return joined(self._text, self.words(member_id) or [])

    def rows(self, member_ids: Sequence[int]) -> Iterable[tuple[int, str, str, int | None]]:
        """(member, content as JSON, text, not before) of each."""
        for member_id in member_ids:
            said = self.words(member_id) or []
            inside = [encode_basestring(one)[1:-1] for one in said]
            body, text = joined(self._body, inside), stored(joined(self._text, said))
            yield member_id, body, text, self.when.get(member_id)


def _filled(template: Template, fill: Callable[[re.Match[str]], str]) -> Template:
    def of(text: str) -> str:
        return MARK.sub(fill, text)

    return replace(
        template,
        parameters=tuple((name, of(value)) for name, value in template.parameters),
        header=of(template.header),
        buttons=tuple(TemplateButton(one.index, one.kind, of(one.value)) for one in template.buttons),
        text=of(template.text),
    )
