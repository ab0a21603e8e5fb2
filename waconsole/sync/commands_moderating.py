"""The moderation ladder as it is typed: `groups moderate`. A warning may be told by a message."""

from __future__ import annotations

from typing import Final

from waconsole.clock import iso, parse_iso
from waconsole.command import EXIT_DONE, EXIT_PARTLY, Answer, Argument, Command, Invocation
from waconsole.database.connection import Database, Row
from waconsole.errors import NotFound, Refused, UsageError
from waconsole.groups import moderation, service_moderation
from waconsole.groups.commands_moderation import document
from waconsole.sync.moderating import TOLD, Told, tell

NOT_TOLD: Final = "It is written down; they have not been told: write to them in your own words."


def _until(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_iso(text)
    except (ValueError, OverflowError):
        raise UsageError(f"--until takes an instant like 2026-11-27T12:00:00Z, not “{text}”.") from None


async def _moderate(database: Database, call: Invocation) -> Answer:
    to = call.values["message"]
    if to and call.values["step"] != "warn":
        raise UsageError("--message is for a warning: who is muted or removed sees that.")
    row = await service_moderation.take(
        database,
        call.settings,
        call.values["member"],
        call.values["group"],
        call.values["step"],
        reason=call.values["reason"] or "",
        until=_until(call.values["until"]),
        at_once=call.values["at_once"],
        operator=call.operator,
        now=call.now,
    )
    end = f" until {iso(row['until_at'])}" if row["until_at"] is not None else ""
    lines = [f"{service_moderation.says(row)}{end} ({row['ref']})."]
    told, left = await _told(database, call, row, to)
    lines += [left] if left else []
    if row["state"] == "unknown":
        lines.append(f"The answer was lost, it may not have been done: {row['detail']}")
    return Answer(
        {**document(row, call.now), "message": told},
        tuple(lines),
        EXIT_PARTLY if row["state"] == "unknown" or (to and told is None) else EXIT_DONE,
    )


async def _told(database: Database, call: Invocation, row: Row, to: Told | None) -> tuple[str | None, str]:
    """(the message that was queued, one sentence on it) of a warning; a warning stands also when none could be."""
    if row["step"] != "warn":
        return None, ""
    if to is None:
        return None, NOT_TOLD
    try:
        outgoing = await tell(database, row, to, operator=call.operator, now=call.now)
    except (Refused, NotFound) as error:
        return None, f"The warning stands, and nobody was told: {error}"
    return outgoing, f"The {to} is told so ({outgoing})."


MODERATING: Final[list[Command]] = [
    Command(("groups", "moderate"), "Warn, mute or remove somebody: the rungs of a ladder.", _moderate, (
        Argument("member", "who: a name, ref or number"),
        Argument("--group", "the group", required=True, metavar="NAME"),
        Argument("--step", "what is done", required=True, choices=moderation.LADDER),
        Argument("--reason", "why", metavar="WORDS"),
        Argument("--until", "when it is over; else as policy moderation.ladder says", metavar="ISO"),
        Argument("--message", "tell them of a warning, in the words of policy moderation.warning_…", choices=TOLD),
        Argument("--at-once", "leave out the rungs before it", kind="flag"),
    )),
]  # fmt: skip
