"""Groups as they are typed: list them, and say what one is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from waconsole.clock import iso
from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Transaction
from waconsole.groups import service, store, store_joins, store_standing
from waconsole.groups.commands_joins import COMMANDS as JOINS
from waconsole.groups.commands_linked import COMMANDS as LINKED
from waconsole.groups.commands_moderation import COMMANDS as MODERATION
from waconsole.groups.commands_requests import COMMANDS as REQUESTS


def _row(tx: Transaction, group: store.Group, waiting: Mapping[int, int]) -> dict[str, Any]:
    stands = store_standing.standing(tx, group.id)
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
        "id": stands["whatsapp_id"],
        "description": stands["description"],
        "approval": stands["approval"] or None,
        "invite_link": stands["invite_link"] or None,
        "suspended": stands["suspended_at"] is not None,
        "ended": stands["ended_at"] is not None,
        "join_requests": waiting.get(group.id, 0),
    }


async def _list(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> list[dict[str, Any]]:
        waiting = store_joins.counts(tx)
        return [_row(tx, group, waiting) for group in store.groups(tx)]

    rows = await database.read(work)
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
    row = await database.read(lambda tx: _row(tx, store.group_named(tx, group.ref), store_joins.counts(tx)))
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
    *JOINS,
    *REQUESTS,
    *MODERATION,
    *LINKED,
]  # fmt: skip
