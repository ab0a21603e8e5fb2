"""Tasks: messages that a human hand sends. Their only writer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound

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


def tasks_open_count(tx: Transaction) -> int:
    """How many tasks wait for a hand."""
    return int(tx.value("SELECT count(*) FROM task WHERE state IN ('offered', 'copied')"))
