"""A ledger that was copied, moved or restored: nothing leaves it by itself until an operator says so."""

from __future__ import annotations

import secrets

from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.outbox import store, store_attempts, store_rows
from waconsole.outbox.eligible import NEW_INSTALLATION, NO_ANSWER


def begin_anew(tx: Transaction, *, now: int) -> int:
    """Make this ledger an installation of its own; answers how many messages are held.

    The other copy may send what waits here: all of it is held. What was on its way when the copy was made may have been
    sent: it is unknown. Attempts of before keep their opaque ids, so that an echo still finds them.
    """
    facts.set_fact(tx, facts.INSTALLATION, secrets.token_hex(8))
    for row in store_rows.sending(tx):
        if row["attempt_id"] is not None:
            store_attempts.end(tx, row["attempt_id"], outcome="unknown", now=now)
        store.set_outgoing_state(tx, row["outgoing_id"], "unknown", NO_ANSWER)
    return store.hold_all_waiting(tx, NEW_INSTALLATION)
