"""Tags of rules as they are typed: `segments tag TAG RULE`, `segments tags`."""

from __future__ import annotations

from typing import Any, Final

from waconsole.clock import iso
from waconsole.command import EXIT_DONE, EXIT_PARTLY, Answer, Argument, Command, Invocation, Work, listed
from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.members import store as members
from waconsole.members import store_tags as bearing
from waconsole.segments import service_asking, service_tags, store_segments, store_tags
from waconsole.segments.commands_asking import ENGINE, Words, asking_of, with_places
from waconsole.segments.service_asking import Asking
from waconsole.text import safe

ENDED_BY: Final = {"hand": "taken off by hand", "rule": "taken off by its rule", "time": "its time was over"}


def commands(words: Words) -> list[Command]:
    """The commands, over what `words` declares once it is asked."""
    return [
        Command(("segments", "tag"), "Put a tag on whom a rule names, and take it off when it no longer does.",
                _tag(words), (
                    Argument("tag", "the tag"),
                    Argument("rule", "whom it is for: the tag follows it from now on", optional=True),
                    Argument("--drop", "end the rule of this tag: whoever bears the tag by it loses it", kind="flag"),
                    ENGINE,
                )),
        Command(("segments", "tags"), "The tags there are, those of rules with their rule; or who had one, and when.",
                _tags, (Argument("--history", "a tag, or a member", metavar="TAG|MEMBER"),), writes=False),
    ]  # fmt: skip


def _tag(words: Words) -> Work:
    @with_places
    async def tag(database: Database, call: Invocation) -> Answer:
        rule, name = call.values["rule"], call.values["tag"]
        if (rule is None) is not call.values["drop"]:
            raise Refused("Say the rule the tag follows, or --drop to end it.")
        _, engine = service_asking.engine_named(call.values["engine"])

        def asking(tx: Transaction) -> Asking:
            return asking_of(tx, call, words())

        if rule is None:
            found = await service_tags.drop_rule(database, name, operator=call.operator, now=call.now)
        else:
            found = await service_tags.set_rule(database, name, rule, asking, operator=call.operator)
        done = await service_tags.catch_up(database, asking, engine, now=call.now, stop=call.cancelled)
        count = len(await database.read(lambda tx: bearing.bearers(tx, found.name)))
        document = {
            "tag": found.name, "version": found.version, "rule": found.rule or None, "count": count,
            "added": done.added, "removed": done.removed, "expired": done.expired,
        }  # fmt: skip
        for trouble in done.troubles:
            call.say(trouble)
        said = (
            f"{found.name} follows its rule, version {found.version}"
            if found.rule
            else f"{found.name} has no rule any more"
        )
        line = f"{said}: {done.added:,} got a tag, {done.removed:,} lost one, {count:,} bear {found.name}."
        return Answer(document, (safe(line),), EXIT_PARTLY if done.troubles else EXIT_DONE)

    return tag


async def _tags(database: Database, call: Invocation) -> Answer:
    wanted = call.values["history"]
    rows = await database.stream(lambda tx: _all(tx, call.now) if wanted is None else _history(tx, wanted))
    document = listed(rows, call.limit)
    show = _line if wanted is None else _span
    lines = tuple(safe(show(row)) for row in document["rows"])
    return Answer(
        document, lines or ("Nobody bears a tag: `waconsole segments tag TAG RULE` makes one follow a rule.",)
    )


def _all(tx: Transaction, now: int) -> list[dict[str, Any]]:
    borne = {row["name"]: row for row in bearing.tag_names(tx, now=now)}
    rules = {one.name: one for one in store_tags.in_force(tx, now=now)}
    rows = []
    for name in sorted(borne.keys() | {one.name for one in rules.values() if one.rule}):
        rule, row = rules.get(name), borne.get(name)
        rows.append(
            {
                "tag": name,
                "kind": "rule" if rule is not None and rule.rule else "hand",
                "rule": rule.rule or None if rule is not None else None,
                "version": rule.version if rule is not None else None,
                "since": iso(rule.set_at) if rule is not None else None,
                "by_rule": row["by_rule"] if row is not None else 0,
                "by_hand": row["by_hand"] if row is not None else 0,
                "next_expiry": iso(row["next_expiry"]) if row is not None and row["next_expiry"] else None,
            }
        )
    return rows


def _line(row: dict[str, Any]) -> str:
    what = f"v{row['version']}  {row['rule']}" if row["rule"] else "by hand"
    return f"{row['by_rule'] + row['by_hand']:>9,}  {row['tag']}  {what}"


def _history(tx: Transaction, wanted: str) -> list[dict[str, Any]]:
    if bearing.is_known(tx, wanted) or store_tags.latest(tx, wanted) is not None:
        rows = bearing.history(tx, name=wanted)
    else:
        try:
            rows = bearing.history(tx, root_id=members.member_named(tx, wanted).id)
        except NotFound:
            raise NotFound(f"There is no tag {wanted}, and no member of that name.") from None
    ids = list(dict.fromkeys(row["member_id"] for row in rows))
    people = {row["id"]: row for row in store_segments.people(tx, ids)}
    return [_spanned(row, people[row["member_id"]]) for row in rows]


def _spanned(row: Row, person: Row) -> dict[str, Any]:
    return {
        "member": person["member"], "phone": person["phone"], "tag": row["name"],
        "by": "hand" if row["by_hand"] else "rule", "version": row["rule_version"] or None,
        "since": iso(row["tagged_at"]), "until": iso(row["ended_at"]) if row["ended_at"] is not None else None,
        "ended_by": row["ended_by"] or None, "expires_at": iso(row["expires_at"]) if row["expires_at"] else None,
    }  # fmt: skip


def _span(row: dict[str, Any]) -> str:
    by = f"rule v{row['version']}" if row["by"] == "rule" else "by hand"
    end = f"{row['until']} ({ENDED_BY[row['ended_by']]})" if row["until"] else row["expires_at"] or "now"
    return f"{row['member']}  {row['phone'] or ''}  {row['tag']}  {by}  {row['since']} to {end}"
