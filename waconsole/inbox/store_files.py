"""Files of messages: those that came, those of ours, and what became of them; and our own reactions. Their only writer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from waconsole.database.connection import Row, Transaction
from waconsole.text import ForeignText

WAITING_MAX: Final = 1_000


class WaitingFile(NamedTuple):
    """A file that WhatsApp still keeps for us; `sent_at` is its message's time, `declared_sha256` hex or None."""

    id: int
    message_id: int
    media_id: str
    kind: str
    name: ForeignText
    declared_sha256: str | None
    tries: int
    sent_at: int
    phone_number_id: str
    waba_id: str


class FileState(NamedTuple):
    """How it stands with the file of a message; words raw, `reason` empty unless it is gone."""

    kind: str
    name: ForeignText
    mime: str
    sha256: str | None
    byte_count: int | None
    state: str
    reason: ForeignText


class MediaRow(NamedTuple):
    """A file sent with a message; `sha256` is None when no copy was kept."""

    message_id: int
    kind: str
    name: str
    sha256: str | None
    byte_count: int | None


def add_media(tx: Transaction, rows: Sequence[MediaRow]) -> None:
    """Write what is known of the files of messages."""
    tx.executemany(
        "INSERT INTO media (message_id, kind, name, sha256, byte_count) VALUES (?, ?, ?, ?, ?)", rows
    )


def add_live_file(
    tx: Transaction,
    *,
    message_id: int,
    kind: str,
    name: str,
    media_id: str,
    mime: str,
    declared_sha256: str | None,
) -> None:
    """Write what WhatsApp said of the file of a message; the file itself is still to be fetched."""
    tx.execute(
        """
        INSERT INTO media (message_id, kind, name, media_id, mime, declared_sha256, state)
        VALUES (:message_id, :kind, :name, :media_id, :mime, :declared_sha256,
                CASE WHEN :media_id = '' THEN '' ELSE 'waiting' END)
        """,
        {
            "message_id": message_id,
            "kind": kind,
            "name": name,
            "media_id": media_id,
            "mime": mime,
            "declared_sha256": declared_sha256,
        },
    )


def remove_files(tx: Transaction, message_ids: Sequence[tuple[int]]) -> None:
    """Take out what is known of the files of messages that are taken out themselves."""
    tx.executemany("DELETE FROM media WHERE message_id = ?", message_ids)


def add_own_file(
    tx: Transaction, *, message_id: int, kind: str, name: str, mime: str, sha256: str | None, size: int | None
) -> None:
    """Write the file of a message of ours; without `sha256` it is one that WhatsApp fetches from a link."""
    tx.execute(
        """
        INSERT INTO media (message_id, kind, name, mime, sha256, byte_count, state)
        VALUES (:message_id, :kind, :name, :mime, :sha256, :size, :state)
        """,
        {
            "message_id": message_id, "kind": kind, "name": name, "mime": mime, "sha256": sha256,
            "size": size, "state": "kept" if sha256 else "",
        },
    )  # fmt: skip


def waiting(tx: Transaction, *, now: int, limit: int) -> list[WaitingFile]:
    """Files to be asked for now, those of the newest messages first: their senders wait."""
    rows = tx.rows(
        """
        SELECT f.id, f.message_id, f.media_id, f.kind, f.name, f.declared_sha256, f.tries, m.sent_at, n.phone_number_id, n.waba_id
          FROM media AS f
          JOIN message AS m ON m.id = f.message_id
          JOIN conversation AS c ON c.id = m.conversation_id
          JOIN number AS n ON n.id = c.number_id
         WHERE f.state = 'waiting' AND f.due_at <= :now AND n.driver = 'cloud' AND n.phone_number_id IS NOT NULL
         ORDER BY f.id DESC
         LIMIT :limit
        """,
        {"now": now, "limit": min(limit, WAITING_MAX)},
    )
    return [WaitingFile(**dict(row)) for row in rows]


