"""Pictures that may be meant as proof of having invited somebody: which ran then, and what they are called. Pure.

Nothing is ever read out of a picture (mission REF-03): the friend's own message is the proof.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

WAITING, ACCEPTED, REFUSED = "waiting", "accepted", "refused"
OUTCOMES: Final = {"accept": ACCEPTED, "refuse": REFUSED}
REASON_CHARACTERS_MAX: Final = 400


class Running(NamedTuple):
    """That a programme runs from an instant on, and until another (None: until somebody ends it)."""

    programme_id: int
    began_at: int
    ended_at: int | None


def running_at(spans: Sequence[Running], at: int) -> int | None:
    """The programme that ran at an instant; of several the one that began last."""
    found = [one for one in spans if one.began_at <= at and (one.ended_at is None or at < one.ended_at)]
    return max(found, key=lambda one: (one.began_at, one.programme_id)).programme_id if found else None


def proof_ref(message: str) -> str:
    """A proof's ref, made from what names its message."""
    return "proof-" + hashlib.sha256(message.encode("utf-8", "replace")).hexdigest()[:12]
