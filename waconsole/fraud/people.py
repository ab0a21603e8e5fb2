"""What is known of people who may be in something together: what they share, ordered and wrote. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from waconsole.fraud.edges import Column, Edges
from waconsole.fraud.rules import NO_MINIMUMS, Minimums
from waconsole.members.likeness import address_key

ADDRESS, PAYMENT, DEVICE = "address", "payment", "device"
WORDS_MAX: Final = 40  # of a first message that are compared

_WORD: Final = re.compile(r"[^\W\d_]+")


class Order(NamedTuple):
    """An order: row id, second, total in minor units, how much of it was sent back."""

    id: int
    at: int
    minor: int
    currency: str
    returned: int

    @property
    def is_returned(self) -> bool:
        """Whether all of it was sent back."""
        return 0 < self.minor <= self.returned


@dataclass(frozen=True, slots=True)
class Profile:
    """A person: attributes as `device=…`, orders by time, what they wrote after they were invited, and before.

    `wrote_at` and `quiet_since` are seconds (0: never); `words` is the first message, `message` its row. `heard_at` is
    when they wrote elsewhere, where no message of it is kept here.
    """

    shared: frozenset[str] = frozenset()
    orders: tuple[Order, ...] = ()
    wrote_at: int = 0
    quiet_since: int = 0
    words: str = ""
    message: int = 0
    heard_at: int = 0


NOBODY: Final = Profile()


def no_codes(_: int) -> Sequence[tuple[int, int]]:
    """Where nobody reads threads: no message shows a code."""
    return ()


@dataclass(frozen=True)
class Case:
    """People who may be in something together: the places of the attempts between them, who invited, who came.

    `arrived` says by the invite's row in which second somebody came, `ring_of` of whom a ring consists that somebody
    stands in, `codes` which messages of a referrer in groups show a code: (row id, when).
    """

    edges: Edges
    places: Column
    referrers: tuple[int, ...]
    invitees: tuple[int, ...]
    people: tuple[int, ...]
    profiles: Mapping[int, Profile]
    arrived: Mapping[int, int]
    now: int
    has_threads: bool
    minimums: Minimums = NO_MINIMUMS
    ring_of: Mapping[int, Sequence[int]] = field(default_factory=dict)
    codes: Callable[[int], Sequence[tuple[int, int]]] = no_codes

    def of(self, member: int) -> Profile:
        """What is known of one of them."""
        return self.profiles.get(member, NOBODY)

    def bearers(self, what: str) -> list[list[int]]:
        """The people who bear the same of this sort, two or more of them each."""
        return self._bearers.get(what, [])

    @cached_property
    def first_arrivals(self) -> dict[int, int]:
        """In which second each invitee first came, if they did."""
        found: dict[int, int] = {}
        edges, places = self.edges, self.places
        for who, row in zip(edges.invitees[places].tolist(), edges.ids[places].tolist(), strict=True):
            if at := self.arrived.get(row, 0):
                found[who] = min(found.get(who, at), at)
        return found

    @cached_property
    def _bearers(self) -> dict[str, list[list[int]]]:
        found: dict[str, list[int]] = {}
        for who in self.people:
            for word in self.of(who).shared:
                found.setdefault(word, []).append(who)
        by_sort: dict[str, list[list[int]]] = {}
        for word, people in found.items():
            if len(people) > 1:
                by_sort.setdefault(word.partition("=")[0], []).append(people)
        return by_sort


def attributes(address: str, payment: str, device: str) -> Iterable[str]:
    """What of a row can be shared, folded for comparison, each with its sort before it."""
    if key := address_key(address):
        yield f"{ADDRESS}={key}"
    for what, text in ((PAYMENT, payment), (DEVICE, device)):
        if key := unicodedata.normalize("NFKC", text).casefold().strip():
            yield f"{what}={key}"


def alike(text: str) -> str:
    """A message for comparison: its words, case folded, without what holds a number (codes, amounts, dates)."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    words = [
        word for part in plain.split() if not any(map(str.isdigit, part)) for word in _WORD.findall(part)
    ]
    return " ".join(words[:WORDS_MAX])
