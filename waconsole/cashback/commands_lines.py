"""Lines as they are typed: the list, one with its cause; who could be an ambassador."""

from __future__ import annotations

import json
from typing import Any, Final

from waconsole.cashback import (
    model,
    service_deciding,
    service_evidence,
    service_listing,
    store_lines,
    store_schemes,
)
from waconsole.cashback.evidence import Evidence
from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Transaction
from waconsole.money import Money
from waconsole.operators import authority
from waconsole.text import SafeText, safe


def _line(row: dict[str, Any]) -> SafeText:
    who = row["payee"]
    gone = f", {Money(**row['reversed'])} reversed" if row["reversed"]["minor"] else ""
    held = (", held" if row["held"] else "") + (", disputed" if row["disputed"] else "")
    what = ", ".join(row["orders"]) or f"credit of {row['period']}"
    return safe(
        f"{row['line']}  {Money(**row['amount'])}{gone}  {who['phone'] or who['member']}  {row['state']}{held}  {row['scheme']} v{row['version']}  {what}"
    )


async def _list(database: Database, call: Invocation) -> Answer:
    values = call.values
    count, rows = await database.read(
        lambda tx: service_listing.lines(
            tx, state=values["state"], payee=values["payee"], scheme_name=values["scheme"], limit=call.limit
        )
    )
    document: dict[str, Any] = {"count": count, "rows": rows}
    if len(rows) < count:
        document["truncated"] = True
    return Answer(document, tuple(_line(row) for row in rows) or ("No cashback.",))


async def _show(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> tuple[dict[str, Any], list[Evidence]]:
        ref = call.values["line"]
        return service_listing.line(tx, ref), service_evidence.evidence(tx, ref, now=call.now)

    found, said = await database.stream(work)
    lines: list[str] = [
        _line(found),
        safe(
            f"  {Money(**found['basis'])} by {found['rule']} v{found['version']}:"
            f" {Money(**found['before_cap'])} before the cap"
        ),
        safe(f"  {json.dumps(found['inputs'], ensure_ascii=False, sort_keys=True)}"),
    ]
    lines += [
        safe(f"  {Money(**one['amount'])} reversed for the refund of {one['refunded_at']}")
        for one in found["reversals"]
    ]
    lines += [safe(f"  {one.speaks}: {one.says}") for one in said]
    lines += [safe(f"  disputed by {one['by']} on {one['at']}: {one['reason']}") for one in found["disputes"]]
    return Answer({**found, "evidence": [one._asdict() for one in said]}, tuple(lines))


async def _dispute(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> dict[str, Any]:
        actor = authority.deciding(tx, call.operator, now=call.now)
        authority.authorize(tx, actor, "cashback.hold", now=call.now)
        ref, reason = call.values["line"], call.values["reason"]
        row = service_evidence.dispute(tx, actor, ref, reason=reason, now=call.now)
        if not row["held"]:  # where it cannot be held any more, the dispute stands all the same
            service_deciding.decide(tx, actor, "hold", [row["line"]], now=call.now, reason=reason.strip())
        return service_listing.line(tx, ref)

    row = await database.write(work)
    return Answer(row, (_line(row),))


async def _candidates(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> list[dict[str, Any]]:
        name = call.values["group"]
        group_id = None if name is None else store_schemes.group_named(tx, name)
        return service_evidence.candidates(tx, group_id=group_id, now=call.now)

    document = listed(await database.stream(work), call.limit)
    lines = []
    for row in document["rows"]:
        why = ", ".join(
            f"{one['value']} {one['name'].replace('_', ' ')} (≥ {one['threshold']})"
            for one in row["criteria"]
        )
        lines.append(
            safe(f"{row['name'] or row['phone'] or row['member']}  {why}, in the last {row['days']} days")
        )
    return Answer(
        document,
        tuple(lines) or ("Nobody qualifies: `waconsole policy list cashback.candidate` says what is asked.",),
    )


COMMANDS: Final[list[Command]] = [
    Command(("cashback", "list"), "Every line: what an order or a month earned, and how it stands.", _list, (
        Argument("--state", "only lines in this state", choices=(*model.STATES, store_lines.HELD)),
        Argument("--payee", "only of this member: a ref, a phone number with + or a name", metavar="MEMBER"),
        Argument("--scheme", "only of this scheme", metavar="NAME"),
    ), writes=False),
    Command(("cashback", "show"), "One line with its cause: the order, the rule and its version, what it saw.", _show, (
        Argument("line", "the line's name"),
    ), writes=False),
    Command(("cashback", "dispute"), "Say that a line is not right: it is held until somebody decides.", _dispute, (
        Argument("line", "the line's name"),
        Argument("--reason", "why", required=True),
    )),
    Command(("cashback", "candidates"), "Who could be an ambassador, and why.", _candidates, (
        Argument("--group", "only by what was written in this group"),
    ), writes=False),
]  # fmt: skip
