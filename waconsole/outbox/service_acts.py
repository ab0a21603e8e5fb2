"""What an operator does about a message to send: cancel it, release it, settle what is unknown.

Each is recorded as an act, and `undo` takes it back exactly as long as nothing has happened since:
a message that has left is not called back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator
from waconsole.outbox import store, store_attempts, store_rows
from waconsole.outbox.eligible import BY_OPERATOR, RESEND

WAITING: Final = ("draft", "scheduled", "queued", "held")
HOLDABLE: Final = ("scheduled", "queued")
OPEN_TASK: Final = ("offered", "copied")
POSSIBLY_SENT: Final = "possibly_sent"

# How an operator settles a message, from which states, and where it goes.
RESOLUTIONS: Final = {
    "accepted": (("unknown",), ("accepted", BY_OPERATOR)),
    "closed": (("unknown",), ("closed", POSSIBLY_SENT)),
    "resend": (("unknown", "closed", "failed"), ("queued", RESEND)),
}
_WHY_NOT: Final = {
    "draft": "has not been sent yet",
    "scheduled": "has not been sent yet",
    "queued": "waits to be sent",
    "held": "is held",
    "sending": "is on its way at this moment: wait for the answer",
    "accepted": "has been accepted by WhatsApp",
    "unknown": "may have been sent",
    "failed": "was refused by WhatsApp",
    "refused": "was refused",
    "cancelled": "is cancelled",
    "expired": "has expired",
    "closed": "is closed as possibly sent",
}


def why_not(state: str, act: str) -> str:
    """Why `act` (cancel, hold, release, accepted, closed, resend) is not for a message in `state`; "" when it is."""
    allowed = {"cancel": WAITING, "hold": HOLDABLE, "release": ("held",)}.get(act) or RESOLUTIONS[act][0]
    return "" if state in allowed else f"This message {_WHY_NOT[state]}"


def _must(state: str, act: str) -> None:
    if reason := why_not(state, act):
        raise Refused(f"{reason}: nothing was changed.")


def cancel(
    tx: Transaction, operator: Operator, outgoing_id: int, *, now: int, stroke: str | None = None
) -> str:
    """Cancel a message that has not left; its task, if a hand was to send it, is refused. Answers the stroke.

    Raises Refused when it has left, or may have.
    """
    before = store.outgoing_columns(tx, outgoing_id)
    _must(before["state"], "cancel")
    acts = [_moved(tx, outgoing_id, before, "cancelled", BY_OPERATOR)]
    task_id = store.task_of_outgoing(tx, outgoing_id)
    if task_id is not None:
        task = store.task_columns(tx, task_id)
        if task["state"] in OPEN_TASK:
            after = {
                **task,
                "state": "refused",
                "decided_at": now,
                "decided_by": operator.id,
                "reason": "cancelled",
            }
            store.set_task(tx, task_id, after)
            acts.append(Act("task", task_id, task, after))
    return operators.record(tx, operator, "cancel outgoing", acts, now=now, stroke=stroke)


def release(
    tx: Transaction, operator: Operator, outgoing_id: int, *, now: int, stroke: str | None = None
) -> str:
    """Queue a held message again; what held it is asked once more before it leaves. Answers the stroke."""
    before = store.outgoing_columns(tx, outgoing_id)
    _must(before["state"], "release")
    # An operator had it sent again before it was held: that word still counts.
    reason = RESEND if store_attempts.last_outcome(tx, outgoing_id) == "unknown" else ""
    acts = [_moved(tx, outgoing_id, before, "queued", reason)]
    return operators.record(tx, operator, "release outgoing", acts, now=now, stroke=stroke)


def hold(
    tx: Transaction,
    operator: Operator,
    outgoing_id: int,
    *,
    now: int,
    reason: str = "",
    stroke: str | None = None,
) -> str:
    """Keep a message from leaving until somebody releases it; `reason` stands in the act. Answers the stroke."""
    before = store.outgoing_columns(tx, outgoing_id)
    _must(before["state"], "hold")
    acts = [_moved(tx, outgoing_id, before, "held", BY_OPERATOR)]
    verb = f"hold outgoing: {reason}" if reason else "hold outgoing"
    return operators.record(tx, operator, verb, acts, now=now, stroke=stroke)


def resolve(
    tx: Transaction, operator: Operator, outgoing_id: int, how: str, *, now: int, stroke: str | None = None
) -> str:
    """Settle a message whose answer was lost. Answers the stroke.

    `how` is `accepted` (the operator knows that it arrived), `closed` (possibly sent, and left at
    that) or `resend` (queue it again: the next attempt is made although an earlier one may have
    arrived; also for what failed or was closed). Raises Refused from any other state.
    """
    before = store.outgoing_columns(tx, outgoing_id)
    _must(before["state"], how)
    if store_rows.outgoing_row(tx, outgoing_id)["driver"] == "human":
        raise Refused("A human hand sends this one: `waconsole tasks` follows it.")
    acts = [_moved(tx, outgoing_id, before, *RESOLUTIONS[how][1])]
    return operators.record(tx, operator, f"resolve outgoing as {how}", acts, now=now, stroke=stroke)


def _moved(tx: Transaction, outgoing_id: int, before: dict[str, object], state: str, reason: str) -> Act:
    store.set_outgoing_state(tx, outgoing_id, state, reason)
    return Act("outgoing", outgoing_id, before, {"state": state, "state_reason": reason})


def refuse_waiting(
    tx: Transaction, conversation_ids: Sequence[int], purposes: Collection[str], reason: str, *, now: int
) -> int:
    """Refuse what waits for these conversations with these purposes, because of `reason`; answers how many.

    What an opt-out word does, in the transaction that takes it in. A task of such a message is
    refused in the name of whoever wrote it.
    """
    count = 0
    for row in store_rows.waiting_in(tx, conversation_ids, purposes, WAITING):
        store.set_outgoing_state(tx, row["id"], "refused", reason)
        task_id = store.task_of_outgoing(tx, row["id"])
        if task_id is not None and row["operator_id"] is not None:
            task = store.task_columns(tx, task_id)
            if task["state"] in OPEN_TASK:
                decided = {"decided_at": now, "decided_by": row["operator_id"], "reason": reason}
                store.set_task(tx, task_id, {**task, "state": "refused", **decided})
        count += 1
    return count
