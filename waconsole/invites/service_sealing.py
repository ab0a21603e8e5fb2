"""What `verify` asks of invites: rewards follow from their steps, and from transfers that the chain sealed.

Invites seal nothing of their own: the money is the ledger's, and each reward is held against its transfers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from waconsole.chain.seal import Unsound
from waconsole.chain.service_verify import Sealed, SealedRow
from waconsole.database.connection import Transaction
from waconsole.invites import model, store_verify

REWARD: Final = "reward"


def sealed_rows() -> Sealed:
    """The checks of this room, as rows that are none."""
    return {(model.ROOM, REWARD): _rewards}


def _rewards(tx: Transaction, after: int) -> Iterator[SealedRow]:
    for table, says, sql in store_verify.CHECKS:
        found = store_verify.wrong(tx, sql)
        if found is not None:
            raise Unsound(table, found, says)
    yield from ()
