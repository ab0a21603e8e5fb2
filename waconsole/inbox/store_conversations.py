"""Conversation rows: one maintained row per thread, with its counters and clocks. Their only writer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound
from waconsole.inbox.model import NEVER, conversation_ref
from waconsole.inbox.store_messages import unread_count

# What an operator may change, and so what the act log keeps.
CHANGEABLE: Final = ("read_through_at", "read_through_id", "snoozed_until", "muted", "assigned_to", "draft")


def conversation_of_group(tx: Transaction, group_id: int) -> int | None:
    """The id of the conversation with a group by the number that reaches it, or None."""
    value = tx.value("SELECT id FROM conversation WHERE group_id = :id ORDER BY id LIMIT 1", {"id": group_id})
    return None if value is None else int(value)


def add_group_conversation(
    tx: Transaction, *, number_id: int, group_id: int, group_ref: str, read_through_at: int, run_id: int
) -> int:
    """Begin the conversation of `number` with a group."""
    return tx.insert(
        """
        INSERT INTO conversation (ref, number_id, group_id, read_through_at, import_run_id)
        VALUES (:ref, :number_id, :group_id, :read_through_at, :run_id)
        """,
        {
            "ref": _free_ref(tx, conversation_ref("group", group_ref), number_id),
            "number_id": number_id,
            "group_id": group_id,
            "read_through_at": read_through_at,
            "run_id": run_id,
        },
    )


def add_member_conversation(tx: Transaction, *, number_id: int, member_id: int, member_ref: str) -> int:
    """Begin the conversation of `number` with one member."""
    return tx.insert(
        """
        INSERT INTO conversation (ref, number_id, member_id) VALUES (:ref, :number_id, :member_id)
        """,
        {
            "ref": _free_ref(tx, conversation_ref("member", member_ref), number_id),
            "number_id": number_id,
            "member_id": member_id,
        },
    )


def add_member_conversations(tx: Transaction, number_id: int, member_ids: Sequence[int]) -> None:
    """Begin the conversation of `number` with each of these members who has none yet."""
    tx.execute(
        """
        INSERT INTO conversation (ref, number_id, member_id)
        SELECT :kind || m.ref || CASE WHEN EXISTS (SELECT 1 FROM conversation WHERE ref = :kind || m.ref)
                                      THEN '-' || n.ref ELSE '' END, n.id, m.id
          FROM json_each(:member_ids) AS j
          JOIN member AS m ON m.id = j.value
          JOIN number AS n ON n.id = :number_id
         WHERE NOT EXISTS (SELECT 1 FROM conversation WHERE number_id = :number_id AND member_id = j.value)
        """,
        {
            "kind": conversation_ref("member", ""),
            "number_id": number_id,
            "member_ids": "[" + ",".join(map(str, member_ids)) + "]",
        },
    )


def _free_ref(tx: Transaction, ref: str, number_id: int) -> str:
    """A conversation's ref: the same in every copy, and told apart where a second number has one with them too."""
    taken = tx.value("SELECT 1 FROM conversation WHERE ref = :ref", {"ref": ref})
    number = tx.value("SELECT ref FROM number WHERE id = :id", {"id": number_id}) if taken else ""
    return f"{ref}-{number}" if taken else ref


def conversation(tx: Transaction, conversation_id: int) -> Row:
    """A conversation's row. Raises NotFound."""
    row = tx.one(
        """
        SELECT id, ref, number_id, member_id, group_id, last_at, message_count, unread, read_through_at, read_through_id,
               owed, owed_until, lead_item_id, window_until, urgent_at, snoozed_until, muted, assigned_to, draft
          FROM visible_conversation
         WHERE id = :id
        """,
        {"id": conversation_id},
    )
    if row is None:
        raise NotFound("That conversation is not in this ledger.")
    return row


def changeable(tx: Transaction, conversation_id: int) -> dict[str, Any]:
    """What an operator may change of a conversation, as it stands. Raises NotFound."""
    row = tx.one(
        f"SELECT {', '.join(CHANGEABLE)} FROM conversation WHERE id = :id",
        {"id": conversation_id},
    )
    if row is None:
        raise NotFound("That conversation is not in this ledger.")
    return dict(row)


def change(tx: Transaction, conversation_id: int, columns: dict[str, Any]) -> None:
    """Write changeable columns, and recount what follows from them."""
    unknown = set(columns) - set(CHANGEABLE)
    assert not unknown, unknown
    assignments = ", ".join(f"{name} = :{name}" for name in columns)
    tx.execute(f"UPDATE conversation SET {assignments} WHERE id = :id", {**columns, "id": conversation_id})
    if "read_through_at" in columns or "read_through_id" in columns:
        refresh_unread(tx, conversation_id)


def refresh_unread(tx: Transaction, conversation_id: int) -> None:
    """Recount the unread messages after the read mark moved."""
    row = tx.one(
        "SELECT read_through_at, read_through_id FROM conversation WHERE id = :id", {"id": conversation_id}
    )
    assert row is not None
    tx.execute(
        "UPDATE conversation SET unread = :unread WHERE id = :id",
        {"id": conversation_id, "unread": unread_count(tx, conversation_id, (row[0], row[1]))},
    )


