"""Recency, frequency and money: scores of 1 to 5, and the layers they are cut into. Pure.

A score is 1 + floor(5 x members strictly lower / members with an order in the window). The cut points of the layers
are a policy (`segments.rfm`): whatever they are, the first layer that fits is a member's, so that layers are
exhaustive and exclude each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from waconsole.errors import Refused

SCORE_MAX: Final = 5
NEVER: Final = "never"
REST: Final = "hibernating"
POLICY: Final = "segments.rfm"
_BOUNDS: Final = ("r_min", "r_max", "f_min", "f_max")


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


def cuts_of(value: Mapping[str, Any]) -> Cuts:
    """The cut points a policy sets: `{"layers": [{"name": "champions", "r_min": 4, "f_min": 4}, ...]}`. Raises Refused.

    Layers are looked through in that order; one that is not named holds nobody.
    """
    rows = value.get("layers")
    if not isinstance(rows, list) or not rows:
        raise Refused(
            'Cut points are layers in their order, as in {"layers": [{"name": "champions", "r_min": 4}]}.'
        )
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
