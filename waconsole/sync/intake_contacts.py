"""Import a contacts file: people, their consent with source and date, tags and groups.

Columns are known by name, in any order; what cannot be read is a reject with its line and reason.
A stop outranks everything, and no import erases one. Importing the same file again changes nothing.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final

from waconsole import clock
from waconsole.database import runs
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.groups import store as groups
from waconsole.groups.store import Stint
from waconsole.members import store as members
from waconsole.members.model import e164, ref_of
from waconsole.sync.intake_chat import Talk, group_ref
from waconsole.text import stored

COLUMNS: Final = (
    "phone", "name", "language", "timezone", "consent_marketing", "consent_at", "tags", "former_phones", "groups",
    "address", "payment", "device",
)  # fmt: skip
CONSENTS: Final = ("yes", "no", "stop")
ROWS_AT_ONCE: Final = 200
FILE_BYTES_MAX: Final = 1 << 30
CELL_CHARACTERS_MAX: Final = 65_536
TARGET: Final = "members"


@dataclass(frozen=True, slots=True)
class Contact:
    """One readable row."""

    line: int
    phone: str
    cells: dict[str, str]
    consent_at: int
    former: tuple[str, ...]


@dataclass(slots=True)
class ContactsImported:
    """What came of a file; `rejected` are (line, reason, text)."""

    rows: int = 0
    new: int = 0
    updated: int = 0
    rejected: list[tuple[int, str, str]] = field(default_factory=list)


async def import_contacts(
    database: Database,
    path: Path,
    talk: Talk,
    *,
    region: str | None,
    zone: tzinfo,
    now: int,
    dry_run: bool = False,
) -> ContactsImported:
    """Import one contacts file. Raises Refused when it is none, or is not UTF-8."""
    text = _text(path)
    rows = list(_rows(text, path))
    result = ContactsImported(rows=len(rows))
    readable: list[Contact] = []
    for line, cells in rows:
        try:
            readable.append(_contact(line, cells, region=region, zone=zone, now=now))
        except Refused as reason:
            result.rejected.append((line, str(reason), ",".join(cells.values())[:CELL_CHARACTERS_MAX]))
    run_id = await database.write(lambda tx: _begin(tx, path, text, now=now))
    for start in range(0, len(readable), ROWS_AT_ONCE):
        part = readable[start : start + ROWS_AT_ONCE]
        await database.write(lambda tx, part=part: _write(tx, part, result, path.name, now=now))  # type: ignore[misc]
        talk.progress(start + len(part), len(readable))
        if talk.cancelled():
            break

    def finish(tx: Transaction) -> None:
        runs.add_rejects(tx, run_id, [(line, reason, stored(raw)) for line, reason, raw in result.rejected])
        summary = {
            "rows": result.rows,
            "new": result.new,
            "updated": result.updated,
            "rejected": len(result.rejected),
        }
        runs.seal(tx, run_id, now=now, summary=summary)

    await database.write(finish)
    result.rejected.sort()
    return result


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise Refused(f"{path.name} is larger than a contacts file can be: split it.")
        raw = path.read_bytes()
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from error
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig").replace("\0", "")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Refused(
            f"{path.name} is not UTF-8 (line {line}): save it as “CSV UTF-8” and import it again."
        ) from error


def _rows(text: str, path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, cells by column) of every data row; empty rows are none."""
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=head.count)
    csv.field_size_limit(CELL_CHARACTERS_MAX)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = [name.strip().casefold() for name in next(reader, [])]
        if "phone" not in names:
            raise Refused(
                f"{path.name} has no column called phone: its first line must name the columns ({', '.join(COLUMNS[:7])})."
            )
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield (
                    line,
                    {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name in COLUMNS},
                )
            line = reader.line_num + 1
    except csv.Error as error:
        raise Refused(f"{path.name} is no CSV file at line {reader.line_num}: {error}.") from error


