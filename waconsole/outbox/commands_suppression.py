"""Whom WhatsApp takes nothing for, as it is typed: `suppressions list|end`."""

from __future__ import annotations

from typing import Any, Final

from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Transaction
from waconsole.operators import service as operators
from waconsole.outbox import service_suppression, store_suppression
from waconsole.text import safe


def _line(row: dict[str, Any]) -> str:
    until = f"until {row['until']}" if row["until"] else "without an end"
    number = f"by {row['number']}" if row["number"] else "by any number"
    parts = [
        str(row["suppression"]),
        row["to"],
        row["scope"],
        row["reason"],
        number,
        f"since {row['since']}",
        until,
    ]
    return safe("  ".join(parts))


async def _list(database: Database, call: Invocation) -> Answer:
    rows = await database.read(lambda tx: store_suppression.suppressions(tx, now=call.now))
    document = listed(rows, call.limit)
    lines = tuple(_line(row) for row in document["rows"])
    return Answer(document, lines or ("WhatsApp has refused nobody for longer.",))


async def _end(database: Database, call: Invocation) -> Answer:
    key = call.values["suppression"]

    def work(tx: Transaction) -> None:
        who = operators.acting(tx, call.operator, now=call.now)
        service_suppression.end(tx, who, key, now=call.now)

    await database.write(work)
    return Answer(
        {"suppression": key, "ended": True}, (f"Suppression {key} is ended: WhatsApp may refuse again.",)
    )


SUPPRESSIONS: Final[list[Command]] = [
    Command(("suppressions", "list"), "Whom WhatsApp takes nothing for, or no marketing, and until when.", _list,
            writes=False),
    Command(("suppressions", "end"), "Try again with somebody WhatsApp had refused.", _end,
            (Argument("suppression", "its number in the list", kind="integer"),)),
]  # fmt: skip
