"""Whether a gateway's phone is linked, as its number stands for it: one that is not sends nothing, and says what to do."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Transaction
from waconsole.outbox import store_numbers
from waconsole.whatsapp.gateway.answers import NOT_LINKED, not_linked

# States of a session in which nothing can leave until somebody does something.
HALTED: Final = frozenset(
    {"STOPPED", "SCAN_QR_CODE", "PASSKEY_REQUIRED", "PASSKEY_CONFIRMATION_REQUIRED", "FAILED"}
)
WORKING: Final = "WORKING"


def stands(tx: Transaction, number_id: int, state: str, *, at: int) -> None:
    """The session was in that state at `at`: its number stands still, or goes on where that was all that stopped it."""
    stopped = store_numbers.number_row(tx, number_id)["stopped_reason"] or ""
    if state in HALTED and stopped != not_linked(state):
        store_numbers.set_number_stopped(tx, number_id, not_linked(state), at)
    elif state == WORKING and stopped.startswith(NOT_LINKED):
        store_numbers.set_number_stopped(tx, number_id, "", None)
