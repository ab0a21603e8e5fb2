"""Take back a batch: at once nothing more of it leaves, and what waited is cancelled a part at a time.

What has left is not called back, nor what is on its way at that moment; it is counted.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.outbox import store, store_batches
from waconsole.outbox.eligible import BY_OPERATOR
from waconsole.outbox.service_acts import WAITING

PIECE: Final = 50  # messages cancelled between two looks at who waits
PIECES_MAX: Final = 4
CHUNKS_MAX: Final = 1_000_000
QUEUED_MAX: Final = 2_000  # a batch is queued a part at a time: never so many


class Withdrawn(NamedTuple):
    """A batch that was taken back: `cancelled` of its messages never left, `gone` had left, or may have."""

    ref: str
    cancelled: int
    gone: int

    @property
    def said(self) -> str:
        """In words."""
        return (
            f"{self.cancelled:,} withdrawn before they left; {self.gone:,} had left and are not called back"
        )


def withdraw(tx: Transaction, ref: str) -> bool:
    """Let nothing more of a batch leave: what is queued is cancelled here, the rest by `sweep`. False where that was said before.

    Raises Refused where there is no such batch.
    """
    row = store_batches.batch_by_ref(tx, ref)
    if row is None:
        raise Refused(f"Nothing was queued as {ref}.")
    if row["withdrawn"]:
        return False
    store_batches.set_withdrawn(tx, row["id"])
    store.cancel_of_batch(tx, row["id"], ("queued",), BY_OPERATOR, QUEUED_MAX)
    return True


def sweep(tx: Transaction, batch_id: int) -> int:
    """Cancel some of what waits in a batch that was withdrawn; answers how many. 0: nothing of it waits any more."""
    done = 0
    for _ in range(PIECES_MAX):
        count = store.cancel_of_batch(tx, batch_id, WAITING, BY_OPERATOR, PIECE)
        done += count
        if count < PIECE or tx.somebody_waits():
            break
    if done == 0:
        store_batches.set_waiting(tx, batch_id, False)
    return done


def pending(tx: Transaction) -> list[Withdrawn]:
    """The batches that were withdrawn and are not swept to their end, as they will stand then."""
    return [
        Withdrawn(str(row["ref"]), *store_batches.outcome(tx, row["id"], BY_OPERATOR))
        for row in store_batches.withdrawn(tx)
    ]


async def sweep_all(database: Database) -> None:
    """Cancel whatever waits in batches that were withdrawn. Whoever stops half way leaves the rest to the next take."""
    for row in await database.read(store_batches.withdrawn):
        batch_id = int(row["id"])
        for _ in range(CHUNKS_MAX):
            if not await database.write(lambda tx: sweep(tx, batch_id)):  # noqa: B023 - awaited at once
                break
