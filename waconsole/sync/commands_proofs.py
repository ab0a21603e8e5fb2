"""Deciding on pictures that may be proofs, as it is typed: `invites proofs decide PROOF… --outcome accept|refuse`."""

from __future__ import annotations

from typing import Final

from waconsole.command import EXIT_PARTLY, EXIT_REFUSED, Answer, Argument, Command, Invocation
from waconsole.database.connection import Database
from waconsole.invites.proofs import OUTCOMES
from waconsole.text import safe


async def _decide(database: Database, call: Invocation) -> Answer:
    from waconsole.sync import proofs_arriving  # every other command does without

    values = call.values
    done, left = await proofs_arriving.decide(
        database, values["proof"], values["outcome"], values["reason"], operator=call.operator, now=call.now
    )
    document = {"done": done, "refused": [{"proof": ref, "reason": why} for ref, why in left]}
    lines = [safe(f"{one['proof']} is {one['state']}{_picture(one['deleted_at'])}") for one in done]
    lines += [safe(f"{ref}: {why}") for ref, why in left]
    code = EXIT_REFUSED if not done else EXIT_PARTLY if left else 0
    return Answer(document, tuple(lines), code)


def _picture(deleted_at: object) -> str:
    return (
        "; its picture is deleted."
        if deleted_at
        else "; its picture stands in another message and stays for that."
    )


PROOFS: Final[list[Command]] = [
    Command(("invites", "proofs", "decide"), "Accept or refuse pictures sent as proof; then they are deleted.", _decide, (
        Argument("proof", "proofs, as the list names them", many=True),
        Argument("--outcome", "what was decided", choices=tuple(OUTCOMES), required=True),
        Argument("--reason", "why", required=True),
    )),
]  # fmt: skip
