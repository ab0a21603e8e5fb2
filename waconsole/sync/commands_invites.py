"""`invites settle`, as it is typed: every decision on invites that is due, and what both sides are told of it."""

from __future__ import annotations

from typing import Any, Final

from waconsole.command import Answer, Command, Invocation
from waconsole.database.connection import Database
from waconsole.invites.model import STATES

DONE: Final = ("pended", "posted", "voided", "reversed", "issued", "redeemed", "expired", "told")


async def _settle(database: Database, call: Invocation) -> Answer:
    from waconsole.sync import settling

    if await database.read(lambda tx: settling.is_unswept(tx, now=call.now)):
        call.say("Something came in after the last sweep: `waconsole fraud sweep` looks through it.")
    done = await settling.settle(database, now=call.now, stop=call.cancelled)
    stand = await settling.counts(database)
    settled = {name: getattr(done, name) for name in DONE}
    document: dict[str, Any] = {"settled": settled, **{state: stand.get(state, 0) for state in STATES}}
    did = ", ".join(f"{count:,} {name}" for name, count in settled.items() if count) or "Nothing was due"
    now = ", ".join(f"{count:,} {state}" for state, count in stand.items()) or "there are no invites"
    return Answer(document, (f"{did}; {now}.",))


INVITES: Final[list[Command]] = [
    Command(("invites", "settle"), "Take every decision on invites that is due; repeating it changes nothing.", _settle)
]  # fmt: skip
