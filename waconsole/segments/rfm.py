"""Recency, frequency and money: scores of 1 to 5, and the layers they are cut into. Pure.

A score is 1 + floor(5 x members strictly lower / members with an order in the window), or, by fixed cut points, 1 and
one more for each that is reached. Which, and what makes a layer, is a policy (`segments.rfm`): whatever it says, the
first layer that fits is a member's, so that layers are exhaustive and exclude each other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from waconsole import money
from waconsole.errors import Refused
from waconsole.query.values import Duration, operand_of

SCORE_MAX: Final = 5
NEVER: Final = "never"
REST: Final = "hibernating"
POLICY: Final = "segments.rfm"
_BOUNDS: Final = ("r_min", "r_max", "f_min", "f_max")
QUANTILE: Final = "quantile"
FIXED: Final = "fixed"
POINTS: Final = SCORE_MAX - 1
CURRENCIES_MAX: Final = 50
COUNT_DIGITS_MAX: Final = 9
MINOR_MAX: Final = 10**15
_BETWEEN: Final = re.compile(r"[\s,]+")


@dataclass(frozen=True, slots=True)
class Layer:
    """Scores that belong to a layer; both ends belong. What is not bounded is 1 to 5."""

    name: str
    r_min: int = 1
    r_max: int = SCORE_MAX
    f_min: int = 1
    f_max: int = SCORE_MAX

    def holds(self, r: int, f: int) -> bool:
        """Whether these scores belong to it."""
        return self.r_min <= r <= self.r_max and self.f_min <= f <= self.f_max


Cuts = Sequence[Layer]
FIRST: Final[Cuts] = (
    Layer("champions", r_min=4, f_min=4),
    Layer("new", r_min=4, f_max=2),
    Layer("loyal", r_min=3, f_min=3),
    Layer("at_risk", r_max=2, f_min=3),
)


@dataclass(frozen=True, slots=True)
class Cutting:
    """How scores and layers are cut: fixed points in rising order of the score, or none where fifths are.

    `recency` are spans in microseconds: the score of 2 begins with an order no longer ago than the first. `frequency`
    are numbers of orders, `money` minor units of each currency. `version` is the policy's, 0 for none.
    """

    layers: Cuts = FIRST
    recency: tuple[int, ...] = ()
    frequency: tuple[int, ...] = ()
    money: tuple[tuple[str, tuple[int, ...]], ...] = ()
    version: int = 0

    def money_in(self, currency: str) -> tuple[int, ...]:
        """The points of a currency, in minor units; none where fifths are."""
        return dict(self.money).get(currency, ())


PLAIN: Final = Cutting()
LAYERS: Final = (NEVER, *(one.name for one in FIRST), REST)
SAYS: Final[Mapping[str, str]] = {
    NEVER: "they have no order within the window",
    "champions": "they bought lately and often",
    "new": "they bought lately and seldom",
    "loyal": "they bought not long ago, and more than once or twice",
    "at_risk": "they bought often, and not lately",
    REST: "none of the others",
}


def score(lower: int, members: int) -> int:
    """The score of whom so many of so many members are strictly lower than."""
    return 1 + SCORE_MAX * lower // members


def layer(r: int | None, f: int | None, cuts: Cuts = FIRST) -> str:
    """The layer of these scores; without an order there are none."""
    if r is None or f is None:
        return NEVER
    return next((one.name for one in cuts if one.holds(r, f)), REST)


def cutting_of(value: Mapping[str, Any], version: int = 0) -> Cutting:
    """How a policy cuts: its layers, and `recency`, `frequency`, `money`, each `quantile` or four points. Raises Refused.

    Written `180d 90d 30d 7d`, `2 3 5 8`, and `HKD 100 500 1000 5000; EUR 10 50 100 500`.
    """
    return Cutting(
        cuts_of(value),
        _spans(value.get("recency", QUANTILE)),
        _counts(value.get("frequency", QUANTILE)),
        _amounts(value.get("money", QUANTILE)),
        version,
    )


def _words(said: Any) -> list[str]:
    """What stands in a text of points; nothing where fifths are."""
    text = said.strip() if isinstance(said, str) else ""
    if not text:
        raise Refused(f"Cut points are {QUANTILE}, or {POINTS} of them, as in 2 3 5 8.")
    return [] if text.casefold() == QUANTILE else _BETWEEN.split(text)


def _rising(name: str, points: list[int], said: list[str]) -> tuple[int, ...]:
    if points and (len(points) != POINTS or any(b <= a for a, b in pairwise(points))):
        raise Refused(
            f"{name} takes {POINTS} cut points, each higher in score than the one before, not {' '.join(said)}."
        )
    return tuple(points)


def _spans(said: Any) -> tuple[int, ...]:
    words = _words(said)
    found = [operand_of(word) for word in words]
    spans = [one.microseconds for one in found if isinstance(one, Duration) and one.microseconds]
    if len(spans) != len(words):
        raise Refused(f"recency is spans since the last order, as in 180d 90d 30d 7d, not {' '.join(words)}.")
    return tuple(-one for one in _rising("recency", [-one for one in spans], words))


def _counts(said: Any) -> tuple[int, ...]:
    words = _words(said)
    if not all(word.isascii() and word.isdecimal() and len(word) <= COUNT_DIGITS_MAX for word in words):
        raise Refused(f"frequency is numbers of orders, as in 2 3 5 8, not {' '.join(words)}.")
    return _rising("frequency", [int(word) for word in words], words)


def _amounts(said: Any) -> tuple[tuple[str, tuple[int, ...]], ...]:
    if not _words(said):
        return ()
    found: dict[str, tuple[int, ...]] = {}
    for part in str(said).split(";", CURRENCIES_MAX):
        head, *words = _BETWEEN.split(part.replace(":", " ").strip())
        currency = money.currency_of(head)
        if currency in found:
            raise Refused(f"money names {currency} twice.")
        points = [money.parse(word, currency).minor for word in words]
        if not points or not 0 <= min(points) <= max(points) <= MINOR_MAX:
            raise Refused("money is a currency and what was spent, as in HKD 100 500 1000 5000.")
        found[currency] = _rising("money", points, words)
    return tuple(sorted(found.items()))


def cuts_of(value: Mapping[str, Any]) -> Cuts:
    """The layers a policy sets: `{"layers": [{"name": "champions", "r_min": 4, "f_min": 4}, ...]}`. Raises Refused.

    Layers are looked through in that order; one that is not named holds nobody.
    """
    rows = value.get("layers")
    if not isinstance(rows, list) or not rows:
        raise Refused('Layers stand in their order, as in {"layers": [{"name": "champions", "r_min": 4}]}.')
    return tuple(map(_layer, rows))


def _layer(row: Any) -> Layer:
    known = [one.name for one in FIRST]
    if not isinstance(row, Mapping) or row.get("name") not in known:
        raise Refused(f"A layer has a name, one of {', '.join(known)}; {NEVER} and {REST} are what is left.")
    if unknown := row.keys() - {"name", *_BOUNDS}:
        raise Refused(f"A layer has no {min(unknown)}: it has name, {', '.join(_BOUNDS)}.")
    bounds = {name: row[name] for name in _BOUNDS if name in row}
    for name, bound in bounds.items():
        if not isinstance(bound, int) or isinstance(bound, bool) or not 1 <= bound <= SCORE_MAX:
            raise Refused(f"{name} of {row['name']} is a score: a whole number from 1 to {SCORE_MAX}.")
    return Layer(row["name"], **bounds)
