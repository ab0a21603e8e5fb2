"""Importing, as it is typed: `import chat FILE`, `import contacts FILE`; and `undo`."""

from __future__ import annotations

import time
import zoneinfo
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from waconsole.clock import iso
from waconsole.command import EXIT_DONE, EXIT_PARTLY, Answer, Argument, Command, Invocation
from waconsole.database.connection import Database
from waconsole.errors import Refused
from waconsole.sync.commands_gateway import GATEWAY
from waconsole.sync.commands_inbound import INBOUND
from waconsole.sync.commands_invites import INVITES
from waconsole.sync.commands_inviting import INVITING
from waconsole.sync.commands_linking import LINKING
from waconsole.sync.commands_marking import MARKING
from waconsole.sync.commands_proofs import PROOFS
from waconsole.sync.commands_receive import RECEIVE
from waconsole.sync.commands_send import SEND
from waconsole.sync.commands_shop import COMMANDS as SHOP

if TYPE_CHECKING:
    from waconsole.sync.intake_chat import Imported

UNPLACED_TOLD_MAX: Final = 20


def _zone(call: Invocation) -> tzinfo:
    """`--timezone`, else the shop's, else the machine's; said aloud."""
    name = call.values.get("timezone") or call.settings.shop.timezone
    if name:
        try:
            zone = ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise Refused(f"There is no time zone {name}: write one like Europe/Paris.") from None
        source = "--timezone" if call.values.get("timezone") else "shop.timezone"
        call.say(f"Times are read in {name} ({source}).")
        return zone
    zone = _machine_zone()
    call.say(f"Times are read in this machine's zone, {zone}: --timezone names another.")
    return zone


def _machine_zone() -> ZoneInfo:
    """The machine's zone by its IANA name where it can be told, so that daylight saving is right in any year."""
    for candidate in (Path("/etc/timezone"), Path("/etc/localtime")):
        try:
            if candidate.is_symlink() or candidate.name == "localtime":
                name = str(candidate.resolve()).partition("zoneinfo/")[2]
            else:
                name = candidate.read_text(encoding="utf-8").strip()
            return ZoneInfo(name)
        except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
            continue
    return ZoneInfo("UTC" if time.timezone == 0 else f"Etc/GMT{time.timezone // 3600:+d}")


async def _import_chat(database: Database, call: Invocation) -> Answer:
    from waconsole.sync.intake_chat import ChatImport, Talk, import_chat  # every other command does without

    wanted = ChatImport(
        path=Path(call.values["file"]).expanduser(),
        group=call.values["group"],
        zone=_zone(call),
        me=call.values["me"] or "",
        date_order=call.values["date_order"],
        dry_run=call.values["dry_run"],
    )
    talk = Talk(call.say, call.progress, call.cancelled)
    return _chat_answer(await import_chat(database, wanted, talk, now=call.now), wanted.dry_run)


def _chat_answer(imported: Imported, dry_run: bool) -> Answer:
    totals = imported.totals
    document = {
        "group": imported.group,
        "messages": totals.messages,
        "new": totals.new,
        "members": imported.members,
        "system": totals.system,
        "media": totals.media,
        "first_at": None if totals.first_at is None else iso(totals.first_at),
        "last_at": None if totals.last_at is None else iso(totals.last_at),
        "unplaced": [{"line": line, "text": text} for line, text in imported.unplaced],
    }
    would = "would be " if dry_run else ""
    counted = f"{totals.messages:,} messages of {imported.members:,} people, {totals.new:,} {would}new"
    lines = [f"{imported.group}: {counted}; {totals.system:,} notices, {totals.media:,} files."]
    if totals.first_at is not None and totals.last_at is not None:
        lines.append(f"From {iso(totals.first_at)} to {iso(totals.last_at)}.")
    lines += [f"line {line} was not placed: {text}" for line, text in imported.unplaced[:UNPLACED_TOLD_MAX]]
    if len(imported.unplaced) > UNPLACED_TOLD_MAX:
        lines.append(
            f"… and {len(imported.unplaced) - UNPLACED_TOLD_MAX:,} lines more: --json lists them all."
        )
    return Answer(document, tuple(lines), EXIT_PARTLY if imported.unplaced else EXIT_DONE)


async def _import_contacts(database: Database, call: Invocation) -> Answer:
    from waconsole.sync.intake_chat import Talk
    from waconsole.sync.intake_contacts import import_contacts

    region = call.values["region"] or call.settings.shop.region or None
    zone = ZoneInfo(call.settings.shop.timezone or "UTC")
    result = await import_contacts(
        database, Path(call.values["file"]).expanduser(), Talk(call.say, call.progress, call.cancelled),
        region=region.upper() if region else None, zone=zone, now=call.now,
    )  # fmt: skip
    rejected = [{"line": line, "reason": reason} for line, reason, _ in result.rejected]
    document = {"rows": result.rows, "new": result.new, "updated": result.updated, "rejected": rejected}
    lines = [
        f"{result.rows:,} rows: {result.new:,} new, {result.updated:,} known, {len(rejected):,} rejected."
    ]
    lines += [
        f"line {line} was rejected: {reason}" for line, reason, _ in result.rejected[:UNPLACED_TOLD_MAX]
    ]
    return Answer(document, tuple(lines), EXIT_PARTLY if rejected else EXIT_DONE)


COMMANDS: Final[list[Command]] = [
    Command(("import", "chat"), "Import a chat export (.txt or .zip) from a phone into its group.", _import_chat, (
        Argument("file", "the exported .txt or .zip"),
        Argument("--group", "the group it belongs to", required=True, metavar="NAME"),
        Argument("--me", "your own name in that chat", metavar="NAME"),
        Argument("--timezone", "the zone of the phone's clock, like Europe/Paris", metavar="TZ"),
        Argument("--date-order", "how dates are written, where the file does not tell", choices=("dmy", "mdy", "ymd")),
        Argument("--dry-run", "say what it would do and write nothing", kind="flag"),
    )),
    Command(("import", "contacts"), "Import people: a CSV (phone, name, language, consent, tags) or a phone's .vcf.", _import_contacts, (
        Argument("file", "a CSV whose first line names its columns, or a .vcf of vCards"),
        Argument("--region", "the country of numbers written without one, like FR", metavar="CC"),
    )),
    *LINKING,
    *SHOP,
    *RECEIVE,
    *INBOUND,
    *INVITES,
    *SEND,
    *MARKING,
    *GATEWAY,
    *INVITING,
    *PROOFS,
]  # fmt: skip
