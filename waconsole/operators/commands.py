"""Operators as they are typed: who may act, and adding one."""

from __future__ import annotations

from typing import Any, Final

from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.operators import service, store
from waconsole.operators.roles import ROLES


def _row(operator: store.Operator) -> dict[str, Any]:
    return {"operator": operator.ref, "name": operator.name, "role": operator.role}


async def _add(database: Database, call: Invocation) -> Answer:
    added = await database.write(lambda tx: _added(tx, call))
    return Answer(_row(added), (f"{added.name} is an operator: {added.role}.",))


def _added(tx: Transaction, call: Invocation) -> store.Operator:
    """An owner adds operators; on a ledger where nobody acts yet the first one must be an owner."""
    name, role, who = call.values["name"].strip(), call.values["role"], call.values["member"]
    if not name:
        raise Refused("An operator needs a name.")
    actor = service.acting(tx, call.operator, now=call.now) if store.operators(tx) else None
    if actor is None and role != "owner":
        raise Refused("The first operator must be an owner: write --role owner.")
    if actor is not None and actor.role != "owner":
        raise Refused(f"{actor.name} is no owner, and only an owner adds operators: name one with --as.")
    member_id = None
    if who is not None and (member_id := store.member_id_of(tx, who)) is None:
        raise NotFound(f"No member is known as {who}: name a ref, a phone number with +, or a BSUID.")
    added = service.add(tx, name, role, now=call.now, member_id=member_id)
    after = {"name": name, "role": role, "member_id": member_id}
    service.record(
        tx, actor or added, "add operator", [store.Act("operator", added.id, {}, after)], now=call.now
    )
    return added


async def _list(database: Database, call: Invocation) -> Answer:
    document = listed([_row(one) for one in await database.read(store.operators)], call.limit)
    lines = tuple(f"{row['name']}  {row['role']}  {row['operator']}" for row in document["rows"])
    return Answer(document, lines or ("Nobody acts yet: the first act makes an owner of you.",))


COMMANDS: Final[list[Command]] = [
    Command(("operators", "add"), "Let somebody act here.", _add, (
        Argument("name", "what they are called"),
        Argument("--role", "what they may do", required=True, choices=ROLES),
        Argument("--member", "the member they are: a ref, a number with + or a BSUID"),
    )),
    Command(("operators", "list"), "Everybody who may act.", _list, writes=False),
]  # fmt: skip
