"""Operators as they are typed: who may act, and adding one."""

from __future__ import annotations

from typing import Any, Final

from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.operators import service, store


def _row(operator: store.Operator) -> dict[str, Any]:
    return {"operator": operator.ref, "name": operator.name, "role": operator.role}


async def _add(database: Database, call: Invocation) -> Answer:
    name, role = call.values["name"].strip(), call.values["role"]

    def work(tx: Transaction) -> store.Operator:
        if not store.operators(tx):
            if role != "owner":
                raise Refused("The first operator must be an owner: write --role owner.")
        elif service.acting(tx, call.operator, now=call.now).role != "owner":
            raise Refused("Only an owner adds operators: name one with --as.")
        return service.add(tx, name, role, now=call.now)

    if not name:
        raise Refused("An operator needs a name.")
    added = await database.write(work)
    return Answer(_row(added), (f"{added.name} is an operator: {added.role}.",))


async def _list(database: Database, call: Invocation) -> Answer:
    document = listed([_row(one) for one in await database.read(store.operators)], call.limit)
    lines = tuple(f"{row['name']}  {row['role']}  {row['operator']}" for row in document["rows"])
    return Answer(document, lines or ("Nobody acts yet: the first act makes an owner of you.",))


COMMANDS: Final[list[Command]] = [
    Command(("operators", "add"), "Let somebody act here.", _add, (
        Argument("name", "what they are called"),
        Argument("--role", "what they may do", required=True, choices=service.ROLES),
    )),
    Command(("operators", "list"), "Everybody who may act.", _list, writes=False),
]  # fmt: skip
