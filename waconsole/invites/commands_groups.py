"""`invites invitations …`: who was asked into a group, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from waconsole.clock import instant, parse_iso
from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database
from waconsole.errors import UsageError
from waconsole.invites import plays, service_invitations
from waconsole.text import safe

SINCE: Final = Argument("--since", "a day of the shop, or an instant", metavar="ISO")


def since_of(call: Invocation) -> int | None:
    """`--since` as an instant: a day begins at the shop's midnight. Raises UsageError."""
    text = call.values["since"]
    if not text:
        return None
    try:
        if len(text) == len("2026-11-27"):
            zone = ZoneInfo(call.settings.shop.timezone or "UTC")
            return instant(datetime.fromisoformat(text).replace(tzinfo=zone))
        return parse_iso(text)
    except ValueError:
        raise UsageError(f"{text} is no day: write one like 2026-11-27.") from None


async def _invitations(database: Database, call: Invocation) -> Answer:
    values, since = call.values, since_of(call)
    rows = await database.stream(
        lambda tx: service_invitations.listing(tx, group=values["group"], play=values["play"], since=since)
    )
    document = listed(rows, call.limit)
    lines = tuple(_line(row) for row in document["rows"])
    return Answer(
        document, lines or ("Nobody was asked into a group: `waconsole invites ask GROUP --play new`.",)
    )


def _line(row: dict[str, Any]) -> str:
    came = {"joined": f"came {row['joined_at']}", "left": f"left {row['left_at']}"}.get(row["outcome"], "")
    who = row["name"] or row["phone"] or row["member"]
    parts = [
        row["invited_at"],
        row["group_name"],
        who,
        row["play"],
        row["channel"],
        row["state"],
        row["reason"],
        came,
    ]
    return safe("  ".join(str(part) for part in parts if part))


COMMANDS: Final[list[Command]] = [
    Command(("invites", "invitations", "list"), "Who was asked into a group, and what came of it.", _invitations, (
        Argument("--group", "only into this group", metavar="NAME"),
        Argument("--play", "only of this play", choices=plays.PLAYS),
        SINCE,
    ), writes=False),
]  # fmt: skip
