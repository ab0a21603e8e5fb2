"""Saved replies as they are typed: list, save, drop."""

from __future__ import annotations

from typing import Any, Final

from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database
from waconsole.inbox import service_saved_replies, store_saved_replies
from waconsole.inbox.saved_words import VARIABLES
from waconsole.inbox.store_saved_replies import SavedReply


def _row(reply: SavedReply) -> dict[str, Any]:
    return {"reply": reply.name, "language": reply.language, "text": reply.text}


def _line(row: dict[str, Any]) -> str:
    return f"{row['reply']}  {row['language'] or 'any'}  {' '.join(row['text'].split())}"


async def _list(database: Database, call: Invocation) -> Answer:
    rows = [_row(one) for one in await database.read(store_saved_replies.saved_replies)]
    document = listed(rows, call.limit)
    lines = tuple(_line(row) for row in document["rows"])
    return Answer(document, lines or ("No reply is saved yet: `replies save NAME --text TEXT` keeps one.",))


async def _save(database: Database, call: Invocation) -> Answer:
    saved = await service_saved_replies.save(
        database, call.values["name"], call.values["text"], language=call.values["language"] or "",
        operator=call.operator, now=call.now,
    )  # fmt: skip
    return Answer(_row(saved), (f"{saved.name} is saved. `waconsole undo` takes it back.",))


async def _drop(database: Database, call: Invocation) -> Answer:
    dropped = await service_saved_replies.drop(
        database, call.values["name"], language=call.values["language"], operator=call.operator, now=call.now
    )
    document = {"dropped": len(dropped), "rows": [_row(one) for one in dropped]}
    return Answer(
        document, (f"{dropped[0].name} is dropped ({len(dropped)}). `waconsole undo` takes it back.",)
    )


_NAME = Argument("name", "what it is called")
_VARIABLES = ", ".join(f"{{{name}}}" for name in VARIABLES)

COMMANDS: Final[list[Command]] = [
    Command(("replies", "list"), "Every saved reply.", _list, writes=False),
    Command(("replies", "save"), "Keep an answer under a name.", _save, (
        _NAME,
        Argument("--text", f"what it says; {_VARIABLES} are filled in", required=True),
        Argument("--language", "the language it is in, like fr; without one it is for any"),
    )),
    Command(("replies", "drop"), "Drop a saved reply.", _drop, (
        _NAME,
        Argument("--language", "only the one in this language"),
    )),
]  # fmt: skip
