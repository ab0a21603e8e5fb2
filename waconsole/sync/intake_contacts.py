"""Import a contacts file: people, their consent with source and date, tags and groups.

A CSV's columns are known by name, in any order; a phone's vCards are read by `vcard_people`. What
cannot be read is a reject with its line and reason. A stop outranks everything, and no import erases
one; a card gives no consent. Importing the same file again changes nothing.
"""

from __future__ import annotations

import hashlib
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
from waconsole.groups.model import group_ref
from waconsole.groups.store import Stint
from waconsole.inbox import store_elsewhere as said
from waconsole.invites import store_invites
from waconsole.members import store as members
from waconsole.members import store_aliases, store_merge
from waconsole.members.model import e164, ref_of
from waconsole.outbox import store_elsewhere as pushed
from waconsole.shop import store_facts
from waconsole.sync.contacts_csv import CELL_CHARACTERS_MAX, rows
from waconsole.sync.intake_chat import Talk
from waconsole.sync.vcard import is_vcard
from waconsole.sync.vcard_people import people
from waconsole.text import stored

CONSENTS: Final = ("yes", "no", "stop")
ROWS_AT_ONCE: Final = 200
FILE_BYTES_MAX: Final = 1 << 30
TARGET: Final = "members"
FORMER_PHONE: Final = "former phone"
FORGET_REPEATED: Final = (
    store_facts.forget_repeated_clicks, store_facts.forget_repeated_carts, pushed.forget_repeated, said.forget_repeated,
    store_invites.forget_repeated,
)  # fmt: skip
"""One fact told under two numbers of a person is one, whether the numbers or the fact came first."""

Reject = tuple[int, str, str]  # line, reason, text


@dataclass(frozen=True, slots=True)
class Contact:
    """One readable row or card; `also` are numbers that lead to the same person and are not written to."""

    line: int
    phone: str
    cells: dict[str, str]
    consent_at: int = 0
    former: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(slots=True)
class ContactsImported:
    """What came of a file."""

    rows: int = 0
    new: int = 0
    updated: int = 0
    rejected: list[Reject] = field(default_factory=list)


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
    """Import one contacts file, CSV or vCard. Raises Refused when it is none, or a CSV is not UTF-8."""
    digest = _digest(path)
    result = ContactsImported()
    readable: list[Contact] = []
    cards = _cards(path, region) if is_vcard(path) else _lines(path, region=region, zone=zone, now=now)
    for one in cards:
        result.rows += 1
        if isinstance(one, Contact):
            readable.append(one)
        else:
            result.rejected.append(one)
    run_id = await database.write(lambda tx: _begin(tx, path, digest, now=now))
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


def _digest(path: Path) -> str:
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise Refused(f"{path.name} is larger than a contacts file can be: split it.")
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from error


def _cards(path: Path, region: str | None) -> Iterator[Contact | Reject]:
    for one in people(path, region):
        if one.fault:
            yield one.line, one.fault, one.raw[:CELL_CHARACTERS_MAX]
        else:
            yield Contact(one.line, one.phone, dict(one.cells), also=one.also)


def _lines(path: Path, *, region: str | None, zone: tzinfo, now: int) -> Iterator[Contact | Reject]:
    for line, cells, fault in rows(path):
        try:
            if fault:
                raise Refused(fault)
            yield _contact(line, cells, region=region, zone=zone, now=now)
        except Refused as reason:
            yield line, str(reason), ",".join(cells.values())[:CELL_CHARACTERS_MAX]


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


def _begin(tx: Transaction, path: Path, digest: str, *, now: int) -> int:
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
    """The member of a row, made when none of its phones is known.

    Its own phone and its former ones are one person's, so members who bear them become one, as by
    hand; the row of the present one stands for them, whichever was met first. A phone that only leads
    there as well may be somebody else's here.
    """
    known = _owners(tx, contact.phone, *contact.former)
    is_new = not known
    if known:
        if store_merge.row_named(tx, ref_of("phone", contact.phone), contact.phone) is None:
            known = {_made(tx, contact, now=now): contact.phone, **known}
        into, *others = known
        for other in others:
            store_merge.merge(tx, other, into, operator_id=None, rule=FORMER_PHONE, now=now)
        if others:
            for forget in FORGET_REPEATED:
                forget(tx, into)
    else:
        known = _owners(tx, *contact.also)
        is_new = not known
    if not set(known.values()) & {contact.phone, *contact.former} and len(known) > 1:
        raise Refused(
            f"{' and '.join(sorted(known.values()))} belong to different members here: merge them first"
        )
    member_id = next(iter(known), 0) or _made(tx, contact, now=now)
    members.show_member(tx, member_id)
    for phone in (*contact.former, *contact.also, contact.phone):
        known_as = members.alias_id(tx, "phone", phone)
        if known_as is not None:
            if phone in contact.former:
                store_aliases.set_seen_until(tx, known_as[0], now)
        else:
            until = None if phone == contact.phone else now
            members.add_alias(
                tx, member_id=member_id, kind="phone", value=phone, group_id=0, origin="import", seen_until=until
            )  # fmt: skip
    return member_id, is_new


def _made(tx: Transaction, contact: Contact, *, now: int) -> int:
    ref, name = ref_of("phone", contact.phone), stored(contact.cells.get("name", ""))
    return members.add_member(tx, ref=ref, name=name, origin="import", now=now)


def _owners(tx: Transaction, *phones: str) -> dict[int, str]:
    """The members that phones belong to, each with one of their phones."""
    found = ((phone, members.alias_id(tx, "phone", phone)) for phone in phones)
    return {alias[1]: phone for phone, alias in found if alias is not None}


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
