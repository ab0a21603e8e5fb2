"""Saved replies: answers kept under a name, one for each language; and the words of a thread that fill them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound
from waconsole.members.model import folded

REPLIES_MAX: Final = 1000
CHANGEABLE: Final = ("name", "text", "withdrawn")


@dataclass(frozen=True, slots=True)
class SavedReply:
    """A saved reply; `language` empty: in any."""

    id: int
    name: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Thread:
    """What a saved reply is filled from; names raw, empty where there is none."""

    member: str
    group: str
    language: str


def _reply(row: Row) -> SavedReply:
    return SavedReply(row["id"], row["name"], row["language"], row["text"])


def saved_replies(tx: Transaction) -> list[SavedReply]:
    """Every saved reply by name, then language."""
    rows = tx.rows(
        """
        SELECT id, name, language, text FROM saved_reply
         WHERE withdrawn = 0
         ORDER BY folded, language
         LIMIT :limit
        """,
        {"limit": REPLIES_MAX},
    )
    return [_reply(row) for row in rows]


def replies_named(tx: Transaction, name: str, language: str | None = None) -> list[SavedReply]:
    """The saved replies of a name: of one language, or (None) of all."""
    rows = tx.rows(
        """
        SELECT id, name, language, text FROM saved_reply
         WHERE withdrawn = 0 AND folded = :folded AND (:language IS NULL OR language = :language)
         ORDER BY language
         LIMIT :limit
        """,
        {"folded": folded(name), "language": language, "limit": REPLIES_MAX},
    )
    return [_reply(row) for row in rows]


def add_reply(tx: Transaction, *, name: str, language: str, text: str, operator_id: int, now: int) -> int:
    """Write a saved reply and answer its id."""
    return tx.insert(
        """
        INSERT INTO saved_reply (name, folded, language, text, operator_id, saved_at)
        VALUES (:name, :folded, :language, :text, :operator_id, :now)
        """,
        {
            "name": name,
            "folded": folded(name),
            "language": language,
            "text": text,
            "operator_id": operator_id,
            "now": now,
        },
    )


def columns(tx: Transaction, reply_id: int) -> dict[str, Any]:
    """The changeable columns of a saved reply, for the act log. Raises NotFound."""
    row = tx.one(f"SELECT {', '.join(CHANGEABLE)} FROM saved_reply WHERE id = :id", {"id": reply_id})
    if row is None:
        raise NotFound("That saved reply is not in this ledger.")
    return dict(row)


def set_columns(tx: Transaction, reply_id: int, values: dict[str, Any]) -> None:
    """Set the changeable columns of a saved reply."""
    assert set(values) == set(CHANGEABLE)
    tx.execute(
        "UPDATE saved_reply SET name = :name, folded = :folded, text = :text, withdrawn = :withdrawn WHERE id = :id",
        {**values, "folded": folded(values["name"]), "id": reply_id},
    )


def is_taken(tx: Transaction, reply_id: int, name: str) -> bool:
    """Whether another reply of the same language bears `name`."""
    return bool(
        tx.value(
            """
            SELECT count(*)
              FROM saved_reply AS r
              JOIN saved_reply AS s ON s.id = :id AND s.language = r.language
             WHERE r.withdrawn = 0 AND r.folded = :folded AND r.id <> :id
            """,
            {"id": reply_id, "folded": folded(name)},
        )
    )


def thread(tx: Transaction, conversation_id: int, member_id: int | None = None) -> Thread:
    """The words of a thread: of its member or of `member_id`, who wrote there; of its group. Raises NotFound.

    The language is that of the person, else of the group.
    """
    row = tx.one(
        """
        SELECT coalesce(m.name, '') AS member, coalesce(g.name, '') AS "group",
               coalesce(nullif(m.language, ''), g.language, '') AS language
          FROM visible_conversation AS c
          LEFT JOIN visible_group AS g ON g.id = c.group_id
          LEFT JOIN visible_member AS m ON m.id = coalesce(c.member_id, :member_id)
         WHERE c.id = :id
        """,
        {"id": conversation_id, "member_id": member_id},
    )
    if row is None:
        raise NotFound("That conversation is not in this ledger.")
    return Thread(**dict(row))
