"""What somebody muted writes in a group is taken back for everybody, by the linked phone as an admin of it.

WhatsApp has no muting of one person. The message stays in the ledger, with what was done about it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from waconsole.database.connection import Database, Row, Transaction
from waconsole.groups import store_moderation as moderation
from waconsole.text import stored
from waconsole.whatsapp.driver import Action
from waconsole.whatsapp.gateway.driver import GatewayDriver

AT_ONCE_MAX: Final = 20
AGAIN_MAX: Final = 5
DETAIL_CHARACTERS_MAX: Final = 300
_PASSING: Final = (Action.RETRY, Action.SLOW, Action.STOP, Action.UNKNOWN)


async def take_back_muted(
    database: Database, driver: GatewayDriver, number_id: int, *, clock: Callable[[], int]
) -> int:
    """Take back what the muted wrote; answers how many messages are gone. Raises what the ledger raises."""

    def begin(tx: Transaction) -> list[Row]:
        now = clock()
        found = moderation.muted_messages(tx, number_id, again_max=AGAIN_MAX, now=now, limit=AT_ONCE_MAX)
        for row in found:
            moderation.ask_deletion(tx, row["step_id"], row["message_id"], now=now)
        return found

    waiting = await database.read(
        lambda tx: moderation.muted_messages(tx, number_id, again_max=AGAIN_MAX, now=clock(), limit=1)
    )
    gone = 0
    for row in await database.write(begin) if waiting else ():
        verdict = await driver.take_back(row["group"], row["wamid"])
        outcome = "unknown" if verdict.action in _PASSING else verdict.outcome  # once more is the same
        detail = stored(verdict.detail[:DETAIL_CHARACTERS_MAX])
        await database.write(
            lambda tx, row=row, outcome=outcome, detail=detail: moderation.end_deletion(  # type: ignore[misc]
                tx, row["message_id"], outcome, detail
            )
        )
        gone += verdict.outcome == "accepted"
        if verdict.outcome == "unsent":
            break
    return gone
