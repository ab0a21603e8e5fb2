"""Outgoing rows and tasks: what we want to say, and whose hand will say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound
from waconsole.outbox.store_numbers import (
    HAND_NAME,
    HAND_REF,
    cloud_number,
    ensure_hand,
    ensure_number,
    hand_number_id,
    number_by_phone_number_id,
    number_row,
    set_number_stopped,
)  # fmt: skip
from waconsole.outbox.store_rows import outgoing_rows

__all__ = (
    "HAND_NAME", "HAND_REF", "TASKS_MAX", "Task", "add_outgoing", "add_task", "cloud_number", "ensure_hand",
    "ensure_number", "hand_number_id", "hurry", "is_wamid_of_another", "move_all", "number_by_phone_number_id", "number_row",
    "outgoing_columns", "outgoing_rows", "set_number_stopped", "set_outgoing_state", "set_task", "task_by_id",
    "task_columns", "task_named", "task_of_outgoing", "tasks", "tasks_open_count",
)  # fmt: skip
TASKS_MAX: Final = 100_000


@dataclass(frozen=True, slots=True)
class Task:
    """A message to be sent by a human hand; times in microseconds UTC."""

    id: int
    ref: str
    outgoing_id: int
    conversation_id: int
    conversation: str
    group: str | None
    text: str
    state: str
    offered_at: int
    deadline_at: int
    copied_at: int | None
    decided_at: int | None
    decided_by: str | None
    reason: str
    written_by: str | None


def add_outgoing(tx: Transaction, fields: dict[str, Any]) -> int:
    """Write one outgoing row; `fields` are its columns."""
    return tx.insert(
        """
        INSERT INTO outgoing (ref, number_id, conversation_id, message_id, answers_id, driver, kind, body, text,
                              template_name, template_language, template_category, purpose,
                              rule, rule_version, state, state_reason, operator_id, written_at, origin)
        VALUES (:ref, :number_id, :conversation_id, :message_id, :answers_id, :driver, :kind, :body, :text,
                :template_name, :template_language, :template_category, :purpose,
                :rule, :rule_version, :state, :state_reason, :operator_id, :now, 'live')
        """,
        fields,
    )


def add_task(tx: Transaction, *, ref: str, outgoing_id: int, now: int, deadline_at: int) -> int:
    """Offer an outgoing row to a human hand."""
    return tx.insert(
        """
        INSERT INTO task (ref, outgoing_id, state, offered_at, deadline_at)
        VALUES (:ref, :outgoing_id, 'offered', :now, :deadline_at)
        """,
        {"ref": ref, "outgoing_id": outgoing_id, "now": now, "deadline_at": deadline_at},
    )


_TASK = """
    SELECT t.id, t.ref, t.outgoing_id, o.conversation_id, c.ref AS conversation, c."group", o.text, t.state, t.offered_at, t.deadline_at,
           t.copied_at, t.decided_at, d.name AS decided_by, t.reason, w.name AS written_by
      FROM task AS t
      JOIN outgoing AS o ON o.id = t.outgoing_id
      JOIN conversation_name AS c ON c.id = o.conversation_id
      LEFT JOIN operator AS d ON d.id = t.decided_by
      LEFT JOIN operator AS w ON w.id = o.operator_id
