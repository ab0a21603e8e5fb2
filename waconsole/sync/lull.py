"""How the network and the number are, as a run learns it from answers: when it rests, and how it begins again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from waconsole.clock import SECOND
from waconsole.outbox.pace import LONGEST_SECONDS, back_off
from waconsole.sync.drained import Drained
from waconsole.whatsapp.driver import Action, Verdict

STOPPED_SECONDS_MAX: Final = 300.0  # how seldom a number that stands still is tried


@dataclass(slots=True)
class Lull:
    """What keeps a run from sending at once; why stands in `drained.reason`."""

    drained: Drained
    chance: Callable[[], float]
    stood_still: bool = False  # the number was stopped when we last looked: one goes, then the others
    holds: bool = False  # messages are held because of that, until it is tried again
    in_vain: int = 0  # rounds that the network or the number ended, one after the other
    quiet_until: float = 0.0  # by the loop's clock, which nobody sets back

    def learn(self, verdicts: Sequence[Verdict]) -> bool:
        """Draw from answers how the network and the number are; True when the network has come back."""
        outcomes = {verdict.outcome for verdict in verdicts}
        if any(verdict.action is Action.STOP for verdict in verdicts):
            self.stood_still = self.holds = True
            self._rest("number", STOPPED_SECONDS_MAX)
        elif "unsent" in outcomes and "accepted" not in outcomes:
            self._rest("offline", LONGEST_SECONDS)
        elif outcomes & {"accepted", "refused"}:
            was_offline = self.drained.reason == "offline"
            self.in_vain, self.drained.reason = 0, ""
            return was_offline
        return False

    def _rest(self, reason: str, seconds_max: float) -> None:
        self.in_vain += 1
        self.drained.reason = reason
        wait = back_off(self.in_vain, self.chance(), longest_seconds=seconds_max) / SECOND
        self.quiet_until = asyncio.get_running_loop().time() + wait
