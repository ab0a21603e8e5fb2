"""`invites invitations|channels|proofs …`: who was asked into a group, where people come from, pictures as proof."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from waconsole.clock import instant, parse_iso
from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database
from waconsole.errors import UsageError
from waconsole.invites import plays, proofs, service_channels, service_invitations, service_proofs
from waconsole.money import Money
from waconsole.text import safe
from waconsole.whatsapp.files import folder_of

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
    who = row["name"] or row["invitee"]["phone"] or row["invitee"]["member"]
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


async def _channels(database: Database, call: Invocation) -> Answer:
    programme, since = call.values["programme"], since_of(call)
    document = await database.stream(
        lambda tx: service_channels.report(tx, programme=programme, since=since, now=call.now)
    )
    for sentence in document["advice"]:
        call.say(sentence)
    if call.limit is not None and len(document["rows"]) > call.limit:
        document |= {"rows": document["rows"][: call.limit], "truncated": True}
    lines = tuple(_channel_line(row) for row in document["rows"])
    return Answer(document, lines or ("Nobody was invited yet: `waconsole import invites FILE`.",))


def _channel_line(row: dict[str, Any]) -> str:
    rate, left = row["join_rate"], row["first_week_leavers"]
    each = ", ".join(
        f"{Money(**one['amount'])} a join" + (f" ({one['verdict']} target)" if one["verdict"] else "")
        for one in row["cost_per_join"]
    )
    parts = [
        row["channel"] or "(no channel)", f"{row['attempts']} asked", f"{row['joins']} of {rate['denominator']} came",
        each or "no cost known", f"{left['numerator']} of {left['denominator']} left early", f"{row['orders']} orders",
    ]  # fmt: skip
    return safe("  ".join(parts))


async def _proofs(database: Database, call: Invocation) -> Answer:
    folder, state = folder_of(database.path), call.values["state"]
    rows = await database.stream(lambda tx: service_proofs.listing(tx, folder, state=state))
    document = listed(rows, call.limit)
    lines = tuple(_proof_line(row) for row in document["rows"])
    return Answer(document, lines or ("No picture was sent as proof.",))


def _proof_line(row: dict[str, Any]) -> str:
    again = f"the same as {row['duplicate_of']}" if row["duplicate_of"] else ""
    who = row["name"] or row["member"]["phone"] or row["member"]["member"]
    parts = [
        row["proof"],
        row["state"],
        row["came_at"],
        who,
        row["programme"],
        again,
        row["picture"],
        row["reason"],
    ]
    return safe("  ".join(str(part) for part in parts if part))


COMMANDS: Final[list[Command]] = [
    Command(("invites", "invitations", "list"), "Who was asked into a group, and what came of it.", _invitations, (
        Argument("--group", "only into this group", metavar="NAME"),
        Argument("--play", "only of this play", choices=plays.PLAYS),
        SINCE,
    ), writes=False),
    Command(("invites", "channels"), "What each way of coming in brought and cost, beside its target.", _channels, (
        Argument("--programme", "only invites of this programme", metavar="NAME"),
        SINCE,
    ), writes=False),
    Command(("invites", "proofs", "list"), "Pictures that may be meant as proof, and whether they came before.", _proofs, (
        Argument("--state", "only these", choices=(proofs.WAITING, proofs.ACCEPTED, proofs.REFUSED)),
    ), writes=False),
]  # fmt: skip
