"""Where the scores of recency, frequency and money are cut, in the figures an operator knows. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from waconsole.segments.rfm import SCORE_MAX


def edges(values: Sequence[int]) -> list[int | None]:
    """The lowest value of each score from 1 to 5; None for a score that nobody has.

    A score is 1 + floor(5 x members strictly lower / members): equal values have equal scores.
    """
    ordered = sorted(values)
    found: list[int | None] = [None] * SCORE_MAX
    before: int | None = None
    for lower, value in enumerate(ordered):
        if value == before:
            continue
        before = value
        place = SCORE_MAX * lower // len(ordered)
        if found[place] is None:
            found[place] = value
    return found
