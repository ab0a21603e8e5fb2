"""What an act on messages to send would do before it is done: for which of them, why not for the others, and the sheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from waconsole.kit.sheet import Proposal
from waconsole.outbox import service_acts
from waconsole.outbox.store_pane import Standing
from waconsole.text import SafeText, _, safe

# What a key may do, as the service calls it: refusing cancels what waits, and closes what is unknown.
ACTS: Final = {
    "release": ("release",),
    "hold": ("hold",),
    "resend": ("resend",),
    "done": ("accepted",),
    "refuse": ("cancel", "closed"),
}
BY_HAND: Final = frozenset(
    {"cancel", "hold", "release"}
)  # what is also for a message that a human hand sends


def step(act: str, state: str, driver: str) -> str | None:
    """What `act` does with a message in `state`: `cancel`, `hold`, `release`, `accepted`, `closed`, `resend`; None: nothing."""
    for one in ACTS[act]:
        if not service_acts.why_not(state, one) and (driver != "human" or one in BY_HAND):
            return one
    return None


def why_not(act: str, state: str, driver: str) -> str:
    """Why `act` is not for a message in `state`, as a sentence; "" when it is."""
    if step(act, state, driver) is not None:
        return ""
    if driver == "human" and state not in ("cancelled", "refused"):
        return _("A human hand sends this one: the tasks follow it.")
    waits = _("It waits to be sent already.")
    sentences = {
        "draft": waits,
        "scheduled": waits,
        "queued": waits,
        "held": _("It is held: release it, or cancel it."),
        "sending": _("It is on its way at this moment: wait for the answer."),
        "accepted": _("WhatsApp took it: it can neither be called back nor be sent again."),
        "unknown": _("Nobody knows whether it arrived: say that it did, close it, or send it again."),
        "failed": _("WhatsApp refused it: it can only be sent again."),
        "refused": _("It was refused here: write it anew once the reason is gone."),
        "cancelled": _("It was taken back: undo brings it back, or write it anew."),
        "expired": _("Its time was over: write it anew."),
        "closed": _("It is closed as possibly sent: it can only be sent again."),
    }
    return sentences[state]


@dataclass(frozen=True, slots=True)
class Plan:
    """For which messages an act is, and how many are left out and why."""

    act: str
    chosen: tuple[Standing, ...]
    excluded: tuple[tuple[int, SafeText], ...]

    def count(self, one: str) -> int:
        """How many of them would be `cancel`led, `closed` …"""
        return sum(step(self.act, it.state, it.driver) == one for it in self.chosen)


def plan(act: str, standings: Sequence[Standing], gone: int) -> Plan:
    """Whom `act` is for among these messages; `gone` are no longer there."""
    chosen: list[Standing] = []
    reasons: Counter[str] = Counter()
    if gone:
        reasons[_("no longer in this ledger")] = gone
    for one in standings:
        if reason := why_not(act, one.state, one.driver):
            reasons[reason] += 1
        else:
            chosen.append(one)
    return Plan(act, tuple(chosen), tuple((count, safe(words)) for words, count in reasons.most_common()))


def proposal(planned: Plan, first: SafeText, last: SafeText) -> Proposal:
    """The sheet's words: what is done with how many, what may come of it, and how far undo reaches."""
    verbs = {
        "release": _("Release"),
        "hold": _("Hold"),
        "resend": _("Send again"),
        "done": _("Count as accepted"),
        "refuse": _("Cancel or close"),
    }
    undo = {
        "hold": _("Undo lets all of them go on, as long as none of them has been released or cancelled."),
        "release": _("Undo holds all of them again, as long as none of them has left or been held anew."),
        "resend": _("Undo helps only until one of them has left: what was sent is not called back."),
        "done": _(
            "Undo makes all of them unknown again, as long as WhatsApp says nothing of them meanwhile."
        ),
        "refuse": _("Undo brings all of them back as they were, as long as none of them changes meanwhile."),
    }
    act = planned.act
    verb = verbs[act]
    if act == "refuse" and not planned.count("closed"):
        verb = _("Cancel: do not send")
    elif act == "refuse" and not planned.count("cancel"):
        verb = _("Close as possibly sent")
    return Proposal(
        verb=safe(verb),
        things=safe(_("messages") if len(planned.chosen) != 1 else _("message")),
        count=len(planned.chosen),
        first=first,
        last=last,
        undo=safe(undo[act]),
        excluded=planned.excluded,
        figures=_figures(planned),
    )


def _figures(planned: Plan) -> tuple[tuple[SafeText, SafeText], ...]:
    """What is worth knowing before one agrees."""
    if planned.act == "refuse" and planned.count("closed") and planned.count("cancel"):
        return (
            (safe(_("cancelled")), safe(f"{planned.count('cancel'):,}")),
            (safe(_("closed")), safe(f"{planned.count('closed'):,} {_('possibly sent, and left at that')}")),
        )
    if planned.act != "resend":
        return ()
    doubtful = sum(one.state != "failed" for one in planned.chosen)
    if not doubtful:
        return ((safe(_("twice")), safe(_("none: WhatsApp had refused them"))),)
    words = _("{count} of them may arrive twice: WhatsApp may have taken the first one")
    return ((safe(_("beware")), safe(words.format(count=f"{doubtful:,}"))),)


def done_words(act: str, did: Counter[str], moved: int) -> str:
    """What was done, in one line; `moved` are those that changed before their turn came."""
    one = {
        "release": _("It is queued again. If what held it still stands, it is held again."),
        "hold": _("It is held until somebody releases it."),
        "accepted": _("It counts as accepted, because you say so."),
        "closed": _("It is closed: possibly sent, and left at that."),
        "resend": _("It is queued for another attempt."),
        "cancel": _("It is cancelled: it will not be sent."),
    }
    many = {
        "release": _("{count} are queued again."),
        "hold": _("{count} are held until somebody releases them."),
        "accepted": _("{count} count as accepted."),
        "closed": _("{count} are closed as possibly sent."),
        "resend": _("{count} are queued for another attempt."),
        "cancel": _("{count} are cancelled."),
    }
    if sum(did.values()) == 1 and not moved:
        return one[next(iter(did))]
    parts = [many[name].format(count=f"{did[name]:,}") for name in many if did[name]]
    if moved:
        parts.append(_("{count} had moved meanwhile and were left alone.").format(count=f"{moved:,}"))
    return " ".join(parts)
