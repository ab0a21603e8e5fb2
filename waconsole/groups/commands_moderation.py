"""The moderation ladder as it is typed: `groups moderate`, `groups moderation list|take-back`."""

from __future__ import annotations

from typing import Any, Final

from waconsole.clock import iso, parse_iso
from waconsole.command import EXIT_DONE, EXIT_PARTLY, Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import UsageError
from waconsole.groups import moderation, service_moderation, store
from waconsole.groups import store_moderation as rows
from waconsole.members import store as members


def _document(row: Row, now: int) -> dict[str, Any]:
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


def _until(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_iso(text)
    except (ValueError, OverflowError):
        raise UsageError(f"--until takes an instant like 2026-11-27T12:00:00Z, not “{text}”.") from None


async def _moderate(database: Database, call: Invocation) -> Answer:
    row = await service_moderation.take(
        database,
        call.settings,
        call.values["member"],
        call.values["group"],
        call.values["step"],
        reason=call.values["reason"] or "",
        until=_until(call.values["until"]),
        at_once=call.values["at_once"],
        operator=call.operator,
        now=call.now,
    )
    end = f" until {iso(row['until_at'])}" if row["until_at"] is not None else ""
    lines = [f"{service_moderation.says(row)}{end} ({row['ref']})."]
    if row["step"] == "warn":
        lines.append("It is written down; they have not been told: write to them in your own words.")
    if row["state"] == "unknown":
        lines.append(f"The answer was lost, it may not have been done: {row['detail']}")
    return Answer(
        _document(row, call.now), tuple(lines), EXIT_PARTLY if row["state"] == "unknown" else EXIT_DONE
    )


async def _list(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> list[dict[str, Any]]:
        group, who = call.values["group"], call.values["member"]
        group_id = store.group_named(tx, group).id if group else None
        member_id = members.member_named(tx, who).id if who else None
        found = rows.steps(tx, group_id=group_id, member_id=member_id)
        documents = [_document(row, call.now) for row in found]
        return documents if call.values["all"] else [one for one in documents if one["in_force"]]

    document = listed(await database.read(work), call.limit)
    lines = tuple(
        f"{row['step_ref']}  {row['taken_at']}  {row['step']:<6}  {row['name'] or row['member']} in {row['group_name']}"
        f"  {row['reason']}"
        for row in document["rows"]
    )
    return Answer(document, lines)


async def _take_back(database: Database, call: Invocation) -> Answer:
    row, left = await service_moderation.take_back(
        database, call.settings, call.values["step"], reason=call.values["reason"] or "", operator=call.operator,
        now=call.now,
    )  # fmt: skip
    lines = (f"{row['ref']} is taken back.", *((left,) if left else ()))
    return Answer({**_document(row, call.now), "left": left}, lines, EXIT_PARTLY if left else EXIT_DONE)


COMMANDS: Final[list[Command]] = [
    Command(("groups", "moderate"), "Warn, mute or remove somebody: the rungs of a ladder.", _moderate, (
        Argument("member", "who: a name, ref or number"),
        Argument("--group", "the group", required=True, metavar="NAME"),
        Argument("--step", "what is done", required=True, choices=moderation.LADDER),
        Argument("--reason", "why", metavar="WORDS"),
        Argument("--until", "when it is over; else as policy moderation.ladder says", metavar="ISO"),
        Argument("--at-once", "leave out the rungs before it", kind="flag"),
    )),
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
