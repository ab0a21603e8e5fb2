"""Requests to come into groups, as they are typed: who asks and what is known of them; let in or declined, one or many."""

from __future__ import annotations

import json
from typing import Any, Final

from waconsole.clock import iso
from waconsole.command import EXIT_PARTLY, EXIT_REFUSED, Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import UsageError, WaconsoleError
from waconsole.groups import service_by_hand, service_joins, service_risk, store, store_joins, store_standing
from waconsole.groups.service_joins import Decided
from waconsole.text import safe

GROUPS_ASKED_MAX: Final = 50  # of WhatsApp, when no group is named


def join_document(row: Row) -> dict[str, Any]:
    """A request to come in as it is told; names raw."""
    person = json.loads(row["person"])
    return {
        "request": row["request_id"],
        "member": row["member_ref"],
        "name": row["member_name"] or "",
        "phone": person.get("phone"),
        "bsuid": person.get("bsuid"),
        "username": person.get("username"),
        "asked_at": iso(row["asked_at"]),
        "entry_channel": row["entry_channel"],
        "state": row["state"],
        "decided_by": row["decided_by_name"],
        "decided_at": None if row["decided_at"] is None else iso(row["decided_at"]),
        "reason": row["reason"],
        "error": row["code"],
        "detail": row["detail"],
    }


async def _joins(database: Database, call: Invocation) -> Answer:
    name, everything = call.values["group"], bool(call.values["all"])
    if not call.values["offline"]:
        for one in [name] if name else await database.read(_asked_groups):
            await _look(database, call, one)

    def work(tx: Transaction) -> list[dict[str, Any]]:
        group_id = store.group_named(tx, name).id if name else None
        rows = store_joins.joins(tx, group_id, only_asked=not everything)
        groups = {one: store.group_by_id(tx, one) for one in sorted({row["group_id"] for row in rows})}
        beside = service_risk.beside(
            tx, rows, {one: (group.ref, group.name) for one, group in groups.items()}
        )
        return [join_document(row) | more for row, more in zip(rows, beside, strict=True)]

    document = listed(await database.stream(work), call.limit)
    lines = tuple(_join_line(row) for row in document["rows"])
    return Answer(document, lines or ("Nobody asks to come in.",))


def _asked_groups(tx: Transaction) -> list[str]:
    """The groups worth asking WhatsApp about: where people must be let in, or somebody waits."""
    waiting = store_joins.counts(tx)
    standing = [store_standing.standing(tx, group.id) for group in store.groups(tx)]
    refs = [
        str(one["ref"])
        for one in standing
        if one["ended_at"] is None and (one["approval"] == "required" or one["id"] in waiting)
    ]
    return refs[:GROUPS_ASKED_MAX]


async def _look(database: Database, call: Invocation, name: str) -> None:
    """Ask WhatsApp first, where somebody can: what is known here is shown either way."""

    def reached(tx: Transaction) -> str:
        group = store_standing.standing(tx, store.group_named(tx, name).id)
        return str(group["driver"]) if group["whatsapp_id"] and group["ended_at"] is None else ""

    driver = await database.read(reached)
    settings = call.settings
    can_ask = {"cloud": bool(settings.cloud.token), "gateway": settings.gateway.enabled}.get(driver, False)
    if not can_ask:
        return
    try:
        await service_joins.look(database, settings, name, now=call.now)
    except WaconsoleError as error:
        call.say(f"This is what is known here. {error}")


def _join_line(row: dict[str, Any]) -> str:
    who = row["name"] or row["phone"] or (f"@{row['username']}" if row["username"] else "") or row["bsuid"]
    risk = row["risk"]
    reasons = [one["says"] for one in (*risk["reasons"], *risk["shared"])]
    look = f"look: {'; '.join(reasons)}" if reasons else ""
    way = (
        row["entry_channel"]
        or (row["invitation"] or {}).get("channel")
        or (row["invited_by"] or {}).get("channel")
    )
    parts = [
        row["group_name"],
        row["request"],
        row["state"],
        row["asked_at"],
        who or "?",
        way,
        look,
        row["detail"],
    ]
    return "  ".join(safe(str(part)) for part in parts if part)


def _deciding(*, approve: bool) -> Any:
    async def work(database: Database, call: Invocation) -> Answer:
        people, everybody = call.values["person"] or [], bool(call.values["all"])
        if bool(people) == everybody:
            raise UsageError("Name who is meant, or say --all for everybody who waits.")
        name, reason = call.values["group"], call.values["reason"] or ""
        if await service_by_hand.is_by_hand(database, name):
            offered = await service_by_hand.offer(
                database, name, people, approve=approve, reason=reason, operator=call.operator, now=call.now
            )
            tasks = [one._asdict() for one in offered]
            line = f"{len(tasks)} to be done on the phone: `waconsole tasks list`."
            return Answer({"done": [], "refused": [], "tasks": tasks}, (line,))
        decided = await service_joins.decide(
            database, call.settings, name, None if everybody else people, approve=approve, reason=reason,
            operator=call.operator, now=call.now,
        )  # fmt: skip
        return _decided(decided, "let in" if approve else "declined")

    return work


def _decided(decided: Decided, word: str) -> Answer:
    document = {
        "done": decided.done,
        "refused": [{"request": request, "reason": why} for request, why in decided.refused],
        "tasks": [],
    }
    lines = [f"{len(decided.done)} {word}."] if decided.done else []
    lines += [f"{safe(request)}: {safe(why)}" for request, why in decided.refused]
    code = EXIT_REFUSED if not decided.done else EXIT_PARTLY if decided.refused else 0
    return Answer(document, tuple(lines), code)


_GROUP: Final = Argument("group", "a group's name or ref")
_PEOPLE: Final = (
    _GROUP,
    Argument("person", "requests, members, phones or BSUIDs", optional=True, many=True),
    Argument("--all", "everybody who waits", kind="flag"),
)

COMMANDS: Final[list[Command]] = [
    Command(("groups", "join-requests"), "Who asks to come in, by which way, and what speaks for a look at them.", _joins, (
        Argument("group", "a group's name or ref; every group if not said", optional=True),
        Argument("--all", "decided ones too", kind="flag"),
        Argument("--offline", "only what is known here", kind="flag"),
    )),
    Command(("groups", "approve"), "Let those who ask come in.", _deciding(approve=True), (
        *_PEOPLE, Argument("--reason", "why, for those who come after you"))),
    Command(("groups", "decline"), "Decline those who ask to come in; they are not told.", _deciding(approve=False), (
        *_PEOPLE, Argument("--reason", "why, for those who come after you; needed"))),
]  # fmt: skip