"""


def _task(row: Row) -> Task:
    return Task(**dict(row))


def tasks(tx: Transaction, *, only_open: bool, limit: int = TASKS_MAX) -> list[Task]:
    """Tasks, those whose deadline comes first before the others."""
    where = "WHERE t.state IN ('offered', 'copied')" if only_open else ""
    rows = tx.rows(
        f"{_TASK} {where} ORDER BY t.state IN ('done', 'refused'), t.deadline_at, t.id LIMIT :limit",
        {"limit": limit},
    )
    return [_task(row) for row in rows]


def task_by_id(tx: Transaction, task_id: int) -> Task:
    """The task of that id. Raises NotFound."""
    row = tx.one(f"{_TASK} WHERE t.id = :id", {"id": task_id})
    if row is None:
        raise NotFound("That task is not in this ledger.")
    return _task(row)


def task_named(tx: Transaction, ref: str) -> Task:
    """The task with that ref (or the unique beginning of one). Raises NotFound."""
    rows = tx.rows(
        f"{_TASK} WHERE t.ref = :ref OR substr(t.ref, 1, length(:ref)) = :ref ORDER BY t.ref <> :ref LIMIT 2",
        {"ref": ref},
    )
    if not rows or (len(rows) > 1 and rows[0]["ref"] != ref):
        raise NotFound(f"No single task is called {ref}: `waconsole tasks list` shows them.")
    return _task(rows[0])


def task_of_outgoing(tx: Transaction, outgoing_id: int) -> int | None:
    """The id of the task of an outgoing row, or None when no human hand has to send it."""
    value = tx.value("SELECT id FROM task WHERE outgoing_id = :id", {"id": outgoing_id})
    return None if value is None else int(value)


def task_columns(tx: Transaction, task_id: int) -> dict[str, Any]:
    """The changeable columns of a task, for the act log."""
    row = tx.one(
        "SELECT state, copied_at, copied_by, decided_at, decided_by, reason FROM task WHERE id = :id",
        {"id": task_id},
    )
    if row is None:
        raise NotFound("That task is not in this ledger.")
    return dict(row)


def set_task(tx: Transaction, task_id: int, columns: dict[str, Any]) -> None:
    """Write the changeable columns of a task."""
    tx.execute(
        """
        UPDATE task
           SET state = :state, copied_at = :copied_at, copied_by = :copied_by, decided_at = :decided_at,
               decided_by = :decided_by, reason = :reason
         WHERE id = :id
        """,
        {**columns, "id": task_id},
    )


def set_outgoing_state(
    tx: Transaction,
    outgoing_id: int,
    state: str,
    reason: str = "",
    *,
    wamid: str | None = None,
    not_before: int | None = None,
) -> None:
    """Write the state of an outgoing row; `wamid` when WhatsApp took it, `not_before` when it waits for an instant."""
    tx.execute(
        """
        UPDATE outgoing
           SET state = :state, state_reason = :reason, wamid = coalesce(wamid, :wamid), not_before = :not_before
         WHERE id = :id
        """,
        {"state": state, "reason": reason, "wamid": wamid, "not_before": not_before, "id": outgoing_id},
    )


def move_all(tx: Transaction, number_id: int, before: tuple[str, str], after: tuple[str, str]) -> int:
    """Move every outgoing row of a number from one (state, reason) to another; answers how many."""
    cursor = tx.execute(
        """
        UPDATE outgoing SET state = :state, state_reason = :reason, not_before = NULL
         WHERE number_id = :number_id AND state = :from_state AND state_reason = :from_reason
        """,
        {
            "number_id": number_id,
            "from_state": before[0],
            "from_reason": before[1],
            "state": after[0],
            "reason": after[1],
        },
    )
    return cursor.rowcount


def hurry(tx: Transaction, number_id: int) -> None:
    """The network is there (again): what waits only because it could not leave need not wait any longer."""
    tx.execute(
        """
        UPDATE outgoing SET not_before = NULL
         WHERE number_id = :number_id AND state = 'queued' AND not_before IS NOT NULL
           AND (SELECT outcome FROM attempt WHERE outgoing_id = outgoing.id ORDER BY n DESC LIMIT 1) = 'unsent'
        """,
        {"number_id": number_id},
    )


def is_wamid_of_another(tx: Transaction, wamid: str, outgoing_id: int) -> bool:
    """Whether another outgoing row already is that message of WhatsApp's."""
    return (
        tx.value(
            "SELECT 1 FROM outgoing WHERE wamid = :wamid AND id <> :id", {"wamid": wamid, "id": outgoing_id}
        )
        is not None
    )


def outgoing_columns(tx: Transaction, outgoing_id: int) -> dict[str, Any]:
    """The changeable columns of an outgoing row, for the act log."""
    row = tx.one("SELECT state, state_reason FROM outgoing WHERE id = :id", {"id": outgoing_id})
    if row is None:
        raise NotFound("That outgoing message is not in this ledger.")
    return dict(row)


def tasks_open_count(tx: Transaction) -> int:
    """How many tasks wait for a hand."""
    return int(tx.value("SELECT count(*) FROM task WHERE state IN ('offered', 'copied')"))
