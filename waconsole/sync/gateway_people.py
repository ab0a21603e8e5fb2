"""Who is in a group by the phone, against who is in it by this ledger: what must be told of the difference. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from waconsole.whatsapp.doors import GroupSeen, Person
from waconsole.whatsapp.gateway.addresses import person_address

AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody this ledger has in a group: their role, and the phones and hidden ids they stand under."""

    member_id: int
    role: str
    phones: frozenset[str]
    lids: frozenset[str]


@dataclass(frozen=True, slots=True)
class GroupKnown:
    """A group as this ledger has it; times in microseconds UTC."""

    subject: str | None
    description: str
    approval: str
    looked_at: int | None
    people: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """People to be noted as being there, and those who are there no longer (each with an address or two).

    `unsure` are the phones of those who may be there under a hidden id, or gone.
    """

    there: tuple[Mapping[str, str], ...]
    gone: tuple[Mapping[str, str], ...]
    unsure: tuple[str, ...] = ()


def difference(told: Sequence[Person], known: Sequence[Known]) -> Difference:
    """What the phone tells that this ledger does not have.

    Nobody is called gone whose number the phone may be hiding: while it shows somebody by a hidden id alone, only
    those count as gone whose hidden id is known.
    """
    by_phone = {phone: one for one in known for phone in one.phones}
    by_lid = {lid: one for one in known for lid in one.lids}
    there: list[Mapping[str, str]] = []
    met: set[int] = set()
    for person in told:
        found = by_phone.get(person.phone or "") or by_lid.get(person.lid or "")
        if found is not None:
            met.add(found.member_id)
        if found is None or found.role != person.role or (person.lid and person.lid not in found.lids):
            there.append(_row(person))
    hides = any(person.phone is None for person in told)
    missing = [one for one in known if one.member_id not in met]
    gone = [
        _row(Person(phone=min(one.phones, default=None), lid=min(one.lids, default=None)))
        for one in missing
        if one.lids or not hides
    ]
    unsure = [min(one.phones) for one in missing if hides and one.phones and not one.lids]
    return Difference(tuple(there), tuple(gone), tuple(unsure))


def told_by_phone(told: Sequence[Person], lids: Mapping[str, str]) -> list[Person]:
    """`told` with the numbers of those who were shown by a hidden id alone, as far as `lids` (by phone) says them."""
    phones = {lid: phone for phone, lid in lids.items()}
    return [
        replace(one, phone=phones[one.lid]) if one.phone is None and one.lid in phones else one
        for one in told
    ]


def known_by_lid(known: Sequence[Known], lids: Mapping[str, str]) -> list[Known]:
    """`known` with the hidden ids that `lids` (by phone) says."""
    return [
        replace(one, lids=one.lids | {lids[phone] for phone in one.phones if phone in lids}) for one in known
    ]


def settings_told(seen: GroupSeen, known: GroupKnown | None) -> dict[str, Any] | None:
    """A group's words as an event would tell them, or None where nothing is new."""
    if known is not None and (
        seen.subject in (None, known.subject)
        and (seen.description or "") == known.description
        and seen.approval in (None, known.approval)
    ):
        return None
    group: dict[str, Any] = {"id": seen.id, "subject": seen.subject, "description": seen.description}
    if seen.approval is not None:
        group["newMembersApprovalRequired"] = seen.approval == "required"
    return group


def parts(rows: Sequence[Mapping[str, str]]) -> list[Sequence[Mapping[str, str]]]:
    """`rows` in parts of what one event may tell."""
    return [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)]


def _row(person: Person) -> Mapping[str, str]:
    row = {"id": person_address(phone=None if person.lid else person.phone, lid=person.lid)}
    if person.phone:
        row["pn"] = person_address(phone=person.phone, lid=None)
    return {**row, "role": "admin" if person.role == "admin" else "participant"}
