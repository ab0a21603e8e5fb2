"""A copied ledger decides and pays nothing until an owner says that this copy is the one that counts."""

from __future__ import annotations

from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.operators import service, store_known, store_sign_in
from waconsole.operators.authority import ADOPTION, PENDING, authorize
from waconsole.operators.store import Act, Operator

ADOPTED = "adopted"


def begin(tx: Transaction) -> None:
    """A ledger has just become another installation: where somebody decides with a passphrase, an owner adopts it first."""
    if store_known.has_passphrases(tx):
        facts.set_fact(tx, ADOPTION, PENDING)


def is_pending(tx: Transaction) -> bool:
    """Whether this copy waits for an owner."""
    return facts.fact(tx, ADOPTION) == PENDING


def adopt(tx: Transaction, actor: Operator, *, now: int) -> bool:
    """Let this copy decide and pay; answers whether it waited for that. Raises Forbidden for who is no owner."""
    authorize(tx, actor, "ledger.adopt", now=now)
    if not is_pending(tx):
        return False
    installation = facts.ensure_installation(tx)
    row = store_sign_in.add_adoption(tx, installation, operator_id=actor.id, now=now)
    facts.set_fact(tx, ADOPTION, ADOPTED)
    service.record(
        tx, actor, "adopt ledger", [Act(ADOPTION, row, {}, {"installation": installation})], now=now
    )
    return True
