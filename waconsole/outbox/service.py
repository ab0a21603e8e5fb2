"""Queue a message; where the API cannot reach, offer it to a human hand and follow that."""

from __future__ import annotations

import secrets
from typing import Final

from waconsole.clock import HOUR
from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator
from waconsole.outbox import service_eligible, service_group_posts, store, store_batches
from waconsole.outbox.eligible import CAPPED, STATE_BY_REASON
from waconsole.outbox.service_acts import cancel, hold, refuse_waiting, release, resolve
from waconsole.outbox.service_delivery import status
from waconsole.outbox.service_suppression import restore_suppression
from waconsole.policy import store as policy
from waconsole.text import stored
from waconsole.whatsapp.content import Content, Template, Text, as_body, shown

__all__ = (
    "RESTORES", "TEXT_CHARACTERS_MAX", "cancel", "columns_of", "enqueue", "enqueue_reply", "hold", "move_task",
    "must_be_sendable", "refuse_waiting", "release", "resolve", "status",
)  # fmt: skip

TEXT_CHARACTERS_MAX: Final = 4096  # WhatsApp's own limit for a text message body
TASK_STEPS: Final = {
    "copied": ("offered", "copied"),
    "done": ("offered", "copied"),
    "refused": ("offered", "copied"),
}


def enqueue(
    tx: Transaction,
    *,
    number_id: int,
    conversation_id: int,
    message_id: int | None,
    driver: str,
    content: Content,
    purpose: str,
    answers_id: int | None,
    operator_id: int | None,
    now: int,
    rule: str = "",
    rule_version: int = 0,
    replaces_id: int | None = None,
) -> int:
    """Queue a message inside the caller's transaction; answers the id of its outgoing row.

    `message_id` is its row in the thread (None for a task: its message comes with the next export),
    `answers_id` the message it quotes, `replaces_id` the outgoing row it is written in the place of. What
    may not leave at `now` is held, scheduled or refused at once, with the reason. Where the driver is `human` a task is offered to a hand. Raises Refused for an empty
    or an over-long text.
    """
    text = shown(content)
    if isinstance(content, Text):  # of the others whoever fills them asks `whatsapp.limits`
        must_be_sendable(text)
    ref = secrets.token_hex(8)
    outgoing_id = store.add_outgoing(
        tx,
        {
            "ref": f"out-{ref}",
            "number_id": number_id,
            "conversation_id": conversation_id,
            "message_id": message_id,
            "answers_id": answers_id,
            "driver": driver,
            **columns_of(content),
            "purpose": purpose,
            "rule": rule,
            "rule_version": rule_version,
            "state": "queued",
            "state_reason": "",
            "operator_id": operator_id,
            "now": now,
            "replaces_id": replaces_id,
        },
    )
    if driver == "human" and service_group_posts.is_enough(tx, outgoing_id, purpose, now=now):
        store.set_outgoing_state(tx, outgoing_id, STATE_BY_REASON[CAPPED], CAPPED)
        return outgoing_id
    if driver == "human":
        hours = policy.in_force(tx, "inbox.task_deadline", now=now)[0]["hours"]
        store.add_task(
            tx, ref=f"task-{ref}", outgoing_id=outgoing_id, now=now, deadline_at=now + hours * HOUR
        )
        return outgoing_id
    objection = service_eligible.objections(tx, [outgoing_id], now=now).get(outgoing_id)
    if objection is not None:
        service_eligible.put(tx, outgoing_id, objection)
    return outgoing_id


def columns_of(content: Content) -> dict[str, str]:
    """The columns of an outgoing row that keep what it says."""
    columns = {
        "kind": content.kind,
        "body": "" if isinstance(content, Text) else as_body(content),
        "text": stored(shown(content)),
        "template_name": "",
        "template_language": "",
        "template_category": "",
    }
    if isinstance(content, Template):
        columns |= {
            "template_name": content.name,
            "template_language": content.language,
            "template_category": content.category,
        }
    return columns


