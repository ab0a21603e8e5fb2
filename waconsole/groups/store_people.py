"""A member as a driver names them: the numbers and ids they stand under now."""

from __future__ import annotations

import re
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.errors import NotFound
from waconsole.groups.store_moderation import is_present
from waconsole.members import store as members
from waconsole.members import store_aliases as aliases
from waconsole.members.model import e164
from waconsole.whatsapp.doors import Person

BSUID: Final = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]{1,128}")


def person_of(tx: Transaction, member_id: int) -> Person:
    """The identities of a member that are in force."""
    member = members.member_by_id(tx, member_id)
    found = {
        kind: [str(row["value"]) for row in aliases.standing(tx, member.id, kind)]
        for kind in ("bsuid", "lid", "username")
    }
    bsuid, lid, username = (values[-1] if values else None for values in found.values())
    return Person(member.phone, bsuid, lid, username)


def person_named(tx: Transaction, name: str) -> Person:
    """The person called `name`: a member, else a phone or a BSUID that no member bears. Raises NotFound."""
    try:
        return person_of(tx, members.member_named(tx, name).id)
    except NotFound:
        if BSUID.fullmatch(name):
            return Person(bsuid=name)
        if name.lstrip().startswith(("+", "00")) and (phone := e164(name)):
            return Person(phone)
        raise


def is_known_in(tx: Transaction, group_id: int, name: str) -> bool:
    """Whether the person called `name` is in a group, as far as this ledger knows."""
    try:
        return is_present(tx, group_id, members.member_named(tx, name).id)
    except NotFound:
        return False
