"""What changes messages of the wire: edits, revokes and reactions, kept as they came, and what they make of a message."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from waconsole.database.connection import Row, Transaction

CHANGES_MAX: Final = 10_000
OURS: Final = 0


@dataclass(frozen=True, slots=True)
class Change:
    """An edit, a revoke, a reaction or a vote; `changed_at` microseconds UTC.

    `text` is the new text, the emoji, or a JSON array of options; `alias_id` is `OURS` for what our own phone did.
    """

    wamid: str
    target: str
    kind: str
    alias_id: int
    text: str
    changed_at: int


def message_of(tx: Transaction, wamid: str) -> Row | None:
    """(id, conversation_id, alias_id, direction, kind, text, edited, search_key, sent_at) of a message of the wire.

    A message of ours has its wamid on its outgoing row.
    """
    return tx.one(
        """
        SELECT id, conversation_id, alias_id, direction, kind, text, edited, search_key, sent_at
          FROM message
         WHERE id = coalesce((SELECT id FROM message WHERE wamid = :wamid),
                             (SELECT message_id FROM outgoing WHERE wamid = :wamid))
        """,
        {"wamid": wamid},
    )


def add_change(tx: Transaction, change: Change) -> bool:
    """Keep a change; False when it came before."""
    cursor = tx.execute(
        """
        INSERT INTO message_change (wamid, target, kind, alias_id, text, changed_at)
        VALUES (:wamid, :target, :kind, :alias_id, :text, :changed_at)
            ON CONFLICT (wamid) DO NOTHING
        """,
        {
            "wamid": change.wamid,
            "target": change.target,
            "kind": change.kind,
            "alias_id": change.alias_id,
            "text": change.text,
            "changed_at": change.changed_at,
        },
    )
    return cursor.rowcount > 0


def latest_edit(tx: Transaction, target: str) -> str | None:
    """What the last edit of a message says by event time, or None when it was never edited."""
    value = tx.value(
        """
        SELECT text FROM message_change
         WHERE target = :target AND kind = 'edit'
         ORDER BY changed_at DESC, wamid DESC LIMIT 1
        """,
        {"target": target},
    )
    return None if value is None else str(value)


def edits(tx: Transaction, target: str) -> list[Change]:
    """Every edit of a message, the earliest first."""
    rows = tx.rows(
        """
        SELECT wamid, target, kind, alias_id, text, changed_at
          FROM message_change
         WHERE target = :target AND kind = 'edit'
         ORDER BY changed_at, wamid
         LIMIT :limit
        """,
        {"target": target, "limit": CHANGES_MAX},
    )
    return [Change(**dict(row)) for row in rows]


def is_revoked(tx: Transaction, target: str) -> bool:
    """Whether a message was taken back."""
    return bool(
        tx.value(
            "SELECT 1 FROM message_change WHERE target = :target AND kind = 'revoke' LIMIT 1",
            {"target": target},
        )
    )


def move_changes(tx: Transaction, target: str, wamid: str) -> None:
    """What changes `target` changes the message `wamid`: they are two names of one message."""
    tx.execute(
        "UPDATE message_change SET target = :wamid WHERE target = :target",
        {"wamid": wamid, "target": target},
    )


def latest(tx: Transaction, target: str, kind: str) -> list[Row]:
    """(alias_id, text, changed_at): the last reaction (or `vote`) of each to a message; an empty one took it away."""
    return tx.rows(
        """
        SELECT alias_id, text, changed_at
          FROM (SELECT alias_id, text, changed_at,
                       row_number() OVER (PARTITION BY alias_id ORDER BY changed_at DESC, wamid DESC) AS place
                  FROM message_change
                 WHERE target = :target AND kind = :kind) AS ranked
         WHERE place = 1
         ORDER BY changed_at
         LIMIT :limit
        """,
        {"target": target, "kind": kind, "limit": CHANGES_MAX},
    )


def is_changed(tx: Transaction, target: str) -> bool:
    """Whether anything came that changes the message of that wamid."""
    return bool(tx.value("SELECT 1 FROM message_change WHERE target = :target LIMIT 1", {"target": target}))


def changed(tx: Transaction, targets: Sequence[str]) -> set[str]:
    """Of these wamids the ones whose message anything came for that changes it."""
    rows = tx.rows(
        """
        SELECT j.value AS target FROM json_each(:targets) AS j
         WHERE EXISTS (SELECT 1 FROM message_change WHERE target = j.value) LIMIT :limit
        """,
        {"targets": json.dumps(targets), "limit": len(targets)},
    )
    return {row["target"] for row in rows}


def text_before(tx: Transaction, conversation_id: int, alias_id: int, *, since: int, at: int) -> str:
    """What a member wrote last within `since` and `at`, or empty."""
    value = tx.value(
        """
        SELECT text FROM message
         WHERE conversation_id = :id AND sent_at BETWEEN :since AND :at
           AND alias_id = :alias_id AND kind = 'text'
         ORDER BY sent_at DESC, id DESC LIMIT 1
        """,
        {"id": conversation_id, "alias_id": alias_id, "since": since, "at": at},
    )
    return str(value or "")
