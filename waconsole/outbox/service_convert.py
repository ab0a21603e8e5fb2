"""A message that only a template can bring: written anew as one, in the place of the message it was."""

from __future__ import annotations

from collections.abc import Callable

from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator
from waconsole.outbox import service_acts, store, store_rows
from waconsole.outbox.eligible import MARKETING, REPLACED
from waconsole.outbox.outcome_words import reason_words, state_sentence
from waconsole.outbox.service import enqueue
from waconsole.whatsapp.content import Template


def why_not(state: str, driver: str) -> str:
    """Why a message is not converted to a template, as a sentence; "" when it may be."""
    if driver != "cloud":
        return "Only what the Cloud API sends can be a template"
    return service_acts.why_not(state, "cancel")


def convert(
    tx: Transaction,
    operator: Operator,
    outgoing_id: int,
    template: Template,
    *,
    now: int,
    show: Callable[[int], int] | None = None,
) -> int:
    """Queue `template` in the place of a message that waits, which is cancelled; answers the new outgoing row.

    `show` writes it into the thread of a conversation and answers the message's id. One act: undo takes the new one
    back and lets the old one stand as it did, as long as the new one has not left. Raises Refused when the message
    has left, and when the template may not be sent to them either.
    """
    row, before = store_rows.outgoing_row(tx, outgoing_id), store.outgoing_columns(tx, outgoing_id)
    if reason := why_not(row["state"], row["driver"]):
        raise Refused(f"{reason}: nothing was changed.")
    store.set_outgoing_state(tx, outgoing_id, "cancelled", REPLACED)
    purpose = row["purpose"]
    if template.category == MARKETING:
        purpose = "marketing"
    elif purpose in ("reply", "marketing"):
        purpose = "service"
    new_id = enqueue(
        tx, number_id=row["number_id"], conversation_id=row["conversation_id"],
        message_id=None if show is None else show(row["conversation_id"]), driver=row["driver"], content=template,
        purpose=purpose, answers_id=None, operator_id=operator.id, now=now, replaces_id=outgoing_id,
    )  # fmt: skip
    stands = store.outgoing_columns(tx, new_id)
    if stands["state"] == "refused":
        why = state_sentence("refused", stands["state_reason"]) or reason_words(stands["state_reason"])
        raise Refused(f"The template may not be sent to them either: nothing was changed. {why}")
    acts = [
        Act("outgoing", new_id, {"state": "cancelled", "state_reason": "undone"}, stands),
        Act("outgoing", outgoing_id, before, {"state": "cancelled", "state_reason": REPLACED}),
    ]
    operators.record(tx, operator, "convert outgoing", acts, now=now)
    return new_id
