"""What one run of the queue did."""

from __future__ import annotations

from dataclasses import dataclass, field

from waconsole.outbox.service_breakers import MISSED, REFUSED, STRIKES, Tripped
from waconsole.outbox.service_road import Conclusion
from waconsole.outbox.store_breakers import CAMPAIGN
from waconsole.text import ForeignText, safe


@dataclass(slots=True)
class Drained:
    """What one run sent: how many were accepted, became unknown, failed; and why it ended with some left, if so.

    `reason` is `""`, `offline`, `number` (WhatsApp let the number stand still), `paused` (an operator
    or a breaker did) or `busy` (another drain has it). `said` are sentences about what paused by
    itself meanwhile.
    """

    sent: int = 0
    unknown: int = 0
    failed: int = 0
    reason: str = ""
    said: list[str] = field(default_factory=list, compare=False)

    def count(self, done: Conclusion) -> None:
        """Add what came of a bundle."""
        self.sent += done.states.count("accepted")
        self.unknown += done.states.count("unknown")
        self.failed += done.states.count("failed")
        self.said += [tripped_sentence(one) for one in done.tripped]


def tripped_sentence(tripped: Tripped) -> str:
    """One sentence for the operator on what has just paused by itself."""
    whys = {
        STRIKES: "WhatsApp refused several in a row",
        MISSED: "too many could not be reached",
        REFUSED: "WhatsApp takes nothing of it",
    }
    code = "" if tripped.code is None else f" (error {tripped.code})"
    if tripped.scope == CAMPAIGN:
        name = safe(ForeignText(tripped.key))
        resume = f"`waconsole outbox resume --campaign {name}` lets one go first."
        return f"The campaign {name} is paused: {whys[tripped.reason]}{code}. Look at it, then {resume}"
    return f"A number is paused: {whys[tripped.reason]}{code}. `waconsole numbers list` shows it, `numbers resume` lets one go first."
