"""What WhatsApp takes, as the ledger's policy says: asked before a message is queued, and handed to whoever sends it."""

from __future__ import annotations

from waconsole.database.connection import Transaction
from waconsole.errors import NotFound
from waconsole.policy import store as policy
from waconsole.whatsapp.limits import POLICY, Limits, bundled, limits_of


def limits_in_force(tx: Transaction, *, now: int) -> Limits:
    """The limits in force at `now`; where the ledger has none, those this version was made with."""
    try:
        return limits_of(policy.in_force(tx, POLICY, now=now)[0])
    except NotFound:
        return bundled()
