"""Why an invite stands as it does, as a whole sentence: what a reason of one word means. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from waconsole.invites.model import REFUSED, REVERSED
from waconsole.invites.verdict import (
    AGAIN,
    BLOCKED,
    BUDGET,
    BY_HAND,
    CAP,
    CURRENCY,
    DISPUTED,
    EARLY,
    FROZEN,
    INACTIVE,
    LATE,
    MINIMUM,
    OTHER,
    OWN,
    POOL_EMPTY,
    REFUNDED,
    RETURNS,
    REVIEW,
    WINDOW,
)
from waconsole.text import _

_SENTENCES: Final[Mapping[str, Callable[[], str]]] = {
    OWN: lambda: _("They invited themselves, by this number or another of theirs: nobody earns by that."),
    OTHER: lambda: _("Somebody else brought them: a friend has one referrer, for ever."),
    AGAIN: lambda: _("Another invite of the same two people counts already."),
    EARLY: lambda: _("It is of before the programme began."),
    LATE: lambda: _("It is of after the programme's end."),
    WINDOW: lambda: _("What they did came too long after the invite: the attribution window was over."),
    CURRENCY: lambda: _("Their first order is in another currency than the minimum; later ones never count."),
    MINIMUM: lambda: _("Their first order is below the minimum; later ones never count."),
    REFUNDED: lambda: _("What refunds leave of their first order is below the minimum."),
    CAP: lambda: _("All places of the referrer are taken: it counts once one is freed."),
    RETURNS: lambda: _("It is decided on when the order can no longer come back."),
    REVIEW: lambda: _("The review desk looks into it: nothing is lost, and nothing is paid before."),
    FROZEN: lambda: _("Nothing becomes payable while they are frozen: nothing is lost."),
    BLOCKED: lambda: _("The referrer is blocked and earns nothing more."),
    DISPUTED: lambda: _("An operator doubts who brought them: it waits until that is said."),
    BY_HAND: lambda: _("It is due: an operator lets it go out."),
    INACTIVE: lambda: _("It counts, but the programme is not active."),
    BUDGET: lambda: _("The programme's budget has too little left for it."),
    POOL_EMPTY: lambda: _("Its pool has no free code left: it waits for the next file of codes."),
}


def sentence(state: str, reason: str) -> str:
    """What a reason says, whole; a reason that is a sentence already as it is, "" for none.

    A single word that is not ours is the review desk's own, where it took something.
    """
    if not reason:
        return ""
    if (known := _SENTENCES.get(reason)) is not None:
        return known()
    if state in (REFUSED, REVERSED) and " " not in reason:
        return _("The review desk took it: {reason}.").format(reason=reason.replace("_", " "))
    return reason