def refresh_clocks(tx: Transaction, conversation_id: int) -> None:
    """Recount the open items and find the clock that dies first."""
    tx.execute(
        f"""
        UPDATE conversation
           SET owed = counted.owed,
               owed_until = counted.owed_until,
               lead_item_id = (SELECT id FROM visible_item
                                WHERE conversation_id = :id AND state = 'open'
                                ORDER BY owed_until, id LIMIT 1),
               urgent_at = CASE WHEN counted.owed_until IS NULL THEN {NEVER}
                                WHEN window_until < counted.owed_until THEN window_until
                                ELSE counted.owed_until END
          FROM (SELECT count(*) AS owed, min(owed_until) AS owed_until
                  FROM visible_item
                 WHERE conversation_id = :id AND state = 'open') AS counted
         WHERE conversation.id = :id
        """,
        {"id": conversation_id},
    )


def refresh_last(tx: Transaction, conversation_id: int, *, added: int) -> None:
    """After `added` messages came: the newest of them, and how many there are."""
    tx.execute(
        """
        UPDATE conversation
           SET message_count = message_count + :added,
               last_message_id = newest.id,
               last_at = newest.sent_at
          FROM (SELECT id, sent_at FROM visible_message
                 WHERE conversation_id = :id
                 ORDER BY sent_at DESC, id DESC LIMIT 1) AS newest
         WHERE conversation.id = :id
        """,
        {"id": conversation_id, "added": added},
    )


def count_in(
    tx: Transaction, conversation_id: int, *, message_id: int, at: int, unread: bool, window_until: int | None
) -> None:
    """One message came or went: the newest, how many there are, how many of others are unread; the service window.

    A message older than the read mark is not unread; a window only ever grows. A conversation that
    only an open import knew is one of everybody now.
    """
    tx.execute(
        f"""
        UPDATE conversation
           SET message_count = message_count + 1,
               unread = unread + (:unread AND (:at, :message_id) > (read_through_at, read_through_id)),
               last_message_id = CASE WHEN (:at, :message_id) > (last_at, coalesce(last_message_id, 0))
                                      THEN :message_id ELSE last_message_id END,
               last_at = max(last_at, :at),
               window_until = CASE WHEN :window > coalesce(window_until, 0) THEN :window ELSE window_until END,
               urgent_at = CASE WHEN owed_until IS NULL THEN {NEVER}
                                ELSE min(owed_until, max(coalesce(window_until, :window, {NEVER}), coalesce(:window, 0))) END,
               snoozed_until = CASE WHEN :unread THEN 0 ELSE snoozed_until END,
               import_run_id = 0
         WHERE id = :id
        """,
        {
            "id": conversation_id,
            "message_id": message_id,
            "at": at,
            "unread": int(unread),
            "window": window_until,
        },
    )


def count_item_in(tx: Transaction, conversation_id: int, *, item_id: int, owed_until: int) -> None:
    """One open item came: how many there are, and the clock that dies first."""
    tx.execute(
        """
        UPDATE conversation
           SET owed = owed + 1,
               lead_item_id = CASE WHEN owed_until IS NULL OR :owed_until < owed_until THEN :item_id ELSE lead_item_id END,
               owed_until = min(coalesce(owed_until, :owed_until), :owed_until),
               urgent_at = min(urgent_at, :owed_until, coalesce(window_until, :owed_until))
         WHERE id = :id
        """,
        {"id": conversation_id, "item_id": item_id, "owed_until": owed_until},
    )


def with_member(tx: Transaction, *, number_id: int, member_id: int) -> int | None:
    """The conversation of `number` with a person (whichever of their merged rows it stands on), or None."""
    value = tx.value(
        """
        SELECT c.id
          FROM member_root AS mine
          JOIN member_root AS r ON r.root_id = mine.root_id
          JOIN conversation AS c ON c.member_id = r.id AND c.number_id = :number_id
         WHERE mine.id = :member_id
         ORDER BY c.last_at DESC, c.id
         LIMIT 1
        """,
        {"number_id": number_id, "member_id": member_id},
    )
    return None if value is None else int(value)


def with_group(tx: Transaction, *, number_id: int, group_id: int) -> int | None:
    """The conversation of `number` with a group, or None."""
    value = tx.value(
        "SELECT id FROM conversation WHERE number_id = :number_id AND group_id = :group_id",
        {"number_id": number_id, "group_id": group_id},
    )
    return None if value is None else int(value)


def wake(tx: Transaction, conversation_id: int) -> None:
    """A new message ends a snooze."""
    tx.execute(
        "UPDATE conversation SET snoozed_until = 0 WHERE id = :id AND snoozed_until <> 0",
        {"id": conversation_id},
    )


def raise_read_mark(tx: Transaction, conversation_id: int, at: int) -> None:
    """Count what is older than `at` as read; the mark never goes back."""
    tx.execute(
        """
        UPDATE conversation SET read_through_at = :at, read_through_id = 0
         WHERE id = :id AND read_through_at < :at
        """,
        {"id": conversation_id, "at": at},
    )


def remove_run(tx: Transaction, run_id: int) -> None:
    """Take out the conversations that only an unsealed run knew."""
    tx.execute("DELETE FROM conversation WHERE import_run_id = :run_id", {"run_id": run_id})


def hang_on(tx: Transaction, conversation_id: int, number_id: int) -> None:
    """A thread is with that number of ours from now on."""
    tx.execute(
        "UPDATE conversation SET number_id = :number_id WHERE id = :id",
        {"number_id": number_id, "id": conversation_id},
    )


def end_row(tx: Transaction, conversation_id: int) -> None:
    """A thread's row ends: all of it stands in another one."""
    tx.execute("DELETE FROM conversation WHERE id = :id", {"id": conversation_id})
