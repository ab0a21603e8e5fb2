"""`erase MEMBER`: a person is forgotten for good, and the books stay whole."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Final

from waconsole.command import EXIT_DONE, EXIT_PARTLY, Answer, Argument, Command, Invocation
from waconsole.database.connection import Database
from waconsole.errors import Refused
from waconsole.money import decimal
from waconsole.sync import service_erasing as erasing
from waconsole.sync.service_erasing import Outcome
from waconsole.text import safe

LEFT_TOLD_MAX: Final = 50


async def _erase(database: Database, call: Invocation) -> Answer:
    who, dry_run = call.values["member"], call.values["dry_run"]
    if not dry_run and not call.values["yes"] and sys.stdin.isatty() and sys.stderr.isatty():
        tried = await erasing.erase(database, who, operator=call.operator, now=call.now, dry_run=True)
        await _ask(call, tried)
    outcome = await erasing.erase(database, who, operator=call.operator, now=call.now, dry_run=dry_run)
    return Answer(
        _document(outcome, dry_run=dry_run),
        tuple(_lines(outcome, dry_run=dry_run)),
        EXIT_PARTLY if outcome.pending else EXIT_DONE,
    )


async def _ask(call: Invocation, tried: Outcome) -> None:
    """Have the operator type the member's ref. Raises Refused for anything else."""
    for line in _lines(tried, dry_run=True):
        call.say(line)
    call.say(f"This cannot be undone. Type {tried.ref} to erase them:")
    typed = await asyncio.to_thread(sys.stdin.readline)
    if typed.strip() != tried.ref:
        raise Refused("Nothing was erased.")


def _document(outcome: Outcome, *, dry_run: bool) -> dict[str, Any]:
    document: dict[str, Any] = {
        "erased": outcome.ref,
        "rows": dict(outcome.rows),
        "files": outcome.files,
        "not_reached": outcome.not_reached,
        "owed": outcome.owed,
        "operators": outcome.operators,
    }
    if dry_run:
        document["dry_run"] = True
    if outcome.pending:
        document["pending"] = True
    return document


def _lines(outcome: Outcome, *, dry_run: bool) -> list[str]:
    rows = ", ".join(f"{table} {count:,}" for table, count in outcome.rows.items())
    would = "would be erased" if dry_run else "is erased"
    lines = [f"{outcome.ref} {would}: {rows}; {outcome.files:,} files."]
    for row in outcome.owed:
        currency = str(row["currency"])
        lines.append(
            f"! {row['account']} holds {_amount(row['balance_minor'], currency)} and"
            f" {_amount(row['pending_minor'], currency)} pending {currency}: without a number nobody can be paid."
        )
    if outcome.operators:
        named = ", ".join(safe(name) for name in outcome.operators)
        lines.append(f"! They are the operator {named}: that stays, with the operator's own name.")
    lines += [
        f"not reached: {left['count']:,} {left['says']} ({left['what']})"
        for left in outcome.not_reached[:LEFT_TOLD_MAX]
    ]
    if outcome.pending:
        lines.append(
            "! Another program still reads the ledger as it was, so its log was not cut yet: end it; whoever opens"
            " the ledger next goes on by itself, and `waconsole doctor` tells."
        )
    return lines


def _amount(minor: object, currency: str) -> str:
    return decimal(int(str(minor)), currency)


COMMANDS: Final[list[Command]] = [
    Command(
        ("erase",),
        "Forget a member for good: who they are and what they wrote. The books stay, under a pseudonym.",
        _erase,
        (
            Argument("member", "a ref, a number with +, or a unique name"),
            Argument("--yes", "do not ask on a terminal", kind="flag"),
            Argument("--dry-run", "only say what would be erased", kind="flag"),
        ),
        on_screen=False,
    ),
]
