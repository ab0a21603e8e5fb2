"""What the first and the last line and the banner say of the whole ledger, read in one snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from waconsole.database import facts
from waconsole.inbox import store_list, store_pane
from waconsole.inbox.store_list import Counters
from waconsole.operators.desk import Desk
from waconsole.operators.store import Operator

if TYPE_CHECKING:
    from waconsole.database.connection import Transaction
    from waconsole.outbox.alarms import Alarms


class Known(NamedTuple):
    """Who acts here, the counters, what is paused, and whether this is a copy that waits for an owner."""

    operator: Operator | None
    counters: Counters
    alarms: Alarms
    is_copy: bool = False


async def counted_now(desk: Desk) -> Known:
    """Read all of it."""
    now = desk.clock()

    def work(tx: Transaction) -> Known:
        from waconsole.operators.authority import ADOPTION, PENDING
        from waconsole.outbox.store_alarms import alarms  # read for the first time after the first frame

        operator = store_pane.operator_for(tx, desk.operator)
        whose = operator.id if operator else 0
        return Known(
            operator,
            store_list.counters(tx, operator_id=whose, now=now),
            alarms(tx),
            facts.fact(tx, ADOPTION) == PENDING,
        )

    return await desk.database.read(work)
