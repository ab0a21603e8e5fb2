"""Message rows and what hangs on them: reactions, poll votes. Their only writer; files stand in `store_files`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound
from waconsole.inbox import store_files
from waconsole.text import stored

CHOICES_MAX: Final = 100


class MessageRow(NamedTuple):
    """A message as it is written; the order is that of the INSERT below."""

    id: int
    conversation_id: int
    alias_id: int | None
    direction: str
    kind: str
    text: str
    edited: int
    notice: str
    sent_at: int
    search_key: int | None
    origin: str
    import_run_id: int


class LiveMessage(NamedTuple):
    """A message of the wire as it is written; `type` is Meta's word, `reply_to` the wamid it quotes."""

    conversation_id: int
    alias_id: int | None
    direction: str
    kind: str
    text: str
    sent_at: int
    type: str
    wamid: str | None = None
    reply_to: str | None = None
    reply_to_id: int | None = None
    notice: str = ""
    edited: int = 0


INSERT_MESSAGE: Final = """
    INSERT INTO message (id, conversation_id, alias_id, direction, kind, text, edited, notice, sent_at, search_key,
                         origin, import_run_id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def next_message_id(tx: Transaction) -> int:
    """The id the next message takes; ids are dense and only grow."""
    return int(tx.value("SELECT coalesce(max(id), 0) + 1 FROM message"))


def add_messages(tx: Transaction, rows: Sequence[MessageRow]) -> None:
    """Write messages."""
    tx.executemany(INSERT_MESSAGE, rows)


def add_live_message(tx: Transaction, message: LiveMessage, search_key: int) -> int:
    """Write a message of the wire and answer its id."""
    message_id = next_message_id(tx)
    tx.execute(
        """
        INSERT INTO message (id, conversation_id, alias_id, direction, kind, text, edited, notice, wamid, sent_at,
                             search_key, origin, type, reply_to, reply_to_id)
        VALUES (:id, :conversation_id, :alias_id, :direction, :kind, :text, :edited, :notice, :wamid, :sent_at,
                :search_key, 'live', :type, :reply_to, :reply_to_id)
        """,
        {"id": message_id, "search_key": search_key, **message._asdict()},
    )
    return message_id


def rewrite(tx: Transaction, message_id: int, *, kind: str, text: str, edited: int) -> None:
    """Write what an edit or a revoke made of a message."""
    tx.execute(
        "UPDATE message SET kind = :kind, text = :text, edited = :edited WHERE id = :id",
        {"id": message_id, "kind": kind, "text": text, "edited": edited},
    )


def add_poll_votes(tx: Transaction, rows: Sequence[tuple[int, str, int]]) -> None:
    """Write (message id, choice, votes) as an export counts them."""
    tx.executemany("INSERT INTO poll_vote (message_id, choice, votes) VALUES (?, ?, ?)", rows)


def set_votes(tx: Transaction, *, message_id: int, alias_id: int, choices: Sequence[str]) -> None:
    """Write what somebody chose in a poll, in place of what they chose before."""
    tx.execute(
        "DELETE FROM poll_vote WHERE message_id = :message_id AND alias_id = :alias_id",
        {"message_id": message_id, "alias_id": alias_id},
    )
    tx.executemany(
        "INSERT INTO poll_vote (message_id, choice, alias_id, votes) VALUES (?, ?, ?, 1)",
        [(message_id, stored(choice), alias_id) for choice in dict.fromkeys(choices)],
    )


def votes_of(tx: Transaction, message_id: int) -> list[Row]:
    """(choice, votes) of a poll, the most first; nothing for what is none."""
    return tx.rows(
        """
        SELECT choice, sum(votes) AS votes FROM poll_vote WHERE message_id = :id
         GROUP BY choice ORDER BY votes DESC, choice LIMIT :limit
        """,
        {"id": message_id, "limit": CHOICES_MAX},
    )


def add_reaction(tx: Transaction, *, message_id: int, alias_id: int, emoji: str, reacted_at: int) -> None:
    """Write a member's reaction; a later one replaces it, an earlier one that comes late does not."""
    tx.execute(
        """
        INSERT INTO reaction (message_id, alias_id, emoji, reacted_at)
        VALUES (:message_id, :alias_id, :emoji, :reacted_at)
            ON CONFLICT (message_id, alias_id) DO UPDATE
            SET emoji = excluded.emoji, reacted_at = excluded.reacted_at
          WHERE excluded.reacted_at >= reaction.reacted_at
        """,
        {"message_id": message_id, "alias_id": alias_id, "emoji": emoji, "reacted_at": reacted_at},
    )


