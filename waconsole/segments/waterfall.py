"""Who of a segment would get a message, and the first reason against each of the others. Pure, over columns.

The questions are those of `outbox.eligible`, one message at a time there and all members at once here; a test holds the
two equal. Only the order differs: here it is the order in which an operator can do something about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

STOPPED, NO_CONSENT, CAPPED, GAP, QUIET_HOURS, NO_TEMPLATE, REVIEW_OPEN, HOLDOUT = STEPS = (
    "stopped", "no_consent", "capped", "gap", "quiet_hours", "no_template", "review_open", "holdout",
)  # fmt: skip
REACHED: Final = -1


class Step(NamedTuple):
    """One reason: how many it is the first against, and how many are left after it."""

    reason: str
    excluded: int
    left: int


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Members of a segment by ascending id, and the place in `STEPS` of the first reason against each (-1: reached)."""

    ids: Ids
    first: npt.NDArray[np.int8]

    @property
    def match(self) -> int:
        """How many the rule names."""
        return len(self.ids)

    @property
    def reached(self) -> int:
        """How many would get the message."""
        return int((self.first == REACHED).sum())

    def steps(self) -> list[Step]:
        """Every reason in its order, those against nobody too."""
        left, found = self.match, []
        for place, reason in enumerate(STEPS):
            excluded = int((self.first == place).sum())
            left -= excluded
            found.append(Step(reason, excluded, left))
        return found

    def of(self, reason: str | None) -> Ids:
        """Whom a reason is the first against; None: whom the message would reach."""
        return np.asarray(self.ids[self.first == (REACHED if reason is None else STEPS.index(reason))])


def fall(ids: Ids, against: Mapping[str, Mask]) -> Waterfall:
    """The waterfall of these members; `against` says for each reason whom it is against, in the order of `ids`."""
    first = np.full(len(ids), REACHED, np.int8)
    for place, reason in reversed(list(enumerate(STEPS))):
        mask = against.get(reason)
        if mask is not None:
            first[mask] = place
    return Waterfall(ids, first)


def among(ids: Ids, others: Ids) -> Mask:
    """Which of `ids` are in `others`; both ascend."""
    if not len(others):
        return np.zeros(len(ids), np.bool_)
    places = np.searchsorted(others, ids)
    places[places == len(others)] = 0
    return np.asarray(others[places] == ids)


def counted(ids: Ids, members: Ids) -> npt.NDArray[np.int64]:
    """How often each of `ids` stands in `members`, in any order."""
    return np.asarray(np.bincount(members, minlength=int(ids.max(initial=0)) + 1)[ids])
