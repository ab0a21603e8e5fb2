"""`groups link GROUP ID`, as it is typed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from waconsole.command import Answer, Argument, Command, Invocation
from waconsole.database.connection import Database


async def _link(database: Database, call: Invocation) -> Answer:
    from waconsole.sync.linking import link

    linked = await link(
        database, call.values["group"], call.values["id"].strip(), operator=call.operator, now=call.now
    )
    many = "1 message" if linked.messages == 1 else f"{linked.messages:,} messages"
    line = f"{linked.name} is the linked phone's group now; {many} came over into its thread."
    return Answer(asdict(linked), (line,))


LINKING: Final[list[Command]] = [
    Command(("groups", "link"), "Say that an imported group is a group of the linked phone: one thread from now on.", _link, (
        Argument("group", "the imported group: a name or ref"),
        Argument("id", "WhatsApp's id of it (…@g.us), as `groups list` shows it"),
    )),
]  # fmt: skip
