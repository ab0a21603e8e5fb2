"""Tasks for a human hand as they are typed: list them, copy one, say it is done or refused; and what the API sends."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from waconsole.clock import iso
from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Transaction
from waconsole.outbox import service, store
from waconsole.outbox.commands_numbers import NUMBERS
from waconsole.outbox.commands_outgoing import OUTGOING
from waconsole.outbox.commands_suppression import SUPPRESSIONS
from waconsole.outbox.store_content import file_to_send
from waconsole.whatsapp.files import folder_of, path_of


def _row(tx: Transaction, ledger: Path, task: store.Task) -> dict[str, Any]:
    """A task; `file` is where our copy of the file is that goes with it."""
    sha256 = file_to_send(tx, task.outgoing_id)
    path = path_of(folder_of(ledger), sha256) if sha256 else None
    return {
        "task": task.ref,
        "conversation": task.conversation,
        "group": task.group,
        "text": task.text,
        "file": None if path is None else str(path.absolute()),
        "state": task.state,
        "offered_at": iso(task.offered_at),
        "deadline_at": iso(task.deadline_at),
        "copied_at": None if task.copied_at is None else iso(task.copied_at),
        "decided_at": None if task.decided_at is None else iso(task.decided_at),
        "decided_by": task.decided_by,
        "written_by": task.written_by,
        "reason": task.reason,
    }


async def _list(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> list[dict[str, Any]]:
        found = store.tasks(tx, only_open=not call.values["all"])
        group = call.values["group"]
        return [_row(tx, database.path, task) for task in found if group is None or task.group == group]

    document = listed(await database.read(work), call.limit)
    lines = tuple(
        f"{row['task']}  {row['state']}  until {row['deadline_at']}  {row['text']}"
        for row in document["rows"]
    )
    return Answer(document, lines or ("No task waits for a hand.",))


def _moving(state: str) -> Any:
    async def work(database: Database, call: Invocation) -> Answer:
        def move(tx: Transaction) -> dict[str, Any]:
            from waconsole.operators import service as operators

            acting = operators.acting(tx, call.operator, now=call.now)
            task = store.task_named(tx, call.values["task"])
            moved = service.move_task(
                tx, acting, task.id, state, now=call.now, reason=call.values.get("reason") or ""
            )
            return _row(tx, database.path, moved)

        row = await database.write(move)
        if state != "copied":
            return Answer(row, (f"{row['task']} is {row['state']}.",))
        if row["file"]:
            call.say(f"Send it with the file {row['file']}.")
        return Answer(row, tuple(row["text"].split("\n")))

    return work


REFUSED_BY_HAND: Final = "refused by hand"
_TASK = Argument("task", "the task's ref, or its beginning")

COMMANDS: Final[list[Command]] = [
    Command(("tasks", "list"), "Messages that wait for a human hand.", _list,
            (Argument("--all", "decided ones too", kind="flag"),
             Argument("--group", "only those of the group of that name")), writes=False),
    Command(("tasks", "copy"), "Print a task's text and mark it as copied.", _moving("copied"), (_TASK,)),
    Command(("tasks", "done"), "A task's message has been sent by hand.", _moving("done"), (_TASK,)),
    Command(("tasks", "refuse"), "A task's message will not be sent.", _moving("refused"),
            (_TASK, Argument("--reason", "why", default=REFUSED_BY_HAND))),
    *OUTGOING,
    *SUPPRESSIONS,
    *NUMBERS,
]  # fmt: skip
