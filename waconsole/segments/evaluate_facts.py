"""What measures are worked out from: facts as timelines, at an instant. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final, Protocol

from waconsole.query.fields import Asked
from waconsole.query.values import Moment, Window
from waconsole.segments.aggregates import Timeline
from waconsole.segments.aggregates_kept import Kept
from waconsole.segments.columns import seconds

WORDS: Final = ("today", "this_week", "this_month")


class NotHeld(Exception):
    """Columns do not know this: the leaf is asked of SQL."""


class Facts(Protocol):
    """The facts of everybody. A timeline of a word that no row holds has no rows. Raises NotHeld."""

    kept: Kept

    @property
    def size(self) -> int:
        """One more than the highest member id."""

    def timeline(self, fact: str, *, part: str | None = None, product: str | None = None) -> Timeline:
        """The rows of a fact: all of them, of one part, of one product."""

    def bought(self, *, category: str | None = None, product: str | None = None, once: bool) -> Timeline:
        """Order lines of a category and a product; `once` for each order."""

    def couponed(self) -> Timeline:
        """Orders with a coupon, each once."""

    def sent(self) -> Timeline:
        """Direct messages of the purpose marketing, that may have reached somebody."""

    def heard(self) -> Timeline:
        """What members wrote, directly or in groups."""

    def only_currency(self) -> str:
        """The one currency orders are in; '' where there are several, or no order."""


@dataclass(frozen=True, slots=True)
class When:
    """The instant a rule is asked at, in microseconds UTC, the shop's zone, and what whoever asks read before."""

    now: int
    zone: tzinfo
    known: Mapping[str, Any]

    @property
    def second(self) -> int:
        """The instant, as a second of a column."""
        return seconds(self.now)

    def bounds(self, window: Window | None) -> tuple[int, int]:
        """First and last second of a window, up to now without one."""
        if window is None:
            window = Window("ever")
        since, until = window.bounds(self.now, self.zone)
        return seconds(since), seconds(until)

    def span(self, asked: Asked) -> int | None:
        """How long a window is that moves with now; None for one that begins where it begins."""
        since, until = self.bounds(asked.window)
        written = "ever" if asked.window is None else asked.window.written
        return None if written == "ever" or written in WORDS or written.startswith("since") else until - since

    def midnight(self, asked: Asked) -> int | None:
        """When a window by name begins anew, at the earliest."""
        if asked.window is None or asked.window.written not in WORDS:
            return None
        return seconds(Moment("today").bounds(self.now, self.zone)[1])
