"""Who is known: one member by id, by what they are called, or by what WhatsApp calls them.

What other rooms use of this room's rows is named here; the rows themselves are written in
`store_rows`, `store_aliases`, `store_consent`, `store_tags` and `store_merge`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound
from waconsole.members.model import e164, folded
from waconsole.members.store_aliases import add_alias, alias_id, aliases, member_by_alias
from waconsole.members.store_consent import (
    add_consent,
    consent_in_force,
    consents,
)
from waconsole.members.store_identity import change_number, ensure_member
from waconsole.members.store_rows import (
    FILLED,
    add_member,
    remove_run,
    root_of,
    rows_of,
    show_member,
    update_member,
)
from waconsole.members.store_tags import add_tag, own_tags, put_back, remove_own, remove_tag, tags

__all__ = [
    "FILLED", "Member", "add_alias", "add_consent", "add_member", "add_tag", "alias_id", "aliases", "change_number",
    "consent_in_force", "consents", "ensure_member", "member_by_alias", "member_by_id",
    "member_named", "own_tags", "put_back", "remove_own", "remove_run", "remove_tag", "root_of", "rows_of",
    "show_member", "tags", "update_member",
]  # fmt: skip

MATCHES_SHOWN_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Member:
    """A person known to the community."""

    id: int
    ref: str
    name: str
    phone: str | None
    language: str
    timezone: str


_MEMBER = """
    SELECT m.id, m.ref, m.name, m.language, m.timezone,
           (SELECT phone FROM member_phone WHERE member_id = m.id) AS phone
      FROM visible_member AS m
"""


def _member(row: Row) -> Member:
    return Member(row["id"], row["ref"], row["name"], row["phone"], row["language"], row["timezone"])


def member_by_id(tx: Transaction, member_id: int) -> Member:
    """The member of that id, or whoever stands for it since a merge. Raises NotFound."""
    row = tx.one(
        f"{_MEMBER} WHERE m.id = (SELECT root_id FROM member_root WHERE id = :id)", {"id": member_id}
    )
    if row is None:
        raise NotFound("That member is not in this ledger.")
    return _member(row)


def member_named(tx: Transaction, who: str) -> Member:
    """The one member whom `who` names: a ref, a phone number, a BSUID or a unique name.

    The ref of a merged row names who stands for it. Raises NotFound; when several match, the
    message lists them.
    """
    phone = e164(who)
    rows = tx.rows(
        f"""
        {_MEMBER}
         WHERE m.id IN (SELECT root_id FROM member WHERE ref = :who
                         UNION ALL
                        SELECT member_id FROM alias WHERE kind IN ('phone', 'bsuid') AND value IN (:who, :phone)
                         UNION ALL
                        SELECT id FROM member WHERE folded = :folded AND folded <> ''
                         UNION ALL
                        SELECT member_id FROM alias WHERE kind = 'name' AND folded = :folded)
         LIMIT :limit
        """,
        {"who": who, "phone": phone or who, "folded": folded(who), "limit": MATCHES_SHOWN_MAX + 1},
    )
    if not rows:
        raise NotFound(f"No member is known as {who}: name a ref, a phone number with +, or a name.")
    if len(rows) > 1:
        several = ", ".join(
            f"{row['ref']} ({row['name'] or row['phone'] or 'no name'})" for row in rows[:MATCHES_SHOWN_MAX]
        )
        raise NotFound(f"{who} names more than one member: {several}. Name one by its ref.")
    return _member(rows[0])
