"""The moderation ladder, and the same tried on what was written: `groups moderation try 'QUERY'` does nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from waconsole.clock import iso, parse_iso
from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Transaction
from waconsole.groups import moderation, service_moderation, store, store_live
from waconsole.inbox import service_find
from waconsole.inbox.service_find import Asking
from waconsole.members import store as members
from waconsole.query.fields import Vocabulary
from waconsole.sync.commands_moderating import MODERATING


def commands(vocabulary: Callable[[], Vocabulary]) -> list[Command]:
    """The commands; the last one over what `vocabulary` declares once it is asked."""

    async def try_it(database: Database, call: Invocation) -> Answer:
        def work(tx: Transaction) -> list[dict[str, Any]]:
            asking = Asking(vocabulary(), call.now, ZoneInfo(call.settings.shop.timezone or "UTC"))
            found = service_find.find(tx, call.values["query"], "messages", asking, limit=None)[1]
            return _tried(tx, found, call.values["group"], now=call.now)

        document = listed(await database.stream(work), call.limit)
        lines = tuple(
            f"{row['name'] or row['member']} in {row['group']}: {row['messages']} messages, "
            + (
                f"immune ({row['immune']})"
                if row["immune"]
                else ", ".join(one["step"] for one in row["steps"])
            )
            for row in document["rows"]
        )
        return Answer(document, (*lines, "Nothing was done."))

    return [
        *MODERATING,
        Command(
            ("groups", "moderation", "try"),
            "What the ladder would have come to, if every message a query finds had been a reason.",
            try_it,
            (
                Argument("query", "messages, as `find` asks for them"),
                Argument("--group", "in one group", metavar="NAME"),
            ),
            writes=False,
        ),
    ]


def _tried(
    tx: Transaction, found: list[dict[str, Any]], name: str | None, *, now: int
) -> list[dict[str, Any]]:
    """Per person and group: how many messages, what would have been done when, or why nothing."""
    wanted = store.group_named(tx, name).id if name else None
    spans = service_moderation.spans(tx, now=now)
    times: dict[tuple[int, str], list[tuple[int, int]]] = {}
    groups: dict[str, store.Group | None] = {}
    for row in found:
        if row["group"] is None or row["member"] is None or row["direction"] != "in":
            continue
        if row["group"] not in groups:
            groups[row["group"]] = _group(tx, row["group"])
        group = groups[row["group"]]
        if group is not None and wanted in (None, group.id):
            times.setdefault((group.id, row["member"]), []).append((parse_iso(row["at"]), row["id"]))
    rows = []
    for (group_id, ref), instants in sorted(times.items(), key=lambda it: (-len(it[1]), it[0])):
        member = members.member_named(tx, ref)
        immune = moderation.immunity(service_moderation.about(tx, group_id, member.id))
        steps = [] if immune else moderation.tried([at for at, _ in sorted(instants)], spans)
        rows.append({
            "member": member.ref,
            "name": member.name,
            "group": store.group_by_id(tx, group_id).name,
            "messages": len(instants),
            "immune": immune or None,
            "steps": [
                {"step": one.step, "at": iso(one.taken_at), "until": None if one.until_at is None else iso(one.until_at)}
                for one in steps
            ],
        })  # fmt: skip
    return rows


def _group(tx: Transaction, named: str) -> store.Group | None:
    """The group a message row names: by WhatsApp's id of it, else by its name."""
    row = store_live.group_by_whatsapp_id(tx, named)
    return store.group_by_id(tx, row["id"]) if row is not None else store.group_by_name(tx, named)
