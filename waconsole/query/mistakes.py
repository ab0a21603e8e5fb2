"""What is wrong with a query, and where: one sentence, the place, and how to show it."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from waconsole.errors import Refused

SHOWN_CHARACTERS_MAX: Final = 72
NEAREST_CUTOFF: Final = 0.6


@dataclass(frozen=True, slots=True)
class Place:
    """Characters `start` up to `stop` of a query's text."""

    start: int
    stop: int


class QueryError(Refused):
    """A query that is not understood. `str()` is one sentence; `place` is where, in `text`."""

    def __init__(self, sentence: str, place: Place, text: str = "") -> None:
        """`text` is the whole query; what reads only a part of it leaves it out, and `in_text` fills it in."""
        super().__init__(sentence)
        self.place = place
        self.text = text

    def in_text(self, text: str) -> QueryError:
        """The same error, knowing the whole query."""
        self.text = text
        return self

    def underlined(self) -> tuple[str, str]:
        """The line of the query that holds the place, and a line of carets below it.

        Long lines are cut around the place. The carets fit a terminal, wide characters included.
        """
        begins = self.text.rfind("\n", 0, self.place.start) + 1
        ends = self.text.find("\n", begins)
        line = self.text[begins : ends if ends >= 0 else len(self.text)].replace("\t", " ")
        start = min(self.place.start - begins, len(line))
        stop = max(min(self.place.stop - begins, len(line)), start)
        cut = max(0, min(start - SHOWN_CHARACTERS_MAX // 3, len(line) - SHOWN_CHARACTERS_MAX))
        line = line[cut : cut + SHOWN_CHARACTERS_MAX]
        start, stop = start - cut, min(stop - cut, len(line))
        return line, " " * _cells(line[:start]) + "^" * max(1, _cells(line[start:stop]))


def _cells(text: str) -> int:
    """How many cells of a terminal `text` takes."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in text
    )


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the known word most like `word`; nothing when none is like it."""
    by_folded = {one.casefold(): one for one in known}
    close = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=NEAREST_CUTOFF)
    return f"; did you mean {by_folded[close[0]]}?" if close else ""
