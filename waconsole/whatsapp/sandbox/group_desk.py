"""Group requests are taken at once and carried out later; how they ended is told by webhook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from waconsole.whatsapp.sandbox import ids
from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.group_words import GroupTeller, group_error
from waconsole.whatsapp.sandbox.timeline import Timeline
from waconsole.whatsapp.sandbox.world import World

# (group id, what the webhook says beside its kind); raises GraphError
Work = Callable[[], tuple[str, Mapping[str, Any]]]

REQUESTS_MAX: Final = 1_000_000


class GroupDesk:
    """Takes requests, carries them out after `group_delay_seconds`, and has them told."""

    def __init__(self, world: World, teller: GroupTeller, timeline: Timeline) -> None:
        """Nothing has been asked yet."""
        self._world = world
        self._teller = teller
        self._timeline = timeline
        self.taken = 0

    def refuse(self) -> None:
        """Raises GraphError when the dial refuses group requests."""
        if code := self._world.faults.dials.group_refuse_code:
            raise GraphError(code, "As the dial says.")

    def take(self, field: str, kind: str, group_id: str, work: Work, *, number: str) -> str:
        """Take a request about a group of a number of ours; answers its id. Raises GraphError when there were too many."""
        self.refuse()
        if self.taken >= REQUESTS_MAX:
            raise GraphError(131208, "There have been too many group requests.")
        self.taken += 1
        request_id = str(
            int.from_bytes(ids.dice("request", self._world.seed, self.taken)[:6], "big") + 10**15
        )
        if not self._world.faults.hits("group_never"):
            is_told = not self._world.faults.hits("group_untold")
            later = partial(
                self._carry_out, field, kind, group_id, request_id, work, number=number, is_told=is_told
            )
            self._timeline.after(self._world.faults.dials.group_delay_seconds, later)
        return request_id

    def _carry_out(
        self, field: str, kind: str, group_id: str, request_id: str, work: Work, *, number: str, is_told: bool
    ) -> None:
        more: Mapping[str, Any]
        try:
            if code := self._world.faults.dials.group_fail_code:
                raise GraphError(code, "As the dial says.")
            group_id, more = work()
        except GraphError as error:
            more = {"errors": [group_error(error.code, error.details)]}
        if is_told:
            self._teller.tell(field, group_id, kind, {"request_id": request_id, **more}, number=number)
