"""Notices as they are typed: what an operator must be told, and that somebody has seen it."""

from __future__ import annotations

from typing import Any, Final

from waconsole.clock import iso
from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import Refused, UsageError
from waconsole.operators import service as operators
from waconsole.sync import notice_rows
from waconsole.text import safe


def _document(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "at": iso(row["at"]),
        "level": row["level"],
        "subject": row["subject"],
        "named": row["named"],
        "sentence": row["sentence"],
        "detail": row["detail"],
        "seen_by": row["seen_by_name"],
        "seen_at": None if row["seen_at"] is None else iso(row["seen_at"]),
    }


async def _list(database: Database, call: Invocation) -> Answer:
    found = await database.read(lambda tx: notice_rows.notices(tx, unseen=not call.values["all"]))
    document = listed([_document(row) for row in found], call.limit)
    lines = tuple(_line(row) for row in document["rows"])
    return Answer(document, lines or ("There is nothing to be told.",))


def _line(row: dict[str, Any]) -> str:
    parts = [str(row["id"]), row["level"], row["at"], row["named"], row["sentence"], row["detail"]]
    return "  ".join(safe(part) for part in parts if part)


async def _seen(database: Database, call: Invocation) -> Answer:
    ids, everything = call.values["id"] or [], bool(call.values["all"])
    if bool(ids) == everything:
        raise UsageError("Name the notices that were seen, or say --all.")
    if wrong := [one for one in ids if not str(one).isdecimal()]:
        raise UsageError(f"{wrong[0]} is no notice's id: `waconsole notices list` shows them.")

    def work(tx: Transaction) -> int:
        acting = operators.acting(tx, call.operator, now=call.now)
        wanted = [row["id"] for row in notice_rows.notices(tx)] if everything else [int(one) for one in ids]
        return notice_rows.see(tx, wanted, operator_id=acting.id, now=call.now)

    count = await database.write(work)
    if not count and not everything:
        raise Refused("Nothing was changed: none of these waits to be seen.")
    return Answer({"seen": count}, (f"{count} seen.",))


COMMANDS: Final[list[Command]] = [
    Command(("notices", "list"), "What WhatsApp told of templates, accounts and groups, and nobody has seen.", _list,
            (Argument("--all", "seen ones too", kind="flag"),), writes=False),
    Command(("notices", "seen"), "Somebody has seen notices.", _seen, (
        Argument("id", "the notices' ids", optional=True, many=True),
        Argument("--all", "all of them", kind="flag"))),
]  # fmt: skip
