"""What a service window that opened again lets go: messages that waited for a template because it was closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from waconsole.clock import DAY
from waconsole.database.connection import Transaction
from waconsole.outbox import service_eligible, store, store_attempts, store_rows
from waconsole.outbox.eligible import RESEND, TEMPLATE_NEEDED
from waconsole.policy import store as policy

POLICY: Final = "whatsapp.reopened"


@dataclass(frozen=True, slots=True)
class Reopened:
    """What was let go: the refs of messages that are queued again, the policy's version that says so, and how many stay.

    `stays` counts those that are older than the policy lets go by itself.
    """

    refs: tuple[str, ...] = ()
    version: int = 0
    stays: int = 0


def reopened(tx: Transaction, number_id: int, conversation_ids: Sequence[int], *, now: int) -> Reopened:
    """Queue again what waits for a template in these threads of a number: the member has just written there.

    Whether the window really is open is asked anew, by the instant of their message and not by when it came to us, and
    so is all else: what has expired meanwhile expires, what they object to is refused. What was written long ago (policy
    `whatsapp.reopened`) may no longer be meant and stays for an operator. Part of the caller's transaction.
    """
    held = store_rows.held_in(tx, number_id, conversation_ids, TEMPLATE_NEEDED)
    if not held:
        return Reopened()
    value, version = policy.in_force(tx, POLICY, now=now)
    young = [row for row in held if row["written_at"] > now - value["days"] * DAY]
    against = service_eligible.objections(tx, [row["id"] for row in young], now=now)
    refs = []
    for row in young:
        objection = against.get(row["id"])
        if objection is None:
            # An operator had it sent again before it was held: that word still counts.
            reason = RESEND if store_attempts.last_outcome(tx, row["id"]) == "unknown" else ""
            store.set_outgoing_state(tx, row["id"], "queued", reason)
            refs.append(row["ref"])
        elif objection.reason != TEMPLATE_NEEDED:
            service_eligible.put(tx, row["id"], objection)
    return Reopened(tuple(refs), version, len(held) - len(young))
