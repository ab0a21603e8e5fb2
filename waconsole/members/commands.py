"""Members as they are typed: show one, tag, see who might be one person."""

from __future__ import annotations

from typing import Any, Final

from waconsole.command import Answer, Argument, Command, Invocation
from waconsole.database.connection import Database, Transaction
from waconsole.members import service, store


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
        count = await service.tag(database, ids, call.values["tag"], on, operator=call.operator, now=call.now)
        verb = "tag" if on else "untag"
        return Answer({"verb": verb, "count": count}, (f"{verb}: {count}. `waconsole undo` takes it back.",))

    return work


async def _namesakes(database: Database, call: Invocation) -> Answer:
    found = await database.read(service.namesakes)
    rows = [{"name": row["name"], "members": row["refs"].split()} for row in found]
    lines = tuple(f"{row['name']}: {' '.join(row['members'])}" for row in rows) or (
        "No two members share a name.",
    )
    return Answer({"count": len(rows), "rows": rows[: call.limit]}, lines)


_MEMBERS = Argument("member", "a ref, a number with +, or a unique name", many=True)
_TAG = Argument("tag", "the tag")

COMMANDS: Final[list[Command]] = [
    Command(("members", "show"), "What is known of a member.", _show,
            (Argument("member", "a ref, a number with +, or a unique name"),), writes=False),
    Command(("members", "tag"), "Tag members by hand.", _tagging(True), (_TAG, _MEMBERS)),
    Command(("members", "untag"), "Take a tag off members.", _tagging(False), (_TAG, _MEMBERS)),
    Command(("members", "namesakes"), "Members of equal names, who may be one person.", _namesakes, writes=False),
]  # fmt: skip