def span_of(tx: Transaction, conversation_id: int) -> tuple[int, int] | None:
    """The first and last instant of a conversation's messages, or None when it has none."""
    row = tx.one(
        """
        SELECT (SELECT sent_at FROM message WHERE conversation_id = :id ORDER BY sent_at LIMIT 1) AS first_at,
               (SELECT sent_at FROM message WHERE conversation_id = :id ORDER BY sent_at DESC LIMIT 1) AS last_at
        """,
        {"id": conversation_id},
    )
    return None if row is None or row["first_at"] is None else (row["first_at"], row["last_at"])


def messages_between(tx: Transaction, conversation_id: int, first_at: int, last_at: int) -> list[Row]:
    """Messages of a span, as much of them as identifies a line of an export.

    The span is that of one chunk of an import, so the list is bounded by what the ledger holds there.
    """
    return tx.rows(
        """
        SELECT id, sent_at, alias_id, kind, text, edited
          FROM message
         WHERE conversation_id = :id AND sent_at BETWEEN :first_at AND :last_at
         ORDER BY sent_at, id
        """,
        {"id": conversation_id, "first_at": first_at, "last_at": last_at},
    )


def unread_count(tx: Transaction, conversation_id: int, read_through: tuple[int, int]) -> int:
    """How many messages from others stand after the read mark."""
    return int(
        tx.value(
            """
            SELECT count(*)
              FROM visible_message
             WHERE conversation_id = :id
               AND (sent_at, id) > (:at, :message_id)
               AND direction = 'in'
               AND kind <> 'system'
            """,
            {"id": conversation_id, "at": read_through[0], "message_id": read_through[1]},
        )
    )


def place_of(tx: Transaction, message_id: int) -> Row:
    """(conversation_id, sent_at, id, kind, text, direction) of a message. Raises NotFound."""
    row = tx.one(
        "SELECT conversation_id, sent_at, id, kind, text, direction FROM visible_message WHERE id = :id",
        {"id": message_id},
    )
    if row is None:
        raise NotFound("That message is not in this ledger.")
    return row


def rows_of_run(tx: Transaction, run_id: int, *, above: int, limit: int) -> list[Row]:
    """(id, search_key, text, kind) of a run's messages above an id, in order of id."""
    return tx.rows(
        """
        SELECT id, search_key, text, kind
          FROM message
         WHERE id > :above AND import_run_id = :run_id
         ORDER BY id
         LIMIT :limit
        """,
        {"above": above, "run_id": run_id, "limit": limit},
    )


def remove_messages(tx: Transaction, ids: Sequence[int]) -> None:
    """Take out messages of a run that was never sealed, with all that hangs on them."""
    keys = [(message_id,) for message_id in ids]
    store_files.remove_files(tx, keys)
    tx.executemany("DELETE FROM reaction WHERE message_id = ?", keys)
    tx.executemany("DELETE FROM poll_vote WHERE message_id = ?", keys)
    tx.executemany("DELETE FROM message WHERE id = ?", keys)


def count_of_run(tx: Transaction, run_id: int, conversation_id: int) -> tuple[int, int]:
    """How many rows a run has written into a conversation, and how many of them people sent."""
    row = tx.one(
        """
        SELECT count(*) AS written, coalesce(sum(kind <> 'system'), 0) AS sent
          FROM message
         WHERE conversation_id = :conversation_id AND import_run_id = :run_id
        """,
        {"conversation_id": conversation_id, "run_id": run_id},
    )
    assert row is not None
    return row["written"], row["sent"]


def copies_only_of(tx: Transaction, ids: Sequence[int]) -> list[str]:
    """The SHA-256 of copies that no message but these refers to."""
    if not ids:
        return []
    marks = ", ".join(f":id{place}" for place in range(len(ids)))
    rows = tx.rows(
        f"""
        SELECT DISTINCT sha256
          FROM media AS m
         WHERE message_id IN ({marks})
           AND sha256 IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM media AS o WHERE o.sha256 = m.sha256 AND o.message_id NOT IN ({marks}))
        """,
        {f"id{place}": message_id for place, message_id in enumerate(ids)},
    )
    return [row["sha256"] for row in rows]


def live_count(tx: Transaction, conversation_id: int) -> int:
    """How many messages of a thread came over the wire, or went out by it."""
    return int(
        tx.value(
            "SELECT count(*) FROM message WHERE conversation_id = :id AND origin = 'live'",
            {"id": conversation_id},
        )
    )


def move_thread(tx: Transaction, other_id: int, conversation_id: int) -> None:
    """Every message of the thread `other_id` stands in `conversation_id`."""
    tx.execute(
        "UPDATE message SET conversation_id = :id WHERE conversation_id = :other",
        {"id": conversation_id, "other": other_id},
    )
