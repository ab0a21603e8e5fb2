"""Operators as they are typed: who may act and decide, adding one, limits, retiring; adopting a copied ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from waconsole.clock import iso
from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Transaction
from waconsole.money import Money, decimal
from waconsole.operators import (
    service_adopting,
    service_known,
    service_passphrase,
    service_sign_in,
    store_known,
)
from waconsole.operators.authority import deciding
from waconsole.operators.roles import ROLES
from waconsole.operators.service_known import Wanted
from waconsole.operators.store_known import Known
from waconsole.operators.store_sign_in import Hashed
from waconsole.settings.secrets import Secret

_Limits = Mapping[int, Sequence[Money]]


def _row(known: Known, limits: _Limits, members: Mapping[int, str]) -> dict[str, Any]:
    return {
        "operator": known.ref,
        "name": known.name,
        "role": known.role,
        "member": None if known.member_id is None else members.get(known.member_id),
        "limits": [
            {"amount": decimal(one.minor, one.currency), "amount_minor": one.minor, "currency": one.currency}
            for one in limits.get(known.id, ())
        ],
        "has_passphrase": known.passphrase_id is not None,
        "retired": known.retired_at is not None,
    }


def _rows(tx: Transaction, wanted: Sequence[Known] | None = None) -> list[dict[str, Any]]:
    limits: dict[int, list[Money]] = {}
    for operator_id, currency, minor in store_known.limits(tx):
        limits.setdefault(operator_id, []).append(Money(minor, currency))
    known = store_known.known_operators(tx) if wanted is None else wanted
    members = store_known.member_refs(tx, [one.member_id for one in known if one.member_id is not None])
    return [_row(one, limits, members) for one in known]


async def _add(database: Database, call: Invocation) -> Answer:
    wanted = Wanted(
        call.values["name"].strip(),
        call.values["role"],
        call.values["member"],
        service_known.amounts(call.values["limit_per_day"]),
    )
    await database.read(lambda tx: service_known.check_add(tx, call.operator, wanted, now=call.now))
    secret = await call.secret(f"{wanted.name}'s passphrase", True)
    kept = await _hashed(call, secret)

    def work(tx: Transaction) -> tuple[dict[str, Any], tuple[str, ...]]:
        added, says = service_known.add(tx, call.operator, wanted, kept, now=call.now)
        return _rows(tx, [added])[0], says

    row, says = await database.write(work)
    lines = (f"{row['name']} is an operator: {row['role']}.{_limit_words(row)}", *says)
    return Answer({**row, "says": list(says)}, lines)


async def _hashed(call: Invocation, secret: Secret) -> Hashed:
    kept = await asyncio.to_thread(service_passphrase.hashed, secret)
    if advice := service_passphrase.advice(secret):
        call.say(advice)
    return kept


def _limit_words(row: Mapping[str, Any]) -> str:
    if not row["limits"]:
        return " Without a limit they approve nothing." if row["has_passphrase"] else ""
    return f" Up to {', '.join(one['amount'] + ' ' + one['currency'] for one in row['limits'])} a day."


async def _list(database: Database, call: Invocation) -> Answer:
    document = listed(await database.read(_rows), call.limit)
    lines = tuple(_line(row) for row in document["rows"])
    return Answer(document, lines or ("Nobody acts yet: the first act makes an owner of you.",))


def _line(row: Mapping[str, Any]) -> str:
    parts = [row["name"], row["role"], row["operator"]]
    if row["member"]:
        parts.append(f"member {row['member']}")
    parts += [f"{one['amount']} {one['currency']} a day" for one in row["limits"]]
    if row["retired"]:
        parts.append("retired")
    elif not row["has_passphrase"]:
        parts.append("no passphrase")
    return "  ".join(parts)


async def _limit(database: Database, call: Invocation) -> Answer:
    name, limits = call.values["name"], service_known.amounts(call.values["limits"])

    def work(tx: Transaction) -> dict[str, Any]:
        return _rows(tx, [service_known.set_limits(tx, call.operator, name, limits, now=call.now)])[0]

    row = await database.write(work)
    return Answer(row, (f"{row['name']}:{_limit_words(row)}",))


async def _link(database: Database, call: Invocation) -> Answer:
    name, who = call.values["name"], call.values["member"]

    def work(tx: Transaction) -> dict[str, Any]:
        return _rows(tx, [service_known.link(tx, call.operator, name, who, now=call.now)])[0]

    row = await database.write(work)
    return Answer(
        row, (f"{row['name']} is the member {row['member']}: they decide on no money of their own.",)
    )


async def _passphrase(database: Database, call: Invocation) -> Answer:
    name = call.values["name"]

    def check(tx: Transaction) -> str:
        return service_known.check_passphrase(tx, call.operator, name, now=call.now)[1].name

    whose = await database.read(check)
    secret = await call.secret(f"{whose}'s new passphrase", True)
    kept = await _hashed(call, secret)

    def work(tx: Transaction) -> dict[str, Any]:
        return _rows(tx, [service_known.set_passphrase(tx, call.operator, name, kept, now=call.now)])[0]

    row = await database.write(work)
    return Answer(
        row, (f"{row['name']} has another passphrase; sign-ins made with the one before have ended.",)
    )


async def _retire(database: Database, call: Invocation) -> Answer:
    name = call.values["name"]

    def work(tx: Transaction) -> dict[str, Any]:
        return _rows(tx, [service_known.retire(tx, call.operator, name, now=call.now)])[0]

    row = await database.write(work)
    return Answer(row, (f"{row['name']} is retired: what they did stands under their name.",))


async def _sign_in(database: Database, call: Invocation) -> Answer:
    name, idle = call.values["operator"], call.values["idle_minutes"]
    await database.read(lambda tx: service_sign_in.check(tx, name, idle, now=call.now))
    secret = await call.secret(f"{name}'s passphrase", False)
    made = await service_sign_in.sign_in(database, name, secret, idle_minutes=idle, now=call.now)
    document = {
        "operator": made.operator,
        "name": made.name,
        "idle_minutes": made.idle_minutes,
        "ends_at": iso(made.ends_at),
    }
    says = f"{made.name} is signed in: until {made.idle_minutes} minutes pass without use, or {iso(made.ends_at)}."
    return Answer(document, (says,))


async def _sign_out(database: Database, call: Invocation) -> Answer:
    name = call.values["operator"]

    def work(tx: Transaction) -> list[str]:
        if name is not None:
            service_known.named(tx, name)
        return service_sign_in.sign_out(tx, name, now=call.now)

    ended = await database.write(work)
    says = f"Signed out: {', '.join(ended)}." if ended else "Nobody is signed in here."
    return Answer({"signed_out": ended}, (says,))


async def _adopt(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> bool:
        return service_adopting.adopt(tx, deciding(tx, call.operator, now=call.now), now=call.now)

    changed = await database.write(work)
    says = (
        "This copy of the ledger approves and pays from now on. See that no other one does."
        if changed
        else "This ledger waits for nobody: it approves and pays already."
    )
    return Answer({"adopted": True, "changed": changed}, (says,))


_NAME: Final = Argument("name", "what they are called")

COMMANDS: Final[list[Command]] = [
    Command(("operators", "add"), "Let somebody act and decide here, with a passphrase of their own.", _add, (
        _NAME,
        Argument("--role", "what they may do", required=True, choices=ROLES),
        Argument("--member", "the member they are: a ref, a number with + or a BSUID"),
        Argument("--limit-per-day", "how much they may approve in a day, in each currency", many=True,
                 metavar="'AMOUNT CUR'"),
    )),
    Command(("operators", "list"), "Everybody who may act.", _list, writes=False),
    Command(("operators", "limit"), "Say how much somebody may approve in a day.", _limit, (
        _NAME, Argument("limits", "an amount and its currency, like '500 HKD'", many=True, metavar="'AMOUNT CUR'"),
    )),
    Command(("operators", "link"), "Say which member an operator is: they decide on no money of their own.", _link, (
        _NAME, Argument("member", "a ref, a number with + or a BSUID"),
    )),
    Command(("operators", "passphrase"), "Set another passphrase: your own, or as an owner somebody's.", _passphrase, (
        Argument("name", "whose; without it your own", optional=True),
    )),
    Command(("operators", "retire"), "Let somebody decide nothing any more; what they did stands.", _retire, (_NAME,)),
    Command(("sign-in",), "Prove who you are, so that --as OPERATOR is taken for a while.", _sign_in, (
        Argument("operator", "your name here"),
        Argument("--idle-minutes", "for how long without use", kind="integer"),
    ), on_screen=False),
    Command(("sign-out",), "End the sign-ins kept here, or that of one operator.", _sign_out, (
        Argument("operator", "whose; without it all of them", optional=True),
    ), on_screen=False),
    Command(("adopt",), "Let this copy of a ledger approve and pay.", _adopt),
]  # fmt: skip
