"""The anchor as it is typed: the chain's head as a line, or as a message to the owner's own chat."""

from __future__ import annotations

from typing import Final

from waconsole.chain import service as chain
from waconsole.command import Answer, Argument, Command, Invocation
from waconsole.database.connection import Database


async def _anchor(database: Database, call: Invocation) -> Answer:
    to = call.values["to"]
    if to is None:
        line = await database.read(lambda tx: chain.anchor(tx, now=call.now))
        return Answer({"line": line}, (line,))
    from waconsole.sync.anchoring import send_anchor

    line, outgoing, state = await send_anchor(
        database, call.settings, to, operator=call.operator, now=call.now
    )
    said = f"It is queued to {to}: {state}."
    return Answer({"line": line, "outgoing": outgoing, "state": state}, (line, said))


COMMANDS: Final[list[Command]] = [
    Command(("anchor",), "The head of the chain, as a line to keep where nobody can change it.", _anchor, (
        Argument("--to", "queue it as a message to this member, group or number too: your own chat", metavar="WHO"),
    ), writes=False),
]  # fmt: skip
