"""Members as they are typed: show one, tag, see who might be one person, merge and split."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database import facts
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.members import likeness, service, service_merge, store, store_duplicates
from waconsole.query.values import Duration, moment_of, operand_of


async def _show(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> dict[str, Any]:
        member = store.member_named(tx, call.values["member"])
        return {
            "member": member.ref,
            "phone": member.phone,
            "name": member.name,
            "language": member.language,
            "timezone": member.timezone,
            "tags": store.tags(tx, member.id),
            "aliases": store.aliases(tx, member.id),
            "consent": store.consents(tx, member.id),
        }

    row = await database.read(work)
    return Answer(row, tuple(f"{name}: {value}" for name, value in row.items() if value))


def _tagging(on: bool) -> Any:
    async def work(database: Database, call: Invocation) -> Answer:
        names = call.values["member"]
        ids = await database.read(lambda tx: [store.member_named(tx, name).id for name in names])
        until = await _until(database, call) if on else None
        count = await service.tag(
            database, ids, call.values["tag"], on, operator=call.operator, now=call.now, expires_at=until
        )
        verb = "tag" if on else "untag"
        return Answer({"verb": verb, "count": count}, (f"{verb}: {count}. `waconsole undo` takes it back.",))

    return work


async def _until(database: Database, call: Invocation) -> int | None:
    """When a tag ends by itself, as it was said; None: it does not."""
    span, day = call.values.get("for"), call.values.get("until")
    if span and day:
        raise Refused("Say --for or --until: how long it holds, or until when.")
    if span:
        length = operand_of(span)
        if not isinstance(length, Duration) or not length.count:
            raise Refused(f"{span} is no span: write it like 30d or 12h.")
        return call.now + length.microseconds
    if day is None:
        return None
    moment = moment_of(day)
    if moment is None:
        raise Refused(f"{day} is no date: write it like 2027-02-25 or 2027-02-25T18:00:00Z.")
    zone = await database.read(lambda tx: facts.fact(tx, facts.SHOP_ZONE) or "UTC")
    return moment.bounds(call.now, ZoneInfo(call.settings.shop.timezone or zone))[0]


async def _namesakes(database: Database, call: Invocation) -> Answer:
    found = await database.read(service.namesakes)
    rows = [{"name": row["name"], "members": row["refs"].split()} for row in found]
    lines = tuple(f"{row['name']}: {' '.join(row['members'])}" for row in rows) or (
        "No two members share a name.",
    )
    return Answer({"count": len(rows), "rows": rows[: call.limit]}, lines)


async def _duplicates(database: Database, call: Invocation) -> Answer:
    who = call.values["member"]

    def work(tx: Transaction) -> list[dict[str, Any]]:
        key = None if who is None else store.member_named(tx, who).id
        return [
            {
                "members": [_brief(store.member_by_id(tx, one)) for one in line.members],
                "reasons": [{"reason": reason, "value": value} for reason, value in line.reasons],
            }
            for line in likeness.together(store_duplicates.shared(tx, key))
        ]

    document = listed(await database.read(work), call.limit)
    lines = tuple(
        f"{'  '.join(one['member'] for one in row['members'])}  {', '.join(one['reason'] for one in row['reasons'])}"
        for row in document["rows"]
    )
    return Answer(document, lines or ("No two members look like one person.",))


def _brief(member: store.Member) -> dict[str, Any]:
    return {"member": member.ref, "name": member.name, "phone": member.phone}


def _outcome(verb: str, outcome: service_merge.Outcome) -> Answer:
    person, other = outcome.person, outcome.other
    document = {"verb": verb, "member": person.ref, "other": other.ref, "moved": outcome.moved}
    names = [one.name or one.phone or one.ref for one in (other, person)]
    said = "{} is one with {} now." if verb == "merge" else "{} stands apart from {} now."
    return Answer(document, (f"{said.format(*names)} `waconsole undo` takes it back.",))


async def _merge(database: Database, call: Invocation) -> Answer:
    outcome = await service_merge.merge(
        database, call.values["member"], call.values["into"], operator=call.operator, now=call.now
    )
    return _outcome("merge", outcome)


async def _unmerge(database: Database, call: Invocation) -> Answer:
    outcome = await service_merge.unmerge(
        database, call.values["member"], operator=call.operator, now=call.now
    )
    return _outcome("unmerge", outcome)


async def _split(database: Database, call: Invocation) -> Answer:
    outcome = await service_merge.split(
        database, call.values["member"], call.values["alias"], operator=call.operator, now=call.now
    )
    return _outcome("split", outcome)


_MEMBERS = Argument("member", "a ref, a number with +, or a unique name", many=True)
_MEMBER = Argument("member", "a ref, a number with +, or a unique name")
_TAG = Argument("tag", "the tag")

COMMANDS: Final[list[Command]] = [
    Command(("members", "show"), "What is known of a member.", _show,
            (_MEMBER,), writes=False),
    Command(("members", "tag"), "Tag members by hand, for a while or for good.", _tagging(True), (
        _TAG, _MEMBERS,
        Argument("--for", "how long it holds, like 30d or 12h", metavar="SPAN"),
        Argument("--until", "when it ends: a day begins in the shop's zone", metavar="DATE"),
    )),
    Command(("members", "untag"), "Take a tag off members.", _tagging(False), (_TAG, _MEMBERS)),
    Command(("members", "merge"), "Two members are one person: let one row stand for both.", _merge, (
        _MEMBER,
        Argument("into", "who stands for both from now on: a ref, a number with +, or a unique name"),
    )),
    Command(("members", "unmerge"), "Take a merge back, exactly.", _unmerge, (
        Argument("member", "who was merged: their ref, number or BSUID"),
    )),
    Command(("members", "split"), "Some of a member's aliases are somebody else's.", _split, (
        _MEMBER,
        Argument("--alias", "a number, id or name of theirs; `members show` lists them", required=True, many=True),
    )),
    Command(("members", "duplicates"), "Members who may be one person, and what speaks for it.", _duplicates, (
        Argument("member", "only those who may be this one", optional=True),
    ), writes=False),
    Command(("members", "namesakes"), "Members of equal names, who may be one person.", _namesakes, writes=False),
]  # fmt: skip
