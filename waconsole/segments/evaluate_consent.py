"""Whose consent is in force, worked out for all members at once. Pure.

The meaning is that of `members.fields.in_force`: a stop that no later resume lifted outranks everything, then the
latest word counts. Two words of one second, and people who were merged, are left to the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from waconsole.segments.columns import FIRST, Numbers
from waconsole.segments.evaluate_facts import Facts, When
from waconsole.segments.evaluate_measures import earliest
from waconsole.segments.masks import Flags

FIELD: Final = "consent"
FACT: Final = "consent"
WORDS: Final = ("yes", "no", "stop", "resume")
ASKED: Final = {"marketing": "yes", "yes": "yes", "no": "no", "stop": "stop"}


@dataclass(frozen=True, slots=True)
class InForce:
    """Of whom a state is in force, of whom that cannot be told from columns, and when it can next change by itself."""

    flags: Flags
    unsure: Flags
    changes_at: int | None


def in_force(facts: Facts, value: str, when: When) -> InForce:
    """Who has the consent that `consent:value` asks for."""
    latest: dict[str, Numbers] = {}
    changes: int | None = None
    for word in WORDS:
        timeline = facts.timeline(FACT, part=word)
        places = timeline.places(FIRST, when.second)
        latest[word] = timeline.latest(places)
        changes = earliest(changes, timeline.next_after(places, None, when.second))
    stopped = (latest["stop"] > FIRST) & (latest["stop"] >= latest["resume"])
    agreed = np.maximum(latest["yes"], latest["resume"])
    refused = latest["no"]
    unsure = ~stopped & (agreed == refused) & (agreed > FIRST)
    state = ASKED[value]
    if state == "stop":
        return InForce(stopped, np.zeros(facts.size, np.bool_), changes)
    return InForce(~stopped & (agreed > refused if state == "yes" else refused > agreed), unsure, changes)
