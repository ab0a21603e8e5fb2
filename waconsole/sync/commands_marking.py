"""The blue tick as it is typed: `mark-read CONVERSATION|MEMBER [--typing]`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from waconsole.command import EXIT_DONE, EXIT_PARTLY, Answer, Argument, Command, Invocation
from waconsole.database.connection import Database
from waconsole.text import safe


async def _mark(database: Database, call: Invocation) -> Answer:
    from waconsole.sync.marking import mark_read  # httpx loads with it

    marked = await mark_read(
        database,
        call.settings,
        call.values["who"],
        typing=call.values["typing"],
        operator=call.operator,
        now=call.now,
    )
    typing = ", and sees us typing for up to 25 seconds" if marked.typing else ""
    sentences = {
        "accepted": f"The member sees the blue tick{typing}.",
        "refused": f"WhatsApp refused the blue tick: {marked.reason}",
        "unsent": f"WhatsApp cannot be reached, so that no blue tick was given: {marked.reason}",
        "unknown": f"The answer was lost: whether the blue tick was given is not known ({marked.reason}).",
    }
    said = safe(sentences[marked.outcome])
    return Answer(asdict(marked), (said,), EXIT_DONE if marked.outcome == "accepted" else EXIT_PARTLY)


MARKING: Final[list[Command]] = [
    Command(("mark-read",), "Show a member WhatsApp's blue tick; what is unread here stays so.", _mark, (
        Argument("who", "a conversation, or the member one has it with: a ref, a number with +, a name"),
        Argument("--typing", "show also that we type", kind="flag"),
    )),
]  # fmt: skip
