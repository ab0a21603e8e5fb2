"""Policy as it is typed: what is in force, every version, what differs, what can be copied."""

from __future__ import annotations

import json
from typing import Any, Final

from waconsole.clock import parse_iso
from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused, UsageError
from waconsole.policy import service_reading as reading


def instant(text: str | None, option: str) -> int | None:
    """An ISO date or instant that was typed; None where nothing was. Raises UsageError."""
    if text is None:
        return None
    try:
        return parse_iso(text)
    except (ValueError, OverflowError):
        raise UsageError(f"{option} takes a day or an instant like 2026-12-01, not “{text}”.") from None


def line(row: dict[str, Any]) -> str:
    """A version in one line."""
    state = "" if row["state"] == reading.IN_FORCE else f" ({row['state']})"
    return f"{row['name']} v{row['version']}{state}: {reading.said(row['value'], row)}. {row['says']}"


async def _list(database: Database, call: Invocation) -> Answer:
    prefix, every = call.values["prefix"] or "", bool(call.values.get("all_versions"))
    found = await database.read(lambda tx: reading.listed_rows(tx, prefix, now=call.now, every_version=every))
    document = listed(found, call.limit)
    return Answer(document, tuple(map(line, document["rows"])) or ("No policy has such a name.",))


async def _show(database: Database, call: Invocation) -> Answer:
    name = call.values["name"]
    if name is None:
        return await _list(database, call._replace(values={"prefix": ""}))
    number, at = call.values["version"], instant(call.values["at"], "--at")
    if number is not None and at is not None:
        raise UsageError("Name a version, or --at for the one in force then: not both.")

    def work(tx: Transaction) -> dict[str, Any]:
        if number is not None:
            found = reading.numbered(tx, name, number)
            return reading.row(found, reading.Names(tx), reading.state_of(tx, found, now=call.now))
        moment = call.now if at is None else at
        return reading.row(reading.version_at(tx, name, at=moment), reading.Names(tx), reading.IN_FORCE)

    row = await database.read(work)
    return Answer(row, tuple(_shown(row)))


def _shown(row: dict[str, Any]) -> list[str]:
    lines = [line(row)]
    if isinstance(row["value"], dict):
        lines = [f"{row['name']} v{row['version']}: {row['says']}"]
        lines += [f"  {key}: {json.dumps(one, ensure_ascii=False)}" for key, one in row["value"].items()]
    author = f"Set by {row['author']}" + (
        f", confirmed by {row['confirmed_by']}" if row["confirmed_by"] else ""
    )
    lines.append(f"{author}. {row['reason']}".rstrip())
    if "source" in row:
        lines.append(f"From {row['source']} ({row.get('articles', '')}).".replace(" ()", ""))
    if "sample_min" in row:
        lines.append(f"Says nothing of fewer than {row['sample_min']:,}.")
    return lines


async def _history(database: Database, call: Invocation) -> Answer:
    found = await database.read(lambda tx: reading.history(tx, call.values["name"], now=call.now))
    document = listed(found, call.limit)
    lines = tuple(
        f"v{row['version']} {row['state']}: {reading.said(row['value'], row)}, by {row['author']} on {row['set_at']}:"
        f" {row['reason']}"
        for row in document["rows"]
    )
    return Answer(document, lines)


async def _diff(database: Database, call: Invocation) -> Answer:
    name, numbers = call.values["name"], call.values["versions"]
    if name is None:
        found = await database.read(lambda tx: reading.unlike_presets(tx, "", now=call.now))
        document = listed(found, call.limit)
        lines = tuple(
            f"{row['name']} {row['field'] or ''}: {json.dumps(row['ledger'], ensure_ascii=False)}"
            f" (preset: {json.dumps(row['preset'], ensure_ascii=False)})"
            for row in document["rows"]
        )
        return Answer(document, lines or ("Every policy is as its preset has it.",))
    if len(numbers) > 2 or not all(one.lstrip("v").isdecimal() for one in numbers):
        raise UsageError("Versions are numbers: `policy diff NAME 1 2`.")
    first, second = ([int(one.lstrip("v")) for one in numbers] + [None, None])[:2]
    changed = await database.read(lambda tx: reading.differences(tx, name, first, second, now=call.now))
    lines = tuple(
        f"{row['field']}: {json.dumps(row['before'], ensure_ascii=False)} →"
        f" {json.dumps(row['after'], ensure_ascii=False)}"
        for row in changed["rows"]
    )
    return Answer(changed, lines or ("They are the same.",))


async def _proposals(database: Database, call: Invocation) -> Answer:
    prefix = call.values["prefix"] or ""
    found = await database.read(lambda tx: reading.proposals(tx, prefix, now=call.now))
    document = listed(found, call.limit)
    lines = tuple(
        f"{row['name']} v{row['version']}: {reading.said(row['value'], row)} (now {row['before']}), proposed by"
        f" {row['proposed_by']}: {row['reason']}"
        for row in document["rows"]
    )
    return Answer(document, lines or ("Nothing waits for a second operator.",))


async def _presets(database: Database, call: Invocation) -> Answer:
    found = reading.presets(call.values["prefix"] or "")
    if call.values["prefix"] and not found:
        raise Refused(
            f"No preset begins with {call.values['prefix']}: `waconsole policy presets` lists them."
        )
    document = listed(found, call.limit)
    lines = tuple(
        f"{row['preset']}: {row['says']} {reading.said(row['value'], row)}" for row in document["rows"]
    )
    return Answer(document, lines)


_PREFIX: Final = Argument("prefix", "how its name begins, like triage.", optional=True)
_NAME: Final = Argument("name", "the policy's name")

COMMANDS: Final[list[Command]] = [
    Command(("policy", "list"), "Every number and rule in force.", _list, (
        _PREFIX, Argument("--all-versions", "those that were, and those to come, too", kind="flag"),
    ), writes=False),
    Command(("policy", "show"), "One of them in full; without a name, all.", _show, (
        Argument("name", "the policy's name", optional=True),
        Argument("version", "this version of it", kind="integer", optional=True),
        Argument("--at", "the version in force then", metavar="ISO"),
    ), writes=False),
    Command(("policy", "history"), "Every version of a policy, who set it and why.", _history, (_NAME,),
            writes=False),
    Command(("policy", "diff"), "What differs between two versions; without a name, from the presets.", _diff, (
        Argument("name", "the policy's name", optional=True),
        Argument("versions", "two versions: 1 2", optional=True, many=True),
    ), writes=False),
    Command(("policy", "proposals"), "What waits for a second operator.", _proposals, (_PREFIX,), writes=False),
    Command(("policy", "presets"), "Rows to copy from; with `preset.` those a ledger begins with, too.", _presets,
            (_PREFIX,), writes=False),
]  # fmt: skip
