"""Member rows: people, their aliases, consent and tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from waconsole.clock import iso
from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound
from waconsole.members.model import e164, folded

MATCHES_SHOWN_MAX: Final = 5
FILLED: Final = ("name", "language", "timezone", "address", "payment", "device")


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
           (SELECT a.value FROM alias AS a
             WHERE a.member_id = m.id AND a.kind = 'phone' AND a.seen_until IS NULL
             ORDER BY a.id DESC LIMIT 1) AS phone
      FROM visible_member AS m
"""


def _member(row: Row) -> Member:
    return Member(row["id"], row["ref"], row["name"], row["phone"], row["language"], row["timezone"])


def member_by_id(tx: Transaction, member_id: int) -> Member:
    """The member of that id. Raises NotFound."""
    row = tx.one(f"{_MEMBER} WHERE m.id = :id", {"id": member_id})
    if row is None:
        raise NotFound("That member is not in this ledger.")
    return _member(row)


def member_named(tx: Transaction, who: str) -> Member:
    """The one member whom `who` names: a ref, a phone number, a BSUID or a unique name.

    Raises NotFound; when several match, the message lists them.
    """
    phone = e164(who)
    rows = tx.rows(
        f"""
        {_MEMBER}
         WHERE m.ref = :who
            OR m.id IN (SELECT member_id FROM alias WHERE kind IN ('phone', 'bsuid') AND value IN (:who, :phone))
            OR m.folded = :folded
            OR m.id IN (SELECT member_id FROM alias WHERE kind = 'name' AND folded = :folded)
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


def alias_id(tx: Transaction, kind: str, value: str, group_id: int = 0) -> tuple[int, int] | None:
    """(alias id, member id) of an alias, or None."""
    row = tx.one(
        "SELECT id, member_id FROM alias WHERE kind = :kind AND value = :value AND group_id = :group_id",
        {"kind": kind, "value": value, "group_id": group_id},
    )
    return None if row is None else (row["id"], row["member_id"])


def add_member(tx: Transaction, *, ref: str, name: str, origin: str, now: int, run_id: int = 0) -> int:
    """Write a new member and answer the id; a known ref answers its member."""
    known = tx.value("SELECT id FROM member WHERE ref = :ref", {"ref": ref})
    if known is not None:
        return int(known)
    return tx.insert(
        """
        INSERT INTO member (ref, name, folded, origin, added_at, import_run_id)
        VALUES (:ref, :name, :folded, :origin, :now, :run_id)
        """,
        {"ref": ref, "name": name, "folded": folded(name), "origin": origin, "now": now, "run_id": run_id},
    )


def add_alias(
    tx: Transaction,
    *,
    member_id: int,
    kind: str,
    value: str,
    group_id: int,
    origin: str,
    seen_from: int | None = None,
    seen_until: int | None = None,
) -> int:
    """Write an alias and answer its id."""
    return tx.insert(
        """
        INSERT INTO alias (member_id, kind, value, folded, group_id, seen_from, seen_until, origin)
        VALUES (:member_id, :kind, :value, :folded, :group_id, :seen_from, :seen_until, :origin)
        """,
        {
            "member_id": member_id,
            "kind": kind,
            "value": value,
            "folded": folded(value),
            "group_id": group_id,
            "seen_from": seen_from,
            "seen_until": seen_until,
            "origin": origin,
        },
    )


def show_member(tx: Transaction, member_id: int) -> None:
    """A member met outside an import run no longer waits for that run."""
    tx.execute("UPDATE member SET import_run_id = 0 WHERE id = :id AND import_run_id <> 0", {"id": member_id})


def update_member(tx: Transaction, member_id: int, words: Mapping[str, str]) -> bool:
    """Fill in what a contacts file says (`FILLED` columns); an empty word changes nothing. True when a row changed."""
    filled = {name: word for name, word in words.items() if word}
    if not filled:
        return False
    assert set(filled) <= set(FILLED)
    if "name" in filled:
        filled["folded"] = folded(filled["name"])
    cursor = tx.execute(
        f"UPDATE member SET {', '.join(f'{name} = :{name}' for name in filled)}"
        f" WHERE id = :id AND ({' OR '.join(f'{name} <> :{name}' for name in filled)})",
        {**filled, "id": member_id},
    )
    return cursor.rowcount > 0


def add_consent(
    tx: Transaction,
    *,
    member_id: int,
    purpose: str,
    state: str,
    source: str,
    decided_at: int,
    now: int,
    origin: str,
) -> bool:
    """Write a dated consent, refusal or stop; the same one again changes nothing."""
    cursor = tx.execute(
        """
        INSERT INTO consent (member_id, purpose, state, source, decided_at, recorded_at, origin)
        SELECT :member_id, :purpose, :state, :source, :decided_at, :now, :origin
         WHERE NOT EXISTS (SELECT 1 FROM consent
                            WHERE member_id = :member_id AND purpose = :purpose AND state = :state
                              AND decided_at = :decided_at)
        """,
        {
            "member_id": member_id,
            "purpose": purpose,
            "state": state,
            "source": source,
            "decided_at": decided_at,
            "now": now,
            "origin": origin,
        },
    )
    return cursor.rowcount > 0


def add_tag(tx: Transaction, member_id: int, name: str, *, now: int) -> bool:
    """Tag a member by hand; False when the tag was there."""
    cursor = tx.execute(
        """
        INSERT INTO tag (member_id, name, tagged_at) VALUES (:member_id, :name, :now)
            ON CONFLICT (member_id, name) DO NOTHING
        """,
        {"member_id": member_id, "name": name, "now": now},
    )
    return cursor.rowcount > 0


def remove_tag(tx: Transaction, member_id: int, name: str) -> bool:
    """Take a tag off; False when it was not there."""
    cursor = tx.execute(
        "DELETE FROM tag WHERE member_id = :member_id AND name = :name",
        {"member_id": member_id, "name": name},
    )
    return cursor.rowcount > 0


def tagged_at(tx: Transaction, member_id: int, name: str) -> int | None:
    """Since when a member bears a tag, or None."""
    value = tx.value(
        "SELECT tagged_at FROM tag WHERE member_id = :id AND name = :name", {"id": member_id, "name": name}
    )
    return None if value is None else int(value)


def tags(tx: Transaction, member_id: int) -> list[str]:
    """A member's tags, in alphabetical order."""
    rows = tx.rows("SELECT name FROM tag WHERE member_id = :id ORDER BY name LIMIT 1000", {"id": member_id})
    return [row["name"] for row in rows]


def remove_run(tx: Transaction, run_id: int, *, limit: int) -> int:
    """Take out up to `limit` members that only an unsealed run knew; answers how many."""
    rows = tx.rows(
        "SELECT id FROM member WHERE import_run_id = :run_id LIMIT :limit", {"run_id": run_id, "limit": limit}
    )
    ids = [(row["id"],) for row in rows]
    tx.executemany("DELETE FROM alias WHERE member_id = ?", ids)
    tx.executemany("DELETE FROM member WHERE id = ?", ids)
    return len(ids)


def aliases(tx: Transaction, member_id: int) -> list[dict[str, object]]:
    """Every name and number a member is known under, with the group of a name that holds only there."""
    rows = tx.rows(
        """
        SELECT a.kind, a.value, g.name AS "group", a.seen_from, a.seen_until
          FROM alias AS a
          LEFT JOIN "group" AS g ON g.id = a.group_id
         WHERE a.member_id = :id
         ORDER BY a.id
         LIMIT 1000
        """,
        {"id": member_id},
    )
    return [
        {
            "kind": row["kind"],
            "value": row["value"],
            "group": row["group"],
            "seen_from": None if row["seen_from"] is None else iso(row["seen_from"]),
            "seen_until": None if row["seen_until"] is None else iso(row["seen_until"]),
        }
        for row in rows
    ]


def consents(tx: Transaction, member_id: int) -> list[dict[str, object]]:
    """Every consent, refusal and stop of a member, newest first, with its source and date."""
    rows = tx.rows(
        """
        SELECT purpose, state, source, text_version, decided_at
          FROM consent
         WHERE member_id = :id
         ORDER BY decided_at DESC, id DESC
         LIMIT 1000
        """,
        {"id": member_id},
    )
    return [
        {**dict(row), "decided_at": iso(row["decided_at"]) if row["decided_at"] else None} for row in rows
    ]