def _contact(line: int, cells: dict[str, str], *, region: str | None, zone: tzinfo, now: int) -> Contact:
    raw = cells.get("phone", "")
    if not raw:
        raise Refused("no phone")
    phone = e164(raw, region)
    if phone is None:
        national = (
            ""
            if raw.lstrip().startswith(("+", "00", "(+")) or region
            else "; a national number needs --region"
        )
        raise Refused(f"phone {raw!r} cannot be read{national}")
    former: list[str] = []
    for text in _split(cells.get("former_phones", "")):
        number = e164(text, region)
        if number is None:
            raise Refused(f"former phone {text!r} cannot be read")
        former.append(number)
    state = cells.get("consent_marketing", "").casefold()
    if state and state not in CONSENTS:
        raise Refused(f"consent_marketing {state!r} is none of {', '.join(CONSENTS)}")
    if timezone := cells.get("timezone", ""):
        _zone(timezone)
    return Contact(line, phone, cells, _consent_at(cells.get("consent_at", ""), zone, now), tuple(former))


def _zone(name: str) -> None:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(f"timezone {name!r} is unknown; write one like Europe/Paris") from None


def _consent_at(text: str, zone: tzinfo, now: int) -> int:
    """The instant of a consent; without a date it holds at every instant (0)."""
    if not text:
        return 0
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"consent_at {text!r} is no date; write 2026-11-20 or 2026-11-20T09:12:00Z") from None
    at = clock.instant(when if when.tzinfo else when.replace(tzinfo=zone))
    if at > now:
        raise Refused(f"consent_at {text} lies in the future")
    return at - at % clock.SECOND


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _begin(tx: Transaction, path: Path, text: str, *, now: int) -> int:
    digest = hashlib.sha256(text.encode()).hexdigest()
    run = runs.open_run_of(tx, TARGET)
    if run is not None:
        if runs.is_alive(run, now=now):
            raise Refused(f"Another contacts import is running (of {run.source}): wait for it, or stop it.")
        runs.take_over(tx, run.id, now=now)
        return run.id
    return runs.begin(tx, kind="contacts", target=TARGET, source=path.name, sha256=digest, now=now)


def _write(
    tx: Transaction, contacts: list[Contact], result: ContactsImported, source: str, *, now: int
) -> None:
    for contact in contacts:
        try:
            member_id, is_new = _member(tx, contact, now=now)
        except Refused as reason:
            result.rejected.append((contact.line, str(reason), contact.phone))
            continue
        result.new += is_new
        result.updated += not is_new
        _facts(tx, contact, member_id, source, now=now)


def _member(tx: Transaction, contact: Contact, *, now: int) -> tuple[int, bool]:
    """The member of a row, made when neither its phone nor a former one is known."""
    known = {
        found[1]: phone
        for phone in (contact.phone, *contact.former)
        if (found := members.alias_id(tx, "phone", phone)) is not None
    }
    if len(known) > 1:
        raise Refused(
            f"{' and '.join(sorted(known.values()))} belong to different members here: merge them first"
        )
    is_new = not known
    member_id = next(iter(known), 0) or members.add_member(
        tx,
        ref=ref_of("phone", contact.phone),
        name=stored(contact.cells.get("name", "")),
        origin="import",
        now=now,
    )
    members.show_member(tx, member_id)
    for phone in (*contact.former, contact.phone):
        if members.alias_id(tx, "phone", phone) is None:
            until = None if phone == contact.phone else now
            members.add_alias(
                tx,
                member_id=member_id,
                kind="phone",
                value=phone,
                group_id=0,
                origin="import",
                seen_until=until,
            )
    return member_id, is_new


def _facts(tx: Transaction, contact: Contact, member_id: int, source: str, *, now: int) -> None:
    cells = {name: stored(cell) for name, cell in contact.cells.items()}
    members.update_member(
        tx,
        member_id,
        {
            name: cells.get(name, "")
            for name in ("name", "language", "timezone", "address", "payment", "device")
        },
    )
    if state := cells.get("consent_marketing", "").casefold():
        members.add_consent(
            tx, member_id=member_id, purpose="marketing", state=state, source=f"contacts file {source}",
            decided_at=contact.consent_at, now=now, origin="import",
        )  # fmt: skip
    for tag in _split(cells.get("tags", "")):
        members.add_tag(tx, member_id, tag, now=now)
    for entry in _split(cells.get("groups", "")):
        name, _, role = (
            entry.rpartition(":")
            if entry.casefold().endswith((":admin", ":member"))
            else (entry, "", "member")
        )
        group = groups.group_by_name(tx, name)
        group_id = group.id if group else groups.add_group(
            tx, ref=group_ref(name), name=name, driver="human", origin="import", now=now
        )  # fmt: skip
        groups.add_stints(tx, group_id, [Stint(member_id, 0, None, role.casefold())], origin="import")
