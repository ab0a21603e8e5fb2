"""Saved segments as they are typed: save, list, show, diff, export, drop, duplicate, import. Handed their vocabulary."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from waconsole.clock import iso, parse_iso
from waconsole.command import EXIT_DONE, EXIT_PARTLY, Answer, Argument, Command, Invocation, Work, listed
from waconsole.database.connection import Database, Transaction
from waconsole.database.store_exports import note_export
from waconsole.errors import Refused
from waconsole.segments import service_asking, service_change, service_lists, service_segments, store_segments
from waconsole.segments.commands_asking import ENGINE, Words, asking_of, with_places
from waconsole.segments.lists import Matched, csv_text, jsonl_text
from waconsole.segments.service_asking import Asking
from waconsole.segments.service_change import Change
from waconsole.segments.store_segments import Version
from waconsole.text import safe

UNKNOWN_TOLD_MAX: Final = 20
CSV: Final = ".csv"
NAME: Final = Argument("name", "what the segment is called")
SAID: Final = (
    Argument("--owner", "who answers for it; else who saves it first", metavar="WHO"),
    Argument("--purpose", "what it is for", metavar="TEXT"),
    Argument("--review-on", "the day it is looked at again; else a quarter from now", metavar="YYYY-MM-DD"),
)


def _row(version: Version, asking: Asking) -> dict[str, Any]:
    return {
        "segment": version.name, "name": version.name, "ref": version.ref, "version": version.version,
        "kind": "list" if version.is_list else "rule", "rule": version.rule or None,
        "listed": len(version.members) if version.is_list else None, "owner": version.owner, "purpose": version.purpose,
        "review_on": version.review_on, "overdue": service_segments.is_overdue(version, asking),
        "dropped": version.is_dropped, "saved_at": iso(version.saved_at),
    }  # fmt: skip


def _line(row: dict[str, Any]) -> str:
    what = row["rule"] or (f"a list of {row['listed']:,}" if row["listed"] else "dropped")
    late = "  review is overdue" if row["overdue"] else ""
    return safe(f"{row['segment']}  v{row['version']}  {what}{late}")


def _said(call: Invocation) -> service_segments.Words:
    values = call.values
    return service_segments.Words(values["owner"], values["purpose"], values["review_on"])


async def _saved(database: Database, version: Version, asking: Callable[[Transaction], Asking]) -> Answer:
    row = await database.read(lambda tx: _row(version, asking(tx)))
    return Answer(
        row, (safe(f"{version.name} is saved as version {version.version}; review on {version.review_on}."),)
    )


def commands(words: Words) -> list[Command]:
    """The commands, over what `words` declares once it is asked."""
    return [
        Command(("segments", "save"), "Keep a rule under a name; one of that name gets its next version.", _save(words),
                (NAME, Argument("rule", "whom it names", optional=True),
                 Argument("--preset", "copy this rule instead: `segments presets` lists them", metavar="PRESET"),
                 Argument("--currency", "the currency a copied rule counts", metavar="CUR"), *SAID)),
        Command(("segments", "list"), "The segments there are, by name.", _list(words), writes=False),
        Command(("segments", "show"), "A segment with all its versions.", _show(words), (NAME,), writes=False),
        Command(("segments", "diff"), "Who came and who left: since a version, or since an instant.", _diff(words),
                (NAME, Argument("--from", "the earlier version; else the one before the last", kind="integer", metavar="N"),
                 Argument("--since", "the segment as it was then, against now", metavar="ISO"), ENGINE), writes=False),
        Command(("segments", "export"), "Write the members of a segment or a rule to a file, or print them.", _export(words),
                (Argument("rule", "a segment's name, or a rule"),
                 Argument("--out", "a new file that ends in .csv or .jsonl; without it CSV is printed", metavar="FILE"), ENGINE),
                writes=False),
        Command(("segments", "drop"), "Drop a segment; earlier instants still know it.", _drop(words), (NAME,)),
        Command(("segments", "duplicate"), "Keep what a segment says under another name.", _duplicate(words),
                (NAME, Argument("to", "the new name"))),
        Command(("segments", "import"), "Keep a list of members as a segment, and say who of it is known.", _import(words),
                (NAME, Argument("file", "a number or a ref a line, or a CSV with a column phone or member"),
                 Argument("--region", "the country of numbers written without one, like FR", metavar="CC"), *SAID)),
    ]  # fmt: skip


def _save(words: Words) -> Work:
    @with_places
    async def save(database: Database, call: Invocation) -> Answer:
        def asking(tx: Transaction) -> Asking:
            return asking_of(tx, call, words())

        rule, preset = call.values["rule"], call.values["preset"]
        if (rule is None) is (preset is None):
            raise Refused("Say the rule to save, or --preset to copy one.")
        if rule is None:
            from waconsole.segments.service_layers import preset_rule  # numpy loads with it

            rule = await database.read(
                lambda tx: preset_rule(tx, preset, call.values["currency"], now=call.now)
            )
        version = await service_segments.save(
            database, call.values["name"], rule, _said(call), asking, operator=call.operator
        )
        return await _saved(database, version, asking)

    return save


def _list(words: Words) -> Work:
    async def list_(database: Database, call: Invocation) -> Answer:
        def work(tx: Transaction) -> list[dict[str, Any]]:
            asking = asking_of(tx, call, words())
            return [_row(one, asking) for one in store_segments.in_force(tx, now=asking.now)]

        document = listed(await database.read(work), call.limit)
        lines = tuple(_line(row) for row in document["rows"])
        return Answer(
            document, lines or ("No segment is saved yet: `waconsole segments save NAME RULE` keeps one.",)
        )

    return list_


def _show(words: Words) -> Work:
    async def show(database: Database, call: Invocation) -> Answer:
        def work(tx: Transaction) -> dict[str, Any]:
            asking = asking_of(tx, call, words())
            version = service_segments.named(tx, call.values["name"], now=asking.now)
            known = store_segments.versions(tx, version.folded)
            return {
                **_row(version, asking),
                "report": version.report_document,
                "versions": [_row(one, asking) for one in known if one.saved_at <= asking.now],
            }

        row = await database.read(work)
        return Answer(row, tuple(_line(one) for one in row["versions"]))

    return show


def _diff(words: Words) -> Work:
    @with_places
    async def diff(database: Database, call: Invocation) -> Answer:
        _, engine = service_asking.engine_named(call.values["engine"])
        since = _instant(call.values["since"], call.now)
        if since is not None and call.values["from"] is not None:
            raise Refused("Say --from or --since: a version, or an instant.")

        def work(tx: Transaction) -> dict[str, Any]:
            asking = asking_of(tx, call, words())
            found = service_change.change(
                tx, call.values["name"], asking, engine, since=since, before=call.values["from"]
            )
            return _changed(tx, found, asking)

        row = await database.stream(work)
        lines = (
            safe(f"{row['segment']}: {row['from']['count']:,} then, {row['to']['count']:,} now."),
            f"{len(row['came']):,} came, {len(row['left']):,} left.",
            *(f"+ {one['member']}  {one['phone'] or ''}" for one in row["came"]),
            *(f"- {one['member']}  {one['phone'] or ''}" for one in row["left"]),
        )
        return Answer(row, lines)

    return diff


def _instant(text: str | None, now: int) -> int | None:
    if text is None:
        return None
    try:
        at = parse_iso(text)
    except ValueError:
        raise Refused(f"{text} is no instant: write it like 2026-11-01 or 2026-11-01T10:00:00Z.") from None
    if at > now:
        raise Refused(f"{text} lies in the future.")
    return at


def _changed(tx: Transaction, found: Change, asking: Asking) -> dict[str, Any]:
    def side(version: Version, at: int, count: int) -> dict[str, Any]:
        return {"version": version.version, "rule": version.rule or None, "at": iso(at), "count": count}

    def people(ids: Any) -> list[dict[str, Any]]:
        return [{"member": row["member"], "phone": row["phone"]} for row in store_segments.people(tx, ids)]

    return {
        "segment": found.after.name,
        "from": side(found.before, found.before_at, found.before_count),
        "to": side(found.after, asking.now, found.after_count),
        "came": people(found.came), "left": people(found.left),
    }  # fmt: skip


def _export(words: Words) -> Work:
    @with_places
    async def export(database: Database, call: Invocation) -> Answer:
        _, engine = service_asking.engine_named(call.values["engine"])
        file = Path(call.values["out"]).expanduser() if call.values["out"] else None
        form, name = service_lists.form_of(file) if file else "", call.values["rule"]

        def work(tx: Transaction) -> list[dict[str, Any]]:
            asking = asking_of(tx, call, words())
            if service_segments.is_named(tx, name, now=asking.now):
                version = service_segments.named(tx, name, now=asking.now)
                ids = service_change.ids_of(tx, version, asking, engine)
            else:
                ids = engine.matches(tx, service_asking.read(tx, name, asking)).ids()
            return service_lists.rows_of(tx, ids[: call.limit])

        rows = await database.stream(work)
        if file is None:
            shown = [{key: safe(str(value or "")) for key, value in row.items()} for row in rows]
            return Answer({"count": len(rows), "rows": rows}, tuple(csv_text(shown).splitlines()))
        text = csv_text(rows) if form == CSV else jsonl_text(rows)
        digest = await asyncio.to_thread(service_lists.write, file, text.encode("utf-8", "replace"))
        if not database.read_only:
            await database.write(lambda tx: note_export(tx, "members", str(file.absolute()), now=call.now))
        document = {"file": str(file), "count": len(rows), "sha256": digest}
        return Answer(document, (safe(f"{file} holds {len(rows):,} members."),))

    return export


def _drop(words: Words) -> Work:
    async def drop(database: Database, call: Invocation) -> Answer:
        def asking(tx: Transaction) -> Asking:
            return asking_of(tx, call, words())

        version = await service_segments.drop(database, call.values["name"], asking, operator=call.operator)
        row = await database.read(lambda tx: _row(version, asking(tx)))
        return Answer(row, (safe(f"{version.name} is dropped. `waconsole undo` takes it back."),))

    return drop


def _duplicate(words: Words) -> Work:
    async def duplicate(database: Database, call: Invocation) -> Answer:
        def asking(tx: Transaction) -> Asking:
            return asking_of(tx, call, words())

        name, to = call.values["name"], call.values["to"]
        version = await service_segments.duplicate(database, name, to, asking, operator=call.operator)
        return await _saved(database, version, asking)

    return duplicate


def _import(words: Words) -> Work:
    async def import_(database: Database, call: Invocation) -> Answer:
        def asking(tx: Transaction) -> Asking:
            return asking_of(tx, call, words())

        region = call.values["region"] or call.settings.shop.region or None
        named = await asyncio.to_thread(service_lists.read_list, Path(call.values["file"]).expanduser())
        matched: Matched = await database.stream(
            lambda tx: service_lists.matched(tx, named, region=region.upper() if region else None)
        )
        version = await service_segments.keep_list(
            database, call.values["name"], matched, _said(call), asking, operator=call.operator
        )
        report = matched.report()
        document = {"segment": version.name, "version": version.version, **report}
        told = [safe(f"line {one['line']}: nobody is known as {one['value']}") for one in report["unknown"]]
        head = f"{report['rows']:,} rows: {report['matched']:,} are known, {report['twice']:,} stood there twice, {len(told):,} are not known."
        return Answer(document, (head, *told[:UNKNOWN_TOLD_MAX]), EXIT_PARTLY if told else EXIT_DONE)

    return import_
