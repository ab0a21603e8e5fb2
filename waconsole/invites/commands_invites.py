"""`invites list|show`: who brought whom and what it earned. What settles them is further up (`sync`)."""

from __future__ import annotations

from typing import Any, Final

from waconsole.command import Answer, Argument, Command, Invocation
from waconsole.database.connection import Database
from waconsole.invites import service_listing
from waconsole.invites.model import STATES
from waconsole.members.model import masked
from waconsole.text import SafeText, safe


def _person(one: dict[str, Any]) -> str:
    return masked(one["phone"]) if one["phone"] else str(one["member"])


def _line(row: dict[str, Any]) -> SafeText:
    reward = f"  {row['reward_text']}" if row["reward_text"] else ""
    reason = f" ({row['reason']})" if row["reason"] else ""
    return safe(
        f"{row['invite']}  {_person(row['referrer'])} → {_person(row['invitee'])}  {row['programme']}"
        f"  {row['state']}{reason}{reward}"
    )


async def _list(database: Database, call: Invocation) -> Answer:
    count, rows = await database.stream(
        lambda tx: service_listing.invites(
            tx, state=call.values["state"], programme=call.values["programme"], limit=call.limit
        )
    )
    document: dict[str, Any] = {"count": count, "rows": rows}
    if len(rows) < count:
        document["truncated"] = True
    return Answer(document, tuple(_line(row) for row in rows) or ("No invites.",))


async def _show(database: Database, call: Invocation) -> Answer:
    found = await database.read(lambda tx: service_listing.invite(tx, call.values["invite"]))
    lines = [_line(found)]
    for one in found["steps"]:
        why = f": {one['reason']}" if one["reason"] else ""
        rule = f"  {one['rule']} v{one['version']}" if one["rule"] else ""
        lines.append(safe(f"  {one['at']}  {one['before']} → {one['after']}{why}{rule}"))
    for one in found["history"]:
        steps = ", ".join(step["step"] for step in one["steps"])
        lines.append(safe(f"  {one['side']} {one['slot']}: {one['text']}, {steps}"))
    return Answer(found, tuple(lines))


COMMANDS: Final[list[Command]] = [
    Command(("invites", "list"), "Who brought whom, how it stands, and what it earns now.", _list, (
        Argument("--state", "only invites in this state", choices=STATES),
        Argument("--programme", "only of this programme", metavar="NAME"),
    ), writes=False),
    Command(("invites", "show"), "One invite with every step that brought it where it stands.", _show, (
        Argument("invite", "the invite's name"),
    ), writes=False),
]  # fmt: skip
