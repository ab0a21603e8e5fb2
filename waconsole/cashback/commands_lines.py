"""Lines as they are typed: the list, one with its cause."""

from __future__ import annotations

import json
from typing import Any, Final

from waconsole.cashback import model, service_listing, store_lines
from waconsole.command import Answer, Argument, Command, Invocation
from waconsole.database.connection import Database
from waconsole.text import SafeText, safe


def _line(row: dict[str, Any]) -> SafeText:
    gone = f", {row['reversed']} reversed" if row["reversed_minor"] else ""
    held = ", held" if row["held"] else ""
    what = ", ".join(row["orders"]) or f"credit of {row['period']}"
    return safe(
        f"{row['line']}  {row['amount']}{gone}  {row['payee']}  {row['state']}{held}  {row['scheme']} v{row['version']}  {what}"
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
    found = await database.read(lambda tx: service_listing.line(tx, call.values["line"]))
    lines = [
        _line(found),
        safe(
            f"  {found['basis']} by {found['rule']} v{found['version']}: {found['before_cap']} before the cap"
        ),
        safe(f"  {json.dumps(found['inputs'], ensure_ascii=False, sort_keys=True)}"),
    ]
    lines += [
        safe(f"  {one['amount']} reversed for the refund of {one['refunded_at']}")
        for one in found["reversals"]
    ]
    return Answer(found, tuple(lines))


COMMANDS: Final[list[Command]] = [
    Command(("cashback", "list"), "Every line: what an order or a month earned, and how it stands.", _list, (
        Argument("--state", "only lines in this state", choices=(*model.STATES, store_lines.HELD)),
        Argument("--payee", "only of this member: a ref, a phone number with + or a name", metavar="MEMBER"),
        Argument("--scheme", "only of this scheme", metavar="NAME"),
    ), writes=False),
    Command(("cashback", "show"), "One line with its cause: the order, the rule and its version, what it saw.", _show, (
        Argument("line", "the line's name"),
    ), writes=False),
]  # fmt: skip
