"""Rungs of the moderation ladder that were taken, and messages of the muted that were taken back. Their only writer."""

from __future__ import annotations

from typing import Any, Final

from waconsole.clock import SECOND
from waconsole.database.connection import Row, Transaction

STEPS_MAX: Final = 100_000
_STEP: Final = """
    SELECT s.id, s.ref, s.group_id, s.member_id, s.step, s.state, s.reason, s.taken_at, s.until_at, s.detail,
           s.ended_at, s.ended_reason, s.operator_id, g.ref AS group_ref, g.name AS group_name, m.ref AS member_ref,
           m.name AS member_name, o.name AS operator, e.name AS ended_by
      FROM moderation_step AS s
      JOIN "group" AS g ON g.id = s.group_id
      JOIN member_root AS r ON r.id = s.member_id
      JOIN member AS m ON m.id = r.root_id
      JOIN operator AS o ON o.id = s.operator_id
      LEFT JOIN operator AS e ON e.id = s.ended_by
"""


def add_step(tx: Transaction, columns: dict[str, Any]) -> int:
    """Write a rung: `ref, group_id, member_id, step, state, reason, operator_id, taken_at, until_at`."""
    return tx.insert(
        """
        INSERT INTO moderation_step (ref, group_id, member_id, step, state, reason, operator_id, taken_at, until_at)
        VALUES (:ref, :group_id, :member_id, :step, :state, :reason, :operator_id, :taken_at, :until_at)
        """,
        columns,
    )


def set_state(tx: Transaction, step_id: int, state: str, detail: str) -> None:
    """What WhatsApp made of it."""
    tx.execute(
        "UPDATE moderation_step SET state = :state, detail = :detail WHERE id = :id",
        {"state": state, "detail": detail, "id": step_id},
    )


def take_back(tx: Transaction, step_id: int, *, operator_id: int, reason: str, now: int) -> bool:
    """A rung ends; False when it had ended before, or never stood."""
    cursor = tx.execute(
        """
        UPDATE moderation_step
           SET state = 'taken_back', ended_at = :now, ended_by = :operator_id, ended_reason = :reason
         WHERE id = :id AND state IN ('stands', 'unknown')
        """,
        {"id": step_id, "operator_id": operator_id, "reason": reason, "now": now},
    )
    return cursor.rowcount > 0


def step_by_ref(tx: Transaction, ref: str) -> Row | None:
    """One rung, or None."""
    return tx.one(f"{_STEP} WHERE s.ref = :ref", {"ref": ref})


def step_by_id(tx: Transaction, step_id: int) -> Row | None:
    """One rung, or None."""
    return tx.one(f"{_STEP} WHERE s.id = :id", {"id": step_id})


def steps(tx: Transaction, *, group_id: int | None = None, member_id: int | None = None) -> list[Row]:
    """Rungs that were taken, the latest first; of a group, of a person (whichever row they stand under), or of all."""
    return tx.rows(
        f"""
        {_STEP}
         WHERE (:group_id IS NULL OR s.group_id = :group_id)
           AND (:member_id IS NULL OR r.root_id = (SELECT root_id FROM member_root WHERE id = :member_id))
         ORDER BY s.taken_at DESC, s.id DESC
         LIMIT :limit
        """,
        {"group_id": group_id, "member_id": member_id, "limit": STEPS_MAX},
    )


def is_operator(tx: Transaction, member_id: int) -> bool:
    """Whether somebody is an operator of this ledger."""
    return bool(
        tx.value(
            """
            SELECT 1
              FROM operator AS o
              JOIN member_root AS r ON r.id = o.member_id
             WHERE r.root_id = (SELECT root_id FROM member_root WHERE id = :id)
             LIMIT 1
            """,
            {"id": member_id},
        )
    )


def is_present(tx: Transaction, group_id: int, member_id: int) -> bool:
    """Whether somebody is in a group, as far as this ledger knows."""
    return bool(
        tx.value(
            """
            SELECT 1 FROM present_membership
             WHERE group_id = :group_id AND member_id = (SELECT root_id FROM member_root WHERE id = :id)
             LIMIT 1
            """,
            {"group_id": group_id, "id": member_id},
        )
    )


def muted_messages(tx: Transaction, number_id: int, *, again_max: int, now: int, limit: int) -> list[Row]:
    """(step_id, message_id, wamid, group) of what the muted wrote and is to be taken back, the oldest first.

    What WhatsApp was not reached for, or did not answer, is there again, at most `again_max` times. Messages bear whole
    seconds: what was written in the second of the muting counts as after it.
    """
    return tx.rows(
        """
        SELECT s.id AS step_id, m.id AS message_id, m.wamid, g.whatsapp_id AS "group"
          FROM moderation_step AS s
          JOIN "group" AS g ON g.id = s.group_id
          JOIN member_root AS r ON r.id = s.member_id
          JOIN conversation AS c ON c.group_id = s.group_id AND c.number_id = :number_id
          JOIN message AS m ON m.conversation_id = c.id AND m.direction = 'in' AND m.wamid IS NOT NULL
           AND m.kind <> 'deleted' AND m.sent_at >= s.taken_at - s.taken_at % :second AND m.sent_at <= coalesce(s.until_at, m.sent_at)
          JOIN alias AS a ON a.id = m.alias_id AND a.member_id = r.root_id
          LEFT JOIN moderation_deletion AS d ON d.message_id = m.id
         WHERE s.step = 'mute' AND s.state = 'stands' AND s.taken_at <= :now
           AND coalesce(s.until_at, :now + 1) > :now
           AND (d.id IS NULL OR (d.outcome IN ('', 'unsent', 'unknown') AND d.times < :again_max))
         ORDER BY m.id
         LIMIT :limit
        """,
        {"number_id": number_id, "again_max": again_max, "now": now, "limit": limit, "second": SECOND},
    )


def ask_deletion(tx: Transaction, step_id: int, message_id: int, *, now: int) -> None:
    """A message is about to be taken back."""
    tx.execute(
        """
        INSERT INTO moderation_deletion (step_id, message_id, asked_at) VALUES (:step_id, :message_id, :now)
            ON CONFLICT (message_id) DO UPDATE SET outcome = '', times = times + 1, asked_at = excluded.asked_at
        """,
        {"step_id": step_id, "message_id": message_id, "now": now},
    )


def was_asked(tx: Transaction, message_id: int) -> bool:
    """Whether a message was taken back, or is to be, because its author is muted."""
    return bool(tx.value("SELECT 1 FROM moderation_deletion WHERE message_id = :id", {"id": message_id}))


def end_deletion(tx: Transaction, message_id: int, outcome: str, detail: str) -> None:
    """What became of taking a message back."""
    tx.execute(
        "UPDATE moderation_deletion SET outcome = :outcome, detail = :detail WHERE message_id = :id",
        {"outcome": outcome, "detail": detail, "id": message_id},
    )


def move_group(tx: Transaction, other_id: int, group_id: int) -> None:
    """The rungs taken in `other_id` were taken in `group_id`."""
    tx.execute(
        "UPDATE moderation_step SET group_id = :id WHERE group_id = :other",
        {"id": group_id, "other": other_id},
    )