def must_be_sendable(text: str) -> None:
    """Raise Refused for a text that WhatsApp would not take."""
    if not text.strip():
        raise Refused("The reply is empty: write something, or leave it with Esc.")
    if len(text) > TEXT_CHARACTERS_MAX:
        raise Refused(
            f"The reply has {len(text)} characters; WhatsApp takes {TEXT_CHARACTERS_MAX}: shorten it."
        )


def enqueue_reply(
    tx: Transaction,
    operator: Operator,
    *,
    conversation_id: int,
    number_id: int,
    driver: str,
    content: Content,
    answers_id: int | None,
    now: int,
    message_id: int | None = None,
    purpose: str = "reply",
) -> tuple[int, int | None, list[Act]]:
    """Write a reply inside the caller's transaction; answers (outgoing, task, acts to record).

    As `enqueue`. Undoing the acts cancels a reply that has not left, and refuses its task.
    """
    outgoing_id = enqueue(
        tx, number_id=number_id, conversation_id=conversation_id, message_id=message_id, driver=driver, content=content,
        purpose=purpose, answers_id=answers_id, operator_id=operator.id, now=now,
    )  # fmt: skip
    undone = {"state": "cancelled", "state_reason": "undone"}
    acts = [Act("outgoing", outgoing_id, undone, store.outgoing_columns(tx, outgoing_id))]
    task_id = store.task_of_outgoing(tx, outgoing_id)
    if task_id is None:
        return outgoing_id, None, acts
    offered = store.task_columns(tx, task_id)
    withdrawn = {
        **offered,
        "state": "refused",
        "decided_at": now,
        "decided_by": operator.id,
        "reason": "undone",
    }
    return outgoing_id, task_id, [*acts, Act("task", task_id, withdrawn, offered)]


def move_task(
    tx: Transaction,
    operator: Operator,
    task_id: int,
    state: str,
    *,
    now: int,
    reason: str = "",
    stroke: str | None = None,
) -> store.Task:
    """Move a task to `copied`, `done` or `refused`, and record who and when.

    Tasks moved under one `stroke` are taken back together. Raises Refused when it has been decided already, or a refusal names no reason.
    """
    columns = store.task_columns(tx, task_id)
    if columns["state"] not in TASK_STEPS[state]:
        raise Refused(f"This task is {columns['state']} already: nothing was changed.")
    if state == "refused" and not reason.strip():
        raise Refused("Say why the task is refused.")
    task = store.task_by_id(tx, task_id)
    after = {**columns, "state": state}
    if state == "copied":
        after |= {"copied_at": now, "copied_by": operator.id}
    else:
        after |= {"decided_at": now, "decided_by": operator.id, "reason": reason}
    store.set_task(tx, task_id, after)
    acts = [Act("task", task_id, columns, after)]
    ends = {"done": "accepted", "refused": "refused"}
    if state in ends:
        before = store.outgoing_columns(tx, task.outgoing_id)
        now_stands = {"state": ends[state], "state_reason": reason}
        store.set_outgoing_state(tx, task.outgoing_id, ends[state], reason)
        acts.append(Act("outgoing", task.outgoing_id, before, now_stands))
    operators.record(tx, operator, f"task {state}", acts, now=now, stroke=stroke)
    return store.task_by_id(tx, task_id)


def restore_task(
    tx: Transaction, task_id: int, values: dict[str, object], expected: dict[str, object]
) -> bool:
    """Undo for tasks; False when the task has moved on since."""
    if store.task_columns(tx, task_id) != expected:
        return False
    store.set_task(tx, task_id, values)
    return True


def restore_outgoing(
    tx: Transaction, outgoing_id: int, values: dict[str, object], expected: dict[str, object]
) -> bool:
    """Undo for outgoing rows; False when the row has moved on since."""
    if store.outgoing_columns(tx, outgoing_id) != expected:
        return False
    store.set_outgoing_state(tx, outgoing_id, str(values["state"]), str(values["state_reason"]))
    if values["state"] == "scheduled":
        store_batches.wait_again(tx, outgoing_id)
    return True


RESTORES: Final = {
    "task": restore_task,
    "outgoing": restore_outgoing,
    "suppression": restore_suppression,
}
