"""Who wrote: the member behind a phone or a BSUID of the wire, made when they are new, and what they consent to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.members import store as members
from waconsole.whatsapp.events import Sender

MARKETING: Final = "marketing"
LIVE: Final = "live"
CONVERSATIONS_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Person:
    """A member as the wire met them: the alias they stand under, who they are, their language."""

    alias_id: int
    member_id: int
    ref: str
    name: str
    language: str
    phone: str | None


def person(tx: Transaction, sender: Sender, *, at: int, now: int) -> Person:
    """The member that `sender` is, told apart by phone, BSUID and lid, made when new. Raises ValueError for nobody."""
    if not sender.phone and not sender.bsuid and not sender.lid:
        raise ValueError("It names nobody: neither a phone number nor a BSUID.")
    member_id = members.ensure_member(
        tx, phone=sender.phone, bsuid=sender.bsuid, username=sender.username, lid=sender.lid, name=sender.name,
        origin=LIVE, now=now, seen_at=at,
    )  # fmt: skip
    member = members.member_by_id(tx, member_id)
    name = member.name or sender.name
    return Person(_alias(tx, sender, member_id), member_id, member.ref, name, member.language, member.phone)


def changed(tx: Transaction, before: Sender, after: Sender, *, at: int, now: int) -> Person:
    """The member who was `before` and is `after` since `at`."""
    was = person(tx, before, at=at, now=now)
    root = members.change_number(tx, was.member_id, phone=after.phone, bsuid=after.bsuid, now=at, origin=LIVE)
    member = members.member_by_id(tx, root)
    return Person(_alias(tx, after, root), root, member.ref, member.name, member.language, member.phone)


def _alias(tx: Transaction, sender: Sender, member_id: int) -> int:
    """The alias a message stands under: the phone it came from where that is the member's, else BSUID or lid."""
    told = (("phone", sender.phone), ("bsuid", sender.bsuid), ("wa_id", sender.phone), ("lid", sender.lid))
    for kind, value in told:
        found = members.alias_id(tx, kind, value) if value else None
        if found is not None and found[1] == member_id:
            return found[0]
    raise ValueError("It names nobody this ledger could keep.")


def stop_in_force(tx: Transaction, member_id: int) -> Row | None:
    """(source, decided_at) of the stop a member stands under, or None."""
    return tx.one(
        """
        SELECT f.source, f.decided_at
          FROM member_root AS r
         CROSS JOIN consent_in_force AS f
         WHERE r.id = :id AND f.member_id = r.root_id AND f.purpose = :purpose AND f.state = 'stop'
        """,
        {"id": member_id, "purpose": MARKETING},
    )


def resumed_after(tx: Transaction, member_id: int, source: str, at: int) -> int | None:
    """When a member first took marketing up again after `at`, by that source; None: they did not."""
    value = tx.value(
        """
        SELECT min(c.decided_at)
          FROM member_root AS r
         CROSS JOIN member_root AS o
         CROSS JOIN consent AS c
         WHERE r.id = :id AND o.root_id = r.root_id AND c.member_id = o.id AND c.purpose = :purpose
           AND c.source = :source AND c.state = 'resume' AND c.decided_at > :at
        """,
        {"id": member_id, "purpose": MARKETING, "source": source, "at": at},
    )
    return None if value is None else int(value)


def conversations_of(tx: Transaction, member_id: int) -> list[int]:
    """Every conversation with a person, of whichever number."""
    rows = tx.rows(
        """
        SELECT c.id
          FROM member_root AS mine
          JOIN member_root AS r ON r.root_id = mine.root_id
          JOIN conversation AS c ON c.member_id = r.id
         WHERE mine.id = :id
         ORDER BY c.id
         LIMIT :limit
        """,
        {"id": member_id, "limit": CONVERSATIONS_MAX},
    )
    return [row["id"] for row in rows]
