"""Policy as it is typed: what is in force, and each number or rule in full."""

from __future__ import annotations

import json
from typing import Any, Final

from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database
from waconsole.policy import store


def _row(name: str, value: Any, version: int) -> dict[str, Any]:
    says = value.get("says", "") if isinstance(value, dict) else ""
    return {"name": name, "version": version, "value": value, "says": says}


async def _list(database: Database, call: Invocation) -> Answer:
    prefix = call.values["prefix"] or ""
    found = await database.read(lambda tx: store.all_in_force(tx, prefix, now=call.now))
    document = listed([_row(*one) for one in found], call.limit)
    lines = tuple(f"{row['name']} v{row['version']}: {row['says']}" for row in document["rows"])
    return Answer(document, lines or ("No policy has such a name.",))


async def _show(database: Database, call: Invocation) -> Answer:
    name = call.values["name"]
    if name is None:
        return await _list(database, call)
    value, version = await database.read(lambda tx: store.in_force(tx, name, now=call.now))
    row = _row(name, value, version)
    return Answer(
        row, (f"{name} v{version}: {row['says']}", json.dumps(value, ensure_ascii=False, sort_keys=True))
    )


_PREFIX: Final = Argument("prefix", "how its name begins, like triage.", optional=True)

COMMANDS: Final[list[Command]] = [
    Command(("policy", "list"), "Every number and rule in force.", _list, (_PREFIX,), writes=False),
    Command(("policy", "show"), "One of them in full; without a name, all.", _show,
            (Argument("name", "the policy's name", optional=True),), writes=False),
]  # fmt: skip
