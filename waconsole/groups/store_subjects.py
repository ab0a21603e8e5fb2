"""What WhatsApp calls the groups that are known by their id alone: asked, told, and made their name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from waconsole.clock import MINUTE
from waconsole.database.connection import Transaction
from waconsole.groups import store
from waconsole.members.model import folded
from waconsole.text import stored

UNNAMED_MAX: Final = 1000
NAMESAKES_MAX: Final = 1000
CHARACTERS_MAX: Final = 128  # Meta's own limit for a subject
POWER_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Unnamed:
    """A group whose name is still WhatsApp's id."""

    id: int
    whatsapp_id: str
    driver: str
    times: int


def unnamed(tx: Transaction, *, now: int) -> list[Unnamed]:
    """Groups under their id as name whose subject may be asked for at `now`, as met."""
    rows = tx.rows(
        """
        SELECT g.id, g.whatsapp_id, g.driver, coalesce(s.times, 0) AS times, s.asked_at
          FROM "group" AS g
          LEFT JOIN group_subject AS s ON s.group_id = g.id
         WHERE g.name = g.whatsapp_id AND s.subject IS NULL
         ORDER BY g.id
         LIMIT :limit
        """,
        {"limit": UNNAMED_MAX},
    )
    return [
        Unnamed(row["id"], row["whatsapp_id"], row["driver"], row["times"])
        for row in rows
        if row["asked_at"] is None or not row["asked_at"] <= now < row["asked_at"] + back_off(row["times"])
    ]


def back_off(times: int) -> int:
    """How long a group is left alone after it was asked for in vain so often, in microseconds: a minute to 17 hours."""
    return MINUTE * int(4 ** min(times, POWER_MAX))


def asked(tx: Transaction, group_id: int, *, now: int) -> None:
    """Write that WhatsApp is being asked, so that nobody else asks as well."""
    tx.execute(
        """
        INSERT INTO group_subject (group_id, asked_at) VALUES (:group_id, :now)
            ON CONFLICT (group_id) DO UPDATE SET asked_at = excluded.asked_at
        """,
        {"group_id": group_id, "now": now},
    )


def in_vain(tx: Transaction, group_id: int) -> None:
    """Write that WhatsApp did not tell."""
    tx.execute(
        "UPDATE group_subject SET times = times + 1 WHERE group_id = :group_id", {"group_id": group_id}
    )


def told(tx: Transaction, group_id: int, subject: str) -> str | None:
    """Keep a subject (foreign text), and call the group so when nobody has named it meanwhile; answers its new name.

    A name is one group's alone: a second one of that name gets a number behind it.
    """
    subject = stored(subject).strip()[:CHARACTERS_MAX]
    tx.execute(
        "UPDATE group_subject SET subject = :subject WHERE group_id = :group_id",
        {"subject": subject, "group_id": group_id},
    )
    row = tx.one('SELECT name, whatsapp_id FROM "group" WHERE id = :id', {"id": group_id})
    if row is None or not subject or row["name"] != row["whatsapp_id"] or subject == row["name"]:
        return None
    name = _free(tx, subject, group_id)
    store.rename(tx, group_id, name)
    return name


def renamed(tx: Transaction, group_id: int, subject: str, *, now: int) -> str | None:
    """WhatsApp says what a group is called now; answers its new name, None where its name stays.

    A name that an operator or an export gave it stays: only one that is WhatsApp's own follows.
    """
    subject = stored(subject).strip()[:CHARACTERS_MAX]
    row = tx.one(
        """
        SELECT g.name, g.whatsapp_id, s.subject
          FROM "group" AS g
          LEFT JOIN group_subject AS s ON s.group_id = g.id
         WHERE g.id = :id
        """,
        {"id": group_id},
    )
    if row is None or not subject:
        return None
    tx.execute(
        """
        INSERT INTO group_subject (group_id, subject, asked_at) VALUES (:group_id, :subject, :now)
            ON CONFLICT (group_id) DO UPDATE SET subject = excluded.subject
        """,
        {"group_id": group_id, "subject": subject, "now": now},
    )
    is_theirs = row["name"] == row["whatsapp_id"] or _is_named_by(row["name"], row["subject"])
    if not is_theirs or _is_named_by(row["name"], subject):
        return None
    name = _free(tx, subject, group_id)
    store.rename(tx, group_id, name)
    return name


def _is_named_by(name: str, subject: str | None) -> bool:
    """Whether a name is a subject, or one with the number that tells namesakes apart."""
    if subject is None or not name.startswith(subject):
        return False
    rest = name[len(subject) :]
    return not rest or (rest.startswith(" (") and rest.endswith(")") and rest[2:-1].isdecimal())


def _free(tx: Transaction, name: str, group_id: int) -> str:
    for place in range(1, NAMESAKES_MAX):
        tried = name if place == 1 else f"{name} ({place})"
        if not tx.value(
            'SELECT 1 FROM "group" WHERE folded = :folded AND id <> :id LIMIT 1',
            {"folded": folded(tried), "id": group_id},
        ):
            return tried
    return f"{name} ({group_id})"


def forget(tx: Transaction, group_id: int) -> None:
    """What WhatsApp calls a group that is about to end."""
    tx.execute("DELETE FROM group_subject WHERE group_id = :id", {"id": group_id})
