"""Quoted figures as they are typed: shown with their source, and read by nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.quoted import reading

if TYPE_CHECKING:
    from waconsole.database.connection import Database


async def _quoted(database: Database, call: Invocation) -> Answer:
    rows = [
        {**one._asdict(), "standing": reading.STANDING}
        for one in reading.beginning(call.values["prefix"] or "")
    ]
    document = listed(rows, call.limit)
    lines = tuple(
        f"{row['figure']:>16}  {row['says']}  [{row['name']}, {row['source']} of {row['articles']}: {row['standing']}]"
        for row in document["rows"]
    )
    return Answer(document, lines or ("No quoted figure has such a name.",))


COMMANDS: Final[list[Command]] = [
    Command(("policy", "quoted"), "What the articles say without proof, with its source: no decision reads it.", _quoted,
            (Argument("prefix", "how its name or its source begins, like referral. or REF-24", optional=True),),
            writes=False),
]  # fmt: skip
