"""Groups as they are typed: list them, and say what one is for."""

from __future__ import annotations

from typing import Any, Final

from waconsole.clock import iso
from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Transaction
from waconsole.groups import service, store


def _row(tx: Transaction, group: store.Group) -> dict[str, Any]:
    return {
        "group": group.ref,
        "name": group.name,
        "members": store.members_count(tx, group.id),
        "purpose": group.purpose,
        "kpi": group.kpi,
        "language": group.language,
        "timezone": group.timezone,
        "driver": group.driver,
        "can": service.can(group),
        "exported_at": None if group.exported_at is None else iso(group.exported_at),
    }


async def _list(database: Database, call: Invocation) -> Answer:
    rows = await database.read(lambda tx: [_row(tx, group) for group in store.groups(tx)])
    document = listed(rows, call.limit)
    lines = tuple(
        f"{row['group']}  {row['members']:>5} {'member ' if row['members'] == 1 else 'members'}  {row['name']}"
        for row in document["rows"]
    )
    return Answer(document, lines)


async def _describe(database: Database, call: Invocation) -> Answer:
    words = {name: call.values[name] or "" for name in ("purpose", "kpi", "language", "timezone")}
    group = await service.describe(
        database, call.values["group"], words, operator=call.operator, now=call.now
    )
    row = await database.read(lambda tx: _row(tx, store.group_named(tx, group.ref)))
    return Answer(row, (f"{group.name}: {row['purpose'] or 'no purpose'}.",))


COMMANDS: Final[list[Command]] = [
    Command(("groups", "list"), "Every group, with how many belong to it and how it is reached.", _list, writes=False),
    Command(("groups", "describe"), "Say what a group is for.", _describe, (
        Argument("group", "a group's name or ref"),
        Argument("--purpose", "its one stated purpose"),
        Argument("--kpi", "what it is measured by"),
        Argument("--language", "the language written there, like fr"),
        Argument("--timezone", "the zone its people live in, like Europe/Paris"),
    )),
]  # fmt: skip
