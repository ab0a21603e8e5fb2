"""What is woken to be sent: messages whose hour has come, and the next part of a batch. Called before each take."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Transaction
from waconsole.outbox import service_batches, store, store_batches

FEW: Final = 100  # so few of a batch are queued before its next part is


def wake(tx: Transaction, number_id: int, *, now: int) -> int:
    """Queue what waited for its hour, and the next part of each batch that is nearly through; answers how many.

    Whether they may leave is asked when they are taken. Of a batch that was withdrawn another part is cancelled.
    """
    for batch_id in store_batches.withdrawn_of(tx, number_id):
        service_batches.sweep(tx, batch_id)
    woken = store.wake(tx, number_id, of_batch=False, now=now)
    for batch_id in store_batches.waiting(tx, number_id, now=now):
        if store.queued_of_batch(tx, batch_id, FEW) >= FEW:
            continue
        woken += store.wake(tx, batch_id, of_batch=True, now=now)
        if store.next_wake_at(tx, batch_id, of_batch=True) is None:
            store_batches.set_waiting(tx, batch_id, False)
    return woken


def next_wake_at(tx: Transaction, number_id: int) -> int | None:
    """The earliest instant something of a number waits for before it is queued (0: now), None: nothing does.

    A batch of which enough is queued waits for those: they have instants of their own.
    """
    found = [store.next_wake_at(tx, number_id, of_batch=False)]
    found += [
        store.next_wake_at(tx, batch_id, of_batch=True)
        for batch_id in store_batches.waiting(tx, number_id)
        if store.queued_of_batch(tx, batch_id, FEW) < FEW
    ]
    return min((at for at in found if at is not None), default=None)
