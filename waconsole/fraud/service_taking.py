"""Take an item for a while, and give it back: nobody else decides on what somebody has taken."""

from __future__ import annotations

from waconsole.clock import MINUTE
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.fraud import store_reviews
from waconsole.fraud.deciding import DECIDED, FREEZE
from waconsole.fraud.service_deciding import check_hands
from waconsole.fraud.service_recording import OBJECT, Deciding
from waconsole.operators import authority
from waconsole.operators import store as leases
from waconsole.operators.store import Operator
from waconsole.policy import store as policy


def take(tx: Transaction, actor: Operator, ref: str, *, now: int) -> int:
    """Take an item until a time, which is answered. Raises Refused where another has it, NotFound."""
    found = store_reviews.item(tx, ref, now=now)
    if found is None:
        raise NotFound(f"There is no item {ref}: `waconsole fraud queue` names them.")
    authority.authorize(tx, actor, "fraud.freeze", now=now)
    one = Deciding(tx, actor, found, now)
    check_hands(one, actor, FREEZE)
    if found.state == DECIDED:
        raise Refused(f"It is decided already ({found.outcome}): there is nothing to take.")
    minutes = policy.in_force(tx, "fraud.lease_minutes", now=now)[0]["value"]
    until = now + int(minutes * MINUTE)
    if not leases.put_lease(
        tx, kind=OBJECT, object_id=found.id, operator_id=actor.id, now=now, expires_at=until
    ):
        raise Refused("Another operator has taken it.")
    return until


def give_back(tx: Transaction, actor: Operator, ref: str, *, now: int) -> None:
    """Give back what one had taken. Raises Refused, NotFound."""
    found = store_reviews.item(tx, ref, now=now)
    if found is None:
        raise NotFound(f"There is no item {ref}: `waconsole fraud queue` names them.")
    if not leases.end_lease(tx, kind=OBJECT, object_id=found.id, operator_id=actor.id):
        raise Refused("You have not taken it: there is nothing to give back.")
