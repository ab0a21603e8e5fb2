"""`members export MEMBER`: what is known of a person, for them. `erase MEMBER`: it is forgotten, the books stay whole."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

from waconsole.command import EXIT_DONE, EXIT_PARTLY, Answer, Argument, Command, Invocation
from waconsole.database import failures
from waconsole.database.connection import Database
from waconsole.database.store_exports import note_export
from waconsole.errors import Refused
from waconsole.money import decimal
from waconsole.sync import handing_over
from waconsole.sync import service_erasing as erasing
from waconsole.sync.service_erasing import Outcome
from waconsole.text import safe

LEFT_TOLD_MAX: Final = 50
JSON: Final = "json"
CSV: Final = "csv"
PRIVATE: Final = 0o600


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
        document["pending"] = outcome.pending
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
            f"! {outcome.pending} What was deleted may stand in free pages until then: whoever opens the ledger next"
            " goes on by itself, and `waconsole doctor` tells."
        )
    return lines


def _amount(minor: object, currency: str) -> str:
    return decimal(int(str(minor)), currency)


async def _export(database: Database, call: Invocation) -> Answer:
    whole = await database.stream(lambda tx: handing_over.document(tx, call.values["member"], now=call.now))
    form, out = call.values["format"], call.values["out"]
    text = handing_over.csv_text(whole) if form == CSV else json.dumps(whole, ensure_ascii=False, indent=1)
    if out is None:
        return Answer(whole, tuple(safe(line) for line in text.splitlines()))
    file = Path(out).expanduser()
    digest = await asyncio.to_thread(_write, file, text.encode("utf-8", "replace"))
    if not database.read_only:
        named = str(file.absolute())
        await database.write(lambda tx: note_export(tx, "members", named, now=call.now))
    rows = sum(len(part) for part in whole.values() if isinstance(part, list))
    document = {"member": whole["member"], "file": out, "rows": rows, "sha256": digest}
    return Answer(document, (f"{out} holds all that is known of {whole['member']}: {rows:,} rows.",))


def _write(file: Path, content: bytes) -> str:
    """Write a new file, readable by us alone; answers its SHA-256. Raises Refused."""
    try:
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE), "wb") as out:
            out.write(content)
    except FileExistsError:
        raise Refused(f"{file} is there already: name a file that is not.") from None
    except OSError as error:
        raise failures.os_in_words(error, file) from error
    return hashlib.sha256(content).hexdigest()


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
    Command(
        ("members", "export"),
        "All that is known of a member, to be handed over to them.",
        _export,
        (
            Argument("member", "a ref, a number with +, or a unique name"),
            Argument("--out", "the file to write; without it everything is printed", metavar="FILE"),
            Argument("--format", "json or csv", default=JSON, choices=(JSON, CSV)),
        ),
        writes=False,
        on_screen=False,
    ),
]
