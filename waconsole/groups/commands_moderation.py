"""What was done by the moderation ladder, as it is typed: `groups moderation list|take-back`."""

from __future__ import annotations

from typing import Any, Final

from waconsole.clock import iso
from waconsole.command import EXIT_DONE, EXIT_PARTLY, Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Row, Transaction
from waconsole.groups import service_moderation, store
from waconsole.groups import store_moderation as rows
from waconsole.members import store as members


def document(row: Row, now: int) -> dict[str, Any]:
    """A rung as the commands answer it."""
    return {
        "step_ref": row["ref"],
        "step": row["step"],
        "group": row["group_ref"],
        "group_name": row["group_name"],
        "member": row["member_ref"],
        "name": row["member_name"],
        "state": row["state"],
        "in_force": service_moderation.in_force(row, now),
        "reason": row["reason"],
        "operator": row["operator"],
        "taken_at": iso(row["taken_at"]),
        "until": None if row["until_at"] is None else iso(row["until_at"]),
        "detail": row["detail"],
        "ended_at": None if row["ended_at"] is None else iso(row["ended_at"]),
        "ended_by": row["ended_by"],
        "ended_reason": row["ended_reason"],
    }


async def _list(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> list[dict[str, Any]]:
        group, who = call.values["group"], call.values["member"]
        group_id = store.group_named(tx, group).id if group else None
        member_id = members.member_named(tx, who).id if who else None
        found = rows.steps(tx, group_id=group_id, member_id=member_id)
        documents = [document(row, call.now) for row in found]
        return documents if call.values["all"] else [one for one in documents if one["in_force"]]

    found = listed(await database.read(work), call.limit)
    lines = tuple(
        f"{row['step_ref']}  {row['taken_at']}  {row['step']:<6}  {row['name'] or row['member']} in {row['group_name']}"
        f"  {row['reason']}"
        for row in found["rows"]
    )
    return Answer(found, lines)


async def _take_back(database: Database, call: Invocation) -> Answer:
    row, left = await service_moderation.take_back(
        database, call.settings, call.values["step"], reason=call.values["reason"] or "", operator=call.operator,
        now=call.now,
    )  # fmt: skip
    lines = (f"{row['ref']} is taken back.", *((left,) if left else ()))
    return Answer({**document(row, call.now), "left": left}, lines, EXIT_PARTLY if left else EXIT_DONE)


COMMANDS: Final[list[Command]] = [
    Command(("groups", "moderation", "list"), "Who is warned, muted or removed, since when and by whom.", _list, (
        Argument("--group", "of one group", metavar="NAME"),
        Argument("--member", "of one person", metavar="WHO"),
        Argument("--all", "also what is over or was taken back", kind="flag"),
    ), writes=False),
    Command(("groups", "moderation", "take-back"), "Take a warning, a muting or a removal back.", _take_back, (
        Argument("step", "the step, as `groups moderation list` names it"),
        Argument("--reason", "why", metavar="WORDS"),
    )),
]  # fmt: skip
