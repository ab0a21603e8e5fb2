"""Take a message to a segment back: what has not left is cancelled, and how many had left is told."""

from __future__ import annotations

from typing import Any, Final

from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound
from waconsole.operators import service as operators
from waconsole.operators.authority import Forbidden
from waconsole.operators.roles import ALLOWED
from waconsole.operators.store import Act
from waconsole.outbox import service_batches, store_batches
from waconsole.outbox.eligible import BY_OPERATOR
from waconsole.outbox.service_batches import Withdrawn
from waconsole.segments import store_sending

ACT: Final = "segments.send"
SENT: Final = "segment_send"
KIND: Final = "segment_withdrawal"


async def withdraw(database: Database, key: str, *, operator: str | None, now: int) -> Withdrawn:
    """Withdraw the sending of that key; saying it again changes nothing. Raises NotFound, Forbidden."""

    def begin(tx: Transaction) -> None:
        actor = operators.acting(tx, operator, now=now)
        if actor.role not in ALLOWED[ACT]:
            raise Forbidden(
                "role",
                f"{actor.name} is an {actor.role}: a moderator or an owner withdraws what was sent to many.",
            )
        sent = store_sending.send_by_ref(tx, key)
        if sent is None or sent["opened_at"] is None:
            raise NotFound(f"Nothing was sent to a segment as {key}: `waconsole segments sends` lists them.")
        if service_batches.withdraw(tx, key):
            operators.record(
                tx, actor, "withdraw send to segment", [Act(KIND, sent["id"], {}, {"key": key})], now=now
            )

    await database.write(begin)
    await service_batches.sweep_all(database)

    def outcome(tx: Transaction) -> Withdrawn:
        batch = store_batches.batch_by_ref(tx, key)
        assert batch is not None
        return Withdrawn(key, *store_batches.outcome(tx, batch["id"], BY_OPERATOR))

    return await database.read(outcome)


def restore(tx: Transaction, send_id: int, values: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Undo for a message to a segment: it is withdrawn; False where it was before. What is left of it `sweep_all` cancels."""
    key = str(expected["key"])
    return store_batches.batch_by_ref(tx, key) is None or service_batches.withdraw(tx, key)


RESTORES: Final[dict[str, operators.Restore]] = {SENT: restore}