def asked(tx: Transaction, ids: Sequence[int], *, until: int) -> None:
    """These are being fetched: nobody else asks for them before `until`."""
    tx.executemany(
        "UPDATE media SET due_at = ? WHERE id = ?", [(until, media_row_id) for media_row_id in ids]
    )


def kept(tx: Transaction, media_row_id: int, *, sha256: str, mime: str, size: int, now: int) -> None:
    """The file is here."""
    tx.execute(
        """
        UPDATE media
           SET state = 'kept', sha256 = :sha256, mime = :mime, byte_count = :size, fetched_at = :now,
               tries = tries + 1, reason = ''
         WHERE id = :id
        """,
        {"id": media_row_id, "sha256": sha256, "mime": mime, "size": size, "now": now},
    )


def in_vain(tx: Transaction, media_row_id: int, *, due_at: int, reason: str) -> None:
    """It could not be fetched: once more at `due_at`."""
    tx.execute(
        "UPDATE media SET tries = tries + 1, due_at = :due_at, reason = :reason WHERE id = :id",
        {"id": media_row_id, "due_at": due_at, "reason": reason},
    )


def gone(tx: Transaction, media_row_id: int, reason: str) -> None:
    """It will never be here, and why."""
    tx.execute(
        "UPDATE media SET state = 'gone', tries = tries + 1, reason = :reason WHERE id = :id",
        {"id": media_row_id, "reason": reason},
    )


def put_away(tx: Transaction, message_id: int, reason: str) -> None:
    """The file of a message is taken away by us, and is not asked for again; why."""
    tx.execute(
        """
        UPDATE media SET state = 'gone', sha256 = NULL, byte_count = NULL, reason = :reason WHERE message_id = :id
        """,
        {"id": message_id, "reason": reason},
    )


def file_of(tx: Transaction, message_id: int) -> FileState | None:
    """The file of a message; None when it has none."""
    row = tx.one(
        "SELECT kind, name, mime, sha256, byte_count, state, reason FROM media WHERE message_id = :id",
        {"id": message_id},
    )
    return None if row is None else FileState(**dict(row))


def add_own_reaction(tx: Transaction, *, outgoing_id: int, message_id: int, emoji: str, now: int) -> None:
    """Write what we put under a message; an empty emoji takes ours away."""
    tx.execute(
        """
        INSERT INTO own_reaction (outgoing_id, message_id, emoji, reacted_at)
        VALUES (:outgoing_id, :message_id, :emoji, :now)
        """,
        {"outgoing_id": outgoing_id, "message_id": message_id, "emoji": emoji, "now": now},
    )


def put_phone_reaction(tx: Transaction, *, message_id: int, emoji: str, at: int) -> None:
    """Write what we put under a message on the phone itself; the latest one stands."""
    tx.execute(
        """
        INSERT INTO own_reaction (message_id, emoji, reacted_at) VALUES (:message_id, :emoji, :at)
            ON CONFLICT (message_id) WHERE outgoing_id IS NULL DO UPDATE
            SET emoji = excluded.emoji, reacted_at = excluded.reacted_at
          WHERE excluded.reacted_at >= own_reaction.reacted_at
        """,
        {"message_id": message_id, "emoji": emoji, "at": at},
    )


def reactions_to(tx: Transaction, message_id: int) -> list[Row]:
    """(emoji, times, ours) of the reactions under a message, the most frequent first."""
    return tx.rows(
        """
        SELECT emoji, count(*) AS times, max(ours) AS ours
          FROM (SELECT emoji, 0 AS ours FROM reaction WHERE message_id = :id AND emoji <> ''
                 UNION ALL
                SELECT emoji, 1 FROM shown_own_reaction WHERE message_id = :id) AS under
         GROUP BY emoji
         ORDER BY times DESC, emoji
         LIMIT :limit
        """,
        {"id": message_id, "limit": WAITING_MAX},
    )
