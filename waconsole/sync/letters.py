"""A text that another room writes to a member: its thread, the message, its outgoing row, in the caller's transaction."""

from __future__ import annotations

from waconsole.cashback.commands_statement import Letter
from waconsole.database.connection import Transaction
from waconsole.inbox import service_reply
from waconsole.operators.store import Operator
from waconsole.outbox import store as outbox
from waconsole.settings import Settings
from waconsole.sync.sending import BY_HAND, our_number, thread_with
from waconsole.whatsapp.content import Text


def write(
    tx: Transaction, settings: Settings, actor: Operator, letter: Letter, now: int
) -> tuple[str, str, str]:
    """Queue a text to a member; answers (the outgoing row's ref, the state it came to, why). Raises Refused and NotFound.

    Whether it may leave is asked as of any other message: what may not is held, with the reason. Without a number of the
    Cloud API it becomes a task for a human hand.
    """
    conversation_id = thread_with(tx, letter.to, our_number(tx, settings, now=now), now=now)
    outgoing_id = service_reply.write_out(
        tx,
        actor,
        conversation_id,
        Text(letter.text),
        answers=None,
        verb="send",
        now=now,
        purpose=letter.purpose,
    )
    row = outbox.outgoing_rows(tx, [outgoing_id])[0]
    is_task = outbox.task_of_outgoing(tx, outgoing_id) is not None
    return row["outgoing"], row["state"], BY_HAND if is_task else row["reason"]
